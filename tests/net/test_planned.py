"""What an operator plans costs the clients nothing: the one that leaves keeps the addresses until the
other one is Active. A client asks a thousand times a second meanwhile.

TANDEM_HANDOVERS=100 makes as many of them in each test, instead of a few.
"""
import os
import time

import pytest

from interop import Mixed
from lab import VIRTUAL, always, pair_config, wait_until

# The switch is a hub here, so that the observer hears unicast, too.
pytestmark = pytest.mark.lan(ipv6=True, hub=True)

TIMES = int(os.environ.get("TANDEM_HANDOVERS", "2"))
VIRTUAL6 = "2001:db8::1"


# Who announces an IPv6 address when its kernel has confirmed it, as keepalived does, draws the clients to
# a host that answers them only when a work queue has come to it, which a busy machine delays: a tenth
# of what a router that just goes would cost. tandem waits for that.
LOST_AT_MOST_TO_KEEPALIVED = {4: 0, 6: 60}


def lost(probe, since):
    """How many probes. A router that just goes costs a client 600."""
    time.sleep(0.2)
    report = probe.report(since=since)
    assert report["answered"] > 0
    return report["lost"]


@pytest.mark.parametrize("transport", ["multicast", "unicast"])
@pytest.mark.parametrize("family", [4, 6])
def test_a_stop_loses_no_probe(lab, transport, family):
    addresses = [f"{VIRTUAL}/24"] if family == 4 else ["fe80::1/64", f"{VIRTUAL6}/64"]
    hosts = [lab["r1"], lab["r2"]]
    settings = {"advertise": "1s", "addresses": addresses}
    if transport == "unicast":
        sources = {host.name: host.address if family == 4 else host.link_local for host in hosts}
        settings |= {"transport": "unicast", "source": sources}
    r1, r2 = lab.pair(**settings)
    probe = lab.probe(address=VIRTUAL if family == 4 else VIRTUAL6)
    for _ in range(TIMES):
        time.sleep(0.2)
        mark = time.time()
        assert r1.stop() == 0
        wait_until(lambda: r2.state() == "active")
        assert lost(probe, mark) == 0
        r1.start()
        wait_until(lambda: r1.state() == "active" and r2.state() == "backup")


@pytest.mark.parametrize("kind", ["v3", "v3-ipv6", "v2", "unicast"])
def test_keepalived_takes_over_without_a_lost_probe(lab, kind):
    mixed = Mixed(lab, "keepalived", kind, "tandem")
    mixed.start("tandem")
    mixed.becomes_active("tandem")
    mixed.start("peer")
    mixed.settle("tandem")
    probe = lab.probe(address=mixed.kind.virtual)
    for _ in range(TIMES):
        time.sleep(0.2)
        mark = time.time()
        mixed.stop("tandem")
        mixed.becomes_active("peer")
        assert lost(probe, mark) <= LOST_AT_MOST_TO_KEEPALIVED[mixed.kind.family]
        mixed.start("tandem")
        mixed.settle("tandem")


@pytest.mark.parametrize("kind", ["v3", "v3-ipv6"])
def test_frr_takes_over_without_a_lost_probe(lab, kind):
    """vrrpd has its addresses all the time, on interfaces with the virtual MAC."""
    mixed = Mixed(lab, "frr", kind, "tandem")
    mixed.start("tandem")
    mixed.becomes_active("tandem")
    mixed.start("peer")
    mixed.settle("tandem")
    probe = lab.probe(address=mixed.kind.virtual)
    for _ in range(TIMES):
        time.sleep(0.2)
        mark = time.time()
        mixed.stop("tandem")
        mixed.becomes_active("peer")
        assert lost(probe, mark) == 0
        mixed.start("tandem")
        mixed.settle("tandem")


def test_who_stops_keeps_its_addresses_until_the_other_one_is_active(lab):
    r1, r2 = lab.pair(advertise="1s")
    stopped = time.time()
    r1.terminate()
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=stopped)
    assert VIRTUAL in str(lab["r1"].addresses())
    claimed = lab.capture.wait_advert(source=lab["r2"].address, since=stopped)
    assert claimed.time > released.time
    assert r1.wait(10) == 0
    assert lab.holders() == ["r2"]
    later = lab.capture.adverts(source=lab["r1"].address, since=released.time)
    assert {advert.priority for advert in later} == {0}


def test_who_stops_alone_goes_after_an_active_down_interval(lab):
    r1 = lab.tandem("r1", pair_config(advertise="500ms"))
    wait_until(lambda: r1.state() == "active")
    r1.terminate()
    wait_until(lambda: r1.state() == "resigning")
    always(lambda: lab.holders() == ["r1"], 0.7)
    assert r1.wait(10) == 0
    assert lab.holders() == []


def test_the_second_signal_does_not_wait(lab):
    r1 = lab.tandem("r1", pair_config(advertise="5s"))
    wait_until(lambda: r1.state() == "active", 60)
    r1.terminate()
    wait_until(lambda: r1.state() == "resigning")
    r1.terminate()
    assert r1.wait(10) == 0  # and not after 15 s
    assert lab.holders() == []
