"""Links and addresses that come, go and change under a running daemon."""

import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, always, wait_until
from namespaces import CommandFailed, batch


def test_a_router_without_carrier_is_in_fault_and_releases_its_addresses(lab):
    r1, r2 = lab.pair()
    cut = time.time()
    lab.switch.port_down(lab["r1"])
    wait_until(lambda: r1.state() == "fault")
    wait_until(lambda: lab.holders() == ["r2"])
    sick = r1.status()
    assert sick["health"] == "degraded" and "lan" in " ".join(sick["problems"])
    assert sick["routers"][0]["reason"] == "link-down"
    assert "eth0" in " ".join(sick["routers"][0]["blockers"])
    lab.capture.wait_advert(source=lab["r2"].address, since=cut)
    lab.switch.port_up(lab["r1"])
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])
    assert r1.status()["health"] == "ok"


def test_a_router_whose_interface_is_set_down_is_in_fault_until_it_is_up(lab):
    r1, r2 = lab.pair()
    lab["r1"].ip("link", "set", "eth0", "down")
    wait_until(lambda: r1.state() == "fault" and r2.state() == "active")
    lab["r1"].ip("link", "set", "eth0", "up")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_flapping_port_ends_with_one_active_router(lab):
    r1, r2 = lab.pair()
    for _ in range(10):
        lab.switch.port_down(lab["r1"])
        time.sleep(0.05)
        lab.switch.port_up(lab["r1"])
        time.sleep(0.1)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])
    always(lambda: lab.holders() == ["r1"], 0.5)


def test_a_missing_interface_is_waited_for_and_then_used(lab):
    r1 = lab.tandem("r1", pair_config(interface="eth1", addresses=["198.51.100.1/24"]))
    assert r1.state() == "waiting"
    status = r1.status()
    assert status["health"] == "degraded"
    assert "eth1 does not exist" in " ".join(status["routers"][0]["blockers"])
    lab.switch.plug(lab["r1"], "eth1")
    lab["r1"].ip("address", "add", "198.51.100.2/24", "dev", "eth1")
    lab["r1"].ip("link", "set", "eth1", "up")
    wait_until(lambda: r1.state() == "active")
    wait_until(lambda: lab["r1"].holds("198.51.100.1", "eth1"))
    advert = lab.capture.wait_advert(source="198.51.100.2")
    assert advert.addresses == ("198.51.100.1",)


def recreate(lab, host):
    """Removes eth0 with its cable, then makes a new one with the same name and address."""
    host.ip("link", "delete", "eth0")
    yield
    lab.switch.plug(host, "eth0", host.mac)
    host.ip("address", "add", f"{host.address}/24", "dev", "eth0")
    host.ip("link", "set", "eth0", "up")
    yield


def test_an_active_router_uses_the_new_interface_of_the_same_name(lab):
    r1, r2 = lab.pair()
    steps = recreate(lab, lab["r1"])
    next(steps)
    wait_until(lambda: r1.state() == "waiting" and r2.state() == "active")
    assert r1.router()["reason"] == "interface-missing"
    next(steps)
    mark = time.time()
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])
    lab.capture.wait_garp(VIRTUAL, since=mark, mac=lab["r1"].mac)


def test_a_backup_hears_adverts_on_the_new_interface_of_the_same_name(lab):
    r1, r2 = lab.pair()
    steps = recreate(lab, lab["r2"])
    next(steps)
    wait_until(lambda: r2.state() == "waiting")
    next(steps)
    wait_until(lambda: r2.state() == "backup")
    always(lambda: r2.state() == "backup", 1.0)
    assert lab.capture.adverts(source=lab["r2"].address) == []
    assert r1.state() == "active"


def test_an_interface_that_is_recreated_at_once_is_followed(lab):
    r1, r2 = lab.pair()
    for _ in range(5):
        steps = recreate(lab, lab["r1"])
        next(steps)
        next(steps)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_renamed_interface_is_missing_until_it_has_its_name_again(lab):
    r1, r2 = lab.pair()
    lab["r1"].ip("link", "set", "eth0", "name", "uplink")
    wait_until(lambda: r1.state() == "waiting" and r2.state() == "active")
    wait_until(lambda: not lab["r1"].holds(VIRTUAL, "uplink"))
    lab["r1"].ip("link", "set", "uplink", "name", "eth0")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_router_without_an_address_of_its_own_does_not_take_part(lab):
    r1, r2 = lab.pair()
    lab["r1"].ip("address", "delete", f"{lab['r1'].address}/24", "dev", "eth0")
    wait_until(lambda: r2.state() == "active")
    wait_until(lambda: r1.router()["reason"] == "no-source-address")
    assert r1.router()["source"] is None
    wait_until(lambda: not lab["r1"].holds())
    lab["r1"].ip("address", "add", f"{lab['r1'].address}/24", "dev", "eth0")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    assert r1.router()["source"] == lab["r1"].address


def test_an_address_that_somebody_removes_comes_back_without_an_election(lab):
    r1, r2 = lab.pair(garp={"count": 1, "again_after": "1s"})
    time.sleep(1.3)  # the announcements of the claim are over
    watch = lab.watch_addresses("r1")
    before = r1.router()
    removed = time.time()
    lab["r1"].ip("address", "delete", f"{VIRTUAL}/24", "dev", "eth0")
    restored = watch.wait_added(VIRTUAL, since=removed, timeout=2)
    gone = watch.wait_removed(VIRTUAL, since=removed)
    assert restored.time - gone.time < 0.5
    lab.capture.wait_garp(VIRTUAL, since=gone.time - 0.01, mac=lab["r1"].mac)
    after = r1.router()
    assert after["counters"]["transitions"] == before["counters"]["transitions"]
    assert after["counters"]["restored"] == before["counters"]["restored"] + 1
    assert lab.capture.adverts(since=removed, priority=0) == []
    assert lab.capture.adverts(source=lab["r2"].address) == []
    assert r2.state() == "backup"


def test_a_new_hardware_address_is_announced(lab):
    r1, r2 = lab.pair(garp={"count": 1, "again_after": "1s"})
    time.sleep(1.3)
    changed = time.time()
    lab["r1"].ip("link", "set", "eth0", "address", "02:00:00:00:01:02")
    lab.capture.wait_garp(VIRTUAL, since=changed, mac="02:00:00:00:01:02", timeout=3)
    assert r1.router()["mac"] == "02:00:00:00:01:02"
    assert (r1.state(), r2.state()) == ("active", "backup")


def test_thousands_of_foreign_changes_disturb_neither_adverts_nor_addresses(lab):
    r1, r2 = lab.pair()
    host = lab["r1"]
    host.ip("link", "add", "x0", "type", "veth", "peer", "name", "x1")
    mark = time.time()
    for _ in range(3):
        batch(host.namespace, [f"address add 10.{a}.{b}.1/32 dev x0"
                               for a in range(20) for b in range(250)])
        batch(host.namespace, ["address flush dev x0"])
    until = time.time()
    host.ip("address", "delete", f"{VIRTUAL}/24", "dev", "eth0")
    wait_until(lab["r1"].holds, timeout=2)
    times = [advert.time for advert in lab.capture.adverts(source=host.address, since=mark,
                                                           until=until)]
    assert len(times) > 10
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < 0.3
    assert (r1.state(), r2.state()) == ("active", "backup")
    assert lab.capture.adverts(source=lab["r2"].address) == []


def test_all_of_many_addresses_come_back(lab):
    addresses = [f"{VIRTUAL}/24"] + [f"198.51.100.{n}/32" for n in range(1, 100)]
    r1, _ = lab.pair(addresses=addresses)
    wait_until(lambda: len(lab["r1"].addresses()) == 101)
    for n in range(1, 100):
        lab["r1"].ip("address", "delete", f"198.51.100.{n}/32", "dev", "eth0")
    wait_until(lambda: len(lab["r1"].addresses()) == 101)
    assert r1.state() == "active"


@pytest.mark.parametrize("state", ["backup", "active"])
def test_the_status_names_the_interface_s_address_and_mac(lab, state):
    name = "r1" if state == "active" else "r2"
    router = dict(zip(("r1", "r2"), lab.pair()))[name].router()
    assert router["state"] == state
    assert (router["source"], router["mac"]) == (lab[name].address, lab[name].mac)


def test_a_port_of_a_bridge_is_no_interface_of_a_router_until_it_leaves_it(lab):
    r1, r2 = lab.pair()
    host = lab["r1"]
    host.ip("link", "add", "br1", "type", "bridge")
    host.ip("link", "set", "eth0", "master", "br1")
    wait_until(lambda: r1.state() == "fault" and r2.state() == "active")
    assert r1.router()["reason"] == "link-port"
    assert "port of a bridge" in r1.router()["reason_text"]
    wait_until(lambda: not host.holds())
    assert r1.router()["counters"]["priority_zero_sent"] == 1
    host.ip("link", "set", "eth0", "nomaster")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_port_of_a_bond_is_no_interface_of_a_router_until_it_leaves_it(lab):
    r1, r2 = lab.pair()
    host = lab["r1"]
    try:
        host.ip("link", "add", "bond1", "type", "bond", "mode", "active-backup")
    except CommandFailed as error:
        pytest.skip(f"this kernel makes no bonds: {error}")
    # The kernel takes no link that is up, and sets it up itself.
    host.ip("link", "set", "eth0", "down")
    host.ip("link", "set", "eth0", "master", "bond1")
    host.ip("link", "set", "bond1", "up")
    wait_until(lambda: r1.state() == "fault" and r2.state() == "active")
    wait_until(lambda: r1.router()["reason"] == "link-port")
    assert "port of a bond" in r1.router()["reason_text"]
    wait_until(lambda: not host.holds())
    host.ip("link", "set", "eth0", "nomaster")
    host.ip("link", "set", "eth0", "up")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_goodbye_is_said_from_the_source_that_was_removed(lab):
    r1, r2 = lab.pair(advertise="1s")
    mark = time.time()
    lab["r1"].ip("address", "delete", f"{lab['r1'].address}/24", "dev", "eth0")
    goodbye = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=mark)
    assert goodbye.addresses == (VIRTUAL,)
    wait_until(lambda: r2.state() == "active")
    assert r2.router()["reason"] == "released"
    assert r1.router()["state"] == "waiting"


def test_an_interface_is_trusted_after_it_was_up_for_long_enough(lab):
    r1, r2 = lab.pair(up_for="2s")
    lab.switch.port_down(lab["r1"])
    wait_until(lambda: r1.state() == "fault" and r2.state() == "active")
    up = time.monotonic()
    lab.switch.port_up(lab["r1"])
    wait_until(lambda: r1.state() == "waiting")
    assert r1.router()["reason"] == "settling"
    wait_until(lambda: r1.state() == "active")
    assert time.monotonic() - up >= 2


def test_thousands_of_unrelated_link_events_cost_nothing_noticeable(lab):
    r1, _ = lab.pair()
    host = lab["r1"]

    def ticks():
        with open(f"/proc/{r1.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    host.ip("link", "add", "other0", "type", "veth", "peer", "name", "other1")
    before = ticks()
    batch(host.namespace, ["link set other0 up", "link set other0 down",
                           "address add 10.7.7.7/32 dev other0",
                           "address delete 10.7.7.7/32 dev other0"] * 2500)
    wait_until(lambda: r1.state() == "active")
    assert ticks() - before < 300, "3 s of processor time for 10,000 events of others"
    assert r1.router()["counters"]["transitions"] == 2


def test_what_the_kernel_refuses_is_shown_and_the_rest_is_kept(lab):
    # IPv6 is off in this lab.
    r1, _ = lab.pair(more_addresses=["198.51.100.1/24", "2001:db8::9/64"])
    wait_until(lambda: lab["r1"].holds() and lab["r1"].holds("198.51.100.1"))
    status = r1.status()
    assert status["health"] == "degraded"
    assert "add 2001:db8::9/64 on eth0" in " ".join(status["problems"])
    assert "Permission denied" in " ".join(status["problems"])
    diff = r1.ctl("diff")
    assert diff.returncode == 1
    assert diff.stdout.startswith("missing  2001:db8::9/64 on eth0 (lan ipv4): add 2001:db8::9/64")
    assert "Permission denied" in diff.stdout
    for scope in ("all", "default", "eth0"):
        lab["r1"].sysctl(f"ipv6.conf.{scope}.disable_ipv6", 0)
    wait_until(lambda: lab["r1"].holds("2001:db8::9"), 15)
    wait_until(lambda: r1.status()["health"] == "ok")
    clean = r1.ctl("diff")
    assert (clean.returncode, clean.stdout) == (0, "the kernel has what it should have\n")
    assert r1.router()["counters"]["transitions"] == 2
