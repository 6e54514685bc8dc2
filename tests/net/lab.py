"""A LAN for a test: routers, a client and an observer around a switch, in network namespaces.

    with Lab() as lab:
        r1 = lab.tandem("r1", pair_config())
        lab.capture.wait_advert(source=lab["r1"].address)

Each host is a namespace with one veth, `eth0`, whose other end is a port of a bridge in the
namespace of the switch. The hosts speak IPv4 only unless a test asks for `ipv6`; a `hub` floods
what the switch would send to one port, so that the observer hears unicast.

Whatever happens, all of it is gone afterwards: processes, namespaces, files. Labs do not know of
each other, so several may run at once. Needs root and iproute2; cuts need nft as well.
"""

import atexit
import itertools
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

import namespaces
from capture import AddressWatch, Capture, LinkWatch
from daemons import Keepalived, Tandem, pair_config
from frr import Frr
from namespaces import ask, batch, inside, run, write_sysctl
from probe import Probe
from wire import family_of

PREFIX = "tandemlab"
NETWORK = "192.0.2"
VIRTUAL = f"{NETWORK}.1"
NETWORK6 = "2001:db8::"
VIRTUAL6 = f"{NETWORK6}1"
VIRTUAL_LINK_LOCAL = "fe80::5652:5250:0:a"  # what tandem makes up for VRID 10
ADVERTS = {4: "ip protocol 112", 6: "ip6 nexthdr 112"}  # for the switch's cuts, by family
HOST_NUMBERS = {"r1": 2, "r2": 3, "r3": 4, "r4": 5, "client": 100, "observer": 200}
_counter = itertools.count(1)
_open_labs = []


def wait_until(predicate, timeout=10.0, what=None, pause=0.01):
    """Waits for something to become true and returns it; fails when it does not."""
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            name = what or getattr(predicate, "__name__", "the condition")
            raise AssertionError(f"{name} did not become true within {timeout} s")
        time.sleep(pause)


def always(predicate, seconds, what=None, pause=0.02):
    """Fails when something stops being true within a stretch of time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not predicate():
            raise AssertionError(f"{what or 'the condition'} did not stay true")
        time.sleep(pause)


def wait_until_steady(predicate, seconds, timeout=20.0, what=None, pause=0.02):
    """Waits until something has been true for a stretch of time without a break."""
    since = None

    def steady():
        nonlocal since
        if not predicate():
            since = None
            return False
        since = since or time.monotonic()
        return time.monotonic() - since >= seconds

    wait_until(steady, timeout, what=what, pause=pause)


def packet_socket(namespace, interface):
    sock = inside(namespace, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    sock.bind((interface, 0))
    return sock


class Host:
    """A machine of the lab."""

    def __init__(self, name, namespace):
        number = HOST_NUMBERS[name]
        self.name = name
        self.namespace = namespace
        self.address = f"{NETWORK}.{number}"
        self.address6 = f"{NETWORK6}{number}"
        self.link_local = f"fe80::{number}:0"
        self.mac = f"02:00:00:00:00:{number:02x}"

    def ip(self, *arguments):
        return run(["ip", "-n", self.namespace, *arguments])

    def addresses(self, interface="eth0", family=4):
        """The addresses in the kernel, `a.b.c.d/n`; none when the interface is missing."""
        links = ask(self.namespace, f"-{family}", "address", "show")
        return [f"{entry['local']}/{entry['prefixlen']}" for link in links
                if link.get("ifname") == interface for entry in link["addr_info"]]

    def holds(self, address=VIRTUAL, interface="eth0"):
        return any(entry.split("/")[0] == address
                   for entry in self.addresses(interface, family_of(address)))

    def routes(self, table="main"):
        """The routes of a table in a form that compares."""
        return sorted(f"{route.get('type', 'unicast')} {route['dst']} dev {route.get('dev')} "
                      f"src {route.get('prefsrc')}"
                      for route in ask(self.namespace, "-4", "route", "show", "table", table))

    def sysctl(self, name, value):
        write_sysctl(self.namespace, name, value)

    def send(self, *frames, interface="eth0"):
        """Puts whole Ethernet frames on the wire."""
        with self.packet_socket(interface) as sock:
            for frame in frames:
                sock.send(frame)

    def packet_socket(self, interface="eth0"):
        """A socket that sends whole Ethernet frames and receives nothing."""
        return packet_socket(self.namespace, interface)


class Switch:
    """The bridge that joins the hosts, and the faults that a switch can have."""

    def __init__(self, namespace):
        self.namespace = namespace
        self._cuts = {}

    def create(self, hub):
        forget_at_once = "ageing_time 0" if hub else ""
        batch(self.namespace, ["link add name br0 type bridge stp_state 0 forward_delay 0 "
                               f"mcast_snooping 0 {forget_at_once}", "link set br0 up"])

    def plug(self, host, interface, mac=None):
        """A cable from a host to a port of its own; its end in the host is down."""
        port = self.port(host, interface)
        address = f"address {mac}" if mac else ""
        batch(self.namespace, [
            f"link add {port} type veth peer name {interface} {address} netns {host.namespace}",
            f"link set {port} master br0 up"])

    @staticmethod
    def port(host, interface="eth0"):
        return f"{host.name}-{interface}"

    def socket_of_port(self, host):
        """Sends frames to one host only, as if the switch had mirrored them."""
        return packet_socket(self.namespace, self.port(host))

    def port_down(self, host, interface="eth0"):
        """The host loses carrier."""
        run(["ip", "-n", self.namespace, "link", "set", self.port(host, interface), "down"])

    def port_up(self, host, interface="eth0"):
        run(["ip", "-n", self.namespace, "link", "set", self.port(host, interface), "up"])

    def cut(self, host, direction="both", what=""):
        """Drops the frames `from` a host, `to` it, or `both`. Carrier stays: nobody is told.

        `what` is an nft match for those that are dropped; without it all are.
        """
        self._cuts[host.name] = [f'{match} "{self.port(host)}" {what} drop'
                                 for match, one_way in (("iifname", "from"), ("oifname", "to"))
                                 if direction in ("both", one_way)]
        self._apply_cuts()

    def heal(self, host):
        del self._cuts[host.name]
        self._apply_cuts()

    def part(self, one, other, what=""):
        """Two hosts do not hear each other; everybody else hears both. `what` is as in cut()."""
        ends = self.port(one), self.port(other)
        self._cuts[None] = [f'iifname "{start}" oifname "{end}" {what} drop'
                            for start, end in (ends, reversed(ends))]
        self._apply_cuts()

    def join(self):
        """Ends what part() did."""
        del self._cuts[None]
        self._apply_cuts()

    def _apply_cuts(self):
        rules = "\n".join(rule for rules in self._cuts.values() for rule in rules)
        run(["ip", "netns", "exec", self.namespace, "nft", "-f", "-"],
            "add table bridge cuts\ndelete table bridge cuts\n"
            "table bridge cuts {\n chain forward {\n  type filter hook forward priority 0;\n"
            f"{rules}\n }}\n}}\n")


class Lab:
    """Everything a scenario needs, by host name: `lab["r1"]`."""

    def __init__(self, hosts=("r1", "r2", "client", "observer"), ipv6=False, hub=False):
        self.prefix = f"{PREFIX}-{os.getpid()}-{next(_counter)}"
        self.hosts = {name: Host(name, f"{self.prefix}-{name}") for name in hosts}
        self.switch = Switch(f"{self.prefix}-switch")
        self._ipv6, self._hub = ipv6, hub
        self.capture = None
        self.folder = None
        self.daemons = []
        self._closers = []  # run in reverse; what was made last ends first

    def __getitem__(self, name):
        return self.hosts[name]

    def __enter__(self):
        if os.geteuid() != 0:
            sys.exit("the lab makes network namespaces and needs root: run it with sudo")
        _die_politely()
        namespaces.sweep(PREFIX)
        namespaces.adopt_orphans()
        _open_labs.append(self)
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _build(self):
        self.folder = tempfile.mkdtemp(prefix=self.prefix + "-")
        self._make_namespace(self.switch.namespace)
        self.switch.create(self._hub)
        for host in self.hosts.values():
            self._make_namespace(host.namespace)
            self.switch.plug(host, "eth0", host.mac)
            batch(host.namespace, ["link set lo up", "link set eth0 up",
                                   f"address add {host.address}/24 dev eth0"])
            if self._ipv6:
                self._give_ipv6(host)
        if "observer" in self.hosts:
            self.capture = Capture(self.hosts["observer"].namespace)
            self.at_close(self.capture.close)

    @staticmethod
    def _give_ipv6(host):
        """Addresses that tests know, at once: nothing of its own making, nothing tentative."""
        for scope in ("default", "eth0"):
            host.sysctl(f"ipv6.conf.{scope}.addr_gen_mode", 1)
            host.sysctl(f"ipv6.conf.{scope}.accept_ra", 0)
            host.sysctl(f"ipv6.conf.{scope}.disable_ipv6", 0)
        host.sysctl("ipv6.conf.all.disable_ipv6", 0)
        batch(host.namespace, [f"address add {host.link_local}/64 dev eth0 nodad",
                               f"address add {host.address6}/64 dev eth0 nodad"])

    def _make_namespace(self, name):
        run(["ip", "netns", "add", name])
        for family in ("all", "default"):  # nothing but the tested packets on the wire
            write_sysctl(name, f"ipv6.conf.{family}.disable_ipv6", 1)
        write_sysctl(name, "ipv4.ip_forward", 0)

    def at_close(self, action):
        self._closers.append(action)

    def close(self):
        """Undoes everything; a second signal does not interrupt it."""
        if self not in _open_labs:
            return
        _open_labs.remove(self)
        with _undisturbed():
            names = [host.namespace for host in self.hosts.values()] + [self.switch.namespace]
            steps = list(reversed(self._closers))
            steps += [lambda name=name: namespaces.remove(name) for name in names]
            if self.folder:
                steps.append(lambda: shutil.rmtree(self.folder, ignore_errors=True))
            for step in steps:
                try:
                    step()
                except Exception as error:  # the other steps must run all the same
                    print(f"lab: clean-up: {error}", file=sys.stderr)
            self._closers.clear()

    # ---- what runs in it -----------------------------------------------------------------------

    def tandem(self, name, config, **options):
        """Starts a tandemd on a host and waits until it answers."""
        daemon = self.prepare_tandem(name, config, **options)
        daemon.start()
        return daemon

    def prepare_tandem(self, name, config, **options):
        return self._own(Tandem(self.hosts[name], self._folder_of(name), config, **options))

    def keepalived(self, name, **settings):
        daemon = self.prepare_keepalived(name, **settings)
        daemon.start()
        return daemon

    def prepare_keepalived(self, name, **settings):
        return self._own(Keepalived(self.hosts[name], self._folder_of(name), **settings))

    def frr(self, name, **settings):
        daemon = self._own(Frr(self.hosts[name], self._folder_of(name), **settings))
        daemon.start()
        return daemon

    def pair(self, **settings):
        """tandemd on r1 and r2 with one file, r1 being Active and r2 Backup."""
        config = pair_config(**settings)
        r1, r2 = self.tandem("r1", config), self.tandem("r2", config)
        wait_until(lambda: r1.state() == "active" and r2.state() == "backup",
                   what="r1 is Active and r2 is Backup")
        return r1, r2

    def _own(self, daemon):
        self.daemons.append(daemon)
        self.at_close(daemon.kill)
        return daemon

    def probe(self, name="client", address=VIRTUAL):
        probe = Probe(self.hosts[name].namespace, address)
        self.at_close(probe.close)
        return probe

    def watch_addresses(self, name):
        watch = AddressWatch(self.hosts[name].namespace)
        self.at_close(watch.close)
        return watch

    def watch_links(self, name):
        watch = LinkWatch(self.hosts[name].namespace)
        self.at_close(watch.close)
        return watch

    def holders(self, address=VIRTUAL):
        """The hosts that have an address now."""
        return [host.name for host in self.hosts.values() if host.holds(address)]

    def _folder_of(self, name):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        return folder


class _undisturbed:
    """Holds signals back while the lab is taken down."""

    SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}

    def __enter__(self):
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self.SIGNALS)

    def __exit__(self, *_):
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def _die_politely():
    """SIGTERM and SIGHUP end a lab as Ctrl-C does: through the clean-up."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number, _frame):
    raise KeyboardInterrupt(signal.Signals(number).name)


@atexit.register
def _close_all():
    for lab in list(_open_labs):
        lab.close()
