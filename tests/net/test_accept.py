"""`accept = false`: a gateway that routes for others and takes nothing for itself."""

import json
import socket
import subprocess
import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until
from namespaces import ask, inside, run
from test_systemd import Service

BOTH_FAMILIES = [f"{VIRTUAL}/24", f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"]
TABLE = "inet tandem"
RESTORED_WITHIN = 1.0
ANY_PORT = 9  # nobody listens: a host that takes the packet refuses the connection

ipv6 = pytest.mark.lan(ipv6=True)


def nft(host, *words, text=None):
    return run(["ip", "netns", "exec", host.namespace, "nft", *words], text)


def tables(host):
    objects = json.loads(nft(host, "--json", "list", "tables"))["nftables"]
    return sorted(f"{entry['table']['family']} {entry['table']['name']}"
                  for entry in objects if "table" in entry)


def filter_of(host):
    """The whole of tandem's table as text; None without one."""
    return nft(host, "list", "table", "inet", "tandem") if TABLE in tables(host) else None


def answer_of(host, address, timeout=0.3):
    """What a connection to the address meets: `refused` by a host that takes it, or `nothing`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with inside(host.namespace, lambda: socket.socket(family)) as sock:
        sock.settimeout(timeout)
        try:
            where = inside(host.namespace, lambda: socket.getaddrinfo(
                f"{address}%eth0" if address.startswith("fe80") else address, ANY_PORT,
                family, socket.SOCK_STREAM)[0][4])
            sock.connect(where)
        except ConnectionRefusedError:
            return "refused"
        except (TimeoutError, socket.timeout):
            return "nothing"
    return "connected"


def neighbour(host, address):
    """The MAC address that a host has found for an address; None without one."""
    found = ask(host.namespace, "neighbour", "show", "to", address, "dev", "eth0")
    return found[0].get("lladdr") if found else None


def active(lab, name="r1", **settings):
    daemon = lab.tandem(name, pair_config(**{"accept": False, **settings}))
    wait_until(lambda: set(daemon.states()) == {"active"})
    return daemon


# ---- what passes and what does not ---------------------------------------------------------------


# proves: 9568-6.1-h
@ipv6
def test_nothing_that_is_sent_to_a_virtual_address_is_answered_but_neighbour_discovery(lab):
    active(lab, addresses=BOTH_FAMILIES)
    r1, client = lab["r1"], lab["client"]
    wait_until(lambda: r1.holds(VIRTUAL) and r1.holds(VIRTUAL6) and r1.holds(VIRTUAL_LINK_LOCAL))
    client.ip("neighbour", "flush", "dev", "eth0")
    for address in (VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL):
        assert answer_of(client, address) == "nothing"
        assert neighbour(client, address) == r1.mac
    for address in (r1.address, r1.address6, r1.link_local):
        assert answer_of(client, address) == "refused"
    for address in (VIRTUAL, VIRTUAL6):
        probe = lab.probe(address=address)
        time.sleep(0.5)
        report = probe.report()
        assert report["sent"] > 100 and report["answered"] == 0


@ipv6
def test_a_neighbour_that_asks_again_by_unicast_is_answered(lab):
    """As every host does after half a minute: dropped, the entry would fail and the traffic wait."""
    active(lab, addresses=BOTH_FAMILIES)
    client = lab["client"]
    wait_until(lambda: lab["r1"].holds(VIRTUAL6))
    wait_until(lambda: answer_of(client, VIRTUAL6) == "nothing" and neighbour(client, VIRTUAL6))

    def entry():
        return ask(client.namespace, "neighbour", "show", "to", VIRTUAL6, "dev", "eth0")[0]

    client.ip("neighbour", "replace", VIRTUAL6, "lladdr", lab["r1"].mac, "dev", "eth0",
              "nud", "probe")
    wait_until(lambda: "REACHABLE" in entry()["state"])


# proves: 9568-6.4.3-e
@ipv6
def test_an_owner_accepts_whatever_the_setting_says(lab):
    for address in BOTH_FAMILIES:
        nodad = ["nodad"] if ":" in address else []
        lab["r1"].ip("address", "add", address, "dev", "eth0", *nodad)
    active(lab, addresses=BOTH_FAMILIES, owner={"r1": True}, priority={"r2": 100})
    for address in (VIRTUAL, VIRTUAL6):
        wait_until(lambda: answer_of(lab["client"], address) == "refused")
    assert tables(lab["r1"]) == []


@pytest.mark.hosts("r1", "r3", "client", "observer")
def test_what_is_forwarded_passes_in_both_directions(lab):
    """r3 and the client are in different subnets, each with a virtual address as its gateway."""
    r1, r3, client = lab["r1"], lab["r3"], lab["client"]
    r1.sysctl("ipv4.ip_forward", 1)
    for scope in ("all", "eth0"):
        r1.sysctl(f"ipv4.conf.{scope}.send_redirects", 0)
    r1.ip("address", "add", "198.51.100.2/24", "dev", "eth0")
    r3.ip("address", "flush", "dev", "eth0")
    r3.ip("address", "add", "198.51.100.9/24", "dev", "eth0")
    r3.ip("route", "add", "default", "via", "198.51.100.1")
    client.ip("route", "add", "default", "via", VIRTUAL)
    active(lab, addresses=[f"{VIRTUAL}/24", "198.51.100.1/24"])
    wait_until(lambda: r1.holds(VIRTUAL) and r1.holds("198.51.100.1"))
    assert answer_of(client, "198.51.100.9") == "refused"
    assert answer_of(r3, client.address) == "refused"
    for address in (VIRTUAL, "198.51.100.1"):
        assert answer_of(client, address) == "nothing"
    assert answer_of(client, "198.51.100.2") == "refused"


def test_other_routers_of_the_node_accept(lab):
    lab.tandem("r1", "nodes = { r1 = {}; };\nrouters = {\n"
               "  quiet = { interface = \"eth0\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];\n"
               "            advertise = \"100ms\"; accept = false; };\n"
               "  loud = { interface = \"eth0\"; vrid = 2; addresses = [ \"192.0.2.9/24\" ];\n"
               "           advertise = \"100ms\"; };\n};\n")
    wait_until(lambda: lab["r1"].holds(VIRTUAL) and lab["r1"].holds("192.0.2.9"))
    assert answer_of(lab["client"], VIRTUAL) == "nothing"
    assert answer_of(lab["client"], "192.0.2.9") == "refused"


def test_not_a_single_packet_is_answered_across_takeover_crash_and_stop(lab):
    """The filter is there before the address and until after it, on both routers."""
    probe = lab.probe()
    lab.pair(accept=False)
    r1, r2 = lab.daemons
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    r1.stop()
    wait_until(lambda: lab["r2"].holds(VIRTUAL) and not lab["r1"].holds(VIRTUAL))
    r1.start()
    wait_until(lambda: lab.holders() == ["r1"])
    r1.kill()
    wait_until(lambda: lab["r2"].holds(VIRTUAL))
    r1.start()
    wait_until(lambda: lab.holders() == ["r1"])
    r2.stop()
    r1.stop()
    wait_until(lambda: lab.holders() == [])
    report = probe.report()
    assert report["sent"] > 1000 and report["answered"] == 0


# ---- the table -----------------------------------------------------------------------------------


def test_the_table_is_there_while_the_router_is_active_and_shows_what_it_does(lab):
    r1, r2 = lab.pair(accept=False)
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    table = filter_of(lab["r1"])
    assert VIRTUAL in table and "made by tandemd" in table and "drop" in table
    assert tables(lab["r2"]) == []
    assert r1.status()["health"] == "ok"
    assert r1.stop() == 0
    assert tables(lab["r1"]) == []
    wait_until(lambda: r2.state() == "active")
    wait_until(lambda: VIRTUAL in (filter_of(lab["r2"]) or ""))


@pytest.mark.parametrize("change", [
    ["flush ruleset"], ["delete table inet tandem"], ["flush chain inet tandem input"],
    [f"delete element inet tandem refused4 {{ {VIRTUAL} }}"],
    ["flush set inet tandem refused4"], ["add table inet tandem { flags dormant; }"],
    ["insert rule inet tandem input accept"],
    ["flush ruleset", "add table inet mine"],
], ids=lambda change: " and ".join(change))
def test_whatever_somebody_does_to_it_is_undone(lab, change):
    r1 = active(lab)
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    table = filter_of(lab["r1"])
    for _ in range(3):
        nft(lab["r1"], "-f", "-", text="\n".join(change) + "\n")
        wait_until(lambda: filter_of(lab["r1"]) == table, RESTORED_WITHIN)
        assert answer_of(lab["client"], VIRTUAL) == "nothing"
    assert "somebody else" in r1.log_text()
    assert r1.state() == "active" and r1.transitions()[-1][1]["to"] == "active"


def test_somebody_who_flushes_all_the_time_does_not_keep_the_daemon_busy(lab):
    r1 = active(lab)
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    end = time.monotonic() + 3
    while time.monotonic() < end:
        nft(lab["r1"], "flush", "ruleset")
    wait_until(lambda: filter_of(lab["r1"]), RESTORED_WITHIN)
    assert r1.state() == "active"
    assert r1.log_text().count("somebody else") < 20
    assert answer_of(lab["client"], VIRTUAL) == "nothing"


def test_a_daemon_that_comes_back_after_a_crash_clears_up(lab):
    r1 = active(lab)
    wait_until(lambda: filter_of(lab["r1"]))
    r1.kill()
    assert filter_of(lab["r1"]) is not None
    r1.configure(pair_config())
    r1.start()
    wait_until(lambda: tables(lab["r1"]) == [])
    wait_until(lambda: r1.state() == "active")
    wait_until(lambda: answer_of(lab["client"], VIRTUAL) == "refused")


def test_tables_of_others_stay_as_they_are(lab):
    mine = ("table inet mine {\n chain input {\n  type filter hook input priority 0;\n"
            "  tcp dport 22 accept\n }\n}\ntable ip tandem {\n chain x {\n  accept\n }\n}\n")
    nft(lab["r1"], "-f", "-", text=mine)
    before = nft(lab["r1"], "list", "ruleset")
    r1 = active(lab)
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    assert nft(lab["r1"], "list", "table", "inet", "mine") in before
    assert nft(lab["r1"], "list", "table", "ip", "tandem") in before
    r1.stop()
    assert nft(lab["r1"], "list", "ruleset") == before


def test_a_table_of_that_name_which_is_not_ours_is_left_alone_and_reported(lab):
    nft(lab["r1"], "add", "table", "inet", "tandem")
    nft(lab["r1"], "add", "chain", "inet", "tandem", "theirs")
    before = nft(lab["r1"], "list", "ruleset")
    r1 = active(lab)
    wait_until(lambda: lab["r1"].holds(VIRTUAL), what="the address is there all the same")
    status = r1.status()
    assert status["health"] == "degraded"
    assert "inet tandem" in " ".join(status["problems"])
    assert nft(lab["r1"], "list", "ruleset") == before
    nft(lab["r1"], "delete", "table", "inet", "tandem")
    wait_until(lambda: answer_of(lab["client"], VIRTUAL) == "nothing")
    wait_until(lambda: r1.status()["health"] == "ok")


def test_nobody_else_pays_for_it(lab):
    """Without the setting there is no table, not even for a moment."""
    watcher = subprocess.Popen(["ip", "netns", "exec", lab["r1"].namespace, "nft", "monitor"],
                               stdout=subprocess.PIPE, text=True)
    lab.at_close(watcher.wait)
    lab.at_close(watcher.kill)
    r1 = active(lab, accept=True)
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    assert answer_of(lab["client"], VIRTUAL) == "refused"
    always(lambda: tables(lab["r1"]) == [], 0.3)
    r1.stop()
    watcher.terminate()
    assert watcher.communicate()[0] == ""


def test_the_sandbox_of_the_unit_lets_the_filter_through(lab):
    service = Service(lab, "r1")
    service.install(pair_config(accept=False))
    service.start()
    wait_until(lambda: service.state() == "active" and lab["r1"].holds(VIRTUAL))
    table = filter_of(lab["r1"])
    assert VIRTUAL in table
    nft(lab["r1"], "flush", "ruleset")
    wait_until(lambda: filter_of(lab["r1"]) == table, RESTORED_WITHIN)
    assert answer_of(lab["client"], VIRTUAL) == "nothing"
    service.stop()
    assert tables(lab["r1"]) == []
