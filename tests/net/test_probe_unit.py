"""What the probe of a unit says, under a real systemd with a real D-Bus."""

import json
import os
import shutil
import threading

import pytest

from box import Box
from lab import wait_until
from looker import PROBE, as_argument, check

pytestmark = pytest.mark.hosts("r1")

BEACON = """
[Service]
ExecStart=/bin/sleep 1000
"""
BROKEN = """
[Service]
ExecStart=/bin/false
"""


@pytest.fixture
def box(lab):
    folder = os.path.join(lab.folder, "box")
    os.mkdir(folder)
    with Box("r1", lab["r1"].namespace, folder) as made:
        shutil.copy(PROBE, made.path("/usr/local/bin/probe"))
        for name, text in (("beacon", BEACON), ("broken", BROKEN)):
            with open(made.path(f"/etc/systemd/system/{name}.service"), "w",
                      encoding="utf-8") as file:
                file.write(text)
        made.run("systemctl", "daemon-reload")
        wait_until(lambda: made.run("busctl", "status").returncode == 0, timeout=30,
                   what="the box has a bus")
        yield made


def outcomes(box, seconds, *checks):
    """What is said within some seconds, by check."""
    done = box.run("/usr/local/bin/probe", str(seconds), *(as_argument(one) for one in checks))
    assert done.returncode == 0, done.stderr
    said = {one["name"]: [] for one in checks}
    for line in done.stdout.splitlines():
        outcome = json.loads(line)
        if "check" in outcome:
            said[outcome["check"]].append((outcome["well"], outcome["text"]))
    return said


def test_a_unit_is_well_while_it_is_active(box):
    names = ("beacon", "broken", "nobody")
    checks = [check("unit", name, timeout=5, unit=f"{name}.service") for name in names]
    said = outcomes(box, 1, *checks)
    assert set(said["beacon"]) == {(False, "inactive")}
    assert set(said["nobody"]) == {(False, "no unit is called nobody.service")}
    box.run("systemctl", "start", "beacon", "broken")
    said = outcomes(box, 1, *checks)
    assert set(said["beacon"]) == {(True, "active")}
    assert set(said["broken"]) == {(False, "failed")}


def test_a_unit_that_starts_and_stops_wakes_its_check(box):
    said = {}
    watcher = threading.Thread(target=lambda: said.update(
        outcomes(box, 8, check("unit", every=3600, timeout=5, unit="beacon.service"))))
    watcher.start()
    watcher.join(2)  # it has looked once
    box.run("systemctl", "start", "beacon")
    watcher.join(2)
    box.run("systemctl", "stop", "beacon")
    watcher.join()
    well = [one for one, _ in said["unit"]]
    assert not well[0] and any(well) and not well[-1], said


def test_a_bus_that_dies_is_not_well_and_is_found_again(box):
    box.run("systemctl", "start", "beacon")
    said = {}
    watcher = threading.Thread(target=lambda: said.update(
        outcomes(box, 8, check("unit", timeout=2, unit="beacon.service"))))
    watcher.start()
    watcher.join(2)
    box.run("systemctl", "stop", "dbus.socket", "dbus.service")
    watcher.join(2)
    box.run("systemctl", "start", "dbus.socket", "dbus.service")
    watcher.join()
    well = [one for one, _ in said["unit"]]
    assert well[0] and not all(well) and well[-1], said["unit"]
