"""Virtual MACs: what hosts on the LAN see, what a Backup never sends, what is left behind."""

import os
import socket
import time

import pytest

import wire
from capture import Watcher
from daemons import pair_config
from lab import (VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until)
from namespaces import CommandFailed, ask, inside, run

pytestmark = pytest.mark.lan(ipv6=True)

MAC4 = "00:00:5e:00:01:0a"
MAC6 = "00:00:5e:00:02:0a"
LINK4, LINK6 = "vrrp4.10", "vrrp6.10"
BOTH_FAMILIES = [f"{VIRTUAL}/24", "fe80::1/64", f"{VIRTUAL6}/64"]
ARP_SETTINGS = ("arp_ignore", "arp_filter", "arp_announce")
# For how long a Backup is watched; a LAN is worth more than the seconds that a test may take.
WATCHED_SECONDS = float(os.environ.get("TANDEM_VMAC_SECONDS", "20"))


def vmac_config(**settings):
    return pair_config(**{"addresses": BOTH_FAMILIES, "vmac": True, **settings})


def pair(lab, **settings):
    config = vmac_config(**settings)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: set(r1.states()) == {"active"} and set(r2.states()) == {"backup"},
               what="r1 is Active and r2 is Backup")
    return r1, r2


def links(host):
    return {link["ifname"]: link for link in ask(host.namespace, "-details", "link", "show")}


def is_up(host, name):
    return "UP" in links(host)[name]["flags"]


def read_sysctl(host, name):
    def read():
        with open("/proc/sys/net/" + name, encoding="ascii") as file:
            return file.read().strip()
    return inside(host.namespace, read)


def arp_settings(host, interface="eth0"):
    return [int(read_sysctl(host, f"ipv4/conf/{interface}/{name}")) for name in ARP_SETTINGS]


def learned_mac(host, address):
    """The MAC that a host has for an address."""
    for entry in ask(host.namespace, "neighbor", "show", "dev", "eth0"):
        if entry["dst"] == address:
            return entry.get("lladdr")
    return None


def forget_neighbours(host):
    host.ip("neighbor", "flush", "dev", "eth0")


def said(daemon, words, since):
    return any(at >= since and words in line for at, line in list(daemon.log))


def pings(host, address):
    zone = "%eth0" if address.startswith("fe80") else ""
    try:
        run(["ip", "netns", "exec", host.namespace, "ping", "-c", "1", "-W", "2",
             f"{address}{zone}"])
    except CommandFailed:
        return False
    return True


def is_from_virtual_mac(frame):
    return frame[6:10] == b"\x00\x00\x5e\x00"


def claims_virtual_address(frame):
    """An ARP frame, request or answer, that says where the virtual address is."""
    return frame[12:14] == b"\x08\x06" and frame[28:32] == socket.inet_aton(VIRTUAL)


class FramesFrom(Watcher):
    """Every frame of a kind that a host sends, seen at its port of the switch."""

    def __init__(self, lab, name, is_wanted=is_from_virtual_mac):
        self._is_wanted = is_wanted
        port = lab.switch.port(lab[name])
        super().__init__(inside(lab.switch.namespace, lambda: _tap(port)))
        lab.at_close(self.close)

    def read_some(self, sock):
        try:
            frame, address = sock.recvfrom(2048)
        except OSError:  # the port went down
            return []
        is_from_host = address[2] != socket.PACKET_OUTGOING
        if not is_from_host or not self._is_wanted(frame):
            return []
        return [Frame(time.time(), frame)]


class Frame:
    def __init__(self, at, octets):
        self.time, self.octets = at, octets

    def __repr__(self):
        return f"{wire.mac_text(self.octets[6:12])} {self.octets[12:60].hex()}"


def _tap(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
    sock.bind((interface, 0x0003))
    return sock


# ---- the interfaces ----------------------------------------------------------------------------


# proves: 9568-7.4-a
def test_each_family_has_a_private_macvlan_that_is_up_only_on_the_active_router(lab):
    for router in ("r1", "r2"):
        lab[router].sysctl("ipv6.conf.default.accept_ra", 1)
    r1, r2 = pair(lab)
    for name, mac in ((LINK4, MAC4), (LINK6, MAC6)):
        for router in ("r1", "r2"):
            link = links(lab[router])[name]
            assert link["address"] == mac and link["link"] == "eth0"
            assert link["linkinfo"]["info_kind"] == "macvlan"
            assert link["linkinfo"]["info_data"]["mode"] == "private"
            assert link["ifalias"].startswith("tandem lan ipv")
            assert link["inet6_addr_gen_mode"] == "none"
            assert read_sysctl(lab[router], f"ipv6/conf/{name}/accept_ra") == "0"
            assert is_up(lab[router], name) == (router == "r1")
    wait_until(lambda: sorted(lab["r1"].addresses(LINK6, 6)) == sorted(BOTH_FAMILIES[1:]))
    assert lab["r1"].addresses(LINK4, 4) == BOTH_FAMILIES[:1]
    assert not lab["r1"].holds(VIRTUAL) and not lab["r1"].holds(VIRTUAL6)
    status = r1.router(family="ipv6")
    assert status["vmac"] == {"interface": LINK6, "mac": MAC6, "transmit": "vmac"}
    assert r2.router(family="ipv4")["vmac"]["mac"] == MAC4
    assert LINK4 in r1.ctl("status", "-v").stdout
    assert r1.stop() == 0
    wait_until(lambda: set(r2.states()) == {"active"})
    assert LINK4 not in links(lab["r1"]) and LINK6 not in links(lab["r1"])
    assert is_up(lab["r2"], LINK4) and is_up(lab["r2"], LINK6)


# proves: 9568-6.4.1-j, 9568-7.2-c, 9568-8.1.2-a, 9568-8.2.2-a
def test_hosts_see_the_virtual_mac_and_keep_it_over_a_failover(lab):
    mark = time.time()
    r1, _ = pair(lab)
    client = lab["client"]
    claims = [FramesFrom(lab, name, claims_virtual_address) for name in ("r1", "r2")]
    addresses = {VIRTUAL: MAC4, VIRTUAL6: MAC6, "fe80::1": MAC6}
    lab.capture.wait_advert(since=mark, source=lab["r1"].address, mac=MAC4)
    lab.capture.wait_advert(since=mark, source=lab["r1"].link_local, mac=MAC6)
    lab.capture.wait_garp(VIRTUAL, since=mark, mac=MAC4, sender_mac=MAC4)
    lab.capture.wait_announcement(VIRTUAL6, since=mark, mac=MAC6, target_mac=MAC6)
    for address, mac in addresses.items():
        forget_neighbours(client)
        wait_until(lambda: pings(client, address), what=f"{address} answers")
        assert learned_mac(client, address) == mac
    # What the router sends to the client from a virtual address must not teach another MAC.
    for router in ("r1", "r2"):
        lab[router].ip("neighbor", "flush", "dev", "eth0")
    assert all(pings(client, address) for address in addresses)
    assert {address: learned_mac(client, address) for address in addresses} == addresses
    crash = time.time()
    r1.kill()
    lab["r1"].ip("link", "set", "eth0", "down")
    lab.capture.wait_advert(since=crash, source=lab["r2"].address, mac=MAC4)
    assert {address: learned_mac(client, address) for address in addresses} == addresses
    for address, mac in addresses.items():
        wait_until(lambda: pings(client, address), what=f"{address} answers")
        assert learned_mac(client, address) == mac
    # The parent neither answers for the address nor asks in its name.
    for claim in claims:
        senders = {wire.mac_text(frame.octets[22:28]) for frame in claim.records()}
        assert senders == {MAC4}


def test_with_base_adverts_come_from_the_interfaces_own_mac(lab):
    mark = time.time()
    pair(lab, vmac={"transmit": "base", "name": "gw"})
    assert {"gw", "gw.6"} <= set(links(lab["r1"]))
    lab.capture.wait_garp(VIRTUAL, since=mark, mac=MAC4)
    lab.capture.wait_announcement(VIRTUAL6, since=mark, mac=MAC6)
    adverts = lab.capture.adverts(since=mark)
    assert adverts and {advert.mac for advert in adverts} <= {lab["r1"].mac, lab["r2"].mac}


def test_unicast_adverts_come_from_the_interfaces_own_mac(lab):
    config = vmac_config(addresses=[f"{VIRTUAL}/24"], transport="unicast",
                         source={"r1": lab["r1"].address, "r2": lab["r2"].address})
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    frames = FramesFrom(lab, "r1")
    wait_until(lambda: pings(lab["client"], VIRTUAL))
    assert learned_mac(lab["client"], VIRTUAL) == MAC4
    adverts = [frame for frame in frames.records() if frame.octets[23] == wire.PROTOCOL_VRRP]
    assert adverts == []


# ---- what a Backup does not send ---------------------------------------------------------------


def test_a_backup_sends_nothing_from_the_virtual_mac(lab):
    """Boot, restart, flapping link, another one's address changes: not one frame."""
    config = vmac_config()
    # What makes Linux speak on an interface that comes up: an IPv6 router joins groups there.
    for scope in ("all", "default"):
        lab["r2"].sysctl(f"ipv6.conf.{scope}.forwarding", 1)
        lab["r2"].sysctl(f"ipv6.conf.{scope}.ndisc_notify", 1)
        lab["r2"].sysctl(f"ipv4.conf.{scope}.arp_notify", 1)
    lab.tandem("r1", config)
    wait_until(lambda: lab["r1"].holds(VIRTUAL, LINK4))
    frames = FramesFrom(lab, "r2")
    control = FramesFrom(lab, "r1")
    r2 = lab.tandem("r2", config)
    end = time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < end:
        wait_until(lambda: set(r2.states()) == {"backup"})
        time.sleep(0.5)
        lab.switch.port_down(lab["r2"])
        wait_until(lambda: set(r2.states()) == {"fault"})
        lab.switch.port_up(lab["r2"])
        wait_until(lambda: set(r2.states()) == {"backup"})
        lab["r2"].ip("link", "set", LINK6, "address", MAC6)
        lab["r2"].ip("link", "set", "eth0", "down")
        lab["r2"].ip("link", "set", "eth0", "up")
        lab["r2"].ip("address", "add", f"{lab['r2'].link_local}/64", "dev", "eth0", "nodad")
        wait_until(lambda: set(r2.states()) == {"backup"})
        assert r2.stop() == 0
        r2.start()
    wait_until(lambda: set(r2.states()) == {"backup"})
    assert len(control.records()) > WATCHED_SECONDS
    assert frames.records() == []


def test_who_has_released_sends_nothing_more_from_the_virtual_mac(lab):
    """Removing addresses makes the kernel leave groups, with a frame for each."""
    r1, r2 = pair(lab)
    frames = FramesFrom(lab, "r1")
    wait_until(lambda: len(frames.records()) > 3)
    assert r1.stop() == 0
    resigned = lab.capture.wait_advert(mac=MAC6, source=lab["r1"].link_local, priority=0).time
    released = lab.capture.wait_advert(source=lab["r2"].link_local, since=resigned).time
    wait_until(lambda: set(r2.states()) == {"active"})
    time.sleep(1.5)
    late = [frame for frame in frames.records(since=released + 0.005)
            if frame.octets[20] != wire.PROTOCOL_VRRP and frame.octets[23] != wire.PROTOCOL_VRRP]
    assert late == []


# ---- settings ----------------------------------------------------------------------------------


def test_settings_are_restored_after_a_stop_and_by_the_process_after_one_that_was_killed(lab):
    host = lab["r1"]
    for name, value in zip(ARP_SETTINGS, (2, 0, 1)):
        host.sysctl(f"ipv4.conf.eth0.{name}", value)
    r1, _ = pair(lab)
    assert arp_settings(host) == [1, 1, 2]
    assert [read_sysctl(host, f"ipv4/conf/{LINK4}/{name}")
            for name in ("arp_ignore", "accept_local", "rp_filter")] == ["1", "1", "0"]
    assert r1.stop() == 0
    assert arp_settings(host) == [2, 0, 1]
    r1.start()
    wait_until(lambda: set(r1.states()) == {"active"})
    r1.kill()
    assert arp_settings(host) == [1, 1, 2] and LINK4 in links(host)
    r1.start()
    wait_until(lambda: set(r1.states()) == {"active"})
    assert arp_settings(host) == [1, 1, 2]
    assert r1.stop() == 0
    assert arp_settings(host) == [2, 0, 1]
    assert LINK4 not in links(host) and LINK6 not in links(host)


def test_a_process_without_virtual_macs_clears_up_after_one_that_was_killed(lab):
    host = lab["r1"]
    r1, _ = pair(lab)
    r1.kill()
    r1.configure(pair_config(addresses=BOTH_FAMILIES))
    r1.start()
    wait_until(lambda: LINK4 not in links(host) and LINK6 not in links(host))
    assert arp_settings(host) == [0, 0, 0]
    wait_until(lambda: host.holds(VIRTUAL) and host.holds(VIRTUAL6))


# proves: 9568-6.4.3-d
def test_the_next_hop_of_a_host_forwards_under_a_strict_reverse_path_check(lab):
    """Packets come in on the macvlan, and the way back to their sender leads through its parent."""
    router, inner, client = lab["r1"], lab["r2"], lab["client"]
    inner.ip("link", "set", "eth0", "down")
    for host, number in ((router, 2), (inner, 3)):
        lab.switch.plug(host, "eth1")
        host.ip("link", "set", "eth1", "up")
        host.ip("address", "add", f"203.0.113.{number}/24", "dev", "eth1")
        for address in (f"2001:db8:1::{number}/64", f"fe80::1:{number}/64"):
            host.ip("address", "add", address, "dev", "eth1", "nodad")
    inner.ip("route", "add", "default", "via", "203.0.113.2")
    inner.ip("-6", "route", "add", "default", "via", "2001:db8:1::2")
    router.sysctl("ipv4.ip_forward", 1)
    router.sysctl("ipv6.conf.all.forwarding", 1)
    router.sysctl("ipv4.conf.all.rp_filter", 1)
    r1 = lab.tandem("r1", vmac_config(vmac={"name": "gw"}))
    wait_until(lambda: set(r1.states()) == {"active"})
    client.ip("route", "add", "203.0.113.0/24", "via", VIRTUAL)
    client.ip("-6", "route", "add", "2001:db8:1::/64", "via", "fe80::1", "dev", "eth0")
    assert read_sysctl(router, "ipv4/conf/gw/rp_filter") == "2"
    wait_until(lambda: pings(client, "203.0.113.3"))
    wait_until(lambda: pings(client, "2001:db8:1::3"))
    assert pings(client, VIRTUAL)
    assert learned_mac(client, VIRTUAL) == MAC4 and learned_mac(client, "fe80::1") == MAC6
    # Without the loose check nothing comes through: the test is about it.
    router.sysctl("ipv4.conf.gw.rp_filter", 0)
    assert not pings(client, "203.0.113.3")


# ---- whatever others do ------------------------------------------------------------------------


def test_an_interface_that_is_deleted_is_made_again_without_an_election(lab):
    r1, r2 = pair(lab)
    for router, name in ((r1, LINK4), (r1, LINK6), (r2, LINK4)):
        host = lab[router.host.name]
        before = links(host)[name]["ifindex"]
        mark = time.time()
        host.ip("link", "delete", name)
        wait_until(lambda: links(host).get(name, {"ifindex": before})["ifindex"] != before)
        wait_until(lambda: is_up(host, name) == (router is r1))
        if router is r1:
            addresses = BOTH_FAMILIES[:1] if name == LINK4 else BOTH_FAMILIES[1:]
            wait_until(lambda: sorted(host.addresses(name, 4) + [
                entry for entry in host.addresses(name, 6)]) == sorted(addresses))
        assert r1.transitions(since=mark) == [] and r2.transitions(since=mark) == []
    assert arp_settings(lab["r1"]) == [1, 1, 2]
    assert r1.stop() == 0
    assert arp_settings(lab["r1"]) == [0, 0, 0]


def test_up_and_down_by_hand_are_put_right(lab):
    r1, _ = pair(lab)
    lab["r2"].ip("link", "set", LINK4, "up")
    wait_until(lambda: not is_up(lab["r2"], LINK4))
    lab["r1"].ip("link", "set", LINK6, "down")
    wait_until(lambda: is_up(lab["r1"], LINK6))
    wait_until(lambda: sorted(lab["r1"].addresses(LINK6, 6)) == sorted(BOTH_FAMILIES[1:]))
    wait_until(lambda: pings(lab["client"], VIRTUAL6))
    assert set(r1.states()) == {"active"}


def test_an_interface_of_that_name_that_is_not_ours_is_a_fault_and_left_alone(lab):
    host = lab["r1"]
    host.ip("link", "add", "link", "eth0", "name", LINK4, "address", MAC4, "type", "macvlan",
            "mode", "private")
    foreign = links(host)[LINK4]
    r1 = lab.tandem("r1", vmac_config(addresses=[f"{VIRTUAL}/24"]))
    assert r1.state() == "fault"
    blockers = " ".join(r1.router()["blockers"])
    assert blockers == f"interface {LINK4} is there and is not tandem's"
    always(lambda: links(host)[LINK4] == foreign, 0.5)
    host.ip("link", "delete", LINK4)
    wait_until(lambda: r1.state() == "active")
    assert links(host)[LINK4]["ifalias"].startswith("tandem ")


def test_an_interface_that_appears_later_gets_its_macvlan(lab):
    config = vmac_config(interface="eth1", addresses=["198.51.100.1/24"])
    r1 = lab.tandem("r1", config)
    assert r1.state() == "waiting" and LINK4 not in links(lab["r1"])
    for _ in range(2):
        lab.switch.plug(lab["r1"], "eth1")
        lab["r1"].ip("address", "add", "198.51.100.2/24", "dev", "eth1")
        lab["r1"].ip("link", "set", "eth1", "up")
        wait_until(lambda: r1.state() == "active")
        wait_until(lambda: lab["r1"].holds("198.51.100.1", LINK4))
        assert arp_settings(lab["r1"], "eth1") == [1, 1, 2]
        lab["r1"].ip("link", "delete", "eth1")
        wait_until(lambda: r1.state() == "waiting")
        assert LINK4 not in links(lab["r1"])


# ---- who hears whom ----------------------------------------------------------------------------


def test_two_active_routers_hear_each_other_after_a_partition(lab):
    """Each has the other's source MAC on an interface of its own, which Linux keeps from it."""
    r1, r2 = pair(lab)
    lab.switch.part(lab["r1"], lab["r2"])
    wait_until(lambda: set(r1.states()) == set(r2.states()) == {"active"})
    lab.switch.join()
    wait_until(lambda: set(r1.states()) == {"active"} and set(r2.states()) == {"backup"})
    wait_until(lambda: not is_up(lab["r2"], LINK4) and not is_up(lab["r2"], LINK6))
    assert pings(lab["client"], VIRTUAL) and pings(lab["client"], VIRTUAL6)


@pytest.mark.parametrize("transmit, mode", [("vmac", ("use_vmac",)),
                                            ("base", ("use_vmac", "vmac_xmit_base"))])
def test_keepalived_with_a_virtual_mac_is_understood_both_ways(lab, transmit, mode):
    """With vmac_xmit_base it listens where Linux does not deliver what comes from the virtual MAC."""
    keepalived = lab.keepalived("r2", priority=150, vmac=mode)
    lab.capture.wait_advert(source=lab["r2"].address,
                            mac=MAC4 if transmit == "vmac" else lab["r2"].mac)
    r1 = lab.tandem("r1", vmac_config(addresses=[f"{VIRTUAL}/24"], checksum="rfc5798",
                                      vmac={"transmit": transmit}))
    wait_until(lambda: r1.state() == "active")
    wait_until(lambda: said(keepalived, "Entering BACKUP STATE", r1.started))
    wait_until(lambda: pings(lab["client"], VIRTUAL))
    assert learned_mac(lab["client"], VIRTUAL) == MAC4
    always(lambda: r1.state() == "active", 1)
    assert r1.stop() == 0
    wait_until(lambda: said(keepalived, "Entering MASTER STATE", r1.started))
    assert learned_mac(lab["client"], VIRTUAL) == MAC4
    r1.start()
    wait_until(lambda: r1.state() == "active")
