"""Routes and rules of a router follow it, are put back when somebody takes them, and leave those of
others alone. Each test asks the kernel, by `ip route` and `ip rule`."""

import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until
from namespaces import batch

GATEWAY = "192.0.2.254"
GATEWAY6 = "2001:db8::fe"
SOON = 1.0  # for what takes a few milliseconds
MANY = 20_000
UPLINK = ["link add up0 type veth peer name up1", "link set up1 up", "link set up0 up",
          "address add 198.51.100.2/24 dev up0"]

ROUTES = [{"to": "10.1.0.0/16", "via": GATEWAY, "metric": 50},
          {"to": "10.2.0.0/16", "via": GATEWAY, "source": VIRTUAL, "table": 100},
          {"to": "203.0.113.0/24", "type": "blackhole", "table": 100},
          {"to": "10.3.0.0/16", "interface": "eth0"},
          {"to": "10.4.0.0/16", "via": "198.51.100.1", "onlink": True}]
RULES = [{"from": "10.20.0.0/16", "table": 100, "priority": 1000},
         {"to": "10.30.0.0/16", "iif": "eth0", "fwmark": "0x10/0xff", "table": 100,
          "priority": 1001}]
IN_KERNEL = {f"10.1.0.0/16 via {GATEWAY} dev eth0 proto 112 metric 50",
             f"10.2.0.0/16 via {GATEWAY} dev eth0 table 100 proto 112 src {VIRTUAL}",
             "blackhole 203.0.113.0/24 table 100 proto 112",
             "10.3.0.0/16 dev eth0 proto 112 scope link",
             "10.4.0.0/16 via 198.51.100.1 dev eth0 proto 112 onlink"}
RULES_IN_KERNEL = {"1000: from 10.20.0.0/16 lookup 100 proto 112",
                   "1001: from all to 10.30.0.0/16 fwmark 0x10/0xff iif eth0 lookup 100 proto 112"}


def lines(text):
    return {" ".join(line.split()) for line in text.splitlines() if line.strip()}


def routes(host, family=4):
    """Those of ours."""
    return {line for line in lines(host.ip(f"-{family}", "route", "show", "table", "all"))
            if "proto 112" in line}


def rules(host, family=4):
    return {line for line in lines(host.ip(f"-{family}", "rule", "show"))
            if line.endswith("proto 112")}


def everything(host):
    return routes(host), rules(host), routes(host, 6), rules(host, 6)


NOTHING = (set(), set(), set(), set())
ALL_OF_IPV4 = (IN_KERNEL, RULES_IN_KERNEL, set(), set())


def alone(lab, **settings):
    wanted = {"routes": ROUTES, "rules": RULES, **settings}
    return lab.tandem("r1", pair_config({"r1": 200}, **{n: v for n, v in wanted.items() if v}))


def wait_for(host, expected, timeout=10.0):
    def is_there():
        return everything(host) == expected
    try:
        wait_until(is_there, timeout)
    except AssertionError:
        assert everything(host) == expected


def one_route(lab, **route):
    route = {"to": "10.1.0.0/16", "via": GATEWAY, **route}
    tandem = alone(lab, routes=[route], rules=[])
    wait_until(lambda: len(routes(lab["r1"])) == 1)
    return tandem


# ---- they follow the router --------------------------------------------------------------------


def test_they_are_where_the_active_router_is(lab):
    config = pair_config(routes=ROUTES, rules=RULES)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_for(lab["r1"], ALL_OF_IPV4)
    assert everything(lab["r2"]) == NOTHING
    r1.stop()
    assert everything(lab["r1"]) == NOTHING
    wait_for(lab["r2"], ALL_OF_IPV4)
    r1.start()
    wait_for(lab["r1"], ALL_OF_IPV4)
    wait_for(lab["r2"], NOTHING)


def test_a_killed_router_leaves_nothing_for_long_after_its_restart(lab):
    config = pair_config(routes=ROUTES, rules=RULES)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_for(lab["r1"], ALL_OF_IPV4)
    r1.kill()
    wait_for(lab["r2"], ALL_OF_IPV4)
    r1.configure(pair_config({"r1": 50, "r2": 100}))
    r1.start()
    wait_until(lambda: r1.state() == "backup")
    wait_for(lab["r1"], NOTHING)


@pytest.mark.lan(ipv6=True)
def test_ipv6_too(lab):
    tandem = alone(
        lab, addresses=[f"{VIRTUAL}/24", f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"],
        routes=[{"to": "2001:db8:1::/48", "via": GATEWAY6},
                {"to": "::/0", "via": "fe80::fe", "metric": 7},
                {"to": "2001:db8:2::/48", "type": "unreachable", "table": 100},
                {"to": "2001:db8:3::/48", "via": GATEWAY6, "source": VIRTUAL6}],
        rules=[{"from": "2001:db8:9::/48", "table": 100, "priority": 1000},
               {"iif": "eth0", "fwmark": 5, "table": 100, "priority": 1001}])
    there = (set(), {"1001: from all fwmark 0x5 iif eth0 lookup 100 proto 112"},
             {f"2001:db8:1::/48 via {GATEWAY6} dev eth0 proto 112 metric 1024 pref medium",
              "default via fe80::fe dev eth0 proto 112 metric 7 pref medium",
              "unreachable 2001:db8:2::/48 dev lo table 100 proto 112 metric 1024 pref medium",
              f"2001:db8:3::/48 via {GATEWAY6} dev eth0 proto 112 src {VIRTUAL6} metric 1024 "
              "pref medium"},
             {"1000: from 2001:db8:9::/48 lookup 100 proto 112",
              "1001: from all fwmark 0x5 iif eth0 lookup 100 proto 112"})
    wait_for(lab["r1"], there)
    host = lab["r1"]
    host.ip("-6", "route", "del", "2001:db8:1::/48")
    host.ip("-6", "rule", "del", "priority", "1001")
    wait_for(host, there, SOON)
    host.ip("link", "set", "eth0", "down")
    wait_until(lambda: tandem.state() == "fault")
    host.ip("link", "set", "eth0", "up")
    for address in (f"{host.link_local}/64", f"{host.address6}/64"):
        host.ip("address", "replace", address, "dev", "eth0", "nodad")
    wait_for(host, there)
    tandem.stop()
    wait_for(host, NOTHING)


# ---- they are put back -------------------------------------------------------------------------


def test_what_is_deleted_is_put_back_without_an_election(lab):
    tandem = alone(lab)
    host = lab["r1"]
    wait_for(host, ALL_OF_IPV4)
    transitions = len(tandem.transitions())
    host.ip("route", "del", "10.1.0.0/16", "proto", "112")
    wait_for(host, ALL_OF_IPV4, SOON)
    host.ip("route", "flush", "table", "100")
    wait_for(host, ALL_OF_IPV4, SOON)
    host.ip("rule", "del", "priority", "1000")
    wait_for(host, ALL_OF_IPV4, SOON)
    assert len(tandem.transitions()) == transitions
    # A flush asks again until nothing is left, and may meet what is back already.
    assert 4 <= tandem.router()["counters"]["restored"] <= 6
    assert "route removed by somebody else; restoring it" in tandem.log_text()


def test_what_is_replaced_is_put_in_front_of_the_other(lab):
    one_route(lab)
    host = lab["r1"]
    host.ip("route", "replace", "10.1.0.0/16", "via", "192.0.2.253")
    wait_until(lambda: routes(host) == {f"10.1.0.0/16 via {GATEWAY} dev eth0 proto 112"}, SOON)
    assert lines(host.ip("route", "show", "10.1.0.0/16")) == {
        f"10.1.0.0/16 via {GATEWAY} dev eth0 proto 112", "10.1.0.0/16 via 192.0.2.253 dev eth0"}
    assert GATEWAY in host.ip("route", "get", "10.1.2.3")


@pytest.mark.lan(ipv6=True)
def test_what_is_replaced_in_ipv6_is_missing_until_the_other_is_gone(lab):
    tandem = alone(lab, addresses=[f"{VIRTUAL_LINK_LOCAL}/64"], rules=[],
                   routes=[{"to": "2001:db8:1::/48", "via": GATEWAY6}])
    host = lab["r1"]
    there = {f"2001:db8:1::/48 via {GATEWAY6} dev eth0 proto 112 metric 1024 pref medium"}
    wait_until(lambda: routes(host, 6) == there)
    host.ip("-6", "route", "replace", "2001:db8:1::/48", "via", "2001:db8::fd")
    wait_until(lambda: tandem.router()["routes"][0]["error"])
    assert "somebody else's route is in its place" in tandem.router()["routes"][0]["error"]
    assert any("File exists" in problem for problem in tandem.status()["problems"])
    host.ip("-6", "route", "del", "2001:db8:1::/48", "via", "2001:db8::fd")
    wait_until(lambda: routes(host, 6) == there, timeout=15)
    wait_until(lambda: not tandem.status()["problems"])


def test_routes_come_back_with_their_link(lab):
    """Linux removes those of IPv4 without telling anybody."""
    host = lab["r1"]
    batch(host.namespace, UPLINK)
    tandem = one_route(lab, via="198.51.100.1", interface="up0")
    there = routes(host)
    host.ip("link", "set", "up0", "down")
    assert routes(host) == set()
    wait_until(lambda: "is down" in str(tandem.router()["routes"])
               or "unreachable" in str(tandem.router()["routes"]))
    time.sleep(3.7)  # the next attempt by itself would be the one after 6.3 s
    host.ip("link", "set", "up0", "up")
    wait_until(lambda: routes(host) == there, SOON)
    assert tandem.state() == "active"
    assert tandem.router()["counters"]["restored"] == 0  # nobody else had removed it


def test_routes_come_back_with_a_link_that_is_made_anew(lab):
    host = lab["r1"]
    batch(host.namespace, UPLINK)
    tandem = one_route(lab, via="198.51.100.1", interface="up0")
    there = routes(host)
    host.ip("link", "del", "up0")
    wait_until(lambda: "interface up0 does not exist" in str(tandem.status()["problems"]))
    batch(host.namespace, UPLINK)
    wait_until(lambda: routes(host) == there)
    wait_until(lambda: tandem.status()["problems"] == [])


def test_routes_come_back_with_their_source(lab):
    host = lab["r1"]
    host.ip("address", "add", "198.51.100.9/32", "dev", "lo")
    one_route(lab, source="198.51.100.9")
    there = routes(host)
    host.ip("address", "del", "198.51.100.9/32", "dev", "lo")
    always(lambda: routes(host) == set(), 0.5)
    host.ip("address", "add", "198.51.100.9/32", "dev", "lo")
    wait_until(lambda: routes(host) == there, timeout=12)


def test_a_route_whose_next_hop_comes_late_is_tried_again(lab):
    host = lab["r1"]
    tandem = alone(lab, routes=[{"to": "10.1.0.0/16", "via": "198.51.100.1"}], rules=[])
    wait_until(lambda: tandem.router()["routes"][0]["error"])
    error = tandem.router()["routes"][0]["error"]
    assert error.startswith("add route 10.1.0.0/16 via 198.51.100.1: ")
    assert "Network is unreachable" in error
    assert tandem.state() == "active"
    assert tandem.status()["health"] == "degraded"
    host.ip("address", "add", "198.51.100.2/24", "dev", "eth0")
    wait_until(lambda: routes(host) == {"10.1.0.0/16 via 198.51.100.1 dev eth0 proto 112"})
    wait_until(lambda: tandem.status()["health"] == "ok" or not tandem.status()["problems"])


# ---- those of others ---------------------------------------------------------------------------


def test_strays_of_ours_are_removed_and_others_are_left(lab):
    host = lab["r1"]
    batch(host.namespace, [f"route add 10.9.0.0/16 via {GATEWAY} proto 112",
                           "route add blackhole 10.8.0.0/16 table 77 proto 112",
                           "rule add from 10.9.0.0/16 table 9 priority 900 protocol 112",
                           f"route add 10.7.0.0/16 via {GATEWAY} proto static",
                           "rule add from 10.7.0.0/16 table 7 priority 700"])
    alone(lab)
    wait_for(host, ALL_OF_IPV4)
    assert "10.7.0.0/16 via" in host.ip("route")
    assert "700:" in host.ip("rule")
    batch(host.namespace, [f"route add 10.9.0.0/16 via {GATEWAY} proto 112",
                           "rule add from 10.9.0.0/16 table 9 priority 900 protocol 112"])
    wait_for(host, ALL_OF_IPV4, SOON)


def test_the_same_of_somebody_else_stays(lab):
    host = lab["r1"]
    batch(host.namespace, [f"route add 10.1.0.0/16 via {GATEWAY} metric 50",
                           "rule add from 10.20.0.0/16 table 100 priority 1000"])
    tandem = alone(lab)
    wait_for(host, ALL_OF_IPV4)
    assert tandem.stop() == 0
    assert everything(host) == NOTHING
    assert f"10.1.0.0/16 via {GATEWAY} dev eth0 metric 50" in lines(host.ip("route"))
    assert "1000: from 10.20.0.0/16 lookup 100" in lines(host.ip("rule"))


def test_twenty_thousand_routes_of_others_cost_nothing(lab):
    host = lab["r1"]
    others = [f"route add 10.{128 + n // 250}.{n % 250}.0/24 via {GATEWAY} proto bgp"
              for n in range(MANY)]
    batch(host.namespace, others)
    tandem = alone(lab)
    wait_for(host, ALL_OF_IPV4)
    before = wake_ups(tandem)
    changes = [f"route replace 10.{128 + n // 250}.{n % 250}.0/24 via 192.0.2.253 proto bgp"
               for n in range(MANY)]
    batch(host.namespace, changes)
    assert wake_ups(tandem) - before < MANY / 40
    host.ip("route", "del", "10.1.0.0/16", "proto", "112")
    wait_for(host, ALL_OF_IPV4, SOON)
    assert "overrun" not in tandem.log_text()
    assert tandem.stop() == 0
    assert everything(host) == NOTHING


def wake_ups(tandem):
    """How often it has waited for something and got it."""
    with open(f"/proc/{tandem.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("voluntary"))
