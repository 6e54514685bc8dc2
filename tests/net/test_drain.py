"""Drains and hand-overs that an operator asks for: a client that asks a thousand times a second
does not notice, what is drained stays so over a restart, and who is alone keeps its addresses.

TANDEM_HANDOVERS=100 makes as many of them in each test that counts probes, instead of a few.
"""
import dataclasses
import json
import os
import shutil
import time

import pytest

from interop import Mixed
from lab import VIRTUAL, always, pair_config, wait_until
from test_planned import LOST_AT_MOST_TO_KEEPALIVED, TIMES, VIRTUAL6, lost

# The switch is a hub here, so that the observer hears unicast, too.
pytestmark = pytest.mark.lan(ipv6=True, hub=True)


def order(daemon, *arguments):
    """An order that is carried out; what it says."""
    done = daemon.ctl(*arguments)
    assert done.returncode == 0, f"{arguments}: exit {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


# Who takes its addresses back by preemption gets them at once, and the kernel answers for an IPv6
# address only when a work queue has come to it, which a busy machine delays: a tenth of what a
# router that just goes would cost.
LOST_AT_MOST_BY_PREEMPTION = {4: 0, 6: 60}


def settings_of(lab, transport, family):
    addresses = [f"{VIRTUAL}/24"] if family == 4 else ["fe80::1/64", f"{VIRTUAL6}/64"]
    # So many changes in a minute would be held back otherwise.
    settings = {"advertise": "1s", "addresses": addresses, "damping": False}
    if transport == "unicast":
        sources = {name: lab[name].address if family == 4 else lab[name].link_local
                   for name in ("r1", "r2")}
        settings |= {"transport": "unicast", "source": sources}
    return settings


@pytest.mark.parametrize("transport", ["multicast", "unicast"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_drain_loses_no_probe(lab, transport, family):
    r1, r2 = lab.pair(**settings_of(lab, transport, family))
    virtual = VIRTUAL if family == 4 else VIRTUAL6
    probe = lab.probe(address=virtual)
    for _ in range(TIMES):
        time.sleep(0.2)
        mark = time.time()
        said = order(r1, "drain", "lan")
        # When it returns, the other one is Active, and the addresses are only there.
        assert r2.state() == "active" and lab.holders(virtual) == ["r2"]
        assert "has taken over after" in said
        assert lost(probe, mark) == 0
        mark = time.time()
        order(r1, "undrain", "lan")
        wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
        assert lost(probe, mark) <= LOST_AT_MOST_BY_PREEMPTION[family]


@pytest.mark.parametrize("transport", ["multicast", "unicast"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_handover_to_and_fro_loses_no_probe(lab, transport, family):
    r1, r2 = lab.pair(**settings_of(lab, transport, family))
    probe = lab.probe(address=VIRTUAL if family == 4 else VIRTUAL6)
    for _ in range(TIMES):
        for leaving, taking in ((r1, r2), (r2, r1)):
            time.sleep(0.2)
            mark = time.time()
            order(leaving, "handover")
            assert leaving.state() == "backup" and taking.state() == "active"
            assert lost(probe, mark) == 0


@pytest.mark.parametrize("verb", ["drain", "handover"])
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6", "unicast"])
def test_keepalived_takes_over_without_a_lost_probe(lab, kind, verb):
    mixed = Mixed(lab, "keepalived", kind, "tandem")
    mixed.kind = dataclasses.replace(mixed.kind, tandem={**mixed.kind.tandem, "damping": False})
    mixed.start("tandem")
    mixed.becomes_active("tandem")
    mixed.start("peer")
    mixed.settle("tandem")
    tandem = mixed.daemons["tandem"]
    probe = lab.probe(address=mixed.kind.virtual)
    for _ in range(TIMES):
        time.sleep(0.2)
        mark = time.time()
        assert "has taken over after" in order(tandem, verb, "lan")
        assert lost(probe, mark) <= LOST_AT_MOST_TO_KEEPALIVED[mixed.kind.family]
        assert tandem.state() == ("drained" if verb == "drain" else "backup")
        order(tandem, "undrain", "lan")
        mixed.settle("tandem")


@pytest.mark.parametrize("verb", ["drain", "handover"])
def test_alone_it_is_refused_and_a_client_notices_nothing(lab, verb):
    r1 = lab.tandem("r1", pair_config(advertise="500ms"))
    wait_until(lambda: r1.state() == "active")
    probe = lab.probe()
    time.sleep(0.2)
    mark = time.time()
    refused = r1.ctl(verb, "lan")
    assert refused.returncode == 1
    assert "tandemctl: lan: stays Active here" in refused.stderr
    assert "nobody has taken over within" in refused.stderr
    assert refused.stdout == ""
    assert r1.state() == "active"
    time.sleep(0.5)
    assert lost(probe, mark) == 0
    assert not os.path.exists(os.path.join(r1.state_dir, "drained.json"))


def test_by_force_nobody_has_the_addresses(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    assert "nobody has its addresses" in order(r1, "drain", "--force")
    assert lab.holders() == []
    always(lambda: r1.state() == "drained" and lab.holders() == [], 1.0)
    order(r1, "undrain")
    wait_until(lambda: r1.state() == "active")


def test_a_drained_router_is_silent_and_says_what_to_do(lab):
    r1, r2 = lab.pair()
    order(r1, "drain", "--reason", "new kernel", "--for", "2h")
    mark = time.time()
    r2.kill()
    time.sleep(1)
    assert lab.capture.adverts(source=lab["r1"].address, since=mark) == []
    text = r1.ctl("status").stdout
    assert "DRAINED" in text and "(new kernel)" in text and "tandemctl undrain lan" in text
    drained = r1.status()["units"][0]["drained"]
    assert drained["reason"] == "new kernel" and drained["until"] > drained["since"]


def test_it_is_kept_over_a_restart_until_its_time_is_over(lab):
    r1, r2 = lab.pair()
    order(r1, "drain", "--for", "6s", "--reason", "disk")
    mark = time.monotonic()
    for end in (r1.stop, r1.kill):
        end()
        r1.start()
        assert r1.state() == "drained"
    assert r1.status()["units"][0]["drained"]["reason"] == "disk"
    assert r2.state() == "active"
    wait_until(lambda: r1.state() == "active", 20)
    assert time.monotonic() - mark > 4
    r1.stop()
    r1.start()
    wait_until(lambda: r1.state() == "active")


def test_undrain_is_kept_as_well(lab):
    r1, _ = lab.pair()
    order(r1, "drain")
    order(r1, "undrain")
    r1.kill()
    r1.start()
    wait_until(lambda: r1.state() == "active")


def test_a_damaged_file_is_put_aside_and_told(lab):
    r1, _ = lab.pair()
    order(r1, "drain")
    r1.stop()
    file = os.path.join(r1.state_dir, "drained.json")
    with open(file, "r+", encoding="utf-8") as damaged:
        damaged.truncate(20)
    r1.start()
    wait_until(lambda: r1.state() == "active")
    assert r1.logged(file=".damaged")
    assert os.path.exists(file + ".damaged") and not os.path.exists(file)


def test_what_cannot_be_written_is_told(lab):
    r1, _ = lab.pair()
    r1.stop()
    shutil.rmtree(r1.state_dir)
    with open(r1.state_dir, "w", encoding="utf-8"):
        pass  # a file where the directory should be
    r1.spawn()
    wait_until(lambda: r1.ctl("is-active").returncode == 0)
    done = r1.ctl("drain")
    assert done.returncode == 0
    assert "warning: what is drained is not kept over a restart" in done.stderr
    assert any("is not kept over a restart" in text for text in r1.status()["problems"])


def test_a_group_is_named_and_a_typing_error_too(lab):
    r1, _ = lab.pair()
    unknown = r1.ctl("drain", "lam")
    assert unknown.returncode == 1 and "lan" in unknown.stderr
    assert r1.ctl("drain", "--for", "soon").returncode == 2
    assert r1.ctl("handover", "--force").returncode == 2
    idle = r1.ctl("--json", "undrain")
    answer = json.loads(idle.stdout)
    assert idle.returncode == 0 and answer["finished"]
    assert answer["units"][0]["text"].startswith("is not drained")


def test_a_handover_from_who_is_not_active_names_the_one_that_is(lab):
    _, r2 = lab.pair()
    refused = r2.ctl("handover", "lan")
    assert refused.returncode == 1
    assert f"is not Active here (backup); last heard: {lab['r1'].address}" in refused.stderr


def test_after_a_handover_it_waits_until_the_other_one_goes(lab):
    r1, r2 = lab.pair()
    order(r1, "handover")
    always(lambda: r1.state() == "backup", 1.0)
    assert "has handed over to" in r1.ctl("status").stdout
    r2.kill()
    wait_until(lambda: r1.state() == "active")
    assert r1.status()["units"][0]["handed_over"] is None
