"""Connections through a pair that does NAT survive a failover: the real conntrackd beside tandem.

Two routers between the client's segment and the server's, and a third segment on which their
conntrackds tell each other what the kernels know. A router that does not know a connection drops
its packets, so that nothing survives by luck.
"""

import os
import re
import shutil
import socket
import threading
import time

import pytest

from health import config
from lab import VIRTUAL, Lab, wait_until
from looker import serve
from namespaces import CommandFailed, batch, inside, remove, run

pytestmark = pytest.mark.hosts("r1", "r2", "r3", "client", "observer")

PATIENCE = 20.0
PORT = 7000
OUTSIDE = "10.9.0.1"  # the virtual address on the server's segment, and what the client looks like
SERVER = "10.9.0.9"
NUMBERS = {"r1": 2, "r2": 3}

RULES = f"""
table ip gateway {{
    chain nat {{
        type nat hook postrouting priority 100
        ip saddr 192.0.2.0/24 oifname "eth1" snat to {OUTSIDE}
    }}
    chain forward {{
        type filter hook forward priority 0; policy drop
        ct state established accept
        iifname "eth0" ct state new tcp flags syn / fin,syn,rst,ack accept
    }}
}}
"""

SETTINGS = """
Sync {
    Mode FTFW {
        DisableExternalCache Off
    }
    UDP {
        IPv4_address 10.8.0.OWN
        IPv4_Destination_Address 10.8.0.OTHER
        Port 3780
        Interface eth2
        Checksum on
    }
}
General {
    HashSize 8192
    HashLimit 65535
    LockFile FOLDER/NAME-conntrackd.lock
    LogFile off
    Syslog off
    UNIX {
        Path FOLDER/NAME-conntrackd.ctl
    }
    NetlinkBufferSize 2097152
    NetlinkBufferSizeMaxGrowth 8388608
    Filter From Userspace {
        Protocol Accept {
            TCP
        }
    }
}
"""


def why_not():
    """What this machine lacks; None when the kernel tracks connections in a namespace."""
    if shutil.which("conntrackd") is None or shutil.which("conntrack") is None:
        return "conntrackd and conntrack are not installed"
    name = f"tandemlab-{os.getpid()}-conntrack"
    run(["ip", "netns", "add", name])
    try:
        run(["ip", "netns", "exec", name, "nft", "-f", "-"], RULES)
        run(["ip", "netns", "exec", name, "conntrack", "-L"])
    except CommandFailed as error:
        return f"this kernel does not track connections here: {error}"
    finally:
        remove(name)
    return None


@pytest.fixture(scope="module")
def tracking():
    reason = why_not()
    if reason:
        pytest.skip(reason)


class Gateway:
    """The topology, with conntrackd on both routers, and a connection through it."""

    def __init__(self, lab: Lab):
        self.lab = lab
        self._join_segments()
        for name, number in NUMBERS.items():
            self._make_router(lab[name], number)
        lab["client"].ip("route", "add", "default", "via", VIRTUAL)
        self.conntrackd = {name: self._start_conntrackd(name) for name in NUMBERS}
        self._connection = None

    def _join_segments(self):
        switch = self.lab.switch.namespace
        lines = []
        for bridge in ("wan", "sync"):
            lines += [f"link add name {bridge} type bridge stp_state 0 forward_delay 0 "
                      "mcast_snooping 0", f"link set {bridge} up"]
        for name in NUMBERS:
            host = self.lab[name]
            for bridge, interface in (("wan", "eth1"), ("sync", "eth2")):
                port = self.lab.switch.port(host, interface)
                lines += [f"link add {port} type veth peer name {interface} netns {host.namespace}",
                          f"link set {port} master {bridge}", f"link set {port} up"]
        lines.append(f"link set {self.lab.switch.port(self.lab['r3'])} master wan")
        batch(switch, lines)
        self.lab["r3"].ip("address", "flush", "dev", "eth0")
        self.lab["r3"].ip("address", "add", f"{SERVER}/24", "dev", "eth0")

    @staticmethod
    def _make_router(host, number):
        batch(host.namespace, ["link set eth1 up", f"address add 10.9.0.{number}/24 dev eth1",
                               "link set eth2 up", f"address add 10.8.0.{number}/24 dev eth2"])
        host.sysctl("ipv4.ip_forward", 1)
        run(["ip", "netns", "exec", host.namespace, "nft", "-f", "-"], RULES)
        # No connection is picked up in the middle.
        host.sysctl("netfilter.nf_conntrack_tcp_loose", 0)

    def _start_conntrackd(self, name):
        own = NUMBERS[name]
        text = (SETTINGS.replace("OWN", str(own)).replace("OTHER", str(5 - own))
                .replace("FOLDER", self.lab.folder).replace("NAME", name))
        server = serve(self.lab, name, "conntrackd", "conntrackd", "-C", "{}", configuration=text)
        wait_until(lambda: os.path.exists(self.socket(name)), PATIENCE, "conntrackd answers")
        return server

    def socket(self, name):
        return os.path.join(self.lab.folder, f"{name}-conntrackd.ctl")

    def file(self, name):
        return os.path.join(self.lab.folder, f"{name}-conntrackd.conf")

    def connect(self):
        """A connection from the client to the server, which answers with what it hears."""
        listener = inside(self.lab["r3"].namespace, socket.socket)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((SERVER, PORT))
        listener.listen()
        self.lab.at_close(listener.close)
        threading.Thread(target=_echo, args=(listener,), daemon=True).start()
        self._connection = inside(self.lab["client"].namespace, socket.socket)
        self._connection.settimeout(PATIENCE)
        self.lab.at_close(self._connection.close)
        self._connection.connect((SERVER, PORT))
        self.talk("hello")

    def talk(self, word, within=PATIENCE):
        """The connection carries a word there and back."""
        self._connection.settimeout(within)
        self._connection.sendall(word.encode())
        heard = b""
        while len(heard) < len(word):
            piece = self._connection.recv(100)
            assert piece, "the connection has ended"
            heard += piece
        assert heard == word.encode()

    def is_told(self, name):
        """This router's conntrackd has heard of the connection from the other."""
        said = run(["conntrackd", "-C", self.file(name), "-e"])
        return f"dport={PORT}" in said and "ESTABLISHED" in said

    def is_known(self, name):
        """This router's kernel has the connection, with the address that it was given."""
        said = run(["ip", "netns", "exec", self.lab[name].namespace, "conntrack", "-L", "-p", "tcp"])
        return any(f"dport={PORT}" in line and f"dst={OUTSIDE}" in line and "ESTABLISHED" in line
                   for line in said.splitlines())


def _echo(listener):
    try:
        peer, address = listener.accept()
        with peer:
            assert address[0] == OUTSIDE
            while words := peer.recv(100):
                peer.sendall(words)
    except OSError:
        pass  # the test is over


@pytest.fixture
def gateway(tracking, lab):
    return Gateway(lab)


def pair(lab, scripts, conntrackd):
    """tandemd on both, in a group; each has a check that is well while a file is there."""
    for name in NUMBERS:
        scripts.touch(f"{name}-flag")
    check = {"type": "file", "path": {name: scripts.path(f"{name}-flag") for name in NUMBERS},
             "on_fail": "fault"}
    routers = {"lan": {}, "wan": {"interface": "eth1", "vrid": 11, "addresses": [f"{OUTSIDE}/24"]}}
    group = {"members": list(routers), "checks": ["flag"]}
    if conntrackd:
        group["conntrackd"] = conntrackd
    text = config(routers, {"flag": check}, {"gateway": group})
    r1, r2 = lab.tandem("r1", text), lab.tandem("r2", text)
    wait_until(lambda: is_with(lab, "r1") and set(r2.states()) == {"backup"}, PATIENCE,
               "r1 is Active and r2 is Backup")
    return r1, r2


def is_with(lab, name):
    other = "r1" if name == "r2" else "r2"
    return (lab[name].holds() and lab[name].holds(OUTSIDE, "eth1")
            and not lab[other].holds() and not lab[other].holds(OUTSIDE, "eth1"))


def done(daemon, since=0.0):
    """What conntrackd was asked for with success, in order."""
    found = (re.search(r"conntrackd (-.) done ", line)
             for line in daemon.logged(since=since, name="gateway"))
    return [match[1] for match in found if match]


def test_a_connection_survives_the_crash_of_the_active_router(lab, scripts, gateway):
    r1, r2 = pair(lab, scripts, {name: {"config": gateway.file(name)} for name in NUMBERS})
    gateway.connect()
    wait_until(lambda: gateway.is_told("r2"), PATIENCE, "r2's conntrackd knows the connection")
    assert not gateway.is_known("r2")
    crash = time.time()
    r1.kill()
    wait_until(lambda: lab["r2"].holds() and lab["r2"].holds(OUTSIDE, "eth1"), PATIENCE,
               "r2 has the addresses")
    gateway.talk("still here")
    assert gateway.is_known("r2")
    wait_until(lambda: done(r2, crash)[-4:] == ["-c", "-f", "-R", "-B"], PATIENCE, "conntrackd is asked")
    assert r2.status()["problems"] == []


def test_a_connection_survives_a_failed_check_and_the_way_back(lab, scripts, gateway):
    r1, r2 = pair(lab, scripts, {name: {"socket": gateway.socket(name)} for name in NUMBERS})
    gateway.connect()
    wait_until(lambda: gateway.is_told("r2"), PATIENCE, "r2's conntrackd knows the connection")
    mark = time.time()
    scripts.remove("r1-flag")
    wait_until(lambda: is_with(lab, "r2"), PATIENCE, "r2 has the addresses")
    gateway.talk("on the other one")
    wait_until(lambda: done(r2, mark)[-4:] == ["-c", "-f", "-R", "-B"], PATIENCE, "r2's is asked")
    wait_until(lambda: done(r1, mark)[-1:] == ["-t"], PATIENCE, "r1's is asked")
    wait_until(lambda: gateway.is_told("r1"), PATIENCE, "r1's conntrackd knows the connection")
    back = time.time()
    scripts.touch("r1-flag")
    wait_until(lambda: is_with(lab, "r1"), PATIENCE, "r1 has the addresses")
    gateway.talk("and back")
    wait_until(lambda: done(r1, back)[-4:] == ["-c", "-f", "-R", "-B"], PATIENCE, "r1's is asked")
    wait_until(lambda: done(r2, back)[-2:] == ["-t", "-n"], PATIENCE, "r2's is asked")
    assert r1.status()["problems"] == [] and r2.status()["problems"] == []


def test_a_connection_is_lost_without_conntrackd(lab, scripts, gateway):
    """What the tests above are worth: nothing else keeps it."""
    r1, _ = pair(lab, scripts, None)
    gateway.connect()
    r1.kill()
    wait_until(lambda: lab["r2"].holds() and lab["r2"].holds(OUTSIDE, "eth1"), PATIENCE,
               "r2 has the addresses")
    with pytest.raises(TimeoutError):
        gateway.talk("nobody knows me", within=5.0)


def test_a_conntrackd_that_does_not_run_is_a_problem_and_keeps_nobody_from_serving(lab, scripts):
    if shutil.which("conntrackd") is None:
        pytest.skip("conntrackd is not installed")
    missing = os.path.join(lab.folder, "nobody.ctl")
    text = config({"lan": {}, "other": {"vrid": 11, "addresses": ["192.0.2.9/24"]}}, groups={
        "gateway": {"members": ["lan", "other"], "conntrackd": {"socket": missing}}})
    r1 = lab.tandem("r1", text)
    wait_until(lambda: lab.holders() == ["r1"], PATIENCE, "r1 has the address")
    lab.capture.wait_garp(VIRTUAL)
    wait_until(lambda: any("gateway: conntrackd" in problem and "failed" in problem
                           for problem in r1.status()["problems"]), PATIENCE, "a problem")
    assert r1.logged(phase="prepare", ending="exited with 1")
