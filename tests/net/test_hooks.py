"""Programs that are told what state a router is in: what they hear, in which order, and what waits."""

import json
import os
import pwd
import signal
import time

import pytest

from health import STUBBORN, config, runner_of, settled
from lab import VIRTUAL, always, wait_until
from runner import processes

PATIENCE = 20.0
SLOW = 1.5

# Writes down when and how it was run, one line a run; PAUSE stands for seconds by phase.
DIARY = """#!/usr/bin/python3 -IS
import json, os, sys, time
began = time.time()
heard = sys.stdin.read()
time.sleep(PAUSE.get(os.environ["TANDEM_STATE"], 0))
with open("FOLDER/" + os.environ["TANDEM_NODE"], "a") as file:
    file.write(json.dumps({
        "arguments": sys.argv[1:], "environment": dict(os.environ), "input": json.loads(heard),
        "ids": [os.getuid(), os.getgid(), os.getgroups()], "folder": os.getcwd(),
        "began": began, "ended": time.time()}) + "\\n")
"""


class Diary:
    """A hook that writes down what it is told."""

    def __init__(self, scripts, **pause):
        self._scripts = scripts
        self.path = scripts.make(DIARY.replace("PAUSE", repr(pause)), "diary")
        for host in ("r1", "r2"):
            scripts.touch(host)
            os.chmod(scripts.path(host), 0o666)

    def entries(self, host="r1"):
        return [json.loads(line) for line in self._scripts.lines(host)]

    def told(self, host="r1"):
        return [entry["input"]["new"] for entry in self.entries(host)]

    def wait_told(self, *states, host="r1"):
        wait_until(lambda: self.told(host) == list(states), PATIENCE, f"{host}'s hook is told "
                   f"{states}; {self.told(host)}")

    def wait_last(self, state, host="r1"):
        wait_until(lambda: self.told(host)[-1:] == [state], PATIENCE, f"{host}'s hook is told "
                   f"{state}")
        return self.entries(host)[-1]


def notified(notify, scripts, on_fail="fault", **settings):
    """A pair with a hook, and a check that is well while a file is there."""
    for host in ("r1", "r2"):
        scripts.touch(f"{host}-flag")
    check = {"type": "file", "path": {host: scripts.path(f"{host}-flag") for host in ("r1", "r2")},
             "on_fail": on_fail}
    return config({"lan": {"checks": ["flag"], "notify": notify, **settings}}, {"flag": check})


# ---- what they hear ----------------------------------------------------------------------------


def test_every_state_is_told_in_order_with_what_led_to_it(lab, scripts):
    diary = Diary(scripts)
    r1 = lab.tandem("r1", notified(diary.path, scripts, advertise="300ms"))
    diary.wait_told("backup", "active")
    scripts.remove("r1-flag")
    diary.wait_told("backup", "active", "fault")
    scripts.touch("r1-flag")
    diary.wait_told("backup", "active", "fault", "backup", "active")
    assert r1.stop() == 0
    diary.wait_told("backup", "active", "fault", "backup", "active", "stop")
    entries = diary.entries()
    assert [entry["input"]["previous"] for entry in entries] == [None, *diary.told()[:-1]]
    assert [entry["input"]["initial"] for entry in entries] == [True] + 5 * [False]
    assert [entry["input"]["sequence"] for entry in entries] == list(range(1, 7))
    assert [entry["input"]["reason"] for entry in entries[:3]] == ["startup", "silence",
                                                                   "check-failed"]
    assert all(earlier["ended"] <= later["began"] for earlier, later in zip(entries, entries[1:]))


def test_arguments_environment_and_input_say_the_same(lab, scripts):
    diary = Diary(scripts)
    lab.tandem("r1", notified([diary.path, "--pager", "a b"], scripts))
    entry = diary.wait_last("active")
    assert entry["arguments"] == ["--pager", "a b", "INSTANCE", "lan", "active", "200"]
    assert entry["input"] == {"type": "router", "name": "lan", "node": "r1", "previous": "backup",
                              "new": "active", "reason": "silence", "priority": 200, "sequence": 2,
                              "initial": False}
    told = {name: value for name, value in entry["environment"].items()
            if name.startswith("TANDEM_")}
    assert told == {"TANDEM_TYPE": "router", "TANDEM_NAME": "lan", "TANDEM_NODE": "r1",
                    "TANDEM_STATE": "active", "TANDEM_PREVIOUS": "backup",
                    "TANDEM_REASON": "silence", "TANDEM_PRIORITY": "200", "TANDEM_SEQUENCE": "2",
                    "TANDEM_INITIAL": "0"}
    assert "PYTEST_CURRENT_TEST" in os.environ
    assert "PYTEST_CURRENT_TEST" not in entry["environment"]
    assert entry["folder"] == "/"


def test_a_script_of_keepalived_hears_keepalived_s_words(lab, scripts):
    diary = Diary(scripts)
    notify = {"exec": diary.path, "form": "keepalived"}
    r1 = lab.tandem("r1", notified(notify, scripts, advertise="300ms"))
    diary.wait_last("active")
    scripts.remove("r1-flag")
    diary.wait_last("fault")
    assert r1.stop() == 0
    diary.wait_last("stop")
    assert [entry["arguments"] for entry in diary.entries()] == [
        ["INSTANCE", "lan", word, "200"] for word in ("BACKUP", "MASTER", "FAULT", "STOP")]


def test_a_group_and_its_members_have_hooks_of_their_own(lab, scripts):
    group, member = Diary(scripts), scripts.make("#!/bin/sh\necho $* >>FOLDER/member\n", "member")
    routers = {"lan": {"notify": member},
               "other": {"vrid": 11, "addresses": ["192.0.2.9/24"]}}
    lab.tandem("r1", config(routers, groups={"edge": {"members": list(routers),
                                                      "notify": group.path}}))
    entry = group.wait_last("active")
    assert entry["arguments"] == ["GROUP", "edge", "active", "200"]
    assert (entry["input"]["type"], entry["input"]["name"]) == ("group", "edge")
    wait_until(lambda: scripts.lines("member")[-1:] == ["INSTANCE lan active 200"], PATIENCE)


def test_a_hook_runs_as_its_user(lab, scripts):
    diary = Diary(scripts)
    lab.tandem("r1", notified({"exec": diary.path, "user": "nobody"}, scripts))
    nobody = pwd.getpwnam("nobody")
    entry = diary.wait_last("active")
    assert entry["ids"] == [nobody.pw_uid, nobody.pw_gid, [nobody.pw_gid]]


def test_a_script_that_others_may_write_is_refused_at_the_start(lab, scripts):
    path = scripts.make("#!/bin/sh\n")
    os.chmod(path, 0o777)
    r1 = lab.prepare_tandem("r1", notified(path, scripts))
    r1.spawn()
    assert r1.wait() == 78
    assert path in r1.log_text()


# ---- hooks that fail ---------------------------------------------------------------------------


def problem(daemon, words):
    return any(words in text for text in daemon.status()["problems"])


def test_a_hook_that_fails_is_a_problem_until_one_succeeds(lab, scripts):
    path = scripts.make('#!/bin/sh\necho "it is broken" >&2\n[ "$TANDEM_STATE" != active ]\n')
    r1 = lab.tandem("r1", notified(path, scripts))
    wait_until(lambda: problem(r1, "notify failed in phase active"), PATIENCE, "a problem")
    assert r1.state() == "active" and lab.holders() == ["r1"]
    assert r1.logged(phase="active", ending="exited with 1", said="it is broken")
    scripts.remove("r1-flag")
    wait_until(lambda: not problem(r1, "notify failed"), PATIENCE, "the problem is over")


def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(lab, scripts):
    notify = {"exec": scripts.make(STUBBORN), "timeout": "1s"}
    r1 = lab.tandem("r1", notified(notify, scripts))
    wait_until(lambda: len(processes(scripts.tag)) >= 3, PATIENCE, "the hook runs")
    wait_until(lambda: problem(r1, "notify failed in phase active"), PATIENCE, "a problem")
    wait_until(lambda: processes(scripts.tag) == [], PATIENCE, "nothing of it is left")
    assert r1.logged(phase="active", ending="ran out of time and was killed")
    assert r1.state() == "active"


def test_a_stop_hook_that_takes_too_long_is_ended_and_told(lab, scripts):
    path = scripts.make('#!/bin/sh\n[ "$TANDEM_STATE" != stop ] || FOLDER/sleep 1000\n')
    r1 = lab.tandem("r1", notified({"exec": path, "timeout": "1s"}, scripts))
    wait_until(lambda: r1.state() == "active", PATIENCE, "it is active")
    assert r1.stop(timeout=20) == 0
    assert r1.logged(phase="stop", ending="ran out of time and was killed")
    wait_until(lambda: processes(scripts.tag) == [], PATIENCE, "nothing of it is left")


def test_a_runner_that_dies_under_a_hook_holds_no_later_one_up(lab, scripts):
    diary = Diary(scripts, active=1000)
    r1 = lab.tandem("r1", notified({"exec": diary.path, "timeout": "2m"}, scripts))
    wait_until(lambda: processes(diary.path) and r1.state() == "active", PATIENCE, "it hangs")
    time.sleep(0.5)
    os.kill(runner_of(r1), signal.SIGKILL)
    wait_until(lambda: problem(r1, "notify failed in phase active"), PATIENCE, "a problem")
    assert processes(diary.path) == []
    scripts.remove("r1-flag")
    diary.wait_last("fault")


@pytest.mark.parametrize("last", ["fault", "active"])
def test_100_transitions_in_a_second_with_a_slow_hook_end_in_the_right_state(lab, scripts, last):
    diary = Diary(scripts, backup=0.5, active=0.5, fault=0.5)
    r1 = lab.tandem("r1", notified(diary.path, scripts))
    diary.wait_last("active")
    before = r1.router()["counters"]["transitions"]
    for _ in range(50):
        scripts.remove("r1-flag")
        time.sleep(0.01)
        scripts.touch("r1-flag")
        time.sleep(0.01)
    if last == "fault":
        scripts.remove("r1-flag")
    wait_until(lambda: r1.state() == last, PATIENCE, f"r1 is {last}")
    assert r1.router()["counters"]["transitions"] - before >= 50
    diary.wait_last(last)
    wait_until(lambda: r1.status()["units"][0]["hooks"][0]["idle"], PATIENCE, "no hook runs")
    entries = diary.entries()
    assert diary.told()[-1] == last
    assert len(entries) <= 12
    assert all(earlier["ended"] <= later["began"] for earlier, later in zip(entries, entries[1:]))
    numbers = [entry["input"]["sequence"] for entry in entries]
    assert numbers == sorted(numbers) and numbers[-1] >= 50


# ---- what waits for a hook ---------------------------------------------------------------------


def test_announcements_wait_for_the_preparation_and_nothing_else_does(lab, scripts):
    diary = Diary(scripts, prepare=SLOW)
    notify = {"exec": diary.path, "wait_for": ["prepare"]}
    r1 = lab.tandem("r1", notified(notify, scripts))
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    wait_until(lambda: lab.holders() == ["r1"], PATIENCE, "r1 has the address")
    assert diary.told() == ["backup"]  # while it prepares
    diary.wait_told("backup", "prepare", "active")
    prepare = diary.entries()[1]
    garp = lab.capture.wait_garp(VIRTUAL)
    assert garp.time >= prepare["ended"]
    meanwhile = lab.capture.adverts(source=lab["r1"].address, until=prepare["ended"])
    assert meanwhile[-1].time - advert.time > SLOW / 2
    assert prepare["began"] >= advert.time
    assert r1.state() == "active"


def test_a_preparation_that_hangs_holds_announcements_up_until_its_timeout(lab, scripts):
    diary = Diary(scripts, prepare=1000)
    notify = {"exec": diary.path, "wait_for": ["prepare"], "timeout": "1s"}
    r1 = lab.tandem("r1", notified(notify, scripts))
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    garp = lab.capture.wait_garp(VIRTUAL)
    assert 0.5 < garp.time - advert.time < 10
    diary.wait_told("backup", "active")
    assert r1.logged(phase="prepare", ending="ran out of time and was killed")


def test_a_hand_over_waits_for_the_drain(lab, scripts):
    diary = Diary(scripts, drain=SLOW)
    notify = {"exec": diary.path, "wait_for": ["drain"]}
    settled(lab, notified(notify, scripts, on_fail={"penalty": 150}))
    diary.wait_last("active")
    probe = lab.probe()
    scripts.remove("r1-flag")
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0)
    diary.wait_last("backup")
    drain = diary.entries()[-2]
    assert drain["input"]["new"] == "drain"
    assert released.time >= drain["ended"]
    assert lab.capture.adverts(source=lab["r2"].address, until=drain["ended"]) == []
    wait_until(lambda: lab.holders() == ["r2"], PATIENCE, "r2 has the address")
    assert probe.report()["lost"] == 0
    diary.wait_last("active", host="r2")


def test_the_hook_of_a_stop_gets_its_time_and_holds_no_address(lab, scripts):
    diary = Diary(scripts, stop=SLOW)
    r1 = lab.tandem("r1", notified(diary.path, scripts))
    diary.wait_last("active")
    asked = time.time()
    r1.terminate()
    wait_until(lambda: lab.holders() == [], PATIENCE, "the address is gone")
    assert diary.told()[-1] == "active"  # that of the stop still runs
    assert r1.wait(PATIENCE) == 0
    stop = diary.entries()[-1]
    assert stop["input"]["new"] == "stop" and stop["ended"] - asked >= SLOW


def test_the_hook_of_a_stop_that_hangs_does_not_hold_the_daemon(lab, scripts):
    diary = Diary(scripts, stop=1000)
    r1 = lab.tandem("r1", notified({"exec": diary.path, "timeout": "1s"}, scripts))
    diary.wait_last("active")
    assert r1.stop(PATIENCE) == 0
    wait_until(lambda: processes(diary.path) == [], PATIENCE, "nothing of it is left")
    always(lambda: diary.told()[-1] == "active", 0.2)
