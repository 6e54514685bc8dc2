"""VRRP adverts, ARP and neighbour advertisements as bytes, written for the tests: shares no code
with the daemon.

Reads frames into Advert, Arp and Neighbour values and makes frames, broken ones too. The family of
an advert is that of its addresses. The two formulas of the RFC are here as well.
"""

import dataclasses
import socket
import struct

GROUP = "224.0.0.18"
GROUP_MAC = "01:00:5e:00:00:12"
GROUP6 = "ff02::12"
GROUP6_MAC = "33:33:00:00:00:12"
ALL_NODES = "ff02::1"
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
ETHERTYPE_IPV6 = 0x86DD
PROTOCOL_VRRP = 112
PROTOCOL_ICMPV6 = 58
NEIGHBOUR_ADVERTISEMENT = 136
ARP_REQUEST = 1
ARP_REPLY = 2


@dataclasses.dataclass(frozen=True)
class Advert:
    time: float
    mac: str
    destination_mac: str
    source: str
    destination: str
    ttl: int
    tos: int
    version: int
    type: int
    vrid: int
    priority: int
    interval_ms: int
    addresses: tuple
    checksum: str  # rfc9568, rfc5798 (IPv4 pseudo-header), message (version 2) or wrong
    frame: bytes = dataclasses.field(repr=False)
    auth_type: int = 0  # version 2 has it, and eight octets of data
    auth_data: bytes = b""

    @property
    def family(self):
        return family_of(self.source)

    def __str__(self):
        to = "" if self.destination in (GROUP, GROUP6) else f" > {self.destination}"
        return (f"advert v{self.version} {self.source}{to} vrid={self.vrid} "
                f"priority={self.priority} interval={self.interval_ms}ms "
                f"addresses={','.join(self.addresses)} ttl={self.ttl} checksum={self.checksum}")


@dataclasses.dataclass(frozen=True)
class Arp:
    time: float
    mac: str
    destination_mac: str
    operation: int
    sender_mac: str
    sender: str
    target_mac: str
    target: str

    @property
    def gratuitous(self):
        return self.sender == self.target

    def __str__(self):
        kind = "gratuitous" if self.gratuitous else {1: "request", 2: "reply"}.get(self.operation)
        return (f"arp {kind} {self.mac} > {self.destination_mac} sender={self.sender} "
                f"({self.sender_mac}) target={self.target} ({self.target_mac})")


@dataclasses.dataclass(frozen=True)
class Neighbour:
    """A neighbour advertisement of IPv6."""

    time: float
    mac: str
    destination_mac: str
    source: str
    destination: str
    hop_limit: int
    target: str
    target_mac: str  # of the option, None without one
    router: bool
    solicited: bool
    override: bool

    @property
    def unsolicited(self):
        return self.destination == ALL_NODES and not self.solicited

    def __str__(self):
        flags = "".join(letter for letter, on in (("R", self.router), ("S", self.solicited),
                                                  ("O", self.override)) if on)
        return (f"na {self.source} ({self.mac}) > {self.destination} target={self.target} "
                f"({self.target_mac}) flags={flags or '-'}")


def skew_time(priority, interval, version=3):
    """Seconds, from the interval in seconds; version 2 does not scale it."""
    return (256 - priority) / 256 * (interval if version == 3 else 1)


def active_down_interval(priority, interval, version=3):
    """How long a Backup router of this priority waits for an advert."""
    return 3 * interval + skew_time(priority, interval, version)


def mac_text(octets):
    return ":".join(f"{octet:02x}" for octet in octets)


def mac_octets(text):
    return bytes(int(part, 16) for part in text.split(":"))


def internet_checksum(octets):
    """RFC 1071."""
    octets += b"\0" * (len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def family_of(address):
    return 6 if ":" in address else 4


def packed(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def unpacked(octets):
    return socket.inet_ntop(socket.AF_INET6 if len(octets) == 16 else socket.AF_INET, octets)


def pseudo_header(source, destination, length, protocol=PROTOCOL_VRRP):
    ends = packed(source) + packed(destination)
    if family_of(source) == 6:
        return ends + struct.pack("!IBBBB", length, 0, 0, 0, protocol)
    return ends + struct.pack("!BBH", 0, protocol, length)


def checksum_form(message, source, destination):
    """Which of the two readings of the RFC makes the sum right; IPv6 knows one only."""
    with_header = internet_checksum(pseudo_header(source, destination, len(message)) + message) == 0
    if family_of(source) == 6:
        return "rfc9568" if with_header else "wrong"
    if internet_checksum(message) == 0:
        return "message" if message[0] >> 4 == 2 else "rfc9568"
    return "rfc5798" if with_header else "wrong"


def read_frame(frame, time):
    """An Advert, an Arp or a Neighbour; None for anything else and for what is too short."""
    if len(frame) < 14:
        return None
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == ETHERTYPE_ARP:
        return _read_arp(frame, time)
    if ethertype == ETHERTYPE_IPV4 and len(frame) >= 34 and frame[23] == PROTOCOL_VRRP:
        header = (frame[14] & 0x0F) * 4
        length = struct.unpack_from("!H", frame, 16)[0]
        return _read_advert(frame, time, ends=(frame[26:30], frame[30:34]), ttl=frame[22],
                            tos=frame[15], message=frame[14 + header:14 + length])
    if ethertype == ETHERTYPE_IPV6 and len(frame) >= 54:
        return _read_ipv6(frame, time)
    return None


def _read_ipv6(frame, time):
    word, length, protocol, hop_limit = struct.unpack_from("!IHBB", frame, 14)
    payload = frame[54:54 + length]
    if protocol == PROTOCOL_VRRP:
        return _read_advert(frame, time, ends=(frame[22:38], frame[38:54]), ttl=hop_limit,
                            tos=word >> 20 & 0xFF, message=payload)
    if protocol == PROTOCOL_ICMPV6 and len(payload) >= 24 \
            and payload[0] == NEIGHBOUR_ADVERTISEMENT:
        option = payload[24:32]
        return Neighbour(time=time, mac=mac_text(frame[6:12]), destination_mac=mac_text(frame[:6]),
                         source=unpacked(frame[22:38]), destination=unpacked(frame[38:54]),
                         hop_limit=hop_limit, target=unpacked(payload[8:24]),
                         target_mac=mac_text(option[2:]) if option[:2] == b"\x02\x01" else None,
                         router=bool(payload[4] & 0x80), solicited=bool(payload[4] & 0x40),
                         override=bool(payload[4] & 0x20))
    return None


def _read_arp(frame, time):
    if len(frame) < 42 or frame[14:20] != b"\x00\x01\x08\x00\x06\x04":
        return None
    operation, sender_mac, sender, target_mac, target = struct.unpack_from("!H6s4s6s4s", frame, 20)
    return Arp(time=time, mac=mac_text(frame[6:12]), destination_mac=mac_text(frame[:6]),
               operation=operation, sender_mac=mac_text(sender_mac),
               sender=socket.inet_ntoa(sender), target_mac=mac_text(target_mac),
               target=socket.inet_ntoa(target))


def _read_advert(frame, time, ends, ttl, tos, message):
    if len(message) < 8:
        return None
    source, destination = map(unpacked, ends)
    version, size = message[0] >> 4, len(ends[0])
    interval = (message[5] * 1000 if version == 2
                else (struct.unpack_from("!H", message, 4)[0] & 0x0FFF) * 10)
    listed_until = min(8 + size * message[3], len(message))
    listed = [message[at:at + size] for at in range(8, listed_until - size + 1, size)]
    return Advert(time=time, mac=mac_text(frame[6:12]), destination_mac=mac_text(frame[:6]),
                  source=source, destination=destination, ttl=ttl, tos=tos,
                  version=version, type=message[0] & 0x0F, vrid=message[1], priority=message[2],
                  interval_ms=interval, addresses=tuple(map(unpacked, listed)),
                  checksum=checksum_form(message, source, destination), frame=bytes(frame),
                  auth_type=message[4] if version == 2 else 0,
                  auth_data=message[listed_until:] if version == 2 else b"")


def advert_message(source, priority, *, version=3, kind=1, vrid=10, interval_ms=100,
                   addresses=("192.0.2.1",), count=None, checksum="rfc9568", destination=None,
                   password=None):
    """A VRRP message. `checksum` is rfc9568, rfc5798 or wrong."""
    destination = destination or (GROUP6 if family_of(source) == 6 else GROUP)
    listed = b"".join(packed(address) for address in addresses)
    interval = (interval_ms // 1000 & 0xFF) if version == 2 else (interval_ms // 10 & 0x0FFF)
    tail = b""
    if version == 2:
        tail = (password or "").encode().ljust(8, b"\0")
        interval |= 0x0100 if password else 0  # the type of the authentication
    count = len(addresses) if count is None else count

    def with_sum(value):
        return struct.pack("!BBBBHH", version << 4 | kind, vrid, priority, count, interval,
                           value) + listed + tail

    message = with_sum(0)
    if checksum == "rfc5798" or family_of(source) == 6:
        message = pseudo_header(source, destination, len(message)) + message
    value = internet_checksum(message)
    return with_sum(value ^ 0x0001 if checksum == "wrong" else value)


def advert_frame(mac, source, message, ttl=255, to=None):
    """An Ethernet frame with a VRRP message in it. `to` is (MAC, address) instead of the group."""
    if family_of(source) == 6:
        to = to or (GROUP6_MAC, GROUP6)
        header = struct.pack("!IHBB", 0x6C000000, len(message), PROTOCOL_VRRP, ttl)
        header += packed(source) + packed(to[1])
        return _ethernet(to[0], mac, ETHERTYPE_IPV6) + header + message
    to = to or (GROUP_MAC, GROUP)
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(message), 0, 0, ttl, PROTOCOL_VRRP,
                         0, packed(source), packed(to[1]))
    value = internet_checksum(header)
    header = header[:10] + struct.pack("!H", value) + header[12:]
    return _ethernet(to[0], mac, ETHERTYPE_IPV4) + header + message


def _ethernet(destination_mac, mac, ethertype):
    return mac_octets(destination_mac) + mac_octets(mac) + struct.pack("!H", ethertype)


def garp_frame(mac, address):
    """An Ethernet frame that claims an address for a MAC."""
    body = struct.pack("!HHBBH6s4s6s4s", 1, ETHERTYPE_IPV4, 6, 4, ARP_REQUEST, mac_octets(mac),
                       socket.inet_aton(address), b"\0" * 6, socket.inet_aton(address))
    return _ethernet(BROADCAST_MAC, mac, ETHERTYPE_ARP) + body


def neighbour_frame(mac, address):
    """An Ethernet frame with a Neighbour Advertisement that claims an IPv6 address for a MAC."""
    option = b"\x02\x01" + mac_octets(mac)
    body = struct.pack("!I", 0x20000000) + packed(address) + option
    header = bytes([NEIGHBOUR_ADVERTISEMENT, 0])
    ends = pseudo_header(address, ALL_NODES, 4 + len(body), PROTOCOL_ICMPV6)
    value = internet_checksum(ends + header + b"\0\0" + body)
    message = header + struct.pack("!H", value) + body
    fixed = struct.pack("!IHBB", 0x60000000, len(message), PROTOCOL_ICMPV6, 255)
    return (_ethernet("33:33:00:00:00:01", mac, ETHERTYPE_IPV6) + fixed + packed(address)
            + packed(ALL_NODES) + message)
