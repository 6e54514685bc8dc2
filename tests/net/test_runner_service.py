"""The runner inside the real unit's sandbox, under a real systemd with a real D-Bus."""

import os
import shutil

import pytest

from box import ENTER, Box
from daemons import ROOT
from lab import wait_until
from runner import PROGRAM, Runner, exec_check

pytestmark = pytest.mark.hosts("r1")

# The unit as it is, but for the program: the runner with a test at its other end, which gives its
# orders through a pipe and reads the answers from a file.
INSTEAD = """
[Unit]
ConditionPathExists=
[Service]
Type=simple
WatchdogSec=0
Restart=no
RuntimeDirectory=
ExecStart=
ExecStart=/bin/sh -c 'exec /usr/local/bin/runner <>/run/orders >/run/answers'
"""
TALK = "tail -n +1 -F /run/answers 2>/dev/null & exec cat >/run/orders"
FOLLOWER = """
[Unit]
PartOf=tandem-active@lan.target
[Service]
ExecStart=/bin/sleep 1000
[Install]
WantedBy=tandem-active@lan.target
"""
STUBBORN = "trap '' TERM; setsid sh -c 'trap \"\" TERM; sleep 1000' & sleep 1000"


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@pytest.fixture
def box(lab):
    folder = os.path.join(lab.folder, "box")
    os.mkdir(folder)
    with Box("r1", lab["r1"].namespace, folder) as made:
        shutil.copy(PROGRAM, made.path("/usr/local/bin/runner"))
        for unit in ("tandemd.service", "tandem-active@.target"):
            shutil.copy(os.path.join(ROOT, "systemd", unit), made.path("/lib/systemd/system"))
        write(made.path("/etc/systemd/system/tandemd.service.d/test.conf"), INSTEAD)
        write(made.path("/etc/systemd/system/follower.service"), FOLLOWER)
        os.mkfifo(made.path("/run/orders"))
        made.run("systemctl", "daemon-reload")
        made.run("systemctl", "enable", "follower")
        wait_until(lambda: made.run("busctl", "status").returncode == 0, timeout=30,
                   what="the box has a bus")
        yield made


@pytest.fixture
def service(box):
    """The runner of the unit; its processes are numbered as in the box."""
    done = box.run("systemctl", "start", "tandemd")
    assert done.returncode == 0, done.stderr
    # pylint: disable-next=protected-access
    enter = ["nsenter", f"--target={box._leader}", *ENTER, "--", "sh", "-c", TALK]
    with Runner(enter) as runner:
        runner.plan()
        yield runner


def state_of(box, unit):
    return box.run("systemctl", "show", "--value", "--property=ActiveState", unit).stdout.strip()


def processes_in(box):
    """Of the unit's cgroup, those below it too: their names."""
    listed = box.run("sh", "-c", "cat $(find /sys/fs/cgroup/system.slice/tandemd.service "
                     "-name cgroup.procs) | while read p; do cat /proc/$p/comm; done")
    return sorted(listed.stdout.split())


def test_a_service_follows_its_target(box, service):
    for want, state in (("started", "active"), ("stopped", "inactive"), ("started", "active")):
        heard = len(service.messages)
        service.send("target", unit="tandem-active@lan.target", want=want)
        ended = service.wait_for("unit_target", since=heard)
        assert ended["error"] == ""
        for unit in ("tandem-active@lan.target", "follower.service"):
            wait_until(lambda unit=unit: state_of(box, unit) == state, what=f"{unit} is {state}")
    box.run("systemctl", "kill", "--signal=KILL", "tandemd")
    wait_until(lambda: state_of(box, "follower.service") == "inactive")


def test_a_target_that_there_is_none_of_is_an_error(service):
    service.send("target", unit="nobody.target", want="started")
    assert "not found" in service.wait_for("unit_target")["error"]


def test_programs_are_born_into_cgroups_of_the_unit_and_end_with_them(box, service):
    before = processes_in(box)
    hook = service.run(["/bin/sh", "-c", STUBBORN], timeout=100)
    wait_until(lambda: processes_in(box).count("sleep") == 2)
    nest = "/sys/fs/cgroup/system.slice/tandemd.service/tandem-runner-*"
    assert box.run("sh", "-c", f"ls -d {nest}/run-*").stdout.count("run-") == 1
    service.send("kill", id=hook)
    service.ended(hook)
    assert processes_in(box) == before
    assert "tandem-warden" not in before


def test_stopping_the_service_ends_everything(box, service):
    service.run(["/bin/sh", "-c", STUBBORN], timeout=100)
    wait_until(lambda: processes_in(box).count("sleep") == 2)
    box.run("systemctl", "stop", "tandemd")
    assert state_of(box, "tandemd") in ("inactive", "failed")
    wait_until(lambda: processes_in(box) == [])


@pytest.mark.parametrize("command", [
    "echo x >/run/flag && echo x >/var/log/flag && echo x >/tmp/flag",
    "chown nobody /run/flag && chmod 600 /run/flag && echo y >>/run/flag",
    "ip address add 192.0.2.77/32 dev lo",
    "systemctl is-active dbus.socket >/dev/null",
    "grep -qP 'a(?=b)' /run/ab",
    "cat /proc/loadavg >/run/x && ps -p 1 >/run/y",
])
def test_the_sandbox_leaves_hooks_their_work(box, service, command):
    write(box.path("/run/ab"), "ab\n")
    write(box.path("/run/flag"), "")
    ended = service.ended(service.run(["/bin/sh", "-ec", command]))
    assert ended["status"] == 0, ended["output"]


def test_a_check_in_the_sandbox_is_run_as_its_user(service):
    service.plan(exec_check("who", ["/bin/sh", "-c", "id -un >&2; exit 1"], user="nobody"))
    assert service.wait_for("result", check="who")["text"] == "exit status 1: nobody"
