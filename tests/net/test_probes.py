"""What the probes of checks say of real neighbours: hosts, links, routes, servers."""

import os
import signal
import socket
import struct
import time

import pytest

from lab import always, wait_until
from looker import check, haproxy, look, nginx, serve
from namespaces import batch, inside, run

pytestmark = [pytest.mark.hosts("r1", "r2", "observer"), pytest.mark.lan(ipv6=True)]

SILENT = "198.51.100.9"  # an address that nobody has


def spare(name):
    """The command that makes an interface with nobody at its other end, which is `other`."""
    return f"link add {name} type veth peer name other"


# ---- ping ----------------------------------------------------------------------------------------

def test_a_host_that_answers_echoes_is_well(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("ping", "four", target=peer.address),
                  check("ping", "six", target=peer.address6),
                  check("ping", "link-local", target=peer.link_local, interface="eth0"))
    for name in ("four", "six", "link-local"):
        assert looker.wait_until_well(name)["text"].startswith("answered within")


def test_a_host_that_drops_echoes_is_not(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("ping", "four", target=peer.address),
                  check("ping", "six", target=peer.address6))
    looker.wait_until_well("four")
    looker.wait_until_well("six")
    for family in ("ipv4.icmp_echo_ignore_all", "ipv6.icmp.echo_ignore_all"):
        peer.sysctl(family, 1)
    looker.wait_until_failed("four", f"no answer from {peer.address}")
    looker.wait_until_failed("six", f"no answer from {peer.address6}")
    for family in ("ipv4.icmp_echo_ignore_all", "ipv6.icmp.echo_ignore_all"):
        peer.sysctl(family, 0)
    looker.wait_until_well("four")
    looker.wait_until_well("six")


def test_a_ping_that_cannot_be_sent_fails_at_once_and_says_why(lab):
    looker = look(lab, "r1", check("ping", target=SILENT, every=0.1, timeout=30))
    looker.wait_until_failed("ping", "Network is unreachable")


def test_a_ping_goes_through_its_interface_only(lab):
    peer = lab["r2"]
    batch(lab["r1"].namespace, [spare("eth1"), "link set other up", "link set eth1 up"])
    looker = look(lab, "r1",
                  check("ping", "right", target=peer.address, interface="eth0"),
                  check("ping", "wrong", target=peer.address, interface="eth1"),
                  check("ping", "missing", target=peer.address, interface="eth9"))
    looker.wait_until_well("right")
    looker.wait_until_failed("wrong", "no answer")
    looker.wait_until_failed("missing", "no interface is called eth9")


def raw_sockets(host):
    """Raw ICMP sockets of a host, by family."""

    def count():
        lines = []
        for name in ("raw", "raw6"):
            with open(f"/proc/thread-self/net/{name}", encoding="ascii") as file:
                lines.append(len(file.readlines()) - 1)
        return lines

    return inside(host.namespace, count)


def test_all_pings_share_one_socket_a_family(lab):
    peer = lab["r2"]
    checks = [check("ping", f"{address}-{number}", target=address)
              for address in (peer.address, peer.address6) for number in range(20)]
    looker = look(lab, "r1", *checks)
    for one in checks:
        looker.wait_until_well(one["name"])
    assert raw_sockets(lab["r1"]) == [1, 1]


def test_the_echoes_of_others_do_not_wake_anybody(lab):
    """The kernel's filter keeps them away: a host that is pinged with no pause costs nothing."""
    peer = lab["r2"]
    looker = look(lab, "r1", check("ping", target=peer.address, every=60, timeout=1))
    looker.wait_until_well("ping")
    before = looker.processor_seconds()
    run(["ip", "netns", "exec", lab["r1"].namespace, "python3", "-c", FLOOD, peer.address])
    assert looker.processor_seconds() - before < 0.05


# 20,000 echoes of somebody else's, each with its answer.
FLOOD = """
import socket, struct, sys
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
raw.settimeout(1)
header = struct.pack("!BBHHH", 8, 0, 0, 4711, 1)
total = sum(struct.unpack("!4H", header))
header = header[:2] + struct.pack("!H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + header[4:]
for _ in range(20000):
    raw.sendto(header, (sys.argv[1], 0))
    raw.recv(100)
"""


# ---- arp -----------------------------------------------------------------------------------------

def test_a_neighbour_that_answers_is_well_until_it_vanishes(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("arp", "four", target=peer.address, interface="eth0"),
                  check("arp", "six", target=peer.address6, interface="eth0"),
                  check("arp", "link-local", target=peer.link_local, interface="eth0"))
    names = ("four", "six", "link-local")
    for name in names:
        looker.wait_until_well(name)
    peer.ip("link", "set", "eth0", "down")
    for name in names:
        looker.wait_until_failed(name, "no answer from")
    peer.ip("link", "set", "eth0", "up")
    for address in (peer.address6, peer.link_local):  # a link that goes down takes them along
        peer.ip("address", "replace", f"{address}/64", "dev", "eth0", "nodad")
    for name in names:
        looker.wait_until_well(name)


def test_what_the_kernel_remembers_of_a_neighbour_is_no_answer(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("arp", target=peer.address, interface="eth0"))
    looker.wait_until_well("arp")
    lab["r1"].ip("neighbour", "replace", peer.address, "lladdr", peer.mac, "dev", "eth0",
                 "nud", "permanent")
    peer.sysctl("ipv4.conf.eth0.arp_ignore", 8)  # it answers nobody
    looker.wait_until_failed("arp", f"no answer from {peer.address} on eth0")


def heard_arp(lab, target, seconds=0.5):
    """(operation, sender's MAC, sender's address) of what is on the wire about an address."""

    def listen():
        heard = set()
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as sock:
            sock.bind(("eth0", 0x0806))
            sock.settimeout(0.1)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                try:
                    frame = sock.recv(100)
                except TimeoutError:
                    continue
                if frame[38:42] == socket.inet_aton(target):
                    heard.add((frame[6:12].hex(":"), frame[22:28].hex(":"),
                               socket.inet_ntoa(frame[28:32])))
        return heard

    return inside(lab["observer"].namespace, listen)


def add_virtual_address(host, address, length):
    """An address of eth0 with the mark of the daemon, IFA_PROTO, which ip does not know yet."""
    IFA_LOCAL, IFA_PROTO, RTM_NEWADDR = 2, 11, 20

    def add():
        body = struct.pack("=BBBBi", socket.AF_INET, length, 0, 0, socket.if_nametoindex("eth0"))
        body += struct.pack("=HH4s", 8, IFA_LOCAL, socket.inet_aton(address))
        body += struct.pack("=HHBxxx", 5, IFA_PROTO, 112)
        header = struct.pack("=IHHII", 16 + len(body), RTM_NEWADDR, 0x605, 1, 0)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as sock:
            sock.send(header + body)
            answer = sock.recv(4096)
        return struct.unpack_from("=i", answer, 16)[0]

    assert inside(host.namespace, add) == 0


def test_a_question_comes_from_our_own_address_and_never_from_a_virtual_one(lab):
    r1, peer = lab["r1"], lab["r2"]
    # One that the daemon has put there, and that is the first of its subnet.
    r1.ip("address", "flush", "dev", "eth0")
    add_virtual_address(r1, "192.0.2.1", 24)
    looker = look(lab, "r1", check("arp", target=peer.address, interface="eth0"))
    looker.wait_until_well("arp")
    assert heard_arp(lab, peer.address) == {(r1.mac, r1.mac, "0.0.0.0")}
    r1.ip("address", "add", f"{r1.address}/24", "dev", "eth0")
    wait_until(lambda: heard_arp(lab, peer.address, 0.3) == {(r1.mac, r1.mac, r1.address)},
               what="our own address asks")
    looker.wait_until_well("arp")


def test_another_host_that_answers_for_a_neighbour_on_another_link_does_not_count(lab):
    r1, peer = lab["r1"], lab["r2"]
    batch(r1.namespace, [spare("eth1"), "link set other up", "link set eth1 up",
                         "address add 203.0.113.1/24 dev eth1"])
    looker = look(lab, "r1", check("arp", target=peer.address, interface="eth1"))
    looker.wait_until_failed("arp", f"no answer from {peer.address} on eth1")


# ---- interface -----------------------------------------------------------------------------------

def test_an_interface_is_well_while_it_is_up_and_has_carrier(lab):
    r1 = lab["r1"]
    # It would look once an hour: what it says meanwhile is because it was woken.
    looker = look(lab, "r1", check("interface", interface="eth0", every=3600))
    wait_until(lambda: [o["text"] for o in looker.outcomes("interface")] == ["up"])

    def wait_for(text):
        wait_until(lambda: looker.outcomes("interface")[-1]["text"] == text, what=text)
        return looker.outcomes("interface")[-1]["well"]

    r1.ip("link", "set", "eth0", "down")
    assert not wait_for("down")
    r1.ip("link", "set", "eth0", "up")
    assert wait_for("up")
    lab.switch.port_down(r1)
    assert not wait_for("no carrier")
    lab.switch.port_up(r1)
    assert wait_for("up")
    r1.ip("link", "set", "eth0", "down")
    r1.ip("link", "set", "eth0", "name", "wan0")
    assert not wait_for("no interface is called eth0")
    r1.ip("link", "set", "wan0", "name", "eth0")
    r1.ip("link", "set", "eth0", "up")
    assert wait_for("up")


def test_an_interface_that_is_missing_is_not_well_until_it_is_made(lab):
    looker = look(lab, "r1", check("interface", interface="vpn0"))
    looker.wait_until_failed("interface", "no interface is called vpn0")
    batch(lab["r1"].namespace, [spare("vpn0"), "link set other up", "link set vpn0 up"])
    looker.wait_until_well("interface")
    lab["r1"].ip("link", "delete", "vpn0")
    looker.wait_until_failed("interface", "no interface is called vpn0")


def test_an_interface_counts_when_it_has_been_up_or_down_for_long_enough(lab):
    r1 = lab["r1"]
    looker = look(lab, "r1", check("interface", "slow up", interface="eth0", up_for_us=1_500_000),
                  check("interface", "slow down", interface="eth0", down_for_us=1_500_000))
    looker.wait_until_well("slow up")
    looker.wait_until_well("slow down")
    r1.ip("link", "set", "eth0", "down")
    went_down = time.time()
    looker.wait_until_failed("slow up")
    always(lambda: time.time() > went_down + 1 or looker.outcomes("slow down")[-1]["well"], 1)
    looker.wait_until_failed("slow down")
    r1.ip("link", "set", "eth0", "up")
    came_up = time.time()
    looker.wait_until_well("slow down")
    always(lambda: time.time() > came_up + 1 or not looker.outcomes("slow up")[-1]["well"], 1)
    looker.wait_until_well("slow up")


# ---- route ---------------------------------------------------------------------------------------

def route_check(name, to, **settings):
    return check("route", name, to=to, **settings)


def test_a_route_is_well_while_it_is_in_the_table_with_its_protocol(lab):
    r1, peer = lab["r1"], lab["r2"]
    bgp = 186
    looker = look(lab, "r1", route_check("bgp", "10.0.0.0/8", protocol=bgp),
                  route_check("any", "10.0.0.0/8"),
                  route_check("table", "10.0.0.0/8", table=1000),
                  route_check("six", "2001:db8:1::/48", protocol=bgp))
    for name in ("bgp", "any", "table", "six"):
        looker.wait_until_failed(name, "is not in table")
    r1.ip("route", "add", "10.0.0.0/8", "via", peer.address, "proto", "static")
    looker.wait_until_well("any")
    looker.wait_until_failed("bgp", "10.0.0.0/8 is not in table 254")
    r1.ip("route", "replace", "10.0.0.0/8", "via", peer.address, "proto", "bgp")
    looker.wait_until_well("bgp")
    looker.wait_until_well("any")
    looker.wait_until_failed("table")
    r1.ip("route", "replace", "10.0.0.0/8", "via", peer.address, "proto", "static")
    looker.wait_until_failed("bgp")
    r1.ip("route", "del", "10.0.0.0/8")
    looker.wait_until_failed("any")
    r1.ip("route", "add", "10.0.0.0/8", "via", peer.address, "table", "1000")
    looker.wait_until_well("table")
    r1.ip("-6", "route", "add", "2001:db8:1::/48", "via", peer.address6, "proto", "bgp")
    looker.wait_until_well("six")
    r1.ip("-6", "route", "del", "2001:db8:1::/48")
    looker.wait_until_failed("six")


def test_only_the_very_prefix_counts_and_only_where_it_leads_somewhere(lab):
    r1, peer = lab["r1"], lab["r2"]
    looker = look(lab, "r1", route_check("route", "10.0.0.0/8"))
    for other in ("10.0.0.0/7", "10.0.0.0/9", "10.0.0.0/32"):
        r1.ip("route", "add", other, "via", peer.address)
    r1.ip("route", "add", "blackhole", "10.0.0.0/8")
    looker.wait_until_failed("route")
    r1.ip("route", "del", "blackhole", "10.0.0.0/8")
    r1.ip("route", "add", "10.0.0.0/8", "via", peer.address)
    looker.wait_until_well("route")


def test_each_change_of_the_route_wakes_its_check(lab):
    """Also while a table of many routes, which has just been read, rests from that."""
    r1, peer = lab["r1"], lab["r2"]
    batch(r1.namespace, many_routes(5000))
    looker = look(lab, "r1", route_check("route", "0.0.0.0/0", every=3600))
    wait_until(lambda: len(looker.outcomes("route")) == 1)
    for _ in range(3):
        r1.ip("route", "add", "default", "via", peer.address)
        wait_until(lambda: looker.outcomes("route")[-1]["well"], what="the route is seen")
        r1.ip("route", "del", "default")
        wait_until(lambda: not looker.outcomes("route")[-1]["well"], what="its end is seen")


@pytest.mark.parametrize("goes", ["link", "nexthop", "source"])
def test_a_route_that_goes_without_a_word_of_the_kernel_is_missed(lab, goes):
    r1, peer = lab["r1"], lab["r2"]
    r1.ip("address", "add", "203.0.113.1/32", "dev", "lo")
    r1.ip("nexthop", "add", "id", "7", "via", peer.address, "dev", "eth0")
    way = {"link": ["via", peer.address], "nexthop": ["nhid", "7"],
           "source": ["via", peer.address, "src", "203.0.113.1"]}[goes]
    r1.ip("route", "add", "10.0.0.0/8", *way)
    looker = look(lab, "r1", route_check("route", "10.0.0.0/8"))
    looker.wait_until_well("route")
    r1.ip(*{"link": ["link", "set", "eth0", "down"], "nexthop": ["nexthop", "del", "id", "7"],
            "source": ["address", "del", "203.0.113.1/32", "dev", "lo"]}[goes])
    looker.wait_until_failed("route")


def many_routes(count, word="add"):
    return [f"route {word} 100.{i // 256 % 128}.{i % 256}.{i // 32768 * 16}/28 dev eth0 proto bgp"
            for i in range(count)]


def test_the_routes_of_others_cost_nothing(lab):
    r1, peer = lab["r1"], lab["r2"]
    batch(r1.namespace, many_routes(20_000))
    looker = look(lab, "r1", route_check("route", "10.0.0.0/8", protocol=186))
    looker.wait_until_failed("route")
    before = looker.processor_seconds()
    batch(r1.namespace, many_routes(20_000, "del"))
    batch(r1.namespace, many_routes(20_000))
    assert looker.processor_seconds() - before < 0.2
    r1.ip("route", "add", "10.0.0.0/8", "via", peer.address, "proto", "bgp")
    looker.wait_until_well("route")


def test_a_flood_of_changes_that_is_lost_leaves_the_truth(lab):
    r1, peer = lab["r1"], lab["r2"]
    r1.ip("route", "add", "10.0.0.0/8", "via", peer.address)
    batch(r1.namespace, [spare("vpn0"), "link set other up"])
    looker = look(lab, "r1", route_check("route", "10.0.0.0/8"),
                  check("interface", interface="vpn0"))
    looker.wait_until_well("route")
    looker.wait_until_failed("interface")
    looker.process.send_signal(signal.SIGSTOP)
    flood = []
    for number in range(4000):  # more than fits into a megabyte
        flood += ["route del 10.0.0.0/8", f"route add 10.0.0.0/8 via {peer.address}",
                  "link set vpn0 up", "link set vpn0 down"]
    flood += ["route del 10.0.0.0/8", "link set vpn0 up"]
    batch(r1.namespace, flood)
    looker.process.send_signal(signal.SIGCONT)
    looker.wait_until_failed("route")
    looker.wait_until_well("interface")


# ---- tcp -----------------------------------------------------------------------------------------

FRONT = """
frontend front
    bind :::8080 v4v6
    http-request return status 200 content-type text/plain string ok
"""


def test_a_port_is_well_while_somebody_accepts_connections(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("tcp", "four", target=peer.address, port=8080),
                  check("tcp", "six", target=peer.address6, port=8080),
                  check("tcp", "link-local", target=peer.link_local, port=8080, interface="eth0"))
    names = ("four", "six", "link-local")
    for name in names:
        looker.wait_until_failed(name, "Connection refused")
    server = haproxy(lab, "r2", FRONT)
    for name in names:
        looker.wait_until_well(name)
    server.kill()
    for name in names:
        looker.wait_until_failed(name, "Connection refused")


def test_a_port_behind_a_wall_is_not_well_when_the_time_is_over(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", check("tcp", target=peer.address, port=8080))
    haproxy(lab, "r2", FRONT)
    looker.wait_until_well("tcp")
    lab.switch.cut(peer)
    looker.wait_until_failed("tcp", "no answer")
    lab.switch.heal(peer)
    looker.wait_until_well("tcp")


# Waits for the other side to close, as polite servers do.
POLITE = """
import socket
with socket.create_server(("", 8080), backlog=100) as server:
    while True:
        connection, _ = server.accept()
        try:
            connection.recv(1)
        except ConnectionResetError:
            pass
        connection.close()
"""


def test_connections_leave_nothing_behind(lab):
    peer = lab["r2"]
    serve(lab, "r2", "polite", "python3", "-c", POLITE)
    looker = look(lab, "r1", check("tcp", target=peer.address, port=8080, every=0.02))
    looker.wait_until_well("tcp")
    wait_until(lambda: len(looker.outcomes("tcp")) > 50)
    looker.kill()
    states = run(["ip", "netns", "exec", lab["r1"].namespace, "ss", "-Htan"])
    assert ":8080" not in states


def test_a_port_goes_through_its_interface_only(lab):
    peer = lab["r2"]
    haproxy(lab, "r2", FRONT)
    batch(lab["r1"].namespace, [spare("eth1"), "link set other up", "link set eth1 up"])
    looker = look(lab, "r1",
                  check("tcp", "right", target=peer.address, port=8080, interface="eth0"),
                  check("tcp", "wrong", target=peer.address, port=8080, interface="eth1"),
                  check("tcp", "missing", target=peer.address, port=8080, interface="eth9"))
    looker.wait_until_well("right")
    looker.wait_until_failed("wrong")
    looker.wait_until_failed("missing", "no interface is called eth9")


def test_a_connection_to_itself_does_not_count(lab):
    """Linux may choose the very port that it connects to; with one port it must."""
    r1 = lab["r1"]
    r1.ip("link", "set", "lo", "up")
    r1.sysctl("ipv4.ip_local_port_range", "50000 50001")
    looker = look(lab, "r1", check("tcp", target="127.0.0.1", port=50000, every=0.02))
    wait_until(lambda: len(looker.outcomes("tcp")) > 50)
    assert not any(outcome["well"] for outcome in looker.outcomes("tcp"))


# ---- http ----------------------------------------------------------------------------------------

def http_check(name, url, **settings):
    return check("http", name, url=url, **settings)


def test_nginx_is_well_with_the_code_and_the_text_that_are_expected(lab):
    at = f"http://{lab['r2'].address}"
    looker = look(lab, "r1", http_check("fine", f"{at}/fine"),
                  http_check("broken", f"{at}/broken"),
                  http_check("expected", f"{at}/broken", expect=[200, 500]),
                  http_check("moved", f"{at}/moved", expect=[301]),
                  http_check("says", f"{at}/fine", contains="all is well"),
                  http_check("says not", f"{at}/fine", contains="all is lost"),
                  http_check("six", f"http://[{lab['r2'].address6}]/fine"))
    looker.wait_until_failed("fine", "no connection: Connection refused")
    server = nginx(lab, "r2", ["80", "[::]:80"], {"/fine": 'return 200 "and all is well here";',
                                                  "/broken": 'return 500 "oh";',
                                                  "/moved": "return 301 /fine;"})
    for name in ("fine", "expected", "moved", "says", "six"):
        looker.wait_until_well(name)
    looker.wait_until_failed("broken", "answered with 500")
    looker.wait_until_failed("says not", 'answered with 200, without "all is lost"')
    server.kill()
    looker.wait_until_failed("fine", "Connection refused")


def test_nginx_that_hangs_is_not_well_and_holds_nobody_up(lab):
    peer = lab["r2"]
    looker = look(lab, "r1", http_check("hangs", f"http://{peer.address}/"),
                  check("ping", target=peer.address))
    server = nginx(lab, "r2", ["80"], {"/": 'return 200 "ok";'})
    looker.wait_until_well("hangs")
    os.killpg(server.pid, signal.SIGSTOP)
    looker.wait_until_failed("hangs", "connected, but no answer")
    pings = len(looker.outcomes("ping"))
    hangs = len(looker.outcomes("hangs"))
    wait_until(lambda: len(looker.outcomes("hangs")) >= hangs + 3)
    assert len(looker.outcomes("ping")) >= pings + 6  # they look five times as often
    os.killpg(server.pid, signal.SIGCONT)
    looker.wait_until_well("hangs")


def test_a_name_that_nobody_resolves_holds_nobody_up(lab):
    """The resolver of this namespace is an address that drops everything."""
    r1 = lab["r1"]
    r1.ip("route", "add", "198.51.100.0/24", "via", lab["r2"].address)
    folder = f"/etc/netns/{r1.namespace}"
    os.makedirs(folder)
    lab.at_close(lambda: (os.remove(f"{folder}/resolv.conf"), os.rmdir(folder)))
    with open(f"{folder}/resolv.conf", "w", encoding="ascii") as file:
        file.write(f"nameserver {SILENT}\noptions timeout:30\n")
    looker = look(lab, "r1", http_check("name", "http://www.example.net/"),
                  check("ping", target=lab["r2"].address))
    looker.wait_until_failed("name", "its name is not resolved")
    pings = len(looker.outcomes("ping"))
    looks = len(looker.outcomes("name"))
    wait_until(lambda: len(looker.outcomes("name")) >= looks + 3)
    assert len(looker.outcomes("ping")) >= pings + 6


def test_a_body_without_an_end_is_not_read_all_day(lab):
    with open(os.path.join(lab.folder, "endless"), "wb") as file:
        file.truncate(1 << 40)
    looker = look(lab, "r1",
                  http_check("endless", f"http://{lab['r2'].address}/endless", contains="end"))
    nginx(lab, "r2", ["80"], {"/endless": f"root {lab.folder};"})
    looker.wait_until_failed("endless", 'without "end"')


def test_haproxy_without_a_server_behind_it_answers_with_503(lab):
    peer = lab["r2"]
    haproxy(lab, "r2", f"""
frontend front
    bind :8080
    default_backend back
backend back
    option httpchk GET /
    server one {peer.address}:80 check inter 100ms fall 1 rise 1
""")
    looker = look(lab, "r1", http_check("front", f"http://{peer.address}:8080/"))
    looker.wait_until_failed("front", "answered with 503")
    server = nginx(lab, "r2", ["80"], {"/": 'return 200 "ok";'})
    looker.wait_until_well("front")
    server.kill()
    looker.wait_until_failed("front", "answered with 503")


def test_a_unix_socket_can_be_asked(lab):
    path = os.path.join(lab.folder, "app.sock")
    looker = look(lab, "r1", http_check("socket", f"http://unix:{path}:/fine"))
    looker.wait_until_failed("socket")
    nginx(lab, "r1", [f"unix:{path}"], {"/fine": 'return 200 "ok";'})
    looker.wait_until_well("socket")


def test_a_certificate_that_nobody_knows_is_refused_unless_told_otherwise(lab):
    key, certificate = (os.path.join(lab.folder, name) for name in ("key.pem", "cert.pem"))
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=r2", "-addext", f"subjectAltName=IP:{lab['r2'].address}", "-keyout", key,
         "-out", certificate])
    with open(certificate, "ab") as both, open(key, "rb") as file:
        both.write(file.read())
    haproxy(lab, "r2", f"""
frontend front
    bind :8443 ssl crt {certificate}
    http-request return status 200 content-type text/plain string ok
""")
    url = f"https://{lab['r2'].address}:8443/"
    looker = look(lab, "r1", http_check("strict", url), http_check("lax", url, verify=False))
    looker.wait_until_well("lax")
    looker.wait_until_failed("strict", "certificate")


# ---- unit ----------------------------------------------------------------------------------------

def test_without_a_bus_a_unit_is_not_well_and_says_why(lab):
    looker = look(lab, "r1", check("unit", unit="ssh.service"))
    looker.wait_until_failed("unit")
