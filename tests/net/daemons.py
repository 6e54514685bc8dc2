"""The daemons under test as objects: tandemd, and keepalived as its neighbour."""

import json
import os
import re
import signal
import subprocess
import threading
import time

from namespaces import reap
from wire import family_of

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TANDEM_BUILD", os.path.join(ROOT, "build"))
TANDEMD = os.path.join(BUILD, "tandemd")
TANDEMCTL = os.path.join(BUILD, "tandemctl")
READY_WITHIN = 10.0


class Daemon:
    """A program in a host's namespace with its log. It can be started again after its end."""

    def __init__(self, host, folder):
        self.host = host
        self.folder = folder
        self.process = None
        self.log = []  # (time, line) over all starts
        self.started = 0.0
        self.end_is_expected = False
        self._reader = None

    def arguments(self):
        raise NotImplementedError

    def spawn(self):
        """Starts the program without waiting for it to be ready."""
        self.end_is_expected = False
        self.started = time.time()
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", self.host.namespace, *self.arguments()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True)
        self._reader = threading.Thread(target=self._read_log, args=(self.process.stdout,),
                                        daemon=True)
        self._reader.start()

    def _read_log(self, stream):
        for line in stream:
            self.log.append((time.time(), line.rstrip("\n")))

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def died_by_itself(self):
        return self.process is not None and not self.running and not self.end_is_expected

    def wait_log(self, words):
        """Waits until the log of this start has a line with these words."""
        deadline = time.monotonic() + READY_WITHIN
        while not any(at >= self.started and words in line for at, line in list(self.log)):
            if not self.running or time.monotonic() > deadline:
                raise AssertionError(f"{type(self).__name__} on {self.host.name} did not say "
                                     f"'{words}':\n{self.log_text()}")
            time.sleep(0.01)

    def wait(self, timeout=10.0):
        """The exit code, with the whole log read."""
        self.end_is_expected = True
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        return code

    def stop(self, timeout=10.0):
        """SIGTERM, as an operator stops it; returns the exit code."""
        self.terminate()
        return self.wait(timeout)

    def terminate(self):
        self.end_is_expected = True
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        """SIGKILL to all its processes at once; nothing of it is left afterwards."""
        if self.process is None or self.process.stdout.closed:
            return
        self.end_is_expected = True
        family = _group_members(self.process.pid)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        for pid in family - {self.process.pid}:
            reap(pid)
        self._reader.join(5)
        self.process.stdout.close()

    def signal(self, number):
        self.process.send_signal(number)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def log_text(self):
        first = self.log[0][0] if self.log else 0.0
        return "\n".join(f"{at - first:10.4f}  {line}" for at, line in self.log)


class Tandem(Daemon):
    """tandemd from the build folder, with files of its own."""

    def __init__(self, host, folder, config, options=()):
        super().__init__(host, folder)
        self.program = TANDEMD
        self.options = list(options)
        self.config_file = os.path.join(folder, "tandem.conf")
        self.run_dir = os.path.join(folder, "run")
        self.state_dir = os.path.join(folder, "state")
        self.configure(config)

    def configure(self, text):
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write(text)

    def arguments(self):
        return [self.program, "--config", self.config_file, "--node", self.host.name,
                "--run-dir", self.run_dir, "--state-dir", self.state_dir, *self.options]

    def start(self):
        for folder in (self.run_dir, self.state_dir):
            os.makedirs(folder, exist_ok=True)
        self.spawn()
        deadline = time.monotonic() + READY_WITHIN
        while self.ctl("--json", "status").returncode != 0:
            if not self.running:
                raise AssertionError(f"tandemd on {self.host.name} ended with "
                                     f"{self.wait()}:\n{self.log_text()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"tandemd on {self.host.name} does not answer:\n"
                                     f"{self.log_text()}")
            time.sleep(0.01)

    def ctl(self, *arguments):
        """Runs tandemctl for this daemon."""
        return subprocess.run([TANDEMCTL, "--run-dir", self.run_dir, *arguments],
                              capture_output=True, text=True, check=False, timeout=10)

    def status(self):
        done = self.ctl("--json", "status")
        assert done.returncode == 0, f"tandemctl status: exit {done.returncode}: {done.stderr}"
        return json.loads(done.stdout)

    def router(self, name="lan", family=None):
        """One router's part of the status; of its two families the first unless one is named."""
        for router in self.status()["routers"]:
            if router["name"] == name and router["family"] == (family or router["family"]):
                return router
        raise AssertionError(f"no router {name} in the status of {self.host.name}")

    def state(self, name="lan"):
        return self.router(name)["state"]

    def states(self, name="lan"):
        """Of all families of a router."""
        return [router["state"] for router in self.status()["routers"] if router["name"] == name]

    def conditions(self, kind, name="lan"):
        """With whom a router has this condition now."""
        return [condition["with"] for condition in self.router(name)["conditions"]
                if condition["kind"] == kind]

    def logged(self, since=0.0, **fields):
        """The log lines with these fields; a text is looked for in the value, `with_` is `with`."""
        wanted = {name.rstrip("_"): str(value) for name, value in fields.items()}
        found = []
        for at, line in list(self.log):
            values = dict(re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line))
            if at >= since and all(value in values.get(name, "") for name, value in wanted.items()):
                found.append(line)
        return found

    def transitions(self, since=0.0):
        """The log's transition lines as (time, fields), the message under the key `message`."""
        found = []
        for at, line in list(self.log):
            if at < since or not re.search(r"\bfrom=\S+ .*\bto=\S+", line):
                continue
            fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', line))
            fields["message"] = re.split(r" \w+=", line)[0]
            found.append((at, fields))
        return found


def to_libconfig(value):
    """A Python value in the configuration's syntax."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + " ".join(f"{key} = {to_libconfig(item)};"
                               for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        ends = "()" if any(isinstance(item, dict) for item in value) else "[]"
        return f"{ends[0]} " + ", ".join(to_libconfig(item) for item in value) + f" {ends[1]}"
    return f'"{value}"' if isinstance(value, str) else str(value)


def pair_config(priorities=None, **settings):
    """The file that both nodes of a pair share, with one router, `lan`."""
    priorities = {"r1": 200, "r2": 100} if priorities is None else priorities
    router = {"interface": "eth0", "vrid": 10, "addresses": ["192.0.2.1/24"],
              "advertise": "100ms"}
    router.update(settings)
    return (f"nodes = {to_libconfig({n: {'priority': p} for n, p in priorities.items()})};\n"
            f"routers = {{\n  lan = {to_libconfig(router)};\n}};\n")


class Keepalived(Daemon):
    """keepalived, VRRP only, one instance a family with VRID 10."""

    def __init__(self, host, folder, **settings):
        super().__init__(host, folder)
        self.config_file = os.path.join(folder, "keepalived.conf")
        self._starts = 0
        self.configure(**settings)

    def configure(self, priority=100, version=3, interval_ms=100, preempt=True,
                  addresses=("192.0.2.1/24",), vrid=10, unicast=None, password=None,
                  excluded=(), vmac=()):
        """Writes the file. `unicast` is (own address, peers); `password` is for version 2;
        `excluded` are addresses that are not advertised; `vmac` is `use_vmac` and what may go
        with it.
        """
        general = [f"router_id {self.host.name}", f"vrrp_version {version}",
                   "vrrp_garp_master_delay 1"]
        lines = ["state BACKUP", "interface eth0", f"version {version}",
                 f"virtual_router_id {vrid}", f"priority {priority}",
                 f"advert_int {interval_ms / 1000:g}", *vmac]
        device = "" if vmac else " dev eth0"
        if not preempt:
            lines.append("nopreempt")
        if unicast:
            lines += [f"unicast_src_ip {unicast[0]}", *_block("unicast_peer", unicast[1])]
        if password:
            lines += _block("authentication", ["auth_type PASS", f"auth_pass {password}"])
        text = _block("global_defs", general)
        for family in sorted(set(map(family_of, addresses))):
            listed = [f"{address}{device}" for address in addresses
                      if family_of(address) == family]
            more = [f"{address} dev eth0" for address in excluded
                    if family_of(address) == family]
            text += _block(f"vrrp_instance lan{family}",
                           lines + _block("virtual_ipaddress", listed)
                           + (_block("virtual_ipaddress_excluded", more) if more else []))
        with open(self.config_file, "w", encoding="utf-8") as file:
            file.write("\n".join(text) + "\n")

    def arguments(self):
        # A pid file of an earlier start may name a process that nobody has reaped yet, and then
        # keepalived 2.2.7 refuses to start: so each start has its own.
        pid_file = os.path.join(self.folder, f"keepalived-{self._starts}")
        return ["keepalived", "--dont-fork", "--log-console", "--no-syslog", "--log-detail",
                "--vrrp", f"--use-file={self.config_file}", f"--pid={pid_file}.pid",
                f"--vrrp_pid={pid_file}-vrrp.pid"]

    def start(self):
        self._starts += 1
        self.spawn()
        self.wait_log("Entering BACKUP STATE")


def _block(name, lines):
    """A block of keepalived.conf, as lines."""
    return [f"{name} {{", *(f"    {line}" for line in lines), "}"]


def _group_members(group):
    """The live processes of a process group."""
    members = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[2]) == group:
                members.add(int(name))
    return members
