"""The program as an operator meets it: start, refusals, status, log, signals."""

import datetime
import json
import os
import signal
import socket
import subprocess
import time

import pytest

import wire
from daemons import TANDEMCTL, TANDEMD, pair_config, to_libconfig
from lab import VIRTUAL, wait_until

BROKEN_CONFIGURATION = 78  # EX_CONFIG of sysexits.h
BROKEN = """nodes = { r1 = { priority = 200; }; };
routers = {
  lan = {
    interfcae = "eth0";
    vrid = 300;
    addresses = [ "192.0.2.1/24" ];
  };
};
"""


# ---- refusals ----------------------------------------------------------------------------------


def test_a_broken_configuration_is_refused_with_file_and_line(lab):
    r1 = lab.prepare_tandem("r1", BROKEN)
    os.makedirs(r1.run_dir)
    r1.spawn()
    assert r1.wait() == BROKEN_CONFIGURATION
    assert f"{r1.config_file}:4:" in r1.log_text()
    assert f"{r1.config_file}:5:" in r1.log_text()
    assert lab["r1"].addresses() == [f"{lab['r1'].address}/24"]


def test_check_finds_all_problems_without_starting_anything(tmp_path):
    file = tmp_path / "tandem.conf"
    file.write_text(BROKEN)
    done = subprocess.run([TANDEMD, "--check", "--config", file, "--node", "r1"], text=True,
                          capture_output=True, check=False, timeout=10)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert f"{file}:4:" in said and "interface" in said
    assert f"{file}:5:" in said
    file.write_text(pair_config())
    done = subprocess.run([TANDEMD, "--check", "--config", file, "--node", "r1"], text=True,
                          capture_output=True, check=False, timeout=10)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_says_who_becomes_active(tmp_path):
    file = tmp_path / "tandem.conf"
    file.write_text("""
        nodes: { r1: { priority = 150; }; r2: { priority = 100; }; };
        checks: {
          proxy: { type = "process"; name = "proxy"; on_fail = "fault"; };
          gateway: { type = "ping"; target = "192.0.2.254"; on_fail = { penalty = 60; }; };
        };
        routers: { lan: { interface = "eth0"; vrid = 1; addresses = [ "192.0.2.1/24" ];
                          checks = [ "proxy", "gateway" ]; }; };
    """)
    command = [TANDEMD, "--check", "--config", file, "--node", "r1"]
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=10)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Who is Active for router 'lan'" in done.stdout
    assert "r1: gateway  -> r2" in done.stdout
    assert "r1: proxy + r2: proxy      -> nobody" in done.stdout
    file.write_text(file.read_text().replace("penalty = 60", "penalty = 50"))
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=10)
    assert done.returncode == 1
    assert f"{file}:5:" in done.stderr and "write penalty = 51;" in done.stderr


def test_a_missing_configuration_is_refused_by_name(lab):
    r1 = lab.prepare_tandem("r1", "")
    os.makedirs(r1.run_dir)
    os.unlink(r1.config_file)
    r1.spawn()
    assert r1.wait() == BROKEN_CONFIGURATION
    assert r1.config_file in r1.log_text()


def test_an_unknown_node_is_refused_by_name(lab):
    r1 = lab.prepare_tandem("r1", pair_config({"gw1": 200, "gw2": 100}))
    os.makedirs(r1.run_dir)
    r1.spawn()
    assert r1.wait() == BROKEN_CONFIGURATION
    assert "gw1" in r1.log_text() and "r1" in r1.log_text()


def test_a_second_daemon_on_the_same_run_directory_is_refused(lab):
    first = lab.tandem("r1", pair_config())
    wait_until(lambda: first.state() == "active")
    second = lab.prepare_tandem("r1", pair_config())
    second.spawn()
    assert second.wait() == 1
    assert str(first.pid) in second.log_text() and "tandemd" in second.log_text()
    assert first.state() == "active"
    assert lab["r1"].holds()


def test_a_run_directory_that_a_killed_daemon_left_is_taken_over(lab):
    r1 = lab.tandem("r1", pair_config())
    first = r1.pid
    r1.kill()
    r1.start()
    assert r1.status()["pid"] == r1.pid != first


# ---- status ------------------------------------------------------------------------------------


def epoch(text):
    """An instant of the status as seconds since 1970."""
    instant = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    return instant.replace(tzinfo=datetime.timezone.utc).timestamp()


def test_the_status_says_what_the_kernel_and_the_wire_say(lab):
    addresses = [f"{VIRTUAL}/24", "198.51.100.9/32"]
    r1, r2 = lab.pair(addresses=addresses)
    wait_until(lambda: r2.router()["peers"] != [])
    status = r1.status()
    active, backup = status["routers"][0], r2.router()
    assert (status["schema"], status["node"], status["pid"]) == (1, "r1", r1.pid)
    assert status["health"] == "ok" and status["problems"] == []
    assert status["config"]["file"] == r1.config_file
    assert status["config"]["hash"] == r2.status()["config"]["hash"]
    assert active["addresses"] == active["wanted"] == active["installed"] == addresses
    assert set(active["installed"]) < set(lab["r1"].addresses())
    assert backup["addresses"] == addresses and backup["wanted"] == backup["installed"] == []
    assert active["priority"] == {"base": 200, "effective": 200}
    assert active["timers"]["down_ms"] == pytest.approx(321.875)
    assert backup["timers"]["skew_ms"] == pytest.approx(60.9375)
    assert 0 <= backup["timers"]["remaining_ms"] <= 361
    assert 0 <= active["timers"]["remaining_ms"] <= 100
    assert active["peers"] == []
    peer = backup["peers"][0]
    assert (peer["address"], peer["priority"]) == (lab["r1"].address, 200)
    on_the_wire = lab.capture.adverts(source=lab["r1"].address, until=epoch(status["time"]))
    assert abs(len(on_the_wire) - active["counters"]["sent"]) <= 1


def test_instants_in_the_status_are_utc(lab):
    r1 = lab.tandem("r1", pair_config())
    status = r1.status()
    for text in (status["time"], status["config"]["loaded"], status["routers"][0]["since"]):
        assert -1 < time.time() - epoch(text) < 10


def test_the_instant_of_a_transition_does_not_move(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    assert len({r1.router()["since"] for _ in range(20)}) == 1


def test_the_log_has_a_line_with_a_reason_for_each_transition(lab):
    r1, r2 = lab.pair()
    r1.stop()
    wait_until(lambda: r2.state() == "active")
    r1.start()
    wait_until(lambda: r2.state() == "backup" and r1.state() == "active")

    def steps(daemon):
        return [(fields["from"], fields["to"], fields["reason"])
                for _, fields in daemon.transitions()]

    assert steps(r2) == [("init", "backup", "startup"), ("backup", "active", "released"),
                         ("active", "backup", "stronger-advert")]
    assert steps(r1)[1:4] == [("backup", "active", "silence"), ("active", "resigning", "handing-over"),
                              ("resigning", "backup", "handed-over")]
    assert steps(r1)[-1] == ("backup", "active", "preempted")
    fields = r2.transitions()[-1][1]
    assert fields["message"] == "<5>lan is backup"
    assert (fields["router"], fields["family"], fields["vrid"], fields["interface"]) == \
        ("lan", "ipv4", "10", "eth0")
    assert (fields["peer"], fields["peer_priority"]) == (lab["r1"].address, "200")
    assert r2.router()["counters"]["transitions"] == 3


def test_every_log_line_has_a_level(lab):
    r1, _ = lab.pair()
    r1.stop()
    assert r1.log and all(line[:1] == "<" and line[1].isdigit() and line[2] == ">"
                          for _, line in r1.log)


def test_tandemctl_answers_with_the_promised_exit_codes(lab, tmp_path):
    r1, r2 = lab.pair()
    assert r1.ctl("is-active").returncode == r1.ctl("is-active", "lan").returncode == 0
    assert r2.ctl("is-active", "lan").returncode == 1
    assert r1.ctl("is-active", "nobody").returncode == 3
    assert r1.ctl("frobnicate").returncode == 2
    assert "active" in r1.ctl("status").stdout.lower()
    assert r1.ctl("version").returncode == 0
    nobody = subprocess.run([TANDEMCTL, "--run-dir", tmp_path, "status"], capture_output=True,
                            text=True, check=False, timeout=10)
    assert nobody.returncode == 3 and nobody.stderr


# ---- signals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_daemon_cleanly(lab, number):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: lab["r1"].holds())
    r1.end_is_expected = True
    r1.process.send_signal(number)
    assert r1.wait() == 0
    lab.capture.wait_advert(source=lab["r1"].address, priority=0)
    assert not lab["r1"].holds()
    assert not os.path.exists(os.path.join(r1.run_dir, "control.sock"))


# ---- the control socket ------------------------------------------------------------------------


def connect(daemon):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(5)
    sock.connect(os.path.join(daemon.run_dir, "control.sock"))
    return sock


def test_nonsense_on_the_control_socket_is_answered_with_an_error(lab):
    r1 = lab.tandem("r1", pair_config())
    for nonsense in (b"\n", b"{}\n", b"[1]\n", b'{"method":"fly"}\n', b'{"method":7}\n',
                     b"\xff\xfe\n", b"[" * 2000 + b"\n"):
        with connect(r1) as sock:
            sock.sendall(nonsense)
            answer = b""
            while chunk := sock.recv(65536):
                answer += chunk
        assert json.loads(answer)["error"], nonsense
    assert r1.state() in ("backup", "active")


def test_clients_that_say_nothing_keep_neither_adverts_nor_others_waiting(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    idle = []
    try:
        for _ in range(100):
            try:
                idle.append(connect(r1))
                idle[-1].sendall(b'{"method":')
            except OSError:
                break  # refused: bounded is fine
        mark = time.time()
        time.sleep(1.0)
        assert len(lab.capture.adverts(source=lab["r1"].address, since=mark)) >= 8
    finally:
        for sock in idle:
            sock.close()
    wait_until(lambda: r1.ctl("status").returncode == 0)


def test_an_endless_request_is_cut_off(lab):
    r1 = lab.tandem("r1", pair_config())
    with connect(r1) as sock, pytest.raises(OSError):
        for _ in range(1000):  # 64 MB, more than any buffer on the way
            sock.sendall(b"x" * 65536)
    assert r1.ctl("status").returncode == 0


def test_the_socket_is_not_for_everybody(lab):
    r1 = lab.tandem("r1", pair_config())
    assert os.stat(os.path.join(r1.run_dir, "control.sock")).st_mode & 0o777 == 0o660


# ---- a log that nobody reads -------------------------------------------------------------------


class Piped:
    """An Active router whose log goes into a pipe, and a peer that makes it change its state."""

    def __init__(self, lab):
        self.lab = lab
        self.daemon = lab.prepare_tandem("r1", pair_config({"r1": 100}))
        for folder in (self.daemon.run_dir, self.daemon.state_dir):
            os.makedirs(folder)
        self.reading, self.writing = os.pipe()
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", lab["r1"].namespace, *self.daemon.arguments()],
            stderr=self.writing, start_new_session=True)
        lab.at_close(self.end)
        lab.capture.wait_advert(source=lab["r1"].address)

    def end(self):
        self.process.kill()
        self.process.wait()
        os.close(self.writing)

    def fill(self):
        """Until the pipe takes no more."""
        os.set_blocking(self.writing, False)
        try:
            while True:
                os.write(self.writing, b"x" * 512)
        except BlockingIOError:
            os.set_blocking(self.writing, True)

    def change_often(self):
        """Transitions, each with a line to log."""
        client = self.lab["client"]
        for priority in (200, 0) * 10:
            message = wire.advert_message(client.address, priority)
            client.send(wire.advert_frame(client.mac, client.address, message))
            time.sleep(0.1)

    def advertises_still(self):
        self.lab.capture.wait_advert(source=self.lab["r1"].address, since=time.time(), timeout=3)
        return self.process.poll() is None


def test_a_log_that_nobody_reads_does_not_stop_the_adverts(lab):
    piped = Piped(lab)
    lab.at_close(lambda: os.close(piped.reading))
    piped.fill()
    piped.change_often()
    assert piped.advertises_still()
    assert piped.daemon.status()["log_dropped"] > 0


def test_a_log_whose_reader_has_gone_does_not_end_the_daemon(lab):
    piped = Piped(lab)
    os.close(piped.reading)
    piped.change_often()
    assert piped.process.poll() is None
    assert piped.advertises_still()


def test_settings_are_spelled_in_the_configuration_s_syntax():
    assert to_libconfig({"a": True, "b": {"c": 1}, "d": ["x", "y"]}) == \
        '{ a = true; b = { c = 1; }; d = [ "x", "y" ]; }'
