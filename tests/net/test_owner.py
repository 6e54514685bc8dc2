"""The router that has the virtual address as its own: priority 255, Active from the start."""

import time

import wire
from daemons import pair_config
from lab import VIRTUAL, always, wait_until

INTERVAL = 1.0


def owner_config(**settings):
    """r1 owns the address, r2 is its Backup."""
    return pair_config(owner={"r1": True, "r2": False}, advertise=f"{INTERVAL:g}s", **settings)


def give(host):
    host.ip("address", "add", f"{VIRTUAL}/24", "dev", "eth0")


def test_an_owner_is_active_at_once(lab):
    give(lab["r1"])
    started = time.time()
    r1 = lab.tandem("r1", owner_config())
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert advert.priority == 255
    assert advert.time - started < wire.active_down_interval(255, INTERVAL)
    assert r1.state() == "active"
    r2 = lab.tandem("r2", owner_config())
    always(lambda: (r1.state(), r2.state()) == ("active", "backup"), 1.0)


# proves: 9568-6.4.3-e
def test_an_owner_answers_for_its_address(lab):
    give(lab["r1"])
    lab.tandem("r1", owner_config())
    probe = lab.probe(address=VIRTUAL)
    wait_until(lambda: probe.report()["answered"] > 0)


def test_an_owner_takes_its_address_back_whatever_preemption_says(lab):
    give(lab["r1"])
    r2 = lab.tandem("r2", owner_config(preempt=False))
    wait_until(lambda: r2.state() == "active")
    r1 = lab.tandem("r1", owner_config(preempt=False))
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    wait_until(lambda: lab.holders() == ["r1"])


def test_an_owner_keeps_its_address_when_it_stops(lab):
    give(lab["r1"])
    r1 = lab.tandem("r1", owner_config())
    wait_until(lambda: r1.state() == "active")
    assert r1.stop() == 0
    lab.capture.wait_advert(source=lab["r1"].address, priority=0)
    assert lab["r1"].holds()


def test_an_owner_without_the_address_waits_for_it_and_says_so(lab):
    r1 = lab.tandem("r1", owner_config())
    assert r1.state() == "waiting"
    assert r1.router()["reason"] == "not-owner"
    assert VIRTUAL in " ".join(r1.router()["blockers"])
    assert r1.status()["health"] == "degraded"
    time.sleep(0.5)
    assert lab.capture.adverts() == []
    given = time.time()
    give(lab["r1"])
    advert = lab.capture.wait_advert(source=lab["r1"].address, priority=255)
    assert advert.time - given < INTERVAL
    wait_until(lambda: r1.state() == "active")
    lab["r1"].ip("address", "delete", f"{VIRTUAL}/24", "dev", "eth0")
    wait_until(lambda: r1.state() == "waiting")
    lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=given)
    assert not lab["r1"].holds()


def test_two_owners_know_of_each_other(lab):
    """Each has a file of its own, so nobody could refuse this."""
    for name in ("r1", "r2"):
        give(lab[name])
    r1, r2 = (lab.tandem(name, pair_config({name: 100}, owner=True)) for name in ("r1", "r2"))
    wait_until(lambda: r1.router()["conditions"] != [])
    wait_until(lambda: r2.router()["conditions"] != [])
    assert {condition["with"] for condition in r1.router()["conditions"]} == {lab["r2"].address}


def test_another_owner_that_sends_from_the_virtual_address_is_heard(lab):
    """Linux drops such packets before they reach a raw socket of whoever has the address."""
    daemon = lab.tandem("r1", pair_config({"r1": 100}, checksum="rfc9568"))
    wait_until(lambda: daemon.state() == "active" and lab.holders() == ["r1"])
    frame = wire.advert_frame("02:00:00:00:00:63", VIRTUAL, wire.advert_message(VIRTUAL, 255))
    lab["client"].send(frame)
    wait_until(lambda: daemon.state() == "backup")
    assert daemon.router()["reason"] == "stronger-advert"
