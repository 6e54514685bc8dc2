"""A runner without a daemon: what the daemon would say to it, and what it answers.

    with Runner() as runner:
        runner.plan(exec_check("a", ["/bin/true"]))
        runner.wait_for("result", check="a", verdict="passed")

Knows processes by a tag among their arguments: `processes(tag)` are those that are left.
"""

import glob
import json
import os
import queue
import subprocess
import threading
import time

from daemons import BUILD

PROGRAM = os.path.join(BUILD, "runner")
PATIENCE = 20.0
# A view of the machine in which no cgroup can be made.
WITHOUT_CGROUPS = ["unshare", "--mount", "sh", "-c",
                   'mount -t tmpfs none /sys/fs/cgroup && exec "$0" "$@"']


def processes(tag):
    """Processes that have the tag among their arguments, zombies not counted."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                if tag.encode() in file.read():
                    found.append(int(path.split("/")[2]))
        except OSError:
            pass
    return found


def children(process):
    """Children of a process: their numbers, and their states as in proc(5)."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == process:
            found[int(path.split("/")[2])] = state
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def cgroup_of_keeper(keeper):
    """As a keeper makes it that was started from here."""
    with open("/proc/self/cgroup", encoding="utf-8") as file:
        own = next(line[3:].strip() for line in file if line.startswith("0::"))
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounted = next(fields[1] for fields in map(str.split, file) if fields[2] == "cgroup2")
    return os.path.join(mounted, own.lstrip("/"), f"tandem-runner-{keeper}")


def check(kind, name, every=0.1, timeout=1.0, rise=1, fall=1, counts_as="", **settings):
    return {"name": name, "kind": kind, "every_us": int(every * 1e6),
            "timeout_us": int(timeout * 1e6), "rise": rise, "fall": fall, "counts_as": counts_as,
            **settings}


def exec_check(name, command, user="", **settings):
    return check("exec", name, command=command, user=user, **settings)


class Runner:
    """keeper and runner, and this side of their socket."""

    def __init__(self, prefix=(), environment=None):
        self.messages = []
        self._queue = queue.Queue()
        self._plan = 0
        self._hook = 0
        self._process = subprocess.Popen([*prefix, PROGRAM], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True,
                                         env={**os.environ, **(environment or {})})
        threading.Thread(target=self._read, daemon=True).start()
        self.keeper = self.wait_for("keeper")
        self.wait_for("hello")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """As a daemon that goes away."""
        if self._process.stdin.closed:
            return
        self._process.stdin.close()
        self._process.wait(PATIENCE)

    @property
    def pid(self):
        """Of the runner that lives now."""
        hellos = [body for kind, body in self._heard() if kind == "hello"]
        return hellos[-1]["pid"]

    def send(self, message, **body):
        self.send_text(json.dumps({message: body}))

    def send_text(self, text):
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def plan(self, *checks):
        self._plan += 1
        self.send("begin", plan=self._plan)
        for one in checks:
            self.send("check", **one)
        self.send("commit", plan=self._plan)
        return self._plan

    def run(self, command, user="", timeout=10.0, environment=None, text=""):
        """Orders a hook and returns its id."""
        self._hook += 1
        self.send("run", id=self._hook, command=command, user=user,
                  timeout_ms=int(timeout * 1000), environment=environment or {}, input=text)
        return self._hook

    def ended(self, hook):
        return self.wait_for("hook", id=hook, event="ended")

    def result(self, name):
        """The newest result of a check; None when there is none."""
        results = [body for kind, body in self._heard()
                   if kind == "result" and body["check"] == name]
        return results[-1] if results else None

    def heard(self, wanted):
        return [body for kind, body in self._heard() if kind == wanted]

    def wait_for(self, wanted, within=PATIENCE, since=0, **fields):
        """The first message of a kind, heard or to be heard, with these fields."""
        def fits(body):
            return not fields or all(body.get(name) == value for name, value in fields.items())
        return self.wait_until(lambda: next(
            (body for kind, body in self._heard()[since:] if kind == wanted and fits(body)), None),
            within, f"{wanted} with {fields}")

    def wait_until(self, condition, within=PATIENCE, what="the condition"):
        deadline = time.monotonic() + within
        while True:
            value = condition()
            if value is not None and value is not False:
                return value
            assert time.monotonic() < deadline, f"no {what}; heard {self._heard()[-10:]}"
            time.sleep(0.005)

    def _heard(self):
        while not self._queue.empty():
            self.messages.append(self._queue.get())
        return self.messages

    def _read(self):
        for line in self._process.stdout:
            (kind, body), *_ = json.loads(line.split(" ", 1)[1]).items()
            self._queue.put((kind, body))
