"""tandemd under a real systemd on both routers of a pair: what ends the daemon, and what the other
router and a client see of it.

TANDEM_RESTARTS=50 does each as often, instead of a few times.
"""

import os
import time

import pytest

from daemons import pair_config
from lab import always, wait_until
from test_systemd import Service

TIMES = int(os.environ.get("TANDEM_RESTARTS", "2"))
LEASE = 6  # whole seconds, for adverts every second

pytestmark = pytest.mark.hosts("r1", "r2", "client", "observer")


class Pair:
    """A machine on each host, r1 Active, and a client that asks all the time."""

    def __init__(self, lab):
        self.lab = lab
        self.r1, self.r2 = (Service(lab, name) for name in ("r1", "r2"))
        for service in (self.r1, self.r2):
            service.install(pair_config(advertise="1s"))
        self.r1.start()
        wait_until(lambda: self.r1.state() == "active")
        self.r2.start()
        wait_until(lambda: self.r2.status()["routers"][0]["peers"] != [])
        self.probe = lab.probe()
        time.sleep(1)

    def transitions(self):
        return self.r2.status()["routers"][0]["counters"]["transitions"]

    def nobody_noticed(self, since):
        assert self.transitions() == 1
        assert self.lab.capture.adverts(source=self.lab["r2"].address, since=since) == []
        assert self.lab.capture.adverts(source=self.lab["r1"].address, priority=0,
                                        since=since) == []
        assert self.lab.holders() == ["r1"]
        report = self.probe.report(since=since)
        assert report["lost"] == 0 and report["answered"] > 0


@pytest.fixture
def pair(lab):
    return Pair(lab)


def is_another(service, pid):
    return service.show("MainPID") not in (pid, "0") and service.state() == "active"


def test_systemctl_restart_goes_on_as_active(pair):
    mark = time.time()
    for _ in range(TIMES):
        pid = pair.r1.show("MainPID")
        pair.r1.must("systemctl", "restart", "tandemd")
        wait_until(lambda p=pid: is_another(pair.r1, p))
        time.sleep(1.2)
    assert "does not go on as Active" not in pair.r1.messages()
    assert pair.r1.messages().count("systemd restarts this service") == TIMES
    pair.nobody_noticed(mark)
    assert pair.r1.show("NFileDescriptorStore") == "1"


def test_try_restart_is_a_restart_too(pair):
    mark = time.time()
    pid = pair.r1.show("MainPID")
    pair.r1.must("systemctl", "try-restart", "tandemd")
    wait_until(lambda: is_another(pair.r1, pid))
    time.sleep(1.2)
    pair.nobody_noticed(mark)


def test_a_killed_daemon_goes_on_as_active(pair):
    mark = time.time()
    for _ in range(TIMES):
        pid = pair.r1.show("MainPID")
        pair.r1.signal("SIGKILL")
        wait_until(lambda p=pid: is_another(pair.r1, p))
        time.sleep(1.2)
    pair.nobody_noticed(mark)
    assert pair.r1.restarts() == TIMES


def test_a_hung_daemon_goes_on_as_active(pair):
    mark = time.time()
    for _ in range(TIMES):
        pid = pair.r1.show("MainPID")
        pair.r1.signal("SIGSTOP")
        wait_until(lambda p=pid: is_another(pair.r1, p))
        time.sleep(1.5)
    pair.nobody_noticed(mark)
    assert "Watchdog timeout" in pair.r1.messages()


def test_systemctl_stop_hands_over(pair):
    mark = time.time()
    pair.r1.stop()
    wait_until(lambda: pair.r2.state() == "active")
    time.sleep(0.5)
    report = pair.probe.report(since=mark)
    assert report["lost"] == 0 and report["answered"] > 0
    assert pair.lab.holders() == ["r2"]
    assert "systemd restarts this service" not in pair.r1.messages()


def test_a_daemon_that_cannot_start_again_releases_its_addresses(pair):
    pair.r1.drop_in("ExecStart=", "ExecStart=/bin/false")
    pair.r1.signal("SIGKILL")
    wait_until(lambda: pair.r2.state() == "active")
    wait_until(lambda: pair.lab.holders() == ["r2"], LEASE + 3)
    always(lambda: pair.lab.holders() == ["r2"], 1)


def test_a_unit_that_is_masked_while_it_runs_goes_on_and_hands_over_at_its_stop(pair):
    mark = time.time()
    pair.r1.must("ln", "-s", "/dev/null", "/etc/systemd/system/tandemd.service")
    pair.r1.must("systemctl", "daemon-reload")
    time.sleep(1.5)
    pair.nobody_noticed(mark)
    mark = time.time()
    pair.r1.stop()
    wait_until(lambda: pair.lab.holders() == ["r2"])
    time.sleep(0.3)
    assert pair.probe.report(since=mark)["lost"] == 0


def test_without_a_bus_a_restart_hands_over(pair):
    for unit in ("dbus.socket", "dbus.service"):
        pair.r1.box.run("systemctl", "stop", unit)
    mark = time.time()
    pair.r1.must("systemctl", "restart", "tandemd")
    wait_until(lambda: pair.r1.state() == "active" and pair.r2.state() == "backup")
    pair.lab.capture.wait_advert(source=pair.lab["r1"].address, priority=0, since=mark)
    assert "systemd restarts this service" not in pair.r1.messages()
    # Of its return: a router that is preempted gives its addresses up at the first advert.
    assert pair.probe.report(since=mark)["lost"] <= 1


def test_systemctl_reload_puts_the_changed_file_in_force_or_fails(pair):
    mark = time.time()
    pid = pair.r1.show("MainPID")
    config = pair_config(advertise="1s", addresses=["192.0.2.1/24", "192.0.2.9/24"])
    pair.r1.configure(config)
    pair.r1.must("systemctl", "reload", "tandemd")
    wait_until(lambda: pair.lab["r1"].holds("192.0.2.9"))
    pair.r1.configure(config.replace("192.0.2.9", "192.0.2.900"))
    assert pair.r1.box.run("systemctl", "reload", "tandemd").returncode != 0
    assert pair.r1.show("ActiveState") == "active"
    assert "is no address" in pair.r1.messages() or "error" in pair.r1.messages()
    assert pair.r1.show("MainPID") == pid
    pair.nobody_noticed(mark)


def test_systemctl_reload_goes_on_in_the_program_of_a_package_upgrade(pair):
    mark = time.time()
    pid = pair.r1.show("MainPID")
    before = pair.r1.status()
    for _ in range(TIMES):
        pair.r1.must("sh", "-c", "cp /usr/sbin/tandemd /usr/sbin/tandemd.new && "
                                 "mv /usr/sbin/tandemd.new /usr/sbin/tandemd")
        pair.r1.must("systemctl", "reload", "tandemd")
        time.sleep(0.3)
    assert pair.r1.messages().count("going on as another program") == TIMES
    assert pair.r1.show("MainPID") == pid
    after = pair.r1.status()
    for fact in ("memory_locked", "realtime"):
        assert after[fact] == before[fact]
    # The watchdog is fed by the new one, the sockets are still in the store.
    time.sleep(3)
    pair.nobody_noticed(mark)
    pid = pair.r1.show("MainPID")
    pair.r1.must("systemctl", "restart", "tandemd")
    wait_until(lambda: is_another(pair.r1, pid))
    time.sleep(1.2)
    pair.nobody_noticed(mark)
