"""What tests of checks, groups and hooks have in common: files, scripts, and who is whose child.

A pair is described by one file; a check that differs between the nodes names them, as in
`{"type": "file", "path": {"r1": ..., "r2": ...}}`.
"""

import glob
import os
import shutil
import uuid

from daemons import to_libconfig
from lab import wait_until

# Whoever may write a directory on the way could change what runs: /tmp would be refused.
PLACE = "/run"

# Leaves its session, its parents and its process group, and ignores SIGTERM all the time.
STUBBORN = """#!/bin/sh
trap '' TERM
setsid sh -c 'trap "" TERM; FOLDER/sleep 1000; : TAG' &
(setsid sh -c '(setsid sh -c "trap \\"\\" TERM; FOLDER/sleep 1000; : TAG") & : TAG' &)
FOLDER/sleep 1000
: TAG
"""


def config(routers=None, checks=None, groups=None, priorities=None):
    """The file of a pair; one router, `lan`, with what `routers` says of it, unless it has more."""
    priorities = {"r1": 200, "r2": 100} if priorities is None else priorities
    usual = {"interface": "eth0", "vrid": 10, "addresses": ["192.0.2.1/24"], "advertise": "100ms"}
    routers = {name: {**usual, **router} for name, router in (routers or {"lan": {}}).items()}
    sections = {"nodes": {name: {"priority": value} for name, value in priorities.items()},
                "checks": checks, "routers": routers, "groups": groups}
    return "".join(f"{name} = {to_libconfig(entries)};\n"
                   for name, entries in sections.items() if entries)


def checked(checks, priorities=None, **settings):
    """The file of a pair whose one router, `lan`, has all these checks."""
    return config({"lan": {"checks": list(checks), **settings}}, checks, priorities=priorities)


class Scripts:
    """Scripts that only root can write.

    `TAG` in them is a word that no other process has among its arguments; `FOLDER` is where they
    are, with a `sleep` whose processes have that word too.
    """

    def __init__(self):
        self.tag = f"tandem-{uuid.uuid4().hex[:8]}"
        self.folder = os.path.join(PLACE, self.tag)
        os.mkdir(self.folder, 0o755)
        os.symlink("/bin/sleep", self.path("sleep"))

    def make(self, text, name="script"):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("TAG", self.tag).replace("FOLDER", self.folder))
        os.chmod(path, 0o755)
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def touch(self, name):
        with open(self.path(name), "w", encoding="ascii"):
            pass

    def remove(self, name):
        os.unlink(self.path(name))

    def lines(self, name):
        """What was written to a file so far."""
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def close(self):
        shutil.rmtree(self.folder)


def settled(lab, text):
    """tandemd on r1 and r2 with one file, r1 being Active and r2 Backup.

    One after the other: without preemption the first one stays Active.
    """
    r1 = lab.tandem("r1", text)
    wait_until(lambda: r1.state() == "active", 20, "r1 is Active")
    r2 = lab.tandem("r2", text)
    wait_until(lambda: r2.state() == "backup", 20, "r2 is Backup")
    return r1, r2


def children(process, name):
    """The children of a process that the kernel knows by this name."""
    found = []
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                comm, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        state, parent = rest.split()[:2]
        if int(parent) == process and comm.partition("(")[2] == name and state != "Z":
            found.append(int(path.split("/")[2]))
    return found


def keeper_of(daemon):
    return children(daemon.pid, "tandem-keeper")[0]


def runner_of(daemon):
    """The runner that this daemon has now; None while there is none."""
    found = children(keeper_of(daemon), "tandem-runner")
    return found[0] if found else None


def lives(pid):
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
