"""A node that becomes Active too often holds back for a while, unless nobody else is well."""

import re

from health import checked, settled
from lab import always, wait_until

PATIENCE = 30.0
OFTEN = 2  # becoming Active once more is too often
WHY = f"became Active more than {OFTEN} times within 300 s"
SLACK = 1.0  # for a log line that is read late


def damped(scripts, hold):
    for host in ("r1", "r2"):
        scripts.touch(f"{host}-flag")
    check = {"type": "file", "every": "500ms", "on_fail": "fault",
             "path": {host: scripts.path(f"{host}-flag") for host in ("r1", "r2")}}
    return checked({"flag": check},
                   damping={"transitions": OFTEN, "within": "5m", "hold": hold, "most": "1h"})


def is_with(lab, name):
    wait_until(lambda: lab.holders() == [name], PATIENCE, f"{name} alone has the address")


def times_active(daemon):
    """When it became Active, as the log tells."""
    return [at for at, fields in daemon.transitions() if fields["to"] == "active"]


def told(daemon):
    return [line for _, line in list(daemon.log) if "becomes Active too often" in line]


def unit_of(daemon):
    return daemon.status()["units"][0]


def flap(lab, scripts):
    """r1 becomes Active once too often, and is sick and well again after that."""
    for _ in range(OFTEN):
        scripts.remove("r1-flag")
        is_with(lab, "r2")
        scripts.touch("r1-flag")
        is_with(lab, "r1")
    scripts.remove("r1-flag")
    is_with(lab, "r2")
    scripts.touch("r1-flag")


def test_who_flaps_holds_back_and_takes_over_when_nobody_else_can(lab, scripts):
    r1, r2 = settled(lab, damped(scripts, hold="20m"))
    assert unit_of(r1)["held_back_ms"] is None
    flap(lab, scripts)
    wait_until(lambda: r1.state() == "backup", PATIENCE, "r1 is well, and Backup")
    always(lambda: lab.holders() == ["r2"], 2.0, "r2 keeps the address")
    assert len(told(r1)) == 1, r1.log_text()

    assert r1.router()["priority"] == {"base": 200, "effective": 1}
    assert [(term["what"], term["points"]) for term in unit_of(r1)["terms"]] == [(WHY, 255)]
    left = unit_of(r1)["held_back_ms"]
    assert 0 < left < 20 * 60 * 1000
    wait_until(lambda: unit_of(r1)["held_back_ms"] < left, what="it counts down")
    page = r1.ctl("status", "--verbose", "lan").stdout
    assert re.search(rf"less +255 +{WHY}\n", page), page
    assert re.search(r"holds back +for \d", page), page

    r2.stop()  # the only healthy one
    is_with(lab, "r1")
    wait_until(lambda: r1.router()["priority"]["effective"] == 200, PATIENCE,
               "who is needed has its whole priority")
    assert unit_of(r1)["terms"] == []


def test_who_held_back_comes_back_by_itself(lab, scripts):
    hold = 10
    r1, _ = settled(lab, damped(scripts, hold=f"{hold}s"))
    flap(lab, scripts)
    wait_until(lambda: len(times_active(r1)) == OFTEN + 2, hold + PATIENCE, "r1 is Active again")
    is_with(lab, "r1")
    too_often, again = times_active(r1)[-2:]
    assert again - too_often > hold - SLACK, r1.log_text()
    assert f"held_back_ms={hold * 1000}" in told(r1)[0], told(r1)


def test_without_damping_a_node_may_flap_as_it_likes(lab, scripts):
    off = re.sub(r"damping = \{[^}]*\}", "damping = false", damped(scripts, hold="20m"))
    r1, _ = settled(lab, off)
    for _ in range(3):
        flap(lab, scripts)
        is_with(lab, "r1")
    assert unit_of(r1)["held_back_ms"] is None
