"""Others remove the virtual address: it is put back at once, and no router is elected for it."""

import os
import time

import pytest

from box import Box
from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until

RESTORED_WITHIN = 1.0
BOTH_FAMILIES = [f"{VIRTUAL}/24", f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"]
# Without Broadcast=no networkd 252 fails on a recent kernel (ERANGE).
NETWORK = """[Match]
Name=eth0
[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
[Address]
Address={address}/24
Broadcast=no
[Address]
Address={address6}/64
DuplicateAddressDetection=none
[Address]
Address={link_local}/64
DuplicateAddressDetection=none
"""

pytestmark = pytest.mark.lan(ipv6=True)


class Networkd:
    """systemd-networkd, which a lab host's addresses belong to."""

    def __init__(self, lab, name):
        self.host = lab[name]
        folder = os.path.join(lab.folder, f"box-{name}")
        os.mkdir(folder)
        self.box = Box(name, self.host.namespace, folder)
        lab.at_close(self.box.close)
        self.box.boot()
        path = self.box.path("/etc/systemd/network")
        os.makedirs(path, exist_ok=True)
        with open(os.path.join(path, "10-eth0.network"), "w", encoding="utf-8") as file:
            file.write(NETWORK.format(**vars(self.host)))
        self.must("systemctl", "start", "systemd-networkd")
        wait_until(lambda: "configured" in self.must("networkctl", "status", "eth0"), 30)

    def must(self, *command):
        done = self.box.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def reconfigure(self):
        """Its answer comes before its work is done."""
        self.must("networkctl", "reconfigure", "eth0")


def pair(lab):
    config = pair_config(addresses=BOTH_FAMILIES)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: set(r1.states()) == {"active"} and set(r2.states()) == {"backup"})
    wait_until(lambda: holds_all(lab["r1"]))
    return r1, r2


def holds_all(host):
    return all(host.holds(entry.split("/")[0]) for entry in BOTH_FAMILIES)


def check_restored(lab, r2, watch, mark):
    """All that was removed since `mark` came back in time, was announced, and nobody was elected."""
    removed = {change.address: change.time for change in watch.records(mark) if not change.added}
    assert VIRTUAL in removed, "somebody removed it"
    for address, at in removed.items():
        if address not in {entry.split("/")[0] for entry in BOTH_FAMILIES}:
            continue
        back = watch.wait_added(address, since=at, timeout=RESTORED_WITHIN)
        assert back.time - at < RESTORED_WITHIN
    lab.capture.wait_garp(VIRTUAL, since=removed[VIRTUAL], mac=lab["r1"].mac)
    wait_until(lambda: holds_all(lab["r1"]))
    always(lambda: set(r2.states()) == {"backup"}, 0.5)
    assert not [fields for _, fields in r2.transitions() if fields["to"] == "active"]


# networkd takes the host's own addresses away as well and puts them back some 15 ms later.
def test_networkd_reconfigures_the_link(lab):
    networkd = Networkd(lab, "r1")
    r1, r2 = pair(lab)
    watch = lab.watch_addresses("r1")
    for _ in range(2):
        mark = time.time()
        networkd.reconfigure()
        watch.wait_removed(VIRTUAL, since=mark)
        check_restored(lab, r2, watch, mark)
    assert lab["r1"].holds(lab["r1"].address)
    assert [fields["to"] for _, fields in r1.transitions()].count("active") == 2, "one a family"


def test_networkd_restarts(lab):
    networkd = Networkd(lab, "r1")
    _, r2 = pair(lab)
    networkd.must("systemctl", "restart", "systemd-networkd")
    wait_until(lambda: "configured" in networkd.must("networkctl", "status", "eth0"), 30)
    wait_until(lambda: holds_all(lab["r1"]))
    always(lambda: set(r2.states()) == {"backup"}, 0.5)


def test_all_addresses_are_flushed(lab):
    """The host's own go as well, and with them the source of adverts: they come back by hand."""
    r1, r2 = pair(lab)
    host = lab["r1"]
    watch = lab.watch_addresses("r1")
    mark = time.time()
    for address in (VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL):
        host.ip("address", "flush", "to", address, "dev", "eth0")
    check_restored(lab, r2, watch, mark)

    host.ip("address", "flush", "dev", "eth0")
    wait_until(lambda: "active" not in r1.states())
    wait_until(lambda: set(r2.states()) == {"active"} and holds_all(r2.host))
    assert host.addresses() == []
    host.ip("address", "add", f"{host.address}/24", "dev", "eth0")
    host.ip("address", "add", f"{host.link_local}/64", "dev", "eth0", "nodad")
    wait_until(lambda: set(r1.states()) == {"active"} and set(r2.states()) == {"backup"})
    wait_until(lambda: holds_all(host) and lab.holders() == ["r1"])
