"""A daemon that dies, and the next one in its place: the other router must not notice, and nobody may
go on as Active who should not.

TANDEM_RESUMES=100 makes as many of them in a row, instead of a few.
"""

import os
import resource
import signal
import socket
import subprocess
import time

import pytest

from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, always, wait_until

TIMES = int(os.environ.get("TANDEM_RESUMES", "3"))
LEASE = 6  # whole seconds, for adverts every second
SLACK = 2.5  # the kernel looks for leases that have ended now and then; and a busy machine


def end(daemon, how=signal.SIGKILL):
    """Of the main process alone; what it has started has to end by itself."""
    daemon.end_is_expected = True
    daemon.process.send_signal(how)
    daemon.wait()


def start_again(daemon):
    end(daemon)
    daemon.start()


def resumed(daemon, since):
    return bool(daemon.logged(since=since, reason="resumed", to="active"))


def pair(lab, **settings):
    """Both at an advert a second, with the first one Active for a while."""
    r1, r2 = lab.pair(**{"advertise": "1s", **settings})
    lab.capture.wait_advert(source=lab["r1"].address, since=time.time())
    return r1, r2


def nobody_noticed(lab, r2, since):
    assert r2.transitions(since=since) == []
    assert lab.capture.adverts(source=lab["r2"].address, since=since) == []
    assert lab.capture.adverts(source=lab["r1"].address, priority=0, since=since) == []
    assert lab.holders() == ["r1"]


# ---- nobody notices ----------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGABRT])
def test_a_daemon_that_dies_goes_on_as_active(lab, how):
    r1, r2 = pair(lab)
    probe = lab.probe()
    time.sleep(0.2)
    mark = time.time()
    for _ in range(TIMES):
        start = time.time()
        end(r1, how)
        r1.start()
        wait_until(lambda: r1.state() == "active")
        assert resumed(r1, start), r1.log_text()
        time.sleep(0.3)
    time.sleep(2)
    nobody_noticed(lab, r2, mark)
    report = probe.report(since=mark)
    assert report["lost"] == 0 and report["answered"] > 0


@pytest.mark.lan(ipv6=True)
def test_both_families_with_everything_around_them(lab):
    settings = {"addresses": [f"{VIRTUAL}/24", "fe80::1/64", f"{VIRTUAL6}/64"],
                "vmac": True, "accept": False,
                "routes": [{"to": "203.0.113.0/24", "via": lab["client"].address}]}
    r1, r2 = pair(lab, **settings)
    links, addresses = lab.watch_links("r1"), lab.watch_addresses("r1")
    time.sleep(0.5)
    mark = time.time()
    start_again(r1)
    wait_until(lambda: r1.states() == ["active", "active"])
    wait_until(lambda: resumed(r1, mark))
    time.sleep(1.5)
    assert r2.transitions(since=mark) == []
    # Nothing of it was removed and made anew.
    assert [change for change in addresses.records(since=mark) if not change.added] == []
    assert [change for change in links.records(since=mark) if not change.usable] == []


def test_a_daemon_that_was_stopped_and_goes_on_does_no_harm(lab):
    r1, r2 = pair(lab)
    mark = time.time()
    r1.pause()
    time.sleep(1.5)
    r1.resume()
    time.sleep(1.5)
    nobody_noticed(lab, r2, mark)


# ---- nobody comes back -------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_without_a_daemon_the_addresses_go_with_their_lease(lab, how):
    r1, r2 = pair(lab)
    ended = time.time()
    r1.process.send_signal(how)
    r1.end_is_expected = True
    wait_until(lambda: not lab["r1"].holds(), LEASE + SLACK)
    wait_until(lambda: lab.holders() == ["r2"])
    if how == signal.SIGKILL:
        r1.wait()
        r1.start()
        assert not resumed(r1, ended)
    else:
        r1.resume()
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")  # it is the stronger one
    wait_until(lambda: lab.holders() == ["r1"])


# ---- who does not go on ------------------------------------------------------------------------


def refused(daemon, since, why):
    wait_until(lambda: daemon.logged(since=since, why=why), what=f"'{why}' in the log")
    assert not resumed(daemon, since)


def test_another_configuration_does_not_go_on_and_says_so_to_the_others(lab):
    r1, r2 = pair(lab)
    end(r1)
    r1.configure(pair_config(advertise="1s", addresses=[f"{VIRTUAL}/24", "192.0.2.9/24"]))
    mark = time.time()
    r1.start()
    refused(r1, mark, "its configuration has changed")
    lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=mark)
    wait_until(lambda: r2.state() == "active")


def test_another_priority_goes_on(lab):
    r1, r2 = pair(lab)
    end(r1)
    r1.configure(pair_config({"r1": 150, "r2": 100}, advertise="1s"))
    mark = time.time()
    r1.start()
    wait_until(lambda: resumed(r1, mark))
    lab.capture.wait_advert(source=lab["r1"].address, priority=150, since=mark)
    assert r2.transitions(since=mark) == []


def test_another_boot_does_not_go_on(lab):
    r1, _ = pair(lab)
    end(r1)
    path = os.path.join(r1.run_dir, "state")
    with open(path, "r+b") as file:  # a damaged header is no header
        file.seek(16)
        file.write(b"00000000-0000-0000-0000-000000000000")
    mark = time.time()
    r1.start()
    wait_until(lambda: r1.state() is not None)
    assert not resumed(r1, mark)


def test_an_address_that_is_gone_is_no_address(lab):
    r1, _ = pair(lab)
    end(r1)
    lab["r1"].ip("address", "del", f"{VIRTUAL}/24", "dev", "eth0")
    mark = time.time()
    r1.start()
    refused(r1, mark, "is not there any more")


def test_who_comes_too_late_does_not_go_on(lab):
    r1, r2 = pair(lab, preempt=False)
    mark = time.time()
    end(r1)
    wait_until(lambda: r2.state() == "active")
    assert lab["r1"].holds()
    r1.start()
    refused(r1, mark, "another router may have taken over")
    always(lambda: r2.state() == "active" and lab.holders() == ["r2"], 1.5)


def truncated(octets):
    return octets[:len(octets) // 2]


def scrambled(octets):
    return os.urandom(len(octets))


def of_another_version(octets):
    return octets[:8] + b"\xff" + octets[9:]


def nothing(_):
    return b""


@pytest.mark.parametrize("damage", [truncated, scrambled, of_another_version, nothing])
def test_a_damaged_state_is_told_and_not_believed(lab, damage):
    r1, r2 = pair(lab)
    end(r1)
    path = os.path.join(r1.run_dir, "state")
    with open(path, "rb") as file:
        octets = file.read()
    with open(path, "wb") as file:
        file.write(damage(octets))
    mark = time.time()
    r1.start()
    wait_until(lambda: r1.logged(since=mark, error="read the state of the process before"),
               what="a warning")
    assert not resumed(r1, mark)
    wait_until(lambda: r1.state() == "active")
    mark = time.time()  # what it keeps itself is whole
    time.sleep(1.2)
    start_again(r1)
    wait_until(lambda: resumed(r1, mark))
    assert r2.state() == "backup"


# ---- no room, no descriptors, no socket --------------------------------------------------------


def test_a_full_run_directory_costs_the_resumption_and_nothing_else(lab):
    r1 = lab.prepare_tandem("r1", pair_config(advertise="1s"))
    os.makedirs(r1.run_dir, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tandem-test", r1.run_dir],
                   check=True)
    lab.at_close(lambda: subprocess.run(["umount", "--lazy", r1.run_dir], check=False))
    ballast = os.open(os.path.join(r1.run_dir, "ballast"), os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError):
        while True:
            os.write(ballast, bytes(4096))
    os.close(ballast)
    r1.start()
    wait_until(lambda: r1.logged(error="find room"), what="a warning")
    wait_until(lambda: r1.state() == "active")
    mark = time.time()
    time.sleep(1.2)
    start_again(r1)
    assert not resumed(r1, mark)
    wait_until(lambda: r1.state() == "active")


def test_without_descriptors_what_runs_goes_on(lab):
    r1, r2 = pair(lab)
    mark = time.time()
    used = len(os.listdir(f"/proc/{r1.pid}/fd"))
    before = resource.prlimit(r1.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(r1.pid, resource.RLIMIT_NOFILE, (used, before[1]))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:  # accept() fails
        client.connect(os.path.join(r1.run_dir, "control.sock"))
        time.sleep(0.5)
    time.sleep(2.5)
    assert r1.running
    nobody_noticed(lab, r2, mark)
    resource.prlimit(r1.pid, resource.RLIMIT_NOFILE, before)
    wait_until(lambda: r1.ctl("--json", "status").returncode == 0)


def test_without_its_control_socket_the_daemon_goes_on_and_the_next_has_one(lab):
    r1, r2 = pair(lab)
    mark = time.time()
    os.unlink(os.path.join(r1.run_dir, "control.sock"))
    assert r1.ctl("status").returncode == 3
    time.sleep(1.2)
    start_again(r1)
    assert r1.state() == "active"
    wait_until(lambda: resumed(r1, mark))
    time.sleep(1.2)
    nobody_noticed(lab, r2, mark)


# ---- the end that is none ----------------------------------------------------------------------


def test_a_stop_is_no_crash(lab):
    r1, r2 = pair(lab)
    mark = time.time()
    assert r1.stop() == 0
    wait_until(lambda: r2.state() == "active")
    assert lab.holders() == ["r2"]
    r1.start()
    assert not resumed(r1, mark)
