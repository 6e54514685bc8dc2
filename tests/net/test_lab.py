"""The lab measures right: its instruments against keepalived, whose behaviour is known."""

import glob
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest

import namespaces
import wire
from lab import PREFIX, VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, Lab, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def keepalived_pair(lab):
    pair = lab.keepalived("r1", priority=200), lab.keepalived("r2", priority=100)
    lab.capture.wait_advert(source=lab["r1"].address, priority=200)
    wait_until(lambda: lab.holders() == ["r1"])
    return pair


def test_adverts_of_keepalived_are_read_as_what_they_are(lab, keepalived_pair):
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert (advert.version, advert.vrid, advert.priority, advert.interval_ms) == (3, 10, 200, 100)
    assert advert.addresses == (VIRTUAL,)
    assert advert.checksum == "rfc5798"
    assert (advert.mac, advert.destination_mac, advert.ttl) == (lab["r1"].mac, wire.GROUP_MAC, 255)
    assert len(lab.capture.wait_garp(VIRTUAL).sender_mac) == 17


def test_a_made_advert_is_read_back_with_each_checksum_form():
    for version, form, read_as in ((3, "rfc9568", "rfc9568"), (3, "rfc5798", "rfc5798"),
                                   (3, "wrong", "wrong"), (2, "rfc9568", "message")):
        message = wire.advert_message("192.0.2.9", 7, version=version, interval_ms=1000,
                                      checksum=form, addresses=("192.0.2.1", "192.0.2.77"))
        advert = wire.read_frame(wire.advert_frame("02:00:00:00:00:09", "192.0.2.9", message), 1.0)
        assert (advert.checksum, advert.priority, advert.interval_ms) == (read_as, 7, 1000)
        assert advert.addresses == ("192.0.2.1", "192.0.2.77")


def test_known_vectors_of_the_protocol_have_the_right_sum():
    vectors = {"310a64010064a88ec0000201": "rfc9568", "310a640100640504c0000201": "rfc5798",
               "310a64010064a88fc0000201": "wrong",
               "213364010001b8c8c00002010000000000000000": "message"}
    for message, form in vectors.items():
        assert wire.checksum_form(bytes.fromhex(message), "192.0.2.251", wire.GROUP) == form


def test_a_made_ipv6_advert_is_read_back():
    source, listed = "fe80::5054:ff:fe00:fb", ("fe80::1", "2001:db8::1")
    for form in ("rfc9568", "wrong"):
        message = wire.advert_message(source, 100, interval_ms=1000, addresses=listed,
                                      checksum=form)
        advert = wire.read_frame(wire.advert_frame("02:00:00:00:00:09", source, message), 1.0)
        assert (advert.family, advert.checksum, advert.addresses) == (6, form, listed)
        assert (advert.source, advert.destination, advert.ttl) == (source, wire.GROUP6, 255)
        assert advert.destination_mac == wire.GROUP6_MAC
    known = ("310a64020064efd5fe80000000000000000000000000000120010db8000000000000000000000001")
    assert wire.checksum_form(bytes.fromhex(known), source, wire.GROUP6) == "rfc9568"


def test_a_made_password_is_read_back():
    message = wire.advert_message("192.0.2.9", 7, version=2, interval_ms=3000, password="s3cret")
    advert = wire.read_frame(wire.advert_frame("02:00:00:00:00:09", "192.0.2.9", message), 1.0)
    assert (advert.auth_type, advert.auth_data) == (1, b"s3cret\0\0")
    assert (advert.interval_ms, advert.checksum) == (3000, "message")


def test_a_neighbour_advertisement_is_read_as_what_it_is():
    frame = bytes.fromhex(
        "33330000000100005e00020a86dd6000000000203afffe800000000000000000000000000001ff0200000000"
        "0000000000000000000188007991a0000000fe800000000000000000000000000001020100005e00020a")
    na = wire.read_frame(frame, 1.0)
    assert (na.target, na.target_mac, na.mac) == ("fe80::1", "00:00:5e:00:02:0a",
                                                  "00:00:5e:00:02:0a")
    assert (na.router, na.solicited, na.override, na.hop_limit) == (True, False, True, 255)
    assert na.unsolicited


@pytest.mark.lan(ipv6=True, hub=True)
@pytest.mark.parametrize("make", ["keepalived", "frr"])
def test_ipv6_neighbours_and_their_clients_are_seen(lab, make):
    addresses = (f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64")
    getattr(lab, make)("r1", addresses=addresses)
    advert = lab.capture.wait_advert()
    assert advert.source in (lab["r1"].link_local, lab["r1"].link_local[:-1] + "1")
    assert (advert.addresses, advert.checksum) == ((VIRTUAL_LINK_LOCAL, VIRTUAL6), "rfc9568")
    assert lab.capture.wait_announcement(VIRTUAL6).override
    assert lab["r1"].holds(VIRTUAL6) or make == "frr"
    probe = lab.probe(address=VIRTUAL6)
    time.sleep(0.3)
    mark = time.time()
    time.sleep(0.3)
    report = probe.report(since=mark)
    assert report["lost"] == 0 and report["sent"] > 100


@pytest.mark.lan(hub=True)
def test_the_observer_hears_unicast(lab):
    lab.keepalived("r1", unicast=(lab["r1"].address, [lab["r2"].address]))
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert (advert.destination, advert.destination_mac) == (lab["r2"].address, lab["r2"].mac)


def test_parted_hosts_do_not_hear_each_other_and_the_observer_hears_both(lab, keepalived_pair):
    lab.switch.part(lab["r1"], lab["r2"])
    wait_until(lambda: lab.holders() == ["r1", "r2"])
    mark = time.time()
    for name in ("r1", "r2"):
        lab.capture.wait_advert(source=lab[name].address, since=mark)
    lab.switch.join()
    wait_until(lambda: lab.holders() == ["r1"])


def test_the_probe_counts_what_a_dark_port_loses(lab, keepalived_pair):
    probe = lab.probe()
    cut = time.time()
    lab.switch.cut(lab["client"])
    time.sleep(0.3)
    lab.switch.heal(lab["client"])
    time.sleep(0.2)
    report = probe.report(since=cut - 0.1)
    assert 250 < report["longest_gap_ms"] < 600
    assert report["lost"] > 100
    assert abs(report["gap_at"] - cut) < 0.2
    quiet = probe.report(since=time.time() - 0.1)
    assert quiet["lost"] == 0 and quiet["sent"] > 50


def test_a_silent_cut_leaves_carrier_and_makes_two_masters(lab, keepalived_pair):
    lab.switch.cut(lab["r1"])
    wait_until(lambda: lab.holders() == ["r1", "r2"])
    assert "LOWER_UP" in lab["r1"].ip("link", "show", "eth0")
    lab.switch.heal(lab["r1"])
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_cut_in_one_direction_leaves_the_other_open(lab, keepalived_pair):
    lab.switch.cut(lab["r1"], "to")
    mark = time.time()
    lab.capture.wait_advert(source=lab["r1"].address, since=mark)
    lab.switch.heal(lab["r1"])
    lab.switch.cut(lab["r1"], "from")
    mark = time.time()
    lab.capture.wait_advert(source=lab["r2"].address, since=mark)
    assert lab.capture.adverts(source=lab["r1"].address, since=mark + 0.1) == []


def test_a_dark_port_takes_the_carrier_away(lab):
    lab.switch.port_down(lab["r1"])
    wait_until(lambda: "NO-CARRIER" in lab["r1"].ip("link", "show", "eth0"))
    lab.switch.port_up(lab["r1"])
    wait_until(lambda: "LOWER_UP" in lab["r1"].ip("link", "show", "eth0"))


def test_every_change_of_an_address_is_seen(lab):
    watch = lab.watch_addresses("r1")
    lab["r1"].ip("address", "add", "198.51.100.7/32", "dev", "eth0")
    lab["r1"].ip("address", "delete", "198.51.100.7/32", "dev", "eth0")
    watch.wait_removed("198.51.100.7")
    assert [change.added for change in watch.changes("198.51.100.7")] == [True, False]


def lab_namespaces(owner):
    return [name for name in os.listdir(namespaces.HOME) if name.startswith(f"{PREFIX}-{owner}-")]


def lab_folders(owner):
    return glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}-{owner}-*"))


@pytest.fixture
def start_script():
    """Starts programs that make a lab, say so, and go on."""
    started = []

    def start(program):
        process = subprocess.Popen([sys.executable, "-c", program], cwd=HERE, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=20)


LAB_THAT_SLEEPS = textwrap.dedent("""
    import time
    from lab import Lab
    with Lab() as lab:
        lab.keepalived("r1")
        lab.probe()
        print("up", flush=True)
        time.sleep(60)
""")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_takes_the_lab_down_cleanly(number, start_script):
    process = start_script(LAB_THAT_SLEEPS)
    inhabitants = [pid for name in lab_namespaces(process.pid) for pid in namespaces.pids(name)]
    assert len(inhabitants) >= 2
    process.send_signal(number)
    process.communicate(timeout=20)
    assert lab_namespaces(process.pid) == lab_folders(process.pid) == []
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in inhabitants))


def test_an_exception_takes_the_lab_down_cleanly(start_script):
    process = start_script(LAB_THAT_SLEEPS.replace("time.sleep(60)", "raise RuntimeError('oops')"))
    _, errors = process.communicate(timeout=20)
    assert "oops" in errors
    assert lab_namespaces(process.pid) == []


def test_the_next_lab_sweeps_what_a_killed_one_left_and_nothing_else(start_script):
    process = start_script(LAB_THAT_SLEEPS)
    neighbour = start_script(LAB_THAT_SLEEPS)
    process.kill()
    process.communicate()
    left = [pid for name in lab_namespaces(process.pid) for pid in namespaces.pids(name)]
    assert left
    with Lab():
        assert lab_namespaces(process.pid) == lab_folders(process.pid) == []
        assert len(lab_namespaces(neighbour.pid)) == 5 and lab_folders(neighbour.pid)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in left))
    neighbour.terminate()
    neighbour.communicate(timeout=20)
    assert lab_namespaces(neighbour.pid) == []
