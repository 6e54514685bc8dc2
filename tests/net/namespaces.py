"""Network namespaces: make them, work inside them, remove them.

Knows iproute2 and setns(2); knows nothing about VRRP or about tests.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

CLONE_NEWNET = 0x40000000
PR_SET_CHILD_SUBREAPER = 36
HOME = "/run/netns"

_libc = ctypes.CDLL(None, use_errno=True)


class CommandFailed(Exception):
    """A command that the lab needs ended with an error."""


def run(arguments, text=None):
    """Runs a command to its end and returns what it printed."""
    done = subprocess.run(arguments, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandFailed(f"{' '.join(arguments)}: exit {done.returncode}: "
                            f"{(done.stderr or done.stdout).strip()}")
    return done.stdout


def batch(namespace, lines):
    """Gives several `ip` commands to one process: a lab is up in a fraction of a second."""
    run(["ip", "-n", namespace, "-batch", "-"], "\n".join(lines) + "\n")


def ask(namespace, *arguments):
    """The answer of `ip -json` in a namespace."""
    return json.loads(run(["ip", "-n", namespace, "-json", *arguments]) or "[]")


def inside(namespace, work):
    """Calls `work` in a namespace and returns its value.

    Only a thread changes its namespace, and it ends at once. A socket made there stays there and
    may be used from anywhere.
    """
    outcome = {}

    def visit():
        try:
            with open(f"{HOME}/{namespace}", "rb") as handle:
                if _libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
                    error = ctypes.get_errno()
                    raise OSError(error, f"enter {namespace}: {os.strerror(error)}")
            outcome["value"] = work()
        except BaseException as error:  # carried to the caller, whatever it is
            outcome["error"] = error

    visitor = threading.Thread(target=visit, daemon=True)
    visitor.start()
    visitor.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def write_sysctl(namespace, name, value):
    """Sets net.<name>; /proc/sys/net shows the namespace of the thread that looks."""

    def write():
        with open("/proc/sys/net/" + name.replace(".", "/"), "w", encoding="ascii") as handle:
            handle.write(str(value))

    inside(namespace, write)


def exists(namespace):
    return os.path.exists(f"{HOME}/{namespace}")


def pids(namespace):
    return [int(word) for word in run(["ip", "netns", "pids", namespace]).split()]


def remove(namespace):
    """Ends everything that runs in a namespace, then removes it."""
    if not exists(namespace):
        return
    for pid in pids(namespace):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        reap(pid)
    run(["ip", "netns", "delete", namespace])


def sweep(prefix):
    """Removes what dead processes have left: namespaces and folders named PREFIX-PID-..."""
    for name in _orphaned(HOME, prefix):
        try:
            remove(name)
        except CommandFailed:
            pass  # another process swept it first
    for name in _orphaned(tempfile.gettempdir(), prefix):
        shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)


def _orphaned(folder, prefix):
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [name for name in names
            if (owner := re.match(rf"{re.escape(prefix)}-(\d+)-", name))
            and not os.path.exists(f"/proc/{owner[1]}")]


def adopt_orphans():
    """Makes grandchildren ours when their parent dies, so that they can be reaped."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap(pid, within=2.0):
    """Waits for the end of a process if it is a child of ours, by birth or by adoption."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return
        except ChildProcessError:
            return
        time.sleep(0.005)
