"""What is wrong between two routers is told: when it begins, with whom, and when it is over."""

import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, always, wait_until
from wire import advert_frame, advert_message

REMEMBERED = 15.0  # longer than a condition outlives its last sign


def two_that_cannot(lab, ours, theirs):
    """r1 and r2 with settings that do not fit."""
    return lab.tandem("r1", pair_config(**ours)), lab.tandem("r2", pair_config(**theirs))


def named(router, kind, other):
    wait_until(lambda: router.conditions(kind) == [other], what=f"{kind} with {other}")


@pytest.mark.hosts("r1", "r2", "r3", "observer")
def test_two_active_routers_are_told_by_all_who_hear_both(lab):
    config = pair_config({"r1": 200, "r2": 150, "r3": 100})
    r1, r2, r3 = (lab.tandem(name, config) for name in ("r1", "r2", "r3"))
    wait_until(lambda: [router.state() for router in (r1, r2, r3)] == ["active"] + ["backup"] * 2)
    assert r1.router()["conditions"] == []
    lab.switch.cut(lab["r2"], "to")  # it hears nobody, and all hear it
    named(r1, "another-active", lab["r2"].address)
    wait_until(lambda: r3.conditions("another-active"))
    assert r1.logged(condition="another-active", with_=lab["r2"].address)
    assert lab["r2"].address in r1.router()["conditions"][0]["text"]
    lab.switch.heal(lab["r2"])
    wait_until(lambda: r2.state() == "backup")
    wait_until(lambda: not r1.conditions("another-active"), REMEMBERED)
    wait_until(lambda: not r3.conditions("another-active"), REMEMBERED)
    over = [line for line in r1.logged(condition="another-active", with_=lab["r2"].address)
            if "over" in line]
    assert len(over) == 1 and "lasted_ms" in over[0]


def test_a_usual_takeover_is_no_quarrel(lab):
    config = pair_config()
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.state() == "active")
    r1 = lab.tandem("r1", config)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    time.sleep(0.3)
    assert r1.router()["conditions"] == r2.router()["conditions"] == []


@pytest.mark.lan(ipv6=True)
@pytest.mark.parametrize("family, accept_local", [(4, 0), (4, 1), (6, 0)])
def test_two_routers_with_one_source_address_are_detected_and_do_not_storm(lab, family,
                                                                           accept_local):
    """Linux drops IPv4 packets from an address of its own, unless accept_local is set."""
    shared, own, length = ((lab["r1"].address, lab["r2"].address, 24) if family == 4 else
                           (lab["r1"].link_local, lab["r2"].link_local, 64))
    virtual = VIRTUAL if family == 4 else VIRTUAL6

    def readdress(old, new):
        lab["r2"].ip("address", "delete", f"{old}/{length}", "dev", "eth0")
        lab["r2"].ip("address", "add", f"{new}/{length}", "dev", "eth0",
                     *(["nodad"] if family == 6 else []))

    for name in ("r1", "r2"):
        lab[name].sysctl("ipv4.conf.eth0.accept_local", accept_local)
    readdress(own, shared)
    config = pair_config({"r1": 150, "r2": 150}, addresses=[f"{virtual}/{length}"])
    lab.switch.part(lab["r1"], lab["r2"])
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: r1.state() == r2.state() == "active")
    lab.switch.join()
    # An advert that comes soon after one's own looks like an echo, but on one side only.
    wait_until(lambda: [shared] in (r1.conditions("duplicate-source"),
                                    r2.conditions("duplicate-source")), 5.0)
    assert any(router.logged(condition="duplicate-source", with_=shared) for router in (r1, r2))
    mark = time.time()
    time.sleep(1.0)
    # Two routers, ten intervals: an advert and an answer each, in both checksum forms at worst.
    assert len(lab.capture.adverts(since=mark, until=mark + 1.0)) <= 2 * 11 * 4
    readdress(shared, own)
    wait_until(lambda: sorted([r1.state(), r2.state()]) == ["active", "backup"])
    always(lambda: len(lab.holders(virtual)) == 1, 0.5)
    wait_until(lambda: not r1.conditions("duplicate-source")
               and not r2.conditions("duplicate-source"), REMEMBERED)


def test_another_interval_is_named(lab):
    r1, r2 = two_that_cannot(lab, {"advertise": "200ms"}, {"advertise": "100ms"})
    named(r2, "interval-differs", lab["r1"].address)
    text = r2.router()["conditions"][0]["text"]
    assert "200 ms" in text and "100 ms" in text
    always(lambda: (r1.state(), r2.state()) == ("active", "backup"), 0.7)


def test_another_address_list_is_named(lab):
    _, r2 = two_that_cannot(lab, {}, {"addresses": [f"{VIRTUAL}/24", "192.0.2.9/24"]})
    named(r2, "address-list-differs", lab["r1"].address)
    assert "192.0.2.9" in r2.router()["conditions"][0]["text"]
    wait_until(lambda: r2.state() == "backup")


def test_another_version_is_named_by_both(lab):
    r1, r2 = two_that_cannot(lab, {"advertise": "1s"}, {"advertise": "1s", "vrrp": 2})
    named(r1, "version-differs", lab["r2"].address)
    named(r2, "version-differs", lab["r1"].address)
    assert r1.logged(reason="version-errors", sender=lab["r2"].address, cure="2+3")


def test_a_condition_is_over_when_it_has_not_been_seen_for_a_while(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 100}))
    wait_until(lambda: r1.state() == "active")
    client = lab["client"]
    client.send(advert_frame(client.mac, client.address,
                             advert_message(client.address, 50, checksum="wrong")))
    named(r1, "rejected", client.address)
    begun = r1.router()["conditions"][0]["since"]
    assert begun.endswith("Z")
    wait_until(lambda: r1.router()["conditions"] == [], REMEMBERED)
    assert [line for line in r1.logged(condition="rejected") if "over" in line]


def test_a_quarrel_over_strict_checksums_names_the_form(lab):
    """keepalived 2.2.7 knows the other form only: the file is wrong, and says so."""
    r1 = lab.tandem("r1", pair_config({"r1": 100}, checksum="rfc9568"))
    wait_until(lambda: r1.state() == "active")
    lab.keepalived("r2", priority=200)
    named(r1, "rejected", lab["r2"].address)
    assert r1.logged(reason="checksum-errors", sender=lab["r2"].address, value="rfc5798")
