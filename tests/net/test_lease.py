"""Virtual addresses of a daemon that is dead, stopped or hangs: the kernel drops them by itself."""

import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, always, wait_until
from namespaces import ask, run

LEASE = 2  # whole seconds, for adverts every 100 ms
KERNEL = 0.7  # how much later than that Linux looks
NOISE = 1.0  # a busy machine


def lifetimes(host, address=VIRTUAL, family=4):
    """(preferred, valid) of an address, in seconds."""
    for link in ask(host.namespace, f"-{family}", "address", "show"):
        for entry in link.get("addr_info", []):
            if entry.get("local") == address:
                return entry["preferred_life_time"], entry["valid_life_time"]
    return None


def is_gone_in_time(host, since):
    wait_until(lambda: not host.holds(), LEASE + KERNEL + NOISE)
    return time.monotonic() - since


def test_a_stopped_daemon_loses_its_addresses_and_does_no_harm_afterwards(lab):
    r1, r2 = lab.pair()
    r1.pause()
    stopped = time.monotonic()
    took = is_gone_in_time(lab["r1"], stopped)
    assert took > 0.5, "the lease was shorter than half of what it should be"
    wait_until(lambda: r2.state() == "active")
    mark = time.time()
    r1.resume()
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")  # it is the stronger one
    wait_until(lambda: lab.holders() == ["r1"])
    assert r1.router()["counters"]["restored"] == 0
    assert lab["r1"].addresses().count(f"{VIRTUAL}/24") == 1
    assert r1.logged(since=mark, to="fault") == []


def test_a_killed_daemon_loses_its_addresses(lab):
    r1, r2 = lab.pair()
    r1.kill()
    is_gone_in_time(lab["r1"], time.monotonic())
    assert lab.holders() == ["r2"]


@pytest.mark.lan(ipv6=True)
def test_both_families_are_leased_and_the_own_addresses_stay(lab):
    addresses = [f"{VIRTUAL}/24", "198.51.100.1/24", "fe80::1/64", f"{VIRTUAL6}/64"]
    r1 = lab.tandem("r1", pair_config(addresses=addresses))
    host = lab["r1"]
    wait_until(lambda: host.holds() and host.holds(VIRTUAL6))
    # A guest in a subnet whose primary address is virtual must survive the end of the lease.
    host.ip("address", "add", "198.51.100.50/24", "dev", "eth0")
    wait_until(lambda: host.holds("198.51.100.50"))
    r1.kill()
    wait_until(lambda: not any(host.holds(a.split("/")[0]) for a in addresses),
               LEASE + KERNEL + NOISE + 1)
    assert host.holds("198.51.100.50") and host.holds(host.address)
    assert host.holds(host.address6) and host.holds(host.link_local)


def test_an_active_router_renews_in_time_again_and_again(lab):
    lab.pair()
    host = lab["r1"]
    assert 0 < lifetimes(host)[1] <= LEASE
    always(host.holds, 3 * LEASE)


@pytest.mark.lan(ipv6=True)
def test_a_virtual_ipv6_address_is_no_source_of_the_hosts_own_connections(lab):
    host = lab["r1"]
    far = "2001:db8:1::1"
    host.ip("route", "add", "2001:db8:1::/64", "via", lab["client"].address6)

    def source():
        return host.ip("-6", "route", "get", far).split(" src ")[1].split()[0]

    before = source()
    lab.tandem("r1", pair_config(addresses=["fe80::1/64", f"{VIRTUAL6}/64"]))
    wait_until(lambda: host.holds(VIRTUAL6))
    assert lifetimes(host, VIRTUAL6, 6)[0] == 0
    assert source() == before == host.address6


def test_without_a_lease_a_killed_daemon_leaves_its_addresses(lab):
    r1, _ = lab.pair(lease="off")
    assert lifetimes(lab["r1"])[1] > 10 ** 6
    r1.kill()
    always(lab["r1"].holds, LEASE + KERNEL + NOISE)


def test_a_fixed_lease_is_what_the_kernel_has(lab):
    lab.pair(lease="20s")
    assert 15 < lifetimes(lab["r1"])[1] <= 20


def test_promote_secondaries_is_given_back_at_the_end(lab):
    host = lab["r1"]
    for scope in ("all", "default", "eth0"):
        host.sysctl(f"ipv4.conf.{scope}.promote_secondaries", 0)
    r1, _ = lab.pair()

    def value():
        name = "net.ipv4.conf.eth0.promote_secondaries"
        return run(["ip", "netns", "exec", host.namespace, "sysctl", "-n", name]).strip()

    assert value() == "1"
    r1.stop()
    assert value() == "0"
