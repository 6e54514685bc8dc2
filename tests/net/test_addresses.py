"""The host's own addresses and routes outlive what the virtual ones go through.

Removing the primary address of a subnet takes its secondaries along unless promote_secondaries is
set; a virtual address can be either. A scripted, stronger peer makes tandem claim and release its
addresses hundreds of times a minute.
"""

import time

import pytest

import wire
from daemons import pair_config
from lab import VIRTUAL, wait_until

CYCLES = 1000
BATCHES = 10
OUTSIDE = "198.51.100.1"
VIRTUALS = [f"{VIRTUAL}/24", f"{OUTSIDE}/24"]


class Peer:
    """A router on r2 that is Active, gives up, and comes back, at our word.

    It wins a tie, as at the end of a split: to a stronger one tandem would leave some time to
    announce the addresses.
    """

    def __init__(self, lab):
        host = lab["r2"]
        self._socket = host.packet_socket()
        lab.at_close(self._socket.close)

        def frame(priority):
            message = wire.advert_message(host.address, priority, interval_ms=10,
                                          addresses=(VIRTUAL, OUTSIDE))
            return wire.advert_frame(host.mac, host.address, message)

        self._present, self._gone = frame(254), frame(0)

    def appear(self):
        self._socket.send(self._present)

    def give_up(self):
        self._socket.send(self._gone)


class Cycles:
    """tandem on r1 with 10 ms adverts, driven by the peer."""

    def __init__(self, lab):
        self.host = lab["r1"]
        self.peer = Peer(lab)
        self.watch = lab.watch_addresses("r1")
        self.tandem = lab.tandem("r1", pair_config(
            {"r1": 254}, advertise="10ms", addresses=VIRTUALS,
            garp={"count": 1, "again_after": "5s"}))
        wait_until(self.claimed)

    def claimed(self):
        return self.host.holds(VIRTUAL) and self.host.holds(OUTSIDE)

    def run(self, count):
        """That many releases and claims, each seen in the kernel before the next begins."""
        for _ in range(count):
            mark = time.time()
            self.peer.appear()
            for address in (VIRTUAL, OUTSIDE):
                self.watch.wait_removed(address, since=mark)
            self.peer.give_up()
            for address in (VIRTUAL, OUTSIDE):
                self.watch.wait_added(address, since=mark)

    def own(self):
        """The addresses that are not virtual."""
        return sorted(set(self.host.addresses()) - set(VIRTUALS))


@pytest.fixture(params=[0, 1], ids=["promote_secondaries=0", "promote_secondaries=1"])
def host(request, lab):
    for scope in ("all", "default", "eth0"):
        lab["r1"].sysctl(f"ipv4.conf.{scope}.promote_secondaries", request.param)
    return lab["r1"]


@pytest.mark.parametrize("lease", ["auto", "off"])
def test_an_own_address_survives_although_somebody_has_set_promotion_off(lab, lease):
    """With a lease it was on; without one it is on for the moment of the removal only."""
    host = lab["r1"]
    tandem = lab.tandem("r1", pair_config({"r1": 100}, addresses=VIRTUALS, lease=lease))
    wait_until(lambda: host.holds(OUTSIDE))
    host.ip("address", "add", "198.51.100.20/24", "dev", "eth0")
    for scope in ("all", "eth0"):
        host.sysctl(f"ipv4.conf.{scope}.promote_secondaries", 0)
    own = sorted(set(host.addresses()) - set(VIRTUALS))
    host.ip("link", "set", "eth0", "down")
    wait_until(lambda: tandem.state() == "fault" and not host.holds(OUTSIDE))
    assert sorted(host.addresses()) == own
    host.ip("link", "set", "eth0", "up")
    wait_until(lambda: host.holds(OUTSIDE))
    assert tandem.stop() == 0
    assert sorted(host.addresses()) == own


def routes_of_subnets(host):
    return [route.split(" src ")[0] for route in host.routes()]


def test_own_addresses_survive_a_thousand_claims_and_releases(lab, host):
    for address in ("192.0.2.50/24", "192.0.2.51/25", "203.0.113.5/24"):
        host.ip("address", "add", address, "dev", "eth0")
    own = sorted(host.addresses())
    routes = host.routes()
    cycles = Cycles(lab)
    started = time.monotonic()
    for _ in range(BATCHES):
        cycles.run(CYCLES // BATCHES)
        assert cycles.own() == own
    assert time.monotonic() - started < 60
    assert cycles.tandem.stop() == 0
    assert sorted(host.addresses()) == own
    assert host.routes() == routes
    assert cycles.watch.changes(host.address) == []


def test_own_addresses_added_under_the_virtual_ones_survive(lab, host):
    cycles = Cycles(lab)
    assert cycles.claimed()
    # 198.51.100.1/24 is the first and so the primary address of its subnet: these are secondaries.
    for address in ("198.51.100.20/24", "198.51.100.21/24", "192.0.2.60/24"):
        host.ip("address", "add", address, "dev", "eth0")
    own = sorted([f"{host.address}/24", "198.51.100.20/24", "198.51.100.21/24", "192.0.2.60/24"])
    for _ in range(BATCHES):
        cycles.run(CYCLES // BATCHES)
        assert cycles.own() == own
    assert cycles.tandem.stop() == 0
    assert sorted(host.addresses()) == own
    assert {"unicast 198.51.100.0/24 dev eth0", "unicast 192.0.2.0/24 dev eth0"} == \
        set(routes_of_subnets(host))


def test_routes_through_a_subnet_of_the_host_survive(lab, host):
    host.ip("route", "add", "default", "via", "192.0.2.100")
    host.ip("route", "add", "203.0.113.0/24", "via", "192.0.2.101", "src", host.address)
    routes = host.routes()
    cycles = Cycles(lab)
    cycles.run(100)
    assert set(routes) <= set(host.routes())
    cycles.tandem.stop()
    assert host.routes() == routes


def test_an_address_of_the_host_that_is_also_configured_is_not_taken_away(lab, host):
    host.ip("address", "add", f"{VIRTUAL}/24", "dev", "eth0")
    tandem = lab.tandem("r1", pair_config({"r1": 100}))
    wait_until(lambda: tandem.state() == "active")
    assert tandem.stop() == 0
    assert host.holds(VIRTUAL)
