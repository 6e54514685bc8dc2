"""vrrp = "2+3": one router between neighbours of both versions (RFC 9568 section 8.4)."""

import time

import pytest

from daemons import pair_config
from lab import wait_until
from wire import active_down_interval

INTERVAL = 1.0


def both_versions(priority):
    return pair_config({"r1": priority}, vrrp="2+3", advertise="1s")


@pytest.mark.hosts("r1", "r2", "r3", "observer")
def test_an_active_router_of_both_versions_keeps_neighbours_of_each_quiet(lab):
    r1 = lab.tandem("r1", both_versions(200))
    wait_until(lambda: r1.state() == "active")
    mark = time.time()
    lab.keepalived("r2", priority=100, version=2, interval_ms=1000)
    lab.keepalived("r3", priority=100, version=3, interval_ms=1000)
    time.sleep(active_down_interval(100, INTERVAL) + 0.5)
    spoken = {(advert.source, advert.version) for advert in lab.capture.adverts(since=mark)}
    assert spoken == {(lab["r1"].address, 2), (lab["r1"].address, 3)}
    assert r1.router()["counters"]["discarded"] == {}


@pytest.mark.parametrize("version", [2, 3])
def test_a_router_of_both_versions_obeys_an_active_router_of_either(lab, version):
    lab.keepalived("r2", priority=200, version=version, interval_ms=1000)
    lab.capture.wait_advert(source=lab["r2"].address)
    r1 = lab.tandem("r1", both_versions(100))
    time.sleep(active_down_interval(100, INTERVAL) + 0.5)
    assert r1.state() == "backup"
    assert lab.capture.adverts(source=lab["r1"].address) == []
    assert r1.router()["peers"][0]["address"] == lab["r2"].address
