"""FRR's vrrpd as a neighbour: zebra and vrrpd in a host's namespace, without vtysh or watchfrr.

vrrpd takes part only where somebody has made it a macvlan with the virtual MAC and the virtual
addresses on it. They stay there while it is Backup (zebra takes the device down) and after its end.
"""

import glob
import os
import shutil
import time

from daemons import READY_WITHIN, Daemon
from namespaces import CommandFailed, batch
from wire import family_of

HOME = "/usr/lib/frr"
USER = "frr"  # its daemons refuse to run as root


class Program(Daemon):
    """One of FRR's daemons, with its socket, pid file and configuration in a folder of its own."""

    def __init__(self, host, folder, name):
        super().__init__(host, folder)
        self.name = name
        self.write("log stdout\n")

    def write(self, configuration):
        with open(os.path.join(self.folder, f"{self.name}.conf"), "w", encoding="utf-8") as file:
            file.write(configuration)

    def arguments(self):
        where = os.path.join(self.folder, self.name)
        return [os.path.join(HOME, self.name), "--user", USER, "--group", USER,
                "--config_file", f"{where}.conf", "--pid_file", f"{where}.pid",
                "--socket", os.path.join(self.folder, "zserv"), "--vty_socket", self.folder,
                "--vty_port", "0"]

    def kill(self):
        super().kill()
        if self.process is not None:
            for crash_folder in glob.glob(f"/var/tmp/frr/{self.name}.{self.pid}"):
                shutil.rmtree(crash_folder, ignore_errors=True)


class Frr(Program):
    """vrrpd with one virtual router, VRID 10, and the zebra that it needs."""

    def __init__(self, host, folder, **settings):
        folder = os.path.join(folder, "frr")
        os.makedirs(folder, exist_ok=True)
        self._open_the_way_to(folder)
        super().__init__(host, folder, "vrrpd")
        self.zebra = Program(host, folder, "zebra")
        self.configure(**settings)

    @staticmethod
    def _open_the_way_to(folder):
        """FRR's user may enter the folder of the lab, and write in its own."""
        host_folder = os.path.dirname(folder)
        for parent in (host_folder, os.path.dirname(host_folder)):
            os.chmod(parent, 0o711)
        shutil.chown(folder, USER, USER)

    def configure(self, priority=100, version=3, interval_ms=100, preempt=True,
                  addresses=("192.0.2.1/24",), vrid=10):
        self.addresses = addresses
        self.vrid = vrid
        self.family = family_of(addresses[0])
        lines = [f"vrrp {vrid} version {version}", f"vrrp {vrid} priority {priority}",
                 f"vrrp {vrid} advertisement-interval {interval_ms}"]
        if not preempt:
            lines.append(f"no vrrp {vrid} preempt")
        word = "ipv6" if self.family == 6 else "ip"
        lines += [f"vrrp {vrid} {word} {address.split('/')[0]}" for address in addresses]
        self.write("log stdout\ndebug vrrp\ninterface eth0\n "
                   + "\n ".join(lines) + "\n")

    @property
    def source(self):
        """Where its adverts come from: for IPv6 its macvlan must have an address of its own."""
        return self.host.link_local[:-1] + "1" if self.family == 6 else self.host.address

    @property
    def device(self):
        return f"vrrp{self.family}-{self.vrid}"

    def start(self):
        self._make_device()
        self.zebra.spawn()
        socket = os.path.join(self.folder, "zserv")
        deadline = time.monotonic() + READY_WITHIN
        while not os.path.exists(socket):
            if not self.zebra.running or time.monotonic() > deadline:
                raise AssertionError(f"zebra on {self.host.name} did not start:\n"
                                     f"{self.zebra.log_text()}")
            time.sleep(0.01)
        self.spawn()
        self.wait_log("Initialize -> Backup")

    def became_active(self):
        """When it said so for the last time."""
        return next(at for at, line in reversed(self.log) if "Backup -> Master" in line)

    def _make_device(self):
        try:
            self.host.ip("link", "delete", self.device)
        except CommandFailed:
            pass  # the first start
        block = 2 if self.family == 6 else 1
        mac = f"00:00:5e:00:{block:02x}:{self.vrid:02x}"
        addresses = list(self.addresses)
        options = ""
        if self.family == 6:  # vrrpd takes the link-local address that the kernel lists first
            addresses.append(f"{self.source}/64")
            options = "nodad"
        batch(self.host.namespace,
              [f"link add {self.device} link eth0 address {mac} type macvlan mode bridge"]
              + [f"address add {address} dev {self.device} {options}" for address in addresses]
              + [f"link set {self.device} up"])

    def wait(self, timeout=10.0):
        code = super().wait(timeout)
        self._end_zebra()
        return code

    def kill(self):
        super().kill()
        self._end_zebra()

    def _end_zebra(self):
        self.zebra.kill()
        socket = os.path.join(self.folder, "zserv")
        if os.path.exists(socket):
            os.unlink(socket)

    @property
    def died_by_itself(self):
        return super().died_by_itself or self.zebra.died_by_itself

    def log_text(self):
        return f"{super().log_text()}\nzebra:\n{self.zebra.log_text()}"
