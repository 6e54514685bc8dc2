"""`tandemctl watch` on a real terminal: what it shows, and that it gives the terminal back.

A small daemon of the test's own answers, so that it can say anything, or nothing.
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

from daemons import TANDEMCTL, pair_config
from lab import wait_until

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
STATUS = {
    "schema": 1, "node": "r1", "time": "2026-03-05T11:40:02.118042Z", "health": "ok",
    "uptime_seconds": 5, "problems": [], "config": {"hash": "7c1e04a2"},
    "routers": [{"name": "lan", "family": "ipv4", "state": "backup", "since_seconds": 3.5,
                 "reason_text": "startup", "priority": {"base": 100, "effective": 100},
                 "timers": {"advertise_ms": 1000, "down_ms": 3609},
                 "peers": [{"address": "192.0.2.3", "priority": 200, "last_seen_ms": 40,
                            "margin": {"worst_gap_ms": 596.0, "limit_ms": 722.0}}],
                 "counters": {"near_failovers": 1, "discarded": {}}}]}


class Answering:
    """Listens on a control socket and answers each request with a text."""

    def __init__(self, folder, answer=None):
        self.path = os.path.join(folder, "control.sock")
        self.answer = json.dumps(answer or STATUS)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(8)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(4096)
                    connection.sendall(self.answer.encode() + b"\n")

    def close(self):
        os.unlink(self.path)
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class OnTerminal:
    """A program on a terminal of its own, whose session it leads."""

    def __init__(self, arguments, environment=(), size=(24, 100), stdin=None, prepare=None):
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        self.shown = ""
        self._reading = True
        variables = {**os.environ, "TERM": "xterm", "LC_ALL": "C.UTF-8", **dict(environment)}
        variables.pop("NO_COLOR", None) if "NO_COLOR" not in dict(environment) else None

        def begin():
            os.setsid()
            fcntl.ioctl(1, termios.TIOCSCTTY, 0)
            if stdin == "closed":
                os.close(0)
            if prepare:
                prepare()

        self.process = subprocess.Popen(
            arguments, stdin=stdin if isinstance(stdin, int) else self.slave, stdout=self.slave,
            stderr=self.slave, env=variables, preexec_fn=begin)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while self._reading:
            if not select.select([self.master], [], [], 0.05)[0]:
                continue
            try:
                self.shown += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                return

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.master, text.encode())

    def wait_for(self, words, timeout=20.0):
        wait_until(lambda: words in self.shown, timeout, f"'{words}' in {self.shown[-2000:]!r}")

    def last_picture(self):
        """The lines of the newest whole picture, without colours."""
        pictures = re.findall(r"\x1b\[H(?!\x1b\[2J)(.*?)\x1b\[J", self.shown, re.DOTALL)
        return [re.sub(r"\x1b\[[0-9;]*[mK]", "", line) for line in pictures[-1].replace("\r", "").split("\n")]

    def attributes(self):
        return termios.tcgetattr(self.slave)

    def is_raw(self):
        return not self.attributes()[3] & (termios.ICANON | termios.ECHO)

    def wait(self, timeout=20.0):
        return self.process.wait(timeout)

    def assert_given_back(self):
        wait_until(lambda: self.shown.rfind(LEAVE) > self.shown.rfind(ENTER), what="leaving")
        assert self.shown.count(ENTER) == self.shown.count(LEAVE)
        assert self.shown.rfind(SHOW_CURSOR) > self.shown.rfind(HIDE_CURSOR)
        assert self.attributes() == self.before

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reading = False
        self._reader.join(5)
        for end in (self.master, self.slave):
            with contextlib.suppress(OSError):
                os.close(end)


@pytest.fixture(name="terminals")
def terminals_fixture():
    with contextlib.ExitStack() as stack:
        def start(folder, *options, **keywords):
            terminal = OnTerminal([TANDEMCTL, "--run-dir", str(folder), *options, "watch"],
                                  **keywords)
            stack.callback(terminal.close)
            return terminal
        yield start


@pytest.fixture(name="daemon")
def daemon_fixture(tmp_path):
    answering = Answering(tmp_path)
    yield answering
    with contextlib.suppress(OSError):
        answering.close()


# ---- what it shows -----------------------------------------------------------------------------


def test_it_shows_the_router_until_q(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("82% !")
    assert terminal.is_raw()
    first, blank, titles, lan, *_ = terminal.last_picture()
    assert first.startswith("r1  \u25cf healthy") and first.endswith("q quits")
    assert blank == "" and titles.startswith("ROUTER")
    assert lan.split()[:4] == ["lan", "BACKUP", "-", "100"] and "rx 40ms ago" in lan
    terminal.type("q")
    assert terminal.wait() == 0
    terminal.assert_given_back()


def test_it_shows_a_real_router(lab, terminals):
    r1 = lab.tandem("r1", pair_config())
    terminal = terminals(r1.run_dir)
    terminal.wait_for("ACTIVE")
    assert terminal.last_picture()[3].split()[:3] == ["lan", "ACTIVE", "-"]
    terminal.type("q")
    assert terminal.wait() == 0
    terminal.assert_given_back()


def test_what_changes_is_shown(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    daemon.answer = daemon.answer.replace('"backup"', '"fault"')
    terminal.wait_for("FAULT")


def test_a_daemon_that_is_away_is_said_to_be_and_seen_when_it_is_back(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    daemon.close()
    terminal.wait_for("no answer from tandemd")
    wait_until(lambda: "lan" not in "".join(terminal.last_picture()))
    back = Answering(tmp_path)
    wait_until(lambda: "BACKUP" in "".join(terminal.last_picture()), 20)
    back.close()
    terminal.wait_for("no answer from tandemd")
    terminal.type("q")
    assert terminal.wait() == 0
    terminal.assert_given_back()


def test_it_follows_the_size_of_the_window(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal.resize(5, 30)
    wait_until(lambda: len(terminal.last_picture()) == 5)
    assert all(len(line) <= 30 for line in terminal.last_picture())
    assert terminal.last_picture()[2].split() == ["ROUTER", "V4", "V6"] or \
        "DISCARD" not in terminal.last_picture()[2]
    terminal.resize(24, 120)
    wait_until(lambda: "DISCARD/s" in terminal.last_picture()[2])


@pytest.mark.parametrize("variables, options, is_coloured", [
    ({}, (), True), ({"NO_COLOR": "1"}, (), False), ({}, ("--color", "never"), False),
    ({"NO_COLOR": "1"}, ("--color", "always"), True)])
def test_colour_is_for_who_wants_it(tmp_path, daemon, terminals, variables, options, is_coloured):
    daemon.answer = daemon.answer.replace('"backup"', '"fault"')
    terminal = terminals(tmp_path, *options, environment=variables)
    terminal.wait_for("FAULT")
    assert ("\x1b[1;31m" in terminal.shown) == is_coloured


def test_without_utf8_it_is_ascii(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path, environment={"LC_ALL": "C"})
    terminal.wait_for("82% !")
    assert terminal.shown.isascii() and "* healthy" in terminal.last_picture()[0] + "healthy"
    assert terminal.last_picture()[0].startswith("r1  * healthy")


# ---- every way to end --------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGUSR1, signal.SIGALRM])
def test_a_signal_ends_it_and_the_terminal_is_as_before(tmp_path, daemon, terminals, number):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal.process.send_signal(number)
    assert terminal.wait() == -number
    terminal.assert_given_back()


def test_ctrl_c_ends_it(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal.type("\x03")
    assert terminal.wait() == -signal.SIGINT
    terminal.assert_given_back()


def test_it_can_be_suspended_and_resumed(tmp_path, daemon, terminals):
    # A session's only process cannot be stopped by the terminal: a parent has to be there.
    terminal = OnTerminal(["/bin/bash", "--norc", "-c",
                           f"set -m; {TANDEMCTL} --run-dir {tmp_path} watch; "
                           "echo suspended; read -r; fg; echo over"])
    try:
        for _ in range(1):
            terminal.wait_for("BACKUP")
            terminal.type("\x1a")
            terminal.wait_for("suspended")
            terminal.assert_given_back()
            terminal.type("\n")
            wait_until(lambda: terminal.shown.count(ENTER) == 2 and terminal.is_raw())
        terminal.type("q")
        terminal.wait_for("over")
        terminal.wait()
        terminal.assert_given_back()
    finally:
        terminal.close()


def test_stopped_by_force_it_takes_the_terminal_anew_when_it_goes_on(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal.process.send_signal(signal.SIGSTOP)
    time.sleep(0.2)
    termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.before)  # as a shell does
    terminal.process.send_signal(signal.SIGCONT)
    wait_until(terminal.is_raw)
    terminal.type("q")
    assert terminal.wait() == 0
    assert terminal.attributes() == terminal.before
    wait_until(lambda: terminal.shown.rfind(LEAVE) > terminal.shown.rfind(ENTER))


def test_when_memory_runs_out_the_terminal_is_as_before(tmp_path, daemon, terminals):
    limit = 64 << 20
    terminal = terminals(tmp_path, prepare=lambda: resource.setrlimit(resource.RLIMIT_AS,
                                                                      (limit, limit)))
    terminal.wait_for("BACKUP")
    daemon.answer = json.dumps({**STATUS, "problems": ["x" * (60 << 20)]})
    assert terminal.wait() == 1
    terminal.wait_for("tandemctl: std::bad_alloc")
    terminal.assert_given_back()


def test_a_terminal_that_is_gone_ends_it(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal._reading = False
    terminal._reader.join(5)
    os.close(terminal.master)
    assert terminal.wait() in (0, -signal.SIGHUP)
    terminal.master = os.open("/dev/null", os.O_RDWR)


@pytest.mark.parametrize("stdin", ["closed", "empty"])
def test_keys_come_from_the_terminal_wherever_stdin_comes_from(tmp_path, daemon, terminals, stdin):
    with open("/dev/null", encoding="ascii") as nothing:
        terminal = terminals(tmp_path, stdin=nothing.fileno() if stdin == "empty" else stdin)
        terminal.wait_for("BACKUP")
        terminal.type("q")
        assert terminal.wait() == 0
        terminal.assert_given_back()


def test_a_terminal_that_takes_nothing_keeps_nobody(tmp_path, daemon, terminals):
    terminal = terminals(tmp_path)
    terminal.wait_for("BACKUP")
    terminal.type("\x13")  # Ctrl-S
    time.sleep(1.5)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == -signal.SIGTERM
    terminal.assert_given_back()


def test_a_daemon_that_hangs_does_not_keep_q_waiting(tmp_path, terminals):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(os.path.join(tmp_path, "control.sock"))
        silent.listen(64)
        terminal = terminals(tmp_path)
        terminal.wait_for("no answer from tandemd")
        terminal.type("q")
        assert terminal.wait(10) == 0
        terminal.assert_given_back()


# ---- where it cannot ---------------------------------------------------------------------------


def test_without_a_terminal_it_names_status(tmp_path):
    done = subprocess.run([TANDEMCTL, "--run-dir", tmp_path, "watch"], capture_output=True,
                          text=True, check=False, timeout=10)
    assert done.returncode == 2 and done.stdout == ""
    assert "terminal" in done.stderr and "tandemctl status" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_move_its_cursor_is_refused(tmp_path, daemon, terminals, term):
    terminal = terminals(tmp_path, environment={"TERM": term})
    assert terminal.wait() == 2
    terminal.wait_for("tandemctl status")
    assert "\x1b" not in terminal.shown
    assert terminal.attributes() == terminal.before
