"""What has happened, each thing with its cause, is known afterwards: also after a crash, a restart,
a change of the program, and while somebody floods the LAN with adverts."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

import pytest

import daemons
from daemons import ROOT, TANDEMCTL, pair_config
from lab import VIRTUAL, wait_until
from wire import advert_frame, advert_message


def events(daemon, *arguments):
    done = daemon.ctl("--json", "events", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["events"]


def transitions(daemon):
    return [(event["fields"]["from"], event["fields"]["to"], event["fields"]["reason"])
            for event in events(daemon) if event["event"] == "state-changed"]


def file_of(daemon):
    return os.path.join(daemon.state_dir, "events.jsonl")


def is_kept(daemon):
    """All events are in the file."""
    if not os.path.exists(file_of(daemon)):
        return False
    with open(file_of(daemon), encoding="utf-8") as file:
        lines = file.read().splitlines()
    return lines and json.loads(lines[-1])["number"] == events(daemon)[-1]["number"]


def numbers_grow(daemon):
    numbers = [event["number"] for event in events(daemon)]
    return numbers == sorted(set(numbers))


def test_events_say_what_has_happened_and_why(lab):
    r1, r2 = lab.pair()
    lab["r1"].ip("address", "del", f"{VIRTUAL}/24", "dev", "eth0")
    wait_until(lambda: r1.router()["counters"]["restored"] == 1)
    lab["r1"].ip("link", "set", "eth0", "down")
    wait_until(lambda: r2.state() == "active" and r1.state() == "fault")
    kinds = [event["event"] for event in events(r1)]
    assert kinds[0] in ("started", "state-changed") and "object-removed" in kinds
    assert transitions(r1)[-1] == ("active", "fault", "link-down")
    assert transitions(r2)[-1][:2] == ("backup", "active")
    text = r1.ctl("events").stdout
    assert re.search(r"router +lan/v4 +ACTIVE(→|->)FAULT +link-down: interface eth0 is down", text)
    assert "\x1b" not in text
    assert r1.ctl("events", "--since", "0s").stdout == ""
    assert r1.ctl("events", "--since", "1h").stdout == text
    assert r1.ctl("events", "--since", "soon").returncode == 2
    assert numbers_grow(r1)


def test_events_outlive_a_crash_a_restart_and_a_damaged_file(lab):
    daemon = lab.tandem("r1", pair_config())
    wait_until(lambda: daemon.state() == "active" and is_kept(daemon))
    before = transitions(daemon)
    assert before[-1][1] == "active"
    daemon.kill()
    daemon.start()
    wait_until(lambda: daemon.state() == "active" and is_kept(daemon))
    after = transitions(daemon)
    assert after[:len(before)] == before and len(after) > len(before)
    assert numbers_grow(daemon)

    assert daemon.stop() == 0
    daemon.start()
    wait_until(lambda: daemon.state() == "active" and is_kept(daemon))
    again = transitions(daemon)
    assert again[:len(after)] == after
    assert "stopping" in [event["event"] for event in events(daemon)]
    assert numbers_grow(daemon)

    assert daemon.stop() == 0
    with open(file_of(daemon), "r+b") as file:
        file.write(b"\0\xff nonsense")
    daemon.start()
    wait_until(lambda: daemon.state() == "active")
    assert "file-damaged" in [event["event"] for event in events(daemon)]
    assert len(transitions(daemon)) >= len(again) - 1


def test_a_steady_state_writes_nothing_and_logs_nothing(lab):
    r1, r2 = lab.pair()
    wait_until(lambda: is_kept(r1) and is_kept(r2))
    time.sleep(2)
    stamps = [os.stat(file_of(daemon)).st_mtime_ns for daemon in (r1, r2)]
    lines = [len(daemon.log) for daemon in (r1, r2)]
    time.sleep(5)
    assert stamps == [os.stat(file_of(daemon)).st_mtime_ns for daemon in (r1, r2)]
    assert lines == [len(daemon.log) for daemon in (r1, r2)]


@pytest.fixture(name="program")
def _program(monkeypatch):
    """A tandemd of root's in a directory of root's, as an installed one is."""
    folder = f"/root/tandem-events-{os.getpid()}"
    os.makedirs(folder, mode=0o755, exist_ok=True)
    path = os.path.join(folder, "tandemd")
    shutil.copy(daemons.TANDEMD, path)
    os.chmod(path, 0o755)
    monkeypatch.setattr(daemons, "TANDEMD", path)
    yield path
    shutil.rmtree(folder)


@pytest.mark.usefixtures("program")
def test_another_program_knows_the_events_of_the_one_before(lab):
    daemon = lab.tandem("r1", pair_config())
    wait_until(lambda: daemon.state() == "active" and is_kept(daemon))
    before = events(daemon)
    done = daemon.ctl("reload", "--exec", "--wait")
    assert done.returncode == 0, done.stdout + done.stderr
    after = events(daemon)
    assert after[:len(before)] == before
    assert "upgraded" in [event["event"] for event in after[len(before):]]
    assert numbers_grow(daemon)
    wait_until(lambda: is_kept(daemon))


def test_following_goes_on_over_a_restart_and_ends_cleanly(lab):
    daemon = lab.tandem("r1", pair_config())
    wait_until(lambda: daemon.state() == "active")
    follower = subprocess.Popen([TANDEMCTL, "--run-dir", daemon.run_dir, "--json", "events", "-f"],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = json.loads(follower.stdout.readline())["number"]
    daemon.kill()
    time.sleep(1)
    daemon.start()
    wait_until(lambda: daemon.state() == "active")
    last = events(daemon)[-1]["number"]
    time.sleep(2)
    follower.send_signal(signal.SIGINT)
    out, err = follower.communicate(timeout=10)
    assert follower.returncode == 0, err
    seen = [first] + [json.loads(line)["number"] for line in out.splitlines()]
    assert seen == sorted(set(seen)) and seen[-1] >= last
    assert "waiting for it" in err


FLOOD_SECONDS = 10


def flood(host):
    """As many spoofed adverts as go out: of all kinds, from 200 senders; returns how many."""
    frames = []
    for number in range(200):
        source, mac = f"192.0.2.{50 + number % 200}", f"02:00:00:00:01:{number:02x}"
        kinds = [{"version": 5}, {"count": 7}, {"checksum": "wrong"}, {"kind": 7}, {"vrid": 11 + number},
                 {"addresses": ["192.0.2.7"]}, {"interval_ms": 3000}, {}]
        fields = {"vrid": 10, "interval_ms": 100} | kinds[number % len(kinds)]
        frames.append(advert_frame(mac, source, advert_message(source, 1, **fields)))
    sent, end = 0, time.monotonic() + FLOOD_SECONDS
    with host.packet_socket() as sock:
        while time.monotonic() < end:
            for frame in frames:
                try:
                    sock.send(frame)
                    sent += 1
                except OSError:
                    time.sleep(0.001)
    return sent


@pytest.mark.hosts("r1", "r2", "client")
def test_a_flood_of_spoofed_adverts_is_a_few_lines(lab):
    r1, r2 = lab.pair()
    marks = [len(daemon.log) for daemon in (r1, r2)]
    sent = flood(lab["client"])
    time.sleep(1)
    assert sent > 1000 * FLOOD_SECONDS
    for daemon, mark in zip((r1, r2), marks):
        lines = [line for _, line in daemon.log[mark:]]
        # What is of no session, such as foreign VRIDs, has four lines of its own.
        of_session = [line for line in lines if "router=lan" in line and " from=" not in line]
        assert 0 < len(of_session) <= 10, lines
        assert len(lines) - len(of_session) <= 10, lines
    assert r1.state() == "active"
    assert r1.router()["counters"]["discarded"]


def test_the_catalog_that_is_installed_explains_every_kind(tmp_path):
    root = tmp_path / "root"
    subprocess.run(["make", "-s", "install", f"DESTDIR={root}"], cwd=ROOT, check=True,
                   capture_output=True)
    (root / "var/lib/systemd/catalog").mkdir(parents=True)
    subprocess.run(["journalctl", "--update-catalog", "--root", str(root)], check=True)
    listed = subprocess.run(["journalctl", "--root", str(root), "--list-catalog"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    with open(os.path.join(ROOT, "src/base/event.cpp"), encoding="utf-8") as file:
        known = set(re.findall(r'"([0-9a-f]{32})"', file.read()))
    assert {line.split()[0] for line in listed} == known
    assert all(line.split()[1] == "tandem:" for line in listed)
