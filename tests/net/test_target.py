"""`target = true`: services follow a router by plain unit files, under a real systemd."""

import os

import pytest

from health import config
from lab import always, wait_until
from test_systemd import Service

PATIENCE = 30.0
TARGET = "tandem-active@lan.target"
FOLLOWER = f"""
[Unit]
PartOf={TARGET}
[Service]
ExecStart=/bin/sleep 1000
[Install]
WantedBy={TARGET}
"""
FLAG = "/run/flag"
CHECK = {"type": "file", "path": FLAG, "every": "500ms", "on_fail": "fault"}

pytestmark = pytest.mark.hosts("r1", "r2", "client", "observer")


def pair(priorities, **settings):
    """Two routers, of which only `lan` has a target."""
    plain = {"vrid": 11, "addresses": ["192.0.2.9/24"]}
    return config({"lan": {"target": True, **settings}, "plain": plain}, priorities=priorities)


@pytest.fixture
def machine(lab):
    """r1 with tandem installed, a bus, and a service that follows `lan`."""
    service = Service(lab, "r1")
    with open(service.box.path("/etc/systemd/system/follower.service"), "w",
              encoding="ascii") as file:
        file.write(FOLLOWER)
    service.install(None)
    service.must("systemctl", "enable", "follower")
    wait_until(lambda: service.box.run("busctl", "status").returncode == 0, PATIENCE,
               "the box has a bus")
    return service


def start(machine, text):
    machine.configure(text)
    machine.start()


def states_of(machine, *units):
    shown = machine.must("systemctl", "show", "--value", "--property=ActiveState", *units)
    return shown.split()


def follows(machine, state):
    wait_until(lambda: states_of(machine, TARGET, "follower") == [state] * 2, PATIENCE,
               f"target and follower are {state}")


def stays(machine, state):
    always(lambda: states_of(machine, TARGET, "follower") == [state] * 2, 1.0,
           f"target and follower are {state}", pause=0.1)


def test_target_and_service_are_active_exactly_while_the_router_is(lab, machine):
    text = pair({"r1": 100, "r2": 200})
    r2 = lab.tandem("r2", text)
    wait_until(lambda: r2.state() == "active", PATIENCE)
    start(machine, text)
    wait_until(lambda: machine.state() == "backup", PATIENCE)
    stays(machine, "inactive")

    r2.stop()
    follows(machine, "active")
    assert lab.holders() == ["r1"]
    stays(machine, "active")
    assert states_of(machine, "tandem-active@plain.target") == ["inactive"]

    r2.start()
    follows(machine, "inactive")
    assert lab.holders() == ["r2"]
    stays(machine, "inactive")

    r2.stop()
    follows(machine, "active")
    machine.stop()
    follows(machine, "inactive")


def test_a_check_that_fails_takes_the_service_along(lab, machine):
    machine.must("touch", FLAG)
    alone = config({"lan": {"target": True, "checks": ["flag"]}}, {"flag": CHECK})
    start(machine, alone)
    follows(machine, "active")
    os.unlink(machine.box.path(FLAG))
    follows(machine, "inactive")
    assert (machine.state(), lab.holders()) == ("fault", [])
    machine.must("touch", FLAG)
    follows(machine, "active")


def test_the_service_goes_with_a_daemon_that_dies_and_comes_back_with_it(machine):
    start(machine, pair({"r1": 200, "r2": 100}))
    follows(machine, "active")
    before = machine.must("systemctl", "show", "--value", "--property=MainPID", "follower")
    machine.signal("KILL")
    wait_until(lambda: machine.restarts() == 1, PATIENCE)
    wait_until(lambda: machine.must("systemctl", "show", "--value", "--property=MainPID",
                                    "follower") not in (before, "0\n"), PATIENCE,
               "the service is a new one")
    follows(machine, "active")


def test_a_target_that_systemd_does_not_know_is_told_of_and_costs_no_address(lab, machine):
    os.unlink(machine.box.path("/lib/systemd/system/tandem-active@.target"))
    machine.must("systemctl", "disable", "follower")
    machine.must("systemctl", "daemon-reload")
    start(machine, pair({"r1": 200, "r2": 100}))
    wait_until(lambda: "a target of systemd does not follow its router" in machine.messages(),
               PATIENCE, "it is told")
    wait_until(lambda: lab.holders() == ["r1"], PATIENCE)
