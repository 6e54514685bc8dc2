"""`tandemctl explain` tells why a router is in its state and what would change that: what it says
happens then.
"""

import json
import re

from daemons import pair_config
from health import checked
from lab import wait_until, wait_until_steady


def explained(daemon, name="lan"):
    done = daemon.ctl("--json", "explain", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["routers"][0]


def changes(daemon):
    return {change["event"]: change["then"] for change in explained(daemon)["changes"]}


def one_with(found, *words):
    """What follows from the only event that has these words."""
    matching = [then for event, then in found.items() if all(word in event for word in words)]
    assert len(matching) == 1, found
    return matching[0]


def test_a_backup_names_the_active_router_and_when_it_would_take_over(lab):
    r1, r2 = lab.pair()
    source = lab["r1"].address
    told = explained(r2)
    assert (told["state"], told["is_right"]) == ("backup", True)
    assert source in told["because"][0] and "priority 200" in told["because"][0]
    assert "100 < 200" in told["because"][2]
    found = changes(r2)
    down = r2.router()["timers"]["down_ms"]
    assert re.search(r"takes over (\d+) ms", one_with(found, source, "not heard"))[1] == \
        str(int(down))
    within = int(re.search(r"within (\d+) ms", one_with(found, source, "drained"))[1])
    assert within <= 100  # the Skew_Time is less than an interval

    assert r1.ctl("drain").returncode == 0
    wait_until(lambda: r2.state() == "active")
    assert r2.router()["reason"] == "released"
    told = explained(r1)
    assert (told["state"], told["is_right"]) == ("drained", True)
    told = explained(r2)
    assert (told["state"], told["is_right"]) == ("active", True)
    assert "gave up with priority 0" in told["because"][0]


def test_a_silent_router_is_replaced_as_it_was_told(lab):
    r1, r2 = lab.pair()
    assert "takes over" in one_with(changes(r2), lab["r1"].address, "not heard")
    r1.kill()
    wait_until(lambda: r2.state() == "active")
    assert r2.router()["reason"] == "silence"
    assert "no advert from" in explained(r2)["because"][0]


def test_a_stronger_backup_says_why_it_does_not_take_over(lab):
    config_text = pair_config(preempt=False)
    r2 = lab.tandem("r2", config_text)
    wait_until(lambda: r2.state() == "active")
    r1 = lab.tandem("r1", config_text)
    wait_until_steady(lambda: r1.state() == "backup", 1.0)
    assert "preempt = false" in " ".join(explained(r1)["because"])
    told = changes(r2)
    assert "Backup at once" in one_with(told, "priority 101 or more")
    assert "nobody could take over" in one_with(told, "r1 (priority 200) fails")


def test_checks_do_what_was_told(lab, scripts):
    for name in ("minor", "major"):
        scripts.touch(name)
    checks = {name: {"type": "file", "path": {"r1": scripts.path(name), "r2": "/etc/hostname"}, "every": "100ms",
                     "on_fail": effect}
              for name, effect in (("minor", {"penalty": 150}), ("major", "fault"))}
    text = checked(checks)
    r1, r2 = lab.tandem("r1", text), lab.tandem("r2", text)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup", timeout=20)
    told = changes(r1)
    assert "hands over" in one_with(told, "check minor fails")
    assert "priority 50 is below the 100" in one_with(told, "check minor fails")
    assert "fault" in one_with(told, "check major fails")
    scripts.remove("minor")
    wait_until(lambda: r2.state() == "active" and r1.state() == "backup", timeout=20)
    told = changes(r1)
    assert "takes over" in one_with(told, "check minor passes again")
    assert "50 (200, -150 for check minor" in " ".join(explained(r1)["because"])
    scripts.remove("major")
    wait_until(lambda: r1.state() == "fault", timeout=20)
    told = explained(r1)
    assert not told["is_right"]
    assert any("major" in reason for reason in told["because"])


def test_the_margin_and_the_least_interval_are_told(lab):
    _, r2 = lab.pair()
    wait_until(lambda: (explained(r2)["margin"] or {}).get("least_interval_ms"))
    margin = explained(r2)["margin"]
    assert margin["peer"] == lab["r1"].address
    assert margin["interval_ms"] == 100
    assert 80 <= margin["worst_gap_ms"]
    gaps = r2.router()["peers"][0]["margin"]["gaps"]
    assert gaps["count"] == sum(gaps["counts"]) > 0
    text = r2.ctl("explain", "lan").stdout
    assert "this pair could sustain an interval of" in text


def test_text_and_json_carry_the_same(lab):
    _, r2 = lab.pair()
    told, text = explained(r2), r2.ctl("explain").stdout
    assert text.startswith("lan (ipv4) is BACKUP on r2: that is right.\n")
    for change in told["changes"]:
        assert change["event"] in text


def test_a_name_that_nobody_has_is_refused(lab):
    r1 = lab.tandem("r1", pair_config())
    done = r1.ctl("explain", "lna")
    assert done.returncode == 1
    assert "did you mean 'lan'" in done.stderr
