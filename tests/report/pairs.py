"""Pairs of routers of one make, and what operators and fate do to them.

Each step of a pair returns when it is over, that is when nothing of it can reach a client any more,
and fails when what it is about did not happen. Knows nothing about probes and tables.
"""

import dataclasses
import os
import shutil
import signal
import subprocess
import tempfile
import time

from box import Box
from daemons import BUILD, ROOT, TANDEMD, Keepalived, Tandem, pair_config
from lab import VIRTUAL, VIRTUAL6, wait_until
from wire import active_down_interval

STRONG, WEAK, LOWERED = 200, 100, 50
WRONG_VRID = 1000
SETTLED_WITHIN = 20.0
RESTART_AFTER = 0.1  # RestartSec= of tandem's unit


class NotAvailable(Exception):
    """This make has no such thing."""


class NotMeasured(Exception):
    """What the event needs did not work, so there is nothing to measure."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """What both makes are told."""

    family: int = 4
    interval: float = 1.0

    @property
    def virtual(self):
        return VIRTUAL6 if self.family == 6 else VIRTUAL

    @property
    def addresses(self):
        return ["fe80::1/64", f"{VIRTUAL6}/64"] if self.family == 6 else [f"{VIRTUAL}/24"]

    @property
    def second(self):
        return "2001:db8::9" if self.family == 6 else "192.0.2.9"

    @property
    def more_addresses(self):
        return [*self.addresses, f"{self.second}/{64 if self.family == 6 else 24}"]

    @property
    def takeover(self):
        """How long the Backup waits for an advert, and an interval more."""
        return active_down_interval(WEAK, self.interval) + self.interval


class Pair:
    """r1 is the stronger one; `boxed`, it is a machine with a systemd that runs the service."""

    make = None

    def __init__(self, lab, setting, boxed=False):
        self.lab, self.setting = lab, setting
        self.daemons = {}
        if boxed:
            self.daemons["r1"] = Machine(lab, self)

    @property
    def r1(self):
        return self.daemons["r1"]

    @property
    def r2(self):
        return self.daemons["r2"]

    # ---- before an event -----------------------------------------------------------------------

    def begin(self):
        """Both start as if nothing had ever been; r1 becomes Active."""
        for daemon in self.daemons.values():
            daemon.kill()
        for name in ("r1", "r2"):
            self.lab.switch.port_up(self.lab[name])
            self._forget(name)
        for name in ("r1", "r2"):
            self.configure(name)
            self.daemons[name].start()
        self.is_held_by("r1")
        time.sleep(1.2 * self.setting.interval)  # the announcements of the start are over

    def _forget(self, name):
        """Removes what a killed daemon has left."""
        host = self.lab[name]
        for address in host.addresses(family=self.setting.family):
            if address.split("/")[0] not in (host.address, host.address6, host.link_local):
                host.ip("address", "del", address, "dev", "eth0")

    def is_held_by(self, name):
        """Waits until a router has the address, and nobody else."""
        wait_until(lambda: self.lab.holders(self.setting.virtual) == [name], SETTLED_WITHIN,
                   f"{self.make}: {name} alone has {self.setting.virtual}", pause=0.1)

    def is_taken_by(self, name):
        """Waits until a router has the address, whoever else has it too."""
        wait_until(lambda: self.lab[name].holds(self.setting.virtual), SETTLED_WITHIN,
                   f"{self.make}: {name} has {self.setting.virtual}", pause=0.1)

    def wait_for_takeovers(self):
        """Until whatever has begun has led to a takeover, or never will."""
        time.sleep(self.setting.takeover)

    # ---- what each make does in its own way ----------------------------------------------------

    def configure(self, name, **changes):
        """Writes the router's file, with changes to priority, addresses or vrid."""
        raise NotImplementedError

    def reload(self, name):
        """Has the file read again, and fails when that is refused."""
        raise NotImplementedError

    def try_reload(self, name):
        """The same, whatever comes of it."""
        raise NotImplementedError

    def speaker(self):
        """The process of r1 that speaks VRRP."""
        raise NotImplementedError

    # ---- events --------------------------------------------------------------------------------

    def stop(self):
        self.r1.terminate()
        self.is_held_by("r2")
        self.r1.wait()

    def come_back(self):
        self.r1.start()
        self.is_held_by("r1")
        time.sleep(self.setting.interval)

    def reload_same(self):
        for name in ("r2", "r1"):
            self.reload(name)
        self.wait_for_takeovers()
        self.is_held_by("r1")

    def reload_more(self):
        for name in ("r2", "r1"):
            self.configure(name, addresses=self.setting.more_addresses)
        self.reload("r2")
        time.sleep(self.setting.interval)
        self.reload("r1")
        wait_until(lambda: self.lab["r1"].holds(self.setting.second), SETTLED_WITHIN,
                   f"{self.make}: r1 has the second address", pause=0.1)
        self.wait_for_takeovers()
        self.is_held_by("r1")

    def reload_broken(self):
        self.configure("r1", vrid=WRONG_VRID)
        self.try_reload("r1")
        self.wait_for_takeovers()
        wait_until(lambda: self.lab.holders(self.setting.virtual), SETTLED_WITHIN,
                   f"{self.make}: somebody has {self.setting.virtual}", pause=0.1)

    def restart(self):
        self.r1.must("systemctl", "restart", self.r1.unit)
        self.wait_for_takeovers()
        self.is_held_by("r1")
        time.sleep(self.setting.interval)

    def crash_and_restart(self):
        os.kill(self.speaker(), signal.SIGKILL)
        self.start_after_crash()
        self.wait_for_takeovers()
        self.is_held_by("r1")
        time.sleep(self.setting.interval)

    def crash(self):
        self.r1.kill()
        self.is_taken_by("r2")
        self.wait_for_takeovers()
        self.wait_for_takeovers()

    def hang(self):
        pid = self.speaker()
        os.kill(pid, signal.SIGSTOP)
        self.is_taken_by("r2")
        self.wait_for_takeovers()
        os.kill(pid, signal.SIGCONT)
        self.wait_for_takeovers()
        self.is_held_by("r1")
        time.sleep(self.setting.interval)

    def lose_link(self):
        self.lab.switch.port_down(self.lab["r1"])
        self.is_taken_by("r2")
        time.sleep(self.setting.interval)

    def drain(self):
        raise NotImplementedError

    def hand_over(self):
        raise NotImplementedError

    def upgrade(self):
        raise NotImplementedError

    def start_after_crash(self):
        raise NotImplementedError


class TandemPair(Pair):
    """Two tandemd, with copies of the program that can be replaced."""

    make = "tandem"
    unit, folder = "tandemd", "tandem"
    _folder = None

    def configure(self, name, priority=STRONG, **changes):
        settings = {"addresses": self.setting.addresses,
                    "advertise": f"{round(self.setting.interval * 1000)}ms", **changes}
        text = pair_config({"r1": priority, "r2": WEAK}, **settings)
        if name in self.daemons:
            self.daemons[name].configure(text)
            return
        self.daemons[name] = self.lab.prepare_tandem(name, text)
        self.daemons[name].program = os.path.join(self._programs(), name)
        self._install(name)

    def _programs(self):
        """A folder that nobody but root can change: from others no daemon takes its successor."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="tandem-report-", dir="/var/lib")
            self.lab.at_close(lambda: shutil.rmtree(self._folder))
            subprocess.run(["install", "--strip", TANDEMD, self._folder], check=True)
        return self._folder

    def _install(self, name):
        """As a package does it: another file takes the name of the one before."""
        fresh = os.path.join(self._folder, "fresh")
        shutil.copy(os.path.join(self._folder, "tandemd"), fresh)
        os.replace(fresh, self.daemons[name].program)

    def writer(self, host, folder):
        return Tandem(host, folder, "")

    def prepare(self, box):
        subprocess.run(["make", "--silent", "--old-file=all", "install", f"BUILD={BUILD}",
                        f"DESTDIR={box.path('/')}"], cwd=ROOT, check=True, capture_output=True)

    def _forget(self, name):
        super()._forget(name)
        if name in self.daemons:
            for folder in (self.daemons[name].run_dir, self.daemons[name].state_dir):
                shutil.rmtree(folder, ignore_errors=True)

    def try_reload(self, name):
        return self.daemons[name].ctl("reload")

    def reload(self, name):
        done = self.try_reload(name)
        assert done.returncode == 0, f"tandemctl reload: {done.stderr}"

    def speaker(self):
        return self.r1.pid

    def start_after_crash(self):
        self.r1.process.wait()
        time.sleep(RESTART_AFTER)
        self.r1.start()

    def drain(self):
        self._order("drain", "lan")
        self.is_held_by("r2")

    def hand_over(self):
        self._order("handover", "lan")
        self.is_held_by("r2")

    def _order(self, *arguments):
        done = self.r1.ctl(*arguments)
        assert done.returncode == 0, f"tandemctl {' '.join(arguments)}: {done.stderr}"

    def upgrade(self):
        self._install("r1")
        done = self.r1.ctl("reload", "--exec")
        if done.returncode != 0:
            raise NotMeasured(f"tandemctl reload --exec: exit {done.returncode}: "
                              f"{done.stderr.strip()}")
        wait_until(lambda: os.path.samefile(f"/proc/{self.r1.pid}/exe", self.r1.program),
                   SETTLED_WITHIN, "tandem: r1 runs the new program")
        self.wait_for_takeovers()
        self.is_held_by("r1")


class KeepalivedPair(Pair):
    """Two keepalived, VRRP version 3."""

    make = "keepalived"
    unit, folder = "keepalived", "keepalived"

    def configure(self, name, **changes):
        settings = {"priority": STRONG if name == "r1" else WEAK,
                    "interval_ms": round(self.setting.interval * 1000),
                    "addresses": self.setting.addresses, **changes}
        if name in self.daemons:
            self.daemons[name].configure(**settings)
        else:
            self.daemons[name] = self.lab.prepare_keepalived(name, **settings)

    def writer(self, host, folder):
        return Keepalived(host, folder)

    def prepare(self, box):
        """The box sees the package of this machine."""
        os.makedirs(box.path("/etc/keepalived"), exist_ok=True)

    def try_reload(self, name):
        self.daemons[name].signal(signal.SIGHUP)

    def reload(self, name):
        daemon, since = self.daemons[name], time.time()
        self.try_reload(name)
        wait_until(lambda: any(at >= since and "Reload complete" in line
                               for at, line in list(daemon.log)),
                   SETTLED_WITHIN, f"keepalived: {name} has reloaded its file", pause=0.05)

    def speaker(self):
        """The only child of the process that was started."""
        pid = self.r1.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return int(file.read().split()[0])

    def start_after_crash(self):
        """Its parent does it."""

    def drain(self):
        raise NotAvailable("keepalived has no drain")

    def hand_over(self):
        self.configure("r1", priority=LOWERED)
        self.reload("r1")
        self.is_held_by("r2")

    def upgrade(self):
        raise NotAvailable("keepalived is restarted for an upgrade")


class Machine:
    """r1 as a machine with a real systemd, which runs the make's service."""

    def __init__(self, lab, pair):
        folder = os.path.join(lab.folder, "box")
        os.mkdir(folder)
        self.unit = pair.unit
        self.box = Box("r1", lab["r1"].namespace, folder)
        lab.at_close(self.box.close)
        self.box.boot()
        pair.prepare(self.box)
        writer = pair.writer(lab["r1"], self.box.path(f"/etc/{pair.folder}"))
        self.configure = writer.configure
        self.run_dir, self.state_dir = (self.box.path(f"/{place}/tandem")
                                        for place in ("run", "var/lib"))
        self.must("systemctl", "daemon-reload")
        wait_until(lambda: self.box.run("busctl", "status").returncode == 0, timeout=30,
                   what="the box has a bus")

    def must(self, *command):
        done = self.box.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

    def start(self):
        self.must("systemctl", "start", self.unit)

    def kill(self):
        self.must("systemctl", "stop", self.unit)

    def log_text(self):
        if not self.box.running:
            return "the box is not running"
        return self.box.run("journalctl", "--output=short-precise", "--lines=100").stdout
