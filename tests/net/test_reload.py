"""A changed configuration takes nothing from anybody: a client asks a thousand times a second, and a
peer listens.

TANDEM_RELOADS=600 reloads the identical file so often, instead of a few times.
"""
import json
import os
import random
import signal
import subprocess
import time

import pytest

from daemons import TANDEMD, pair_config, to_libconfig
from lab import VIRTUAL, always, wait_until

TIMES = int(os.environ.get("TANDEM_RELOADS", "50"))
SECOND = "192.0.2.9"


def reload(daemon, *options):
    done = daemon.ctl("reload", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started_pair(lab, **settings):
    r1, r2 = lab.pair(**settings)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    return r1, r2


def test_the_same_file_again_and_again_is_nothing_to_anybody(lab):
    """A hundred sessions at 100 ms; the file is reloaded ten times a second."""
    routers = {f"lan{vrid}": {"interface": "eth0", "vrid": vrid, "advertise": "100ms",
                              "addresses": [f"192.0.2.{100 + vrid}/24"]}
               for vrid in range(1, 101)}
    config = (f"nodes = {to_libconfig({'r1': {'priority': 200}, 'r2': {'priority': 100}})};\n"
              f"routers = {to_libconfig(routers)};\n")
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: set(router["state"] for router in r1.status()["routers"]) == {"active"}, 30)
    wait_until(lambda: set(router["state"] for router in r2.status()["routers"]) == {"backup"}, 30)
    time.sleep(8)  # the announcements of the start are over
    probe = lab.probe(address="192.0.2.150")
    time.sleep(0.2)
    began = time.time()
    for _ in range(TIMES):
        reload(r1)
        r2.signal(signal.SIGHUP)
        time.sleep(0.1)
    ended = time.time()
    report = probe.report(since=began, until=ended)
    assert report["answered"] > 0 and report["lost"] == 0
    for daemon in (r1, r2):
        assert daemon.transitions(since=began) == []
        assert not daemon.logged(since=began, reload="refused")
    assert not lab.capture.garps(since=began, until=ended)
    assert "nothing changes" in reload(r1)


def test_an_address_comes_and_goes_and_nobody_else_moves(lab):
    r1, r2 = started_pair(lab)
    probe = lab.probe()
    time.sleep(0.2)
    began = time.time()
    r1.configure(pair_config(addresses=[f"{VIRTUAL}/24", f"{SECOND}/24"]))
    assert "lan: adds address 192.0.2.9/24; no failover" in r1.ctl(
        "diff", r1.config_file).stdout
    assert not lab["r1"].holds(SECOND)
    assert "adds address" in reload(r1, "--wait")
    assert lab["r1"].holds(SECOND)
    lab.capture.wait_garp(SECOND, since=began)
    r1.configure(pair_config(addresses=[f"{VIRTUAL}/24"]))
    reload(r1, "--wait")
    assert not lab["r1"].holds(SECOND)
    report = probe.report(since=began)
    assert report["answered"] > 0 and report["lost"] == 0
    assert r1.transitions(since=began) == [] and r2.transitions(since=began) == []


def test_a_priority_that_grows_preempts_and_one_that_shrinks_yields(lab):
    r1, r2 = started_pair(lab)
    r2.configure(pair_config({"r1": 200, "r2": 250}))
    reload(r2)
    wait_until(lambda: r2.state() == "active" and r1.state() == "backup")
    r2.configure(pair_config({"r1": 200, "r2": 50}))
    reload(r2)
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"], what="r1 has announced the address")


def test_an_interval_that_changes_costs_no_transition(lab):
    r1, r2 = started_pair(lab)
    began = time.time()
    for interval in ("1s", "200ms", "2s", "100ms"):
        for daemon in (r1, r2):
            daemon.configure(pair_config(advertise=interval))
            reload(daemon)
        always(lambda: lab.holders() == ["r1"], 0.8)
    assert r1.transitions(since=began) == [] and r2.transitions(since=began) == []


def test_a_router_that_is_removed_hands_over(lab):
    r1, r2 = started_pair(lab, advertise="1s")
    other = pair_config(vrid=77, addresses=["192.0.2.7/24"])
    probe = lab.probe()
    time.sleep(0.2)
    began = time.time()
    r1.configure(other)
    assert "hands over" in r1.ctl("diff", r1.config_file).stdout
    reload(r1, "--wait")
    assert lab.holders() == ["r2"]
    time.sleep(0.2)
    report = probe.report(since=began)
    assert report["answered"] > 0 and report["lost"] == 0
    assert [router["vrid"] for router in r1.status()["routers"]] == [77]


def test_what_is_wrong_changes_nothing_and_is_told_with_its_place(lab):
    r1, _ = started_pair(lab)
    began = time.time()
    before = r1.status()["config"]["hash"]
    for broken in ("vrid = 10;", "nodes = {", pair_config(vrid=1000), "", "\0\xff"):
        r1.configure(broken)
        done = r1.ctl("reload")
        assert done.returncode == 1
        assert "the configuration in force stays" in done.stderr
    r1.configure(pair_config(vrid=1000))
    assert f"{r1.config_file}:3:" in r1.ctl("reload").stderr
    os.unlink(r1.config_file)
    assert "does not exist" in r1.ctl("reload").stderr
    assert r1.status()["config"]["hash"] == before
    assert r1.transitions(since=began) == [] and r1.running
    assert lab.holders() == ["r1"]


def test_no_mutation_of_the_file_ends_the_daemon(lab):
    """What passes the check is in force, what does not is not; nothing else happens. The flood itself
    is one of `tandemd --check`, which the daemon has its files read by."""
    r1, _ = started_pair(lab)
    text = pair_config()
    chance = random.Random(1)
    for _ in range(40):
        octets = bytearray(text.encode())
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(octets))
            octets[place:place + chance.randint(0, 2)] = bytes([chance.randrange(256)])
        with open(r1.config_file, "wb") as file:
            file.write(octets)
        valid = subprocess.run([TANDEMD, "--check", "--config", r1.config_file, "--node", "r1"],
                               capture_output=True, check=False).returncode == 0
        done = r1.ctl("reload")
        assert (done.returncode == 0) == valid, octets
        if valid:
            r1.configure(text)
            reload(r1, "--wait")
        assert r1.running
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_trial_that_nobody_confirms_is_taken_back(lab):
    r1, _ = started_pair(lab)
    two = pair_config(addresses=[f"{VIRTUAL}/24", f"{SECOND}/24"])
    r1.configure(two)
    assert "keeps it" in reload(r1, "--wait", "--confirm", "2s")
    assert lab["r1"].holds(SECOND)
    assert any("not confirmed" in problem for problem in r1.status()["problems"])
    wait_until(lambda: not lab["r1"].holds(SECOND))
    assert r1.ctl("confirm").returncode == 1
    reload(r1, "--wait", "--confirm", "60s")
    assert r1.ctl("confirm").returncode == 0
    assert r1.status()["problems"] == []
    assert r1.ctl("rollback").returncode == 0
    wait_until(lambda: not lab["r1"].holds(SECOND))
    assert r1.ctl("rollback").returncode == 1
    assert r1.ctl("reload", "--confirm", "soon").returncode == 1
    assert r1.ctl("reload", "--confirm", "10ms").returncode == 1


def test_routes_are_followed_from_the_reload_on(lab):
    r1, _ = started_pair(lab)
    r1.configure(pair_config(routes=[{"to": "198.51.100.0/24", "via": "192.0.2.254"}]))
    reload(r1, "--wait")
    wait_until(lambda: "198.51.100.0/24" in str(lab["r1"].routes()))
    lab["r1"].ip("route", "del", "198.51.100.0/24")
    wait_until(lambda: "198.51.100.0/24" in str(lab["r1"].routes()))


def test_who_is_not_root_may_not_reload(lab):
    r1, _ = started_pair(lab)
    os.chmod(os.path.join(r1.run_dir, "control.sock"), 0o666)
    folder = r1.run_dir
    while folder != "/tmp":
        os.chmod(folder, 0o755)
        folder = os.path.dirname(folder)
    request = json.dumps({"method": "reload"})
    code = ("import os,socket,sys; os.setgroups([]); os.setgid(65534); os.setuid(65534); s=socket.socket(socket."
            f"AF_UNIX); s.connect({r1.run_dir + '/control.sock'!r}); s.send({request!r}.encode()"
            "+b'\\n'); print(s.recv(1000).decode())")
    done = subprocess.run(["/usr/bin/python3", "-c", code], capture_output=True, text=True,
                          check=True)
    assert "not permitted" in done.stdout


def test_sighup_reloads(lab):
    r1, _ = started_pair(lab)
    r1.configure(pair_config(addresses=[f"{VIRTUAL}/24", f"{SECOND}/24"]))
    r1.signal(signal.SIGHUP)
    wait_until(lambda: lab["r1"].holds(SECOND))


@pytest.mark.parametrize("what", ["checks", "interface"])
def test_what_is_new_is_there_after_the_reload(lab, what):
    r1, r2 = started_pair(lab)
    began = time.time()
    if what == "checks":
        flag = os.path.join(r1.run_dir, "flag")
        checks = (f'checks = {{ flag = {{ type = "file"; path = "{flag}"; every = "100ms"; '
                  'on_fail = "fault"; }; };\n')
        with open(flag, "w", encoding="utf-8"):
            pass
        r1.configure(checks + pair_config(checks=["flag"]))
        reload(r1)
        time.sleep(1)
        assert r1.transitions(since=began) == []
        os.unlink(flag)
        wait_until(lambda: lab.holders() == ["r2"])
        assert r1.state() == "fault"
        return
    lab["r1"].ip("link", "add", "eth7", "type", "bridge")
    lab["r1"].ip("link", "set", "eth7", "up")
    lab["r1"].ip("address", "add", "203.0.113.11/24", "dev", "eth7")
    text = pair_config()
    second = to_libconfig({"interface": "eth7", "vrid": 20, "addresses": ["203.0.113.1/24"]})
    r1.configure(text.replace("routers = {\n", f"routers = {{\n  wan = {second};\n"))
    reload(r1)
    wait_until(lambda: {router["name"] for router in r1.status()["routers"]} == {"lan", "wan"})
    assert r1.state() == "active"
    assert r1.transitions(since=began) == [] or all(
        fields["router"] == "wan" for _, fields in r1.transitions(since=began))
    assert r2.transitions(since=began) == []
