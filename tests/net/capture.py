"""What happened, with times: frames on the wire and address changes in a kernel.

Both watchers read in a thread, keep everything, and answer questions about it. Times are seconds
since the epoch; those of frames are the kernel's.
"""

import bisect
import ctypes
import itertools
import select
import socket
import struct
import threading
import time

import wire
from namespaces import inside

ETH_P_ALL = 0x0003
SO_ATTACH_FILTER = 26
SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x1, 0x10, 0x100
RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR = 16, 20, 21
IFLA_IFNAME = 3
IFF_UP, IFF_RUNNING = 0x1, 0x40
IFA_ADDRESS, IFA_LOCAL = 1, 2

# Classic BPF: ARP, VRRP, neighbour advertisements. The lab's probes must not wake the watcher.
WHAT_IS_WATCHED = (
    (0x28, 0, 0, 12),                           # ldh [12]    the ethertype
    (0x15, 9, 0, wire.ETHERTYPE_ARP),           # jeq ARP     -> keep
    (0x15, 0, 2, wire.ETHERTYPE_IPV4),          # jeq IPv4    or look for IPv6
    (0x30, 0, 0, 23),                           # ldb [23]    the protocol
    (0x15, 6, 7, wire.PROTOCOL_VRRP),           # jeq VRRP    -> keep or drop
    (0x15, 0, 6, wire.ETHERTYPE_IPV6),          # jeq IPv6    or drop
    (0x30, 0, 0, 20),                           # ldb [20]    the next header
    (0x15, 3, 0, wire.PROTOCOL_VRRP),           # jeq VRRP    -> keep
    (0x15, 0, 3, wire.PROTOCOL_ICMPV6),         # jeq ICMPv6  or drop
    (0x30, 0, 0, 54),                           # ldb [54]    its type
    (0x15, 0, 1, wire.NEIGHBOUR_ADVERTISEMENT),  # jeq NA     or drop
    (0x06, 0, 0, 0x0000FFFF),                   # keep
    (0x06, 0, 0, 0),                            # drop
)


class Watcher:
    """A thread that turns what a socket yields into records, in order of time."""

    def __init__(self, sock):
        self._socket = sock
        self._records = []
        self._changed = threading.Condition()
        self._stop_reading, self._stop_asked = socket.socketpair()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            ready = select.select([self._socket, self._stop_reading], [], [])[0]
            if self._stop_reading in ready:
                return
            records = self.read_some(self._socket)
            with self._changed:
                self._records.extend(records)
                self._changed.notify_all()

    def read_some(self, sock):
        raise NotImplementedError

    def close(self):
        if self._thread.is_alive():
            self._stop_asked.send(b"x")
            self._thread.join()
        for sock in (self._socket, self._stop_reading, self._stop_asked):
            sock.close()

    def records(self, since=0.0, until=float("inf")):
        with self._changed:
            return [record for record in self._records if since <= record.time <= until]

    def news(self, seen):
        """What came after the first `seen` records."""
        with self._changed:
            return self._records[seen:]

    def wait_for(self, predicate, timeout=10.0, since=0.0, what="a record"):
        """The first record since `since` that the predicate likes; fails after `timeout`."""
        deadline = time.monotonic() + timeout
        with self._changed:
            seen = bisect.bisect_left(self._records, since, key=lambda record: record.time)
            while True:
                for record in self._records[seen:]:
                    if predicate(record):
                        return record
                seen = len(self._records)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"no {what} within {timeout} s")
                self._changed.wait(left)


class Capture(Watcher):
    """Every advert, ARP frame and neighbour advertisement that reaches an interface."""

    def __init__(self, namespace, interface="eth0"):
        super().__init__(inside(namespace, lambda: _packet_socket(interface)))

    def read_some(self, sock):
        frame, control, _, _ = sock.recvmsg(65536, 64)
        record = wire.read_frame(frame, _kernel_time(control))
        return [record] if record else []

    def adverts(self, since=0.0, until=float("inf"), **fields):
        """Adverts in a stretch of time whose fields have these values."""
        return [record for record in self.records(since, until) if _is(record, wire.Advert, fields)]

    def garps(self, address=None, since=0.0, until=float("inf"), **fields):
        """Gratuitous ARP frames, for one address or for all."""
        return [record for record in self.records(since, until)
                if _is(record, wire.Arp, fields) and record.gratuitous
                and address in (None, record.sender)]

    def announcements(self, address=None, since=0.0, until=float("inf"), **fields):
        """Unsolicited neighbour advertisements, for one IPv6 address or for all."""
        return [record for record in self.records(since, until)
                if _is(record, wire.Neighbour, fields) and record.unsolicited
                and address in (None, record.target)]

    def wait_advert(self, timeout=10.0, since=0.0, **fields):
        return self.wait_for(lambda record: _is(record, wire.Advert, fields), timeout, since,
                             f"advert with {fields}")

    def wait_garp(self, address, timeout=10.0, since=0.0, **fields):
        return self.wait_for(lambda record: _is(record, wire.Arp, fields) and record.gratuitous
                             and record.sender == address, timeout, since,
                             f"gratuitous ARP for {address} with {fields}")

    def wait_announcement(self, address, timeout=10.0, since=0.0, **fields):
        return self.wait_for(lambda record: _is(record, wire.Neighbour, fields)
                             and record.unsolicited and record.target == address, timeout, since,
                             f"neighbour advertisement for {address} with {fields}")

    def text(self, last=200):
        """The end of the capture; equal frames of one sender in a row share a line."""
        records = self.records()
        start = records[0].time if records else 0.0
        lines = [f"{len(records)} frames, the first at {_clock(start)}"]
        for _, group in itertools.groupby(records[-last:], key=lambda record: record.mac):
            times = {}
            for record in group:
                times.setdefault(str(record), []).append(record.time - start)
            for words, at in times.items():
                span = f"  ({len(at)} times until {at[-1]:.4f})" if len(at) > 1 else ""
                lines.append(f"{at[0]:10.4f}  {words}{span}")
        return "\n".join(lines)


class AddressChange:
    """An address that a kernel has added or removed."""

    def __init__(self, at, added, address, prefix):
        self.time, self.added, self.address, self.prefix = at, added, address, prefix

    def __repr__(self):
        return f"{'added' if self.added else 'removed'} {self.address}/{self.prefix}"


class AddressWatch(Watcher):
    """Every address that comes or goes in a namespace. Times are those of reading."""

    def __init__(self, namespace):
        super().__init__(inside(namespace, _address_socket))

    def read_some(self, sock):
        return list(_address_changes(sock.recv(65536), time.time()))

    def changes(self, address=None, since=0.0):
        return [record for record in self.records(since) if address in (None, record.address)]

    def wait_added(self, address, since=0.0, timeout=10.0):
        return self.wait_for(lambda change: change.added and change.address == address, timeout,
                             since, f"added {address}")

    def wait_removed(self, address, since=0.0, timeout=10.0):
        return self.wait_for(lambda change: not change.added and change.address == address,
                             timeout, since, f"removed {address}")


class LinkChange:
    """What a kernel has told about a link."""

    def __init__(self, at, name, usable):
        self.time, self.name, self.usable = at, name, usable

    def __repr__(self):
        return f"{self.name} is {'usable' if self.usable else 'not usable'}"


class LinkWatch(Watcher):
    """Every link that changes in a namespace; it is usable when it is up and has a carrier."""

    def __init__(self, namespace):
        super().__init__(inside(namespace, lambda: _route_socket(RTMGRP_LINK)))

    def read_some(self, sock):
        return list(_link_changes(sock.recv(65536), time.time()))

    def wait_usable(self, name, since=0.0, timeout=10.0):
        return self.wait_for(lambda change: change.usable and change.name == name, timeout, since,
                             f"usable {name}")


def _is(record, kind, fields):
    return isinstance(record, kind) and all(getattr(record, name) == value
                                            for name, value in fields.items())


def _clock(at):
    return time.strftime("%H:%M:%S", time.localtime(at)) + f".{int(at % 1 * 1000):03d}"


def _packet_socket(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    program = b"".join(struct.pack("HBBI", *step) for step in WHAT_IS_WATCHED)
    keep = ctypes.create_string_buffer(program)
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HP", len(WHAT_IS_WATCHED), ctypes.addressof(keep)))
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    sock.bind((interface, ETH_P_ALL))
    return sock


def _kernel_time(control):
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return seconds + nanoseconds / 1e9
    return time.time()


def _address_socket():
    return _route_socket(RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)


def _route_socket(groups):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    sock.bind((0, groups))
    return sock


def _messages(octets):
    """Type and payload of each message in what a netlink socket has given."""
    at = 0
    while at + 16 <= len(octets):
        length, kind = struct.unpack_from("=IH", octets, at)
        yield kind, octets[at + 16:at + length]
        at += (length + 3) & ~3


def _address_changes(octets, now):
    for kind, payload in _messages(octets):
        if kind not in (RTM_NEWADDR, RTM_DELADDR):
            continue
        attributes = payload[8:]
        address = _attribute(attributes, IFA_LOCAL) or _attribute(attributes, IFA_ADDRESS)
        if address:
            yield AddressChange(now, kind == RTM_NEWADDR, wire.unpacked(address), payload[1])


def _link_changes(octets, now):
    for kind, payload in _messages(octets):
        name = _attribute(payload[16:], IFLA_IFNAME) if kind == RTM_NEWLINK else None
        if name:
            flags = struct.unpack_from("=I", payload, 8)[0]
            wanted = IFF_UP | IFF_RUNNING
            yield LinkChange(now, name.rstrip(b"\0").decode(), flags & wanted == wanted)


def _attribute(octets, wanted):
    at = 0
    while at + 4 <= len(octets):
        length, kind = struct.unpack_from("=HH", octets, at)
        if kind == wanted:
            return octets[at + 4:at + length]
        at += max((length + 3) & ~3, 4)
    return None
