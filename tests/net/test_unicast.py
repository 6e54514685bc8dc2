"""Adverts to peers that the configuration names, and the mistakes that it invites.

The switch is a hub here, so that the observer hears what goes to one router only.
"""

import time

import pytest

import wire
from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until
from wire import active_down_interval, advert_frame, advert_message

pytestmark = pytest.mark.lan(ipv6=True, hub=True)

PRIORITIES = {"r1": 200, "r2": 100}
SLACK = 0.5


def unicast(lab, priorities=None, **settings):
    """A file in which the nodes find each other by their sources."""
    priorities = priorities or PRIORITIES
    sources = {name: [lab[name].address, lab[name].link_local] for name in priorities}
    return pair_config(priorities, **{"transport": "unicast", "source": sources, **settings})


def start(lab, config, *names):
    routers = [lab.tandem(name, config) for name in names]
    wait_until(lambda: routers[0].state() == "active"
               and all(router.state() == "backup" for router in routers[1:]))
    return routers


def to_group(advert):
    return advert.destination in (wire.GROUP, wire.GROUP6)


@pytest.mark.hosts("r1", "r2", "r3", "observer")
def test_adverts_go_to_each_peer_and_to_nobody_else(lab):
    r1, *_ = start(lab, unicast(lab, {"r1": 200, "r2": 150, "r3": 100}), "r1", "r2", "r3")
    mark = time.time()
    time.sleep(0.5)
    adverts = lab.capture.adverts(since=mark)
    assert {(advert.source, advert.destination, advert.destination_mac) for advert in adverts} == \
        {(lab["r1"].address, lab[peer].address, lab[peer].mac) for peer in ("r2", "r3")}
    assert all((advert.ttl, advert.tos) == (255, 0xC0) for advert in adverts)
    assert not any(to_group(advert) for advert in lab.capture.adverts())
    assert r1.router()["transport"] == "unicast"


@pytest.mark.parametrize("family", [4, 6])
def test_a_unicast_pair_fails_over_and_back(lab, family):
    addresses = [f"{VIRTUAL}/24"] if family == 4 else [f"{VIRTUAL_LINK_LOCAL}/64",
                                                       f"{VIRTUAL6}/64"]
    virtual = VIRTUAL if family == 4 else VIRTUAL6
    r1, r2 = start(lab, unicast(lab, addresses=addresses), "r1", "r2")
    crash = time.time()
    r1.kill()
    first = lab.capture.wait_advert(priority=100, since=crash)
    assert first.family == family
    assert first.time - crash <= active_down_interval(100, 0.1) + SLACK
    wait_until(lambda: r2.state() == "active")
    r1.start()
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders(virtual) == ["r1"])
    always(lambda: lab.holders(virtual) == ["r1"], 0.5)
    assert not any(to_group(advert) for advert in lab.capture.adverts())


def to_r1(lab, sender, ttl=255, **fields):
    host = lab[sender]
    message = advert_message(host.address, 250, destination=lab["r1"].address, **fields)
    return advert_frame(host.mac, host.address, message, ttl,
                        to=(lab["r1"].mac, lab["r1"].address))


def test_a_stranger_is_not_obeyed_and_is_named(lab):
    r1, _ = start(lab, unicast(lab), "r1", "r2")
    lab["client"].send(*[to_r1(lab, "client")] * 3)
    wait_until(lambda: r1.router()["counters"]["discarded"].get("unknown-source") == 3)
    assert r1.state() == "active"
    assert r1.conditions("rejected") == [lab["client"].address]
    assert r1.logged(reason="unknown-source", sender=lab["client"].address, cure="peers")


def test_explicit_peers_are_peers_and_one_s_own_address_among_them_is_no_harm(lab):
    addresses = [lab["r1"].address, lab["r2"].address]
    r1, r2 = start(lab, pair_config(transport="unicast", peers=addresses), "r1", "r2")
    mark = time.time()
    time.sleep(0.3)
    adverts = lab.capture.adverts(since=mark)
    assert {advert.destination for advert in adverts} == {lab["r2"].address}
    assert r1.router()["counters"]["discarded"] == r2.router()["counters"]["discarded"] == {}


@pytest.mark.parametrize("least, obeyed", [(None, False), (200, True)])
def test_the_least_ttl_decides_whether_an_advert_from_afar_counts(lab, least, obeyed):
    settings = {} if least is None else {"ttl": least}
    peers = [lab["r2"].address]
    r1 = lab.tandem("r1", pair_config({"r1": 200}, transport="unicast", peers=peers, **settings))
    wait_until(lambda: r1.state() == "active")
    lab["r2"].send(to_r1(lab, "r2", ttl=201))
    if obeyed:
        wait_until(lambda: r1.router()["reason"] == "stronger-advert")
        return
    wait_until(lambda: r1.router()["counters"]["discarded"].get("ip-ttl-errors") == 1)
    assert r1.state() == "active"


def test_unicast_and_multicast_do_not_mix_and_both_say_so(lab):
    r1 = lab.tandem("r1", unicast(lab))
    r2 = lab.tandem("r2", pair_config())
    for router, other in ((r1, lab["r2"].address), (r2, lab["r1"].address)):
        wait_until(lambda: router.conditions("transport-differs") == [other])
        assert router.router()["counters"]["discarded"]["wrong-destination"] > 0
        assert router.logged(reason="wrong-destination", sender=other, cure="transport")
        assert any(other in problem and "transport" in problem
                   for problem in [condition["text"]
                                   for condition in router.router()["conditions"]])
