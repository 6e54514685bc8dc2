"""A router whose service is sick gives way to one whose service is well, and comes back."""

import os
import signal
import statistics
import time

import pytest

from health import STUBBORN, checked, keeper_of, lives, runner_of, settled
from lab import always, wait_until
from looker import haproxy, nginx, serve
from runner import processes

PATIENCE = 20.0
FAULT = "fault"
PENALTY = {"penalty": 150}
INTERVAL = 0.1
HTTP = {"type": "http", "url": "http://127.0.0.1:80/", "every": "250ms", "timeout": "250ms",
        "fall": 2, "rise": 2, "on_fail": FAULT}
TCP = {"type": "tcp", "target": "127.0.0.1", "port": 80, "every": "100ms", "timeout": "100ms",
       "fall": 2, "on_fail": FAULT}


def is_with(lab, name, **daemons):
    """One router has the address, and says so of itself."""
    wait_until(lambda: lab.holders() == [name], PATIENCE, f"{name} alone has the address")
    for daemon in daemons.values():
        wait_until(lambda daemon=daemon: (daemon.state() == "active") == (daemon.host.name == name),
                   PATIENCE, f"{daemon.host.name} agrees that {name} is Active")


# ---- real services -----------------------------------------------------------------------------


class Web:
    """nginx on a host, and what can happen to it. It answers 200 while its page is there."""

    def __init__(self, lab, host):
        self.lab, self.host = lab, host
        self.folder = os.path.join(lab.folder, f"{host}-pages")
        os.mkdir(self.folder)
        self.heal_page()
        self.start()

    @property
    def page(self):
        return os.path.join(self.folder, "alive")

    def start(self):
        self.server = nginx(self.lab, self.host, ["80"],
                            {"/": f"root {self.folder}; try_files /alive =500;"})

    def stop(self):
        self.server.stop()

    def hang(self):
        os.killpg(self.server.pid, signal.SIGSTOP)

    def wake(self):
        os.killpg(self.server.pid, signal.SIGCONT)

    def spoil_page(self):
        os.unlink(self.page)

    def heal_page(self):
        with open(self.page, "w", encoding="ascii") as file:
            file.write("well\n")


@pytest.mark.parametrize("harm, cure, why", [
    (Web.stop, Web.start, "onnect"),
    (Web.hang, Web.wake, "no answer"),
    (Web.spoil_page, Web.heal_page, "500")], ids=["stopped", "hanging", "answers-500"])
def test_nginx_that_is_not_well_moves_the_address_until_it_is(lab, harm, cure, why):
    web, _ = Web(lab, "r1"), Web(lab, "r2")
    r1, r2 = settled(lab, checked({"web": HTTP}))
    harm(web)
    is_with(lab, "r2", r1=r1, r2=r2)
    assert r1.state() == "fault"
    assert any("check web" in reason and why in reason for reason in r1.router()["blockers"]), \
        r1.router()["blockers"]
    assert r2.router()["reason"] == "released"
    cure(web)
    is_with(lab, "r1", r1=r1, r2=r2)
    assert r1.status()["problems"] == []


FRONTEND = """
frontend web
    bind :80
    monitor-uri /health
    monitor fail if { nbsrv(app) lt 1 }
    default_backend app
backend app
    server app 127.0.0.1:81 check inter 100ms fall 1 rise 1
"""


class Balancer:
    """haproxy before nginx on a host, under a name that no other process of this machine has."""

    def __init__(self, lab, host, tag):
        self.lab, self.host = lab, host
        self.name = f"{tag[-8:]}-{host}"
        program = os.path.join(lab.folder, self.name)
        os.symlink("/usr/sbin/haproxy", program)
        configuration = haproxy(lab, host, FRONTEND)  # writes the file
        configuration.stop()
        self._command = [program, "-db", "-f", configuration.arguments()[-1]]
        self.start()
        self.start_app()

    def start(self):
        self.server = serve(self.lab, self.host, self.name, *self._command)

    def stop(self):
        self.server.process.kill()
        self.server.wait()

    def hang(self):
        os.killpg(self.server.pid, signal.SIGSTOP)

    def wake(self):
        os.killpg(self.server.pid, signal.SIGCONT)

    def start_app(self):
        self.app = nginx(self.lab, self.host, ["81"], {"/": 'return 200 "well";'})

    def stop_app(self):
        self.app.stop()


HEALTH = {**HTTP, "url": "http://127.0.0.1:80/health"}


@pytest.mark.parametrize("check, harm, cure", [
    (TCP, Balancer.stop, Balancer.start),
    ({"type": "process", "every": "100ms", "on_fail": FAULT}, Balancer.stop, Balancer.start),
    (HEALTH, Balancer.hang, Balancer.wake),
    (HEALTH, Balancer.stop_app, Balancer.start_app)],
    ids=["tcp-stopped", "process-stopped", "http-hanging", "http-nothing-behind-it"])
def test_haproxy_that_is_not_well_moves_the_address_until_it_is(lab, scripts, check, harm, cure):
    balancers = {host: Balancer(lab, host, scripts.tag) for host in ("r1", "r2")}
    if check["type"] == "process":
        check = {**check, "name": {host: one.name for host, one in balancers.items()}}
    r1, r2 = settled(lab, checked({"balancer": check}))
    harm(balancers["r1"])
    is_with(lab, "r2", r1=r1, r2=r2)
    assert any("check balancer" in reason for reason in r1.router()["blockers"])
    cure(balancers["r1"])
    is_with(lab, "r1", r1=r1, r2=r2)


def test_a_router_does_not_become_active_before_its_service_is_well(lab):
    r1 = lab.tandem("r1", checked({"web": HTTP}))
    always(lambda: lab.holders() == [], 1.0, "nobody has the address")
    assert lab.capture.adverts() == []
    Web(lab, "r1")
    is_with(lab, "r1", r1=r1)


# ---- who yields, and how -----------------------------------------------------------------------


def wish(scripts, on_fail, name="flag"):
    """A check that is well while a file is there, one for each node."""
    for host in ("r1", "r2"):
        scripts.touch(f"{host}-{name}")
    return {"type": "file", "every": "500ms", "on_fail": on_fail,
            "path": {host: scripts.path(f"{host}-{name}") for host in ("r1", "r2")}}


def test_a_penalty_hands_over_without_a_lost_probe(lab, scripts):
    r1, r2 = settled(lab, checked({"flag": wish(scripts, PENALTY)}))
    probe = lab.probe()
    time.sleep(0.3)
    sick = time.time()
    scripts.remove("r1-flag")
    is_with(lab, "r2", r1=r1, r2=r2)
    time.sleep(0.3)
    report = probe.report()
    assert report["lost"] == 0 and report["sent"] > 300, report
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=sick)
    claimed = lab.capture.wait_advert(source=lab["r2"].address, since=released.time)
    assert claimed.time - released.time < 1.0  # the skew time, and what a busy machine adds
    assert r1.router()["priority"] == {"base": 200, "effective": 50}
    assert any("check flag" in text and "-150" in text for text in r1.status()["problems"])


@pytest.mark.parametrize("preempt", [True, False], ids=["preempt", "stay"])
@pytest.mark.parametrize("on_fail", [FAULT, PENALTY], ids=["fault", "penalty"])
@pytest.mark.parametrize("count", [1, 2])
def test_a_sick_active_router_always_yields(lab, scripts, preempt, on_fail, count):
    checks = {f"flag{number}": wish(scripts, on_fail, f"flag{number}") for number in range(count)}
    checks["path"] = wish(scripts, FAULT, "path")  # penalties alone may not go with preempt = false
    r1, r2 = settled(lab, checked(checks, preempt=preempt))
    for number in range(count):
        scripts.remove(f"r1-flag{number}")
    is_with(lab, "r2", r1=r1, r2=r2)
    for number in range(count):
        scripts.touch(f"r1-flag{number}")
    if preempt:
        return is_with(lab, "r1", r1=r1, r2=r2)
    wait_until(lambda: r1.status()["problems"] == [])
    always(lambda: lab.holders() == ["r2"], 1.0, "r2 keeps the address")
    scripts.remove("r2-flag0")
    return is_with(lab, "r1", r1=r1, r2=r2)


def test_keepalived_takes_over_from_a_router_with_a_penalty(lab, scripts):
    r1 = lab.tandem("r1", checked({"flag": wish(scripts, PENALTY)}))
    is_with(lab, "r1", r1=r1)
    lab.keepalived("r2", priority=100)
    time.sleep(0.5)  # it hears the Active router
    sick = time.time()
    scripts.remove("r1-flag")
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=sick)
    claimed = lab.capture.wait_advert(source=lab["r2"].address, since=released.time)
    assert claimed.time - released.time < 2 * INTERVAL + 0.5
    is_with(lab, "r2", r1=r1)
    scripts.touch("r1-flag")
    is_with(lab, "r1", r1=r1)


def test_a_penalty_with_nobody_to_take_over_leaves_the_address_where_it_is(lab, scripts):
    r1 = lab.tandem("r1", checked({"flag": wish(scripts, PENALTY)}))
    is_with(lab, "r1", r1=r1)
    probe = lab.probe()
    scripts.remove("r1-flag")
    lab.capture.wait_advert(source=lab["r1"].address, priority=50)
    always(lambda: lab.holders() == ["r1"], 1.0, "r1 keeps the address")
    assert probe.report()["lost"] == 0


# ---- the runner --------------------------------------------------------------------------------


def test_a_runner_that_is_killed_100_times_changes_no_role(lab, scripts):
    r1, r2 = settled(lab, checked({"flag": wish(scripts, FAULT)}))
    transitions = [daemon.router()["counters"]["transitions"] for daemon in (r1, r2)]
    mark = time.time()
    times = []
    for _ in range(100):
        old = wait_until(lambda: runner_of(r1))
        killed = time.monotonic()
        os.kill(old, signal.SIGKILL)
        wait_until(lambda old=old: runner_of(r1) not in (None, old), PATIENCE, "another runner")
        times.append(time.monotonic() - killed)
    assert statistics.median(times) < 1.0, times
    assert lab.capture.adverts(source=lab["r2"].address, since=mark) == []
    assert [daemon.router()["counters"]["transitions"] for daemon in (r1, r2)] == transitions
    assert lab.holders() == ["r1"]
    assert r1.logged(message="", deaths="100")
    # The last one looks as the first one did.
    wait_until(lambda: r1.status()["problems"] == [], PATIENCE, "the trouble is over")
    scripts.remove("r1-flag")
    is_with(lab, "r2", r1=r1, r2=r2)


def test_a_runner_that_hangs_is_replaced(lab, scripts):
    r1, r2 = settled(lab, checked({"flag": wish(scripts, FAULT)}))
    old = runner_of(r1)
    os.kill(old, signal.SIGSTOP)
    wait_until(lambda: runner_of(r1) not in (None, old), PATIENCE, "another runner")
    assert lab.holders() == ["r1"]
    scripts.remove("r1-flag")
    is_with(lab, "r2", r1=r1, r2=r2)


def trouble(daemon, words):
    return any(words in text for text in daemon.status()["problems"])


def test_a_keeper_and_then_its_runner_that_are_killed_are_told_and_no_stop_waits(lab, scripts):
    waits = scripts.make("#!/bin/sh\n[ \"$TANDEM_STATE\" != stop ] || FOLDER/sleep 1000\n")
    r1 = lab.tandem("r1", checked({"flag": wish(scripts, FAULT)},
                                  notify={"exec": waits, "timeout": "60s"}))
    is_with(lab, "r1", r1=r1)
    runner = runner_of(r1)
    os.kill(keeper_of(r1), signal.SIGKILL)
    wait_until(lambda: trouble(r1, "the keeper of the runner has died"), PATIENCE, "it is told")
    always(lambda: lab.holders() == ["r1"], 1.0, "the runner goes on")
    os.kill(runner, signal.SIGKILL)
    wait_until(lambda: trouble(r1, "cannot run until tandemd is restarted"), PATIENCE, "the rest")
    assert lab.holders() == ["r1"]
    assert r1.stop(timeout=20) == 0  # far from the minute that the hook has


def gone(tag):
    wait_until(lambda: processes(tag) == [], PATIENCE, "nothing of it is left")


def test_1000_checks_that_hang_delay_no_advert(lab, scripts):
    path = scripts.make("#!/bin/sh\nFOLDER/sleep 1000\n")
    hanging = {f"check{number}": {"type": "exec", "command": path, "every": "2s", "timeout": "2s",
                                  "on_fail": "warn", "start": "passed"}
               for number in range(1000)}
    r1 = lab.tandem("r1", checked(hanging, checksum="rfc9568"))
    is_with(lab, "r1", r1=r1)
    wait_until(lambda: processes(scripts.tag), PATIENCE, "checks run")
    mark = time.time()
    time.sleep(10)
    times = [advert.time for advert in lab.capture.adverts(source=lab["r1"].address, since=mark)]
    steps = sorted(later - earlier for earlier, later in zip(times, times[1:]))
    assert len(steps) >= 90
    assert statistics.median(steps) < 1.1 * INTERVAL
    assert steps[len(steps) * 99 // 100] <= 1.5 * INTERVAL, steps[-5:]
    assert 0 < len(processes(scripts.tag)) < 500  # not all at once
    assert r1.stop() == 0
    gone(scripts.tag)


def test_a_check_that_hides_its_children_and_ignores_sigterm_leaves_nothing(lab, scripts):
    path = scripts.make(STUBBORN)
    check = {"type": "exec", "command": path, "every": "500ms", "timeout": "200ms",
             "on_fail": "fault", "start": "passed"}
    r1 = lab.tandem("r1", checked({"stubborn": check}))
    wait_until(lambda: r1.state() == "fault", PATIENCE, "its first run is over")
    for _ in range(20):
        assert len(processes(scripts.tag)) < 12  # those of one run
        time.sleep(0.2)
    assert r1.stop() == 0
    gone(scripts.tag)


def test_nothing_outlives_a_daemon_that_is_killed(lab, scripts):
    check = {"type": "exec", "command": scripts.make(STUBBORN), "every": "60s", "timeout": "60s",
             "on_fail": "fault", "start": "passed"}
    r1 = lab.tandem("r1", checked({"stubborn": check}))
    wait_until(lambda: len(processes(scripts.tag)) >= 3, PATIENCE, "the check runs")
    helpers = [keeper_of(r1), runner_of(r1)]
    r1.end_is_expected = True
    os.kill(r1.pid, signal.SIGKILL)
    wait_until(lambda: not any(map(lives, helpers)), PATIENCE, "runner and keeper are gone")
    gone(scripts.tag)
