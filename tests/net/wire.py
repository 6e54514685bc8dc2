"""VRRP adverts and ARP as bytes, written for the tests: shares no code with the daemon.

Reads frames into Advert and Arp values and makes frames, broken ones too. The two formulas of the
RFC are here as well.
"""

import dataclasses
import socket
import struct

GROUP = "224.0.0.18"
GROUP_MAC = "01:00:5e:00:00:12"
BROADCAST_MAC = "ff:ff:ff:ff:ff:ff"
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
PROTOCOL_VRRP = 112
ARP_REQUEST = 1


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
    checksum: str  # rfc9568, rfc5798 (pseudo-header), message (version 2) or wrong
    frame: bytes = dataclasses.field(repr=False)

    def __str__(self):
        return (f"advert v{self.version} {self.source} vrid={self.vrid} priority={self.priority} "
                f"interval={self.interval_ms}ms addresses={','.join(self.addresses)} "
                f"ttl={self.ttl} checksum={self.checksum}")


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


def pseudo_header(source, destination, length):
    return struct.pack("!4s4sBBH", socket.inet_aton(source), socket.inet_aton(destination), 0,
                       PROTOCOL_VRRP, length)


def checksum_form(message, source, destination):
    """Which of the two readings of the RFC makes the sum right."""
    if internet_checksum(message) == 0:
        return "message" if message[0] >> 4 == 2 else "rfc9568"
    if internet_checksum(pseudo_header(source, destination, len(message)) + message) == 0:
        return "rfc5798"
    return "wrong"


def read_frame(frame, time):
    """An Advert or an Arp; None for anything else and for what is too short to tell."""
    if len(frame) < 14:
        return None
    ethertype = struct.unpack_from("!H", frame, 12)[0]
    if ethertype == ETHERTYPE_ARP:
        return _read_arp(frame, time)
    if ethertype == ETHERTYPE_IPV4:
        return _read_advert(frame, time)
    return None


def _read_arp(frame, time):
    if len(frame) < 42 or frame[14:20] != b"\x00\x01\x08\x00\x06\x04":
        return None
    operation, sender_mac, sender, target_mac, target = struct.unpack_from("!H6s4s6s4s", frame, 20)
    return Arp(time=time, mac=mac_text(frame[6:12]), destination_mac=mac_text(frame[:6]),
               operation=operation, sender_mac=mac_text(sender_mac),
               sender=socket.inet_ntoa(sender), target_mac=mac_text(target_mac),
               target=socket.inet_ntoa(target))


def _read_advert(frame, time):
    if len(frame) < 34 or frame[14] >> 4 != 4 or frame[23] != PROTOCOL_VRRP:
        return None
    header = (frame[14] & 0x0F) * 4
    length = struct.unpack_from("!H", frame, 16)[0]
    message = frame[14 + header:14 + length]
    if len(message) < 8:
        return None
    source, destination = socket.inet_ntoa(frame[26:30]), socket.inet_ntoa(frame[30:34])
    version = message[0] >> 4
    interval = (message[5] * 1000 if version == 2
                else (struct.unpack_from("!H", message, 4)[0] & 0x0FFF) * 10)
    ends = range(12, min(8 + 4 * message[3], len(message)) + 1, 4)
    return Advert(time=time, mac=mac_text(frame[6:12]), destination_mac=mac_text(frame[:6]),
                  source=source, destination=destination, ttl=frame[22], tos=frame[15],
                  version=version, type=message[0] & 0x0F, vrid=message[1], priority=message[2],
                  interval_ms=interval,
                  addresses=tuple(socket.inet_ntoa(message[end - 4:end]) for end in ends),
                  checksum=checksum_form(message, source, destination), frame=bytes(frame))


def advert_message(source, priority, *, version=3, kind=1, vrid=10, interval_ms=100,
                   addresses=("192.0.2.1",), count=None, checksum="rfc9568"):
    """A VRRP message. `checksum` is rfc9568, rfc5798 or wrong."""
    listed = b"".join(socket.inet_aton(address) for address in addresses)
    interval = (interval_ms // 1000 & 0xFF) if version == 2 else (interval_ms // 10 & 0x0FFF)
    tail = b"\0" * 8 if version == 2 else b""
    count = len(addresses) if count is None else count

    def with_sum(value):
        return struct.pack("!BBBBHH", version << 4 | kind, vrid, priority, count, interval,
                           value) + listed + tail

    message = with_sum(0)
    if checksum == "rfc5798":
        message = pseudo_header(source, GROUP, len(message)) + message
    value = internet_checksum(message)
    return with_sum(value ^ 0x0001 if checksum == "wrong" else value)


def advert_frame(mac, source, message, ttl=255):
    """An Ethernet frame with a VRRP message in it."""
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(message), 0, 0, ttl, PROTOCOL_VRRP,
                         0, socket.inet_aton(source), socket.inet_aton(GROUP))
    value = internet_checksum(header)
    header = header[:10] + struct.pack("!H", value) + header[12:]
    return (mac_octets(GROUP_MAC) + mac_octets(mac) + struct.pack("!H", ETHERTYPE_IPV4) + header
            + message)


def garp_frame(mac, address):
    """An Ethernet frame that claims an address for a MAC."""
    body = struct.pack("!HHBBH6s4s6s4s", 1, ETHERTYPE_IPV4, 6, 4, ARP_REQUEST, mac_octets(mac),
                       socket.inet_aton(address), b"\0" * 6, socket.inet_aton(address))
    return (mac_octets(BROADCAST_MAC) + mac_octets(mac) + struct.pack("!H", ETHERTYPE_ARP)
            + body)
