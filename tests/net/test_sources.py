"""The address that adverts come from: it changes, goes, and comes back."""

import time

import pytest

from daemons import pair_config
from lab import always, wait_until


def add(host, address):
    host.ip("address", "add", f"{address}/24", "dev", "eth0")


def delete(host, address):
    host.ip("address", "delete", f"{address}/24", "dev", "eth0")


def test_another_address_of_the_interface_takes_over_as_the_source(lab):
    r1, r2 = lab.pair()
    host = lab["r1"]
    host.sysctl("ipv4.conf.all.promote_secondaries", 1)
    add(host, "192.0.2.22")
    mark = time.time()
    delete(host, host.address)
    lab.capture.wait_advert(source="192.0.2.22", since=mark, priority=200)
    wait_until(lambda: r1.router()["source"] == "192.0.2.22")
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    mark = time.time()
    always(lambda: lab.holders() == ["r1"], 0.5)
    assert lab.capture.adverts(source=lab["r2"].address, since=mark) == []


def test_a_named_source_is_waited_for_although_there_are_others(lab):
    config = pair_config(source={"r1": "192.0.2.22", "r2": lab["r2"].address})
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: (r1.state(), r2.state()) == ("waiting", "active"))
    assert r1.router()["reason"] == "no-source-address"
    assert "192.0.2.22" in " ".join(r1.router()["blockers"])
    add(lab["r1"], "192.0.2.22")
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    assert r1.router()["source"] == "192.0.2.22"
    delete(lab["r1"], "192.0.2.22")
    wait_until(lambda: (r1.state(), r2.state()) == ("waiting", "active"))
    assert {advert.source for advert in lab.capture.adverts()} == \
        {"192.0.2.22", lab["r2"].address}


@pytest.mark.lan(ipv6=True)
def test_another_link_local_address_takes_over_as_the_source(lab):
    config = pair_config(addresses=["2001:db8::1/64"])
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    host = lab["r1"]
    host.ip("address", "add", "fe80::22/64", "dev", "eth0", "nodad")
    mark = time.time()
    host.ip("address", "delete", f"{host.link_local}/64", "dev", "eth0")
    lab.capture.wait_advert(source="fe80::22", since=mark, priority=200)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    assert r1.router()["source"] == "fe80::22"
