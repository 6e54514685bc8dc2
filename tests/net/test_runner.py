"""The runner's promises: nothing is left of what it starts, whatever that does and whatever dies."""

import os
import pwd
import shutil
import signal
import stat
import time
import uuid

import pytest

from lab import always, wait_until
from runner import (WITHOUT_CGROUPS, Runner, cgroup_of_keeper, check, children, exec_check,
                    is_alive, processes)

# Whoever may write a directory on the way could change what runs: /tmp would be refused.
PLACE = "/run"
AT_ONCE = 64

# Leaves its session, its parents and its process group, and ignores SIGTERM all the time.
STUBBORN = """#!/bin/sh
trap '' TERM
setsid sh -c 'trap "" TERM; sleep 1000; : TAG' &
(setsid sh -c '(setsid sh -c "trap \\"\\" TERM; sleep 1000; : TAG") & : TAG' &)
sleep 1000
: TAG
"""


def use_of(prefix):
    with Runner(prefix, {"TANDEM_SECRET": "x"}) as runner:
        runner.plan()
        yield runner


@pytest.fixture(params=["cgroups", "wardens"])
def runner(request):
    yield from use_of(WITHOUT_CGROUPS if request.param == "wardens" else ())


@pytest.fixture
def quick_runner():
    yield from use_of(())


@pytest.fixture
def tag():
    return f"tandem-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def script(tag):
    """Makes scripts that only root can write."""
    folder = os.path.join(PLACE, tag)
    os.mkdir(folder, 0o755)

    def make(text, name="script"):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("TAG", tag))
        os.chmod(path, 0o755)
        return path
    yield make
    shutil.rmtree(folder)


def none_left(tag):
    wait_until(lambda: processes(tag) == [])


# ---- nothing is left ---------------------------------------------------------------------------

def test_a_check_that_hides_its_children_and_ignores_sigterm_is_ended_with_them(
        runner, script, tag):
    path = script(STUBBORN)
    runner.plan(exec_check("stubborn", [path], every=60, timeout=0.5))
    wait_until(lambda: len(processes(tag)) >= 3)
    result = runner.wait_for("result", check="stubborn")
    assert (result["verdict"], result["text"]) == ("failed", "did not end in time")
    none_left(tag)
    wait_until(lambda: children(runner.pid) == {})


def test_what_a_hook_leaves_behind_ends_with_it(runner, script, tag):
    path = script("#!/bin/sh\n(setsid sh -c 'trap \"\" TERM; sleep 1000; : TAG' &)\nexit 3\n")
    done = runner.ended(runner.run([path]))
    assert (done["status"], done["signal"], done["timed_out"]) == (3, 0, False)
    assert processes(tag) == []
    wait_until(lambda: children(runner.pid) == {})


def test_a_hook_that_takes_too_long_gets_sigterm_first(runner, script):
    path = script("#!/bin/sh\ntrap 'echo goodbye >&2; exit 7' TERM\nwhile :; do sleep 0.05; done\n")
    done = runner.ended(runner.run([path], timeout=0.5))
    assert (done["timed_out"], done["status"], done["output"]) == (True, 7, "goodbye")
    assert done["duration_ms"] >= 500


def test_a_hook_that_ignores_sigterm_is_killed(runner, script, tag):
    hook = runner.run([script(STUBBORN)], timeout=0.3)
    done = runner.ended(hook)
    assert (done["timed_out"], done["signal"]) == (True, signal.SIGKILL)
    none_left(tag)


def test_a_hook_can_be_ended_before_its_time(runner, script, tag):
    hook = runner.run([script(STUBBORN)], timeout=100)
    runner.wait_for("hook", id=hook, event="started")
    wait_until(lambda: len(processes(tag)) >= 3)
    runner.send("kill", id=hook)
    assert runner.ended(hook)["timed_out"] is False
    none_left(tag)


def test_children_of_a_check_that_is_no_more_planned_are_ended(runner, script, tag):
    runner.plan(exec_check("stubborn", [script(STUBBORN)], timeout=100))
    wait_until(lambda: len(processes(tag)) >= 3)
    runner.plan()
    none_left(tag)


def test_when_the_daemon_goes_everything_ends(runner, script, tag):
    runner.plan(exec_check("stubborn", [script(STUBBORN)], timeout=100))
    runner.run([script(STUBBORN, "hook")], timeout=100)
    wait_until(lambda: len(processes(tag)) >= 6)
    pids = [runner.keeper, runner.pid]
    runner.close()
    none_left(tag)
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    assert not os.path.exists(cgroup_of_keeper(pids[0]))


def test_a_thousand_checks_that_hang_have_room_for_some_and_end_with_the_daemon(
        runner):
    """Each is ended in its turn; a quick check beside them is not kept from looking."""
    hanging = [exec_check(f"hang {i}", ["/bin/sleep", "1000"], every=0.1, timeout=0.3)
               for i in range(1000)]
    runner.plan(*hanging, check("process", "quick", process="tandem-keeper", every=0.1))
    most = 0
    deadline = time.monotonic() + 60
    while len({r["check"] for r in runner.heard("result")}) < 1001:
        most = max(most, len(children(runner.pid)))
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert 32 <= most <= AT_ONCE + 1  # and one that has just ended
    assert all(alive["running"] <= AT_ONCE for alive in runner.heard("alive"))
    assert runner.result("quick")["verdict"] == "passed"
    pid = runner.pid
    zombies = {child for child, state in children(pid).items() if state == "Z"}
    wait_until(lambda: not any(children(pid).get(child) == "Z" for child in zombies))
    runner.close()
    wait_until(lambda: not is_alive(pid))


def test_no_zombie_is_left(runner):
    runner.plan(*(exec_check(f"{i}", ["/bin/sh", "-c", "(sleep 0.01 &) ; exit 0"], every=0.05)
                  for i in range(10)))
    runner.wait_for("result", check="9", verdict="passed")
    time.sleep(1)
    runner.plan()
    wait_until(lambda: children(runner.pid) == {})


# ---- who dies ----------------------------------------------------------------------------------

def test_a_runner_that_is_killed_is_back_within_a_second_and_nothing_of_it_is_left(
        runner, script, tag):
    path = script(STUBBORN)
    for _ in range(100):
        runner.plan(exec_check("stubborn", [path], every=60, timeout=100))
        wait_until(lambda: len(processes(tag)) >= 3)
        killed, heard = runner.pid, len(runner.messages)
        os.kill(killed, signal.SIGKILL)
        gone_at = time.monotonic()
        assert runner.wait_for("died", since=heard) == "signal 9"
        runner.wait_until(lambda: runner.pid != killed)
        assert time.monotonic() - gone_at < 1
        assert processes(tag) == []


def test_a_runner_that_hangs_is_replaced(quick_runner, script, tag):
    quick_runner.plan(exec_check("stubborn", [script(STUBBORN)], every=60, timeout=100))
    wait_until(lambda: len(processes(tag)) >= 3)
    hanging = quick_runner.pid
    os.kill(hanging, signal.SIGSTOP)
    assert quick_runner.wait_for("died", within=15) == "silent for 5 s"
    quick_runner.wait_until(lambda: quick_runner.pid != hanging)
    assert processes(tag) == []


def test_without_its_keeper_the_runner_goes_on(quick_runner, script, tag):
    quick_runner.plan(exec_check("stubborn", [script(STUBBORN)], every=60, timeout=100))
    wait_until(lambda: len(processes(tag)) >= 3)
    assert os.path.exists(cgroup_of_keeper(quick_runner.keeper))
    os.kill(quick_runner.keeper, signal.SIGKILL)
    time.sleep(2)
    assert quick_runner.ended(quick_runner.run(["/bin/true"]))["status"] == 0
    pid = quick_runner.pid
    quick_runner.close()
    none_left(tag)
    wait_until(lambda: not is_alive(pid))
    assert not os.path.exists(cgroup_of_keeper(quick_runner.keeper))


def test_signals_for_the_daemon_do_not_end_the_runner(quick_runner):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(quick_runner.pid, number)
        os.kill(quick_runner.keeper, number)
    assert quick_runner.ended(quick_runner.run(["/bin/true"]))["status"] == 0
    assert quick_runner.heard("died") == []


def test_orders_for_a_runner_that_has_died_are_not_carried_out_by_the_next():
    """Before the first plan nothing is heeded."""
    with Runner() as runner:
        late = runner.run(["/bin/true"])
        always(lambda: not any(hook["id"] == late for hook in runner.heard("hook")), 0.5)
        runner.plan()
        assert runner.ended(runner.run(["/bin/true"]))["status"] == 0


def test_what_is_no_message_changes_nothing(quick_runner):
    quick_runner.plan(check("process", "keeper", process="tandem-keeper"))
    for text in ("{", "[]", '{"check":{}}', '{"run":{"id":1}}', '{"commit":{"plan":99}}', "\0"):
        quick_runner.send_text(text)
    assert quick_runner.ended(quick_runner.run(["/bin/true"]))["status"] == 0
    assert quick_runner.heard("died") == []


# ---- how a program is run ----------------------------------------------------------------------

def test_a_program_finds_a_clean_place(runner, script, tmp_path):
    out = tmp_path / "seen"
    path = script(f"#!/bin/sh\n{{ env; pwd; umask; ulimit -n; grep SigIgn /proc/$$/status;"
                  f" cat; }} >{out}\n")
    hook = runner.run([path, "a b"], environment={"TANDEM_STATE": "active"}, text='{"a":1}\n')
    assert runner.ended(hook)["status"] == 0
    lines = out.read_text().splitlines()
    variables = {line.partition("=")[0] for line in lines if "=" in line}
    assert variables - {"PWD", "_", "OLDPWD", "SHLVL"} == {"PATH", "LANG", "TANDEM_STATE"}
    assert {"/", "0022", "1024", "SigIgn:\t0000000000000000", '{"a":1}'} <= set(lines)


def test_a_program_inherits_no_ignored_signal(script, tmp_path):
    """posix_spawn() of the C library ignores two signals for whom it starts; make uses it."""
    spawn = ("import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
             "os.waitpid(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)")
    out = tmp_path / "seen"
    path = script(f"#!/bin/sh\ngrep SigIgn /proc/$$/status >{out}\n")
    with Runner(prefix=["/usr/bin/python3", "-I", "-c", spawn]) as runner:
        runner.plan()
        assert runner.ended(runner.run([path]))["status"] == 0
    assert out.read_text() == "SigIgn:\t0000000000000000\n"


def test_a_program_has_no_descriptors_of_ours(runner):
    """Not by a shell, which has some of its own."""
    text = ("import os, sys; sys.stderr.write(str([number for number in range(1024)"
            " if os.path.lexists(f'/proc/self/fd/{number}')]))")
    done = runner.ended(runner.run(["/usr/bin/python3", "-I", "-c", text]))
    assert done["output"] == "[0, 1, 2]"


def test_a_program_is_run_as_its_user(runner, script):
    nobody = pwd.getpwnam("nobody")
    path = script("#!/bin/sh\necho \"$(id -u) $(id -g) $(id -G)\" >&2\nexit 1\n")
    runner.plan(exec_check("who", [path], user="nobody"))
    result = runner.wait_for("result", check="who")
    assert result["text"] == \
        f"exit status 1: {nobody.pw_uid} {nobody.pw_gid} {nobody.pw_gid}"


def test_a_user_who_is_not_there_is_named(runner):
    runner.plan(exec_check("who", ["/bin/true"], user="nobody-at-all"))
    assert "there is no such user" in runner.wait_for("result", check="who")["text"]


def test_a_path_that_others_may_write_is_refused_at_each_run(runner, script):
    path = script("#!/bin/sh\nexit 0\n")
    folder = os.path.dirname(path)
    runner.plan(exec_check("trusted", [path]))
    runner.wait_for("result", check="trusted", verdict="passed")
    os.chmod(folder, 0o757)
    refused = runner.wait_for("result", check="trusted", verdict="failed")
    assert f"{folder} is writable by everybody; chmod go-w {folder}" in refused["text"]
    os.chmod(folder, 0o755)
    heard = len(runner.messages)
    runner.wait_for("result", check="trusted", verdict="passed", since=heard)
    os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) | stat.S_IWGRP)
    runner.wait_for("result", check="trusted", verdict="failed", since=heard)


def test_the_last_line_of_standard_error_is_told(runner, script):
    path = script("#!/bin/sh\necho first >&2\necho not this\necho 'the reason' >&2\nexit 2\n")
    runner.plan(exec_check("talks", [path]))
    assert runner.wait_for("result", check="talks")["text"] == "exit status 2: the reason"


def test_a_program_that_prints_without_end_keeps_nobody_waiting(runner):
    runner.plan(exec_check("flood", ["/bin/sh", "-c", "yes x >&2"], every=60, timeout=3),
                exec_check("calm", ["/bin/true"]))
    runner.wait_for("result", check="flood")
    assert runner.result("calm")["verdict"] == "passed"
    assert runner.heard("died") == []


# ---- what is told ------------------------------------------------------------------------------

def test_a_check_fails_after_fall_and_passes_after_rise(quick_runner, tmp_path):
    flag = tmp_path / "flag"
    quick_runner.plan(check("file", "flag", path=str(flag), want="present", rise=3, fall=2,
                            counts_as="passed", every=0.3))
    failed = quick_runner.wait_for("result", check="flag", verdict="failed")
    assert (failed["runs"], failed["failures"]) == (2, 2)
    flag.write_text("")
    passed = quick_runner.wait_for("result", check="flag", verdict="passed",
                                   since=len(quick_runner.messages))
    assert passed["runs"] == 5


def test_a_file_that_comes_and_goes_is_noticed_before_it_is_due(quick_runner, tmp_path):
    there, away = tmp_path / "there", tmp_path / "away"
    quick_runner.plan(check("file", "there", path=str(there), want="present", every=600),
                      check("file", "away", path=str(away), want="absent", every=600))
    quick_runner.wait_for("result", check="there", verdict="failed")
    quick_runner.wait_for("result", check="away", verdict="passed")
    heard = len(quick_runner.messages)
    there.write_text("")
    away.write_text("")
    quick_runner.wait_for("result", check="there", verdict="passed", since=heard)
    quick_runner.wait_for("result", check="away", verdict="failed", since=heard)


def test_a_directory_that_is_made_anew_is_watched_again(quick_runner, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "flag").write_text("")
    quick_runner.plan(check("file", "flag", path=str(folder / "flag"), want="present", every=1))
    quick_runner.wait_for("result", check="flag", verdict="passed")
    heard = len(quick_runner.messages)
    shutil.rmtree(folder)
    quick_runner.wait_for("result", check="flag", verdict="failed", since=heard)
    folder.mkdir()
    (folder / "flag").write_text("")
    quick_runner.wait_for("result", check="flag", verdict="passed", since=heard)


def test_a_file_holds_a_penalty(quick_runner, tmp_path):
    file = tmp_path / "load"
    quick_runner.plan(check("file", "load", path=str(file), want="penalty", every=600))
    quick_runner.wait_for("result", check="load", verdict="passed")
    file.write_text("30\n")
    assert quick_runner.wait_for("result", check="load", verdict="failed")["penalty"] == 30
    file.write_text("50\n")
    quick_runner.wait_for("result", check="load", penalty=50)
    file.write_text("much\n")
    odd = quick_runner.wait_for("result", check="load",
                                text="the file does not hold a number from 0 to 254")
    assert (odd["verdict"], "penalty" in odd) == ("failed", False)
    heard = len(quick_runner.messages)
    file.write_text("0\n")
    quick_runner.wait_for("result", check="load", verdict="passed", since=heard)


def test_a_process_that_ends_is_noticed_before_it_is_due(quick_runner, script, tag):
    name = tag
    path = script("#!/bin/sh\nwhile :; do sleep 0.1; done\n", name)
    quick_runner.plan(check("process", "daemon", process=name, every=1),
                      check("process", "slow", process=name, every=600))
    assert quick_runner.wait_for("result", check="daemon")["text"] == \
        f"no process is called {name}"
    quick_runner.plan(check("process", "daemon", process=name, every=1))
    hook = quick_runner.run([path], timeout=600)
    quick_runner.wait_for("result", check="daemon", verdict="passed")
    quick_runner.plan(check("process", "late", process=name, every=600))
    quick_runner.wait_for("result", check="late", verdict="passed")
    quick_runner.send("kill", id=hook)
    quick_runner.wait_for("result", check="late", verdict="failed", within=5)


def test_a_check_that_is_in_the_next_plan_too_keeps_its_counters(quick_runner, tmp_path):
    kept = check("file", "kept", path=str(tmp_path), want="present", every=0.1)
    quick_runner.plan(kept, check("file", "gone", path=str(tmp_path), want="present"))
    quick_runner.wait_for("result", check="gone")
    quick_runner.wait_for("result", check="kept")
    time.sleep(1)
    plan = quick_runner.plan(kept, check("file", "new", path="/none", want="absent"))
    again = quick_runner.wait_for("result", check="kept", plan=plan)
    assert again["runs"] >= 5
    assert quick_runner.wait_for("result", check="new", plan=plan)["runs"] == 1
    assert not any(r["plan"] == plan and r["check"] == "gone"
                   for r in quick_runner.heard("result"))


def test_without_a_bus_a_target_is_answered_with_the_reason():
    nowhere = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/bus"}
    with Runner(environment=nowhere) as runner:
        runner.plan()
        runner.send("target", unit="tandem-active@lan.target", want="started")
        ended = runner.wait_for("unit_target", unit="tandem-active@lan.target")
        assert "connect to the system's D-Bus" in ended["error"]
