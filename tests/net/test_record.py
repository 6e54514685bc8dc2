"""The flight record of a real failover, replayed through the state machine."""

import json
import os
import subprocess

from daemons import BUILD, pair_config
from lab import wait_until

REPLAY = os.path.join(BUILD, "replay")


def replay(path):
    return subprocess.run([REPLAY, path], capture_output=True, text=True, check=False, timeout=30)


def test_the_record_of_a_failover_gives_the_transitions_of_the_log(lab, tmp_path):
    r1, r2 = lab.pair()
    r1.kill()
    wait_until(lambda: r2.state() == "active")
    r1.start()
    wait_until(lambda: r2.state() == "backup")
    path = str(tmp_path / "flight.json")
    assert r2.ctl("events", "--record", path).returncode == 0
    done = replay(path)
    assert done.returncode == 0, done.stdout + done.stderr
    replayed = [line.split()[-1] for line in done.stdout.splitlines()[:-1]]
    logged = [fields["reason"] for _, fields in r2.transitions()]
    assert replayed == logged
    assert replayed[-2:] == ["silence", "stronger-advert"]


def test_a_record_that_was_tampered_with_is_noticed(lab, tmp_path):
    daemon = lab.tandem("r1", pair_config())
    wait_until(lambda: daemon.state() == "active")
    path = str(tmp_path / "flight.json")
    assert daemon.ctl("events", "--record", path).returncode == 0
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    record["events"] = [event for event in record["events"] if event.get("event") != "startup"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(record, file)
    assert replay(path).returncode == 1


def test_a_file_that_cannot_be_written_is_an_error(lab):
    daemon = lab.tandem("r1", pair_config())
    done = daemon.ctl("events", "--record", "/nowhere/flight.json")
    assert done.returncode == 1
    assert "/nowhere/flight.json" in done.stderr
