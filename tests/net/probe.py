"""A client that asks a virtual address for an echo every millisecond and counts what is lost.

Imported, it is `Probe`, the lab's handle. Run as a program it is the client itself: a process of
its own, so that the tests' work does not delay it. The kernel of the router answers (ICMP echo).
"""

import bisect
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

INTERVAL = 0.001
SETTLE = 0.1  # an answer that takes longer counts as lost
SO_TIMESTAMPNS = 35
ICMP_FILTER = ICMP6_FILTER = 1
ECHO_REQUEST, ECHO_REPLY = 8, 0
ECHO_REQUEST6, ECHO_REPLY6 = 128, 129


class Probe:
    """Runs the client in a namespace. Times are seconds since the epoch."""

    def __init__(self, namespace, address):
        self._process = subprocess.Popen(
            ["ip", "netns", "exec", namespace, sys.executable, os.path.abspath(__file__), address],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self._process.stdout.readline()  # it is sending
        self.started = time.time()

    def report(self, since=None, until=None):
        """Counts for the probes sent in a stretch of time.

        sent, answered, lost; longest_gap_ms: the longest time without an answer, which began at
        gap_at; longest_stall_ms: the longest time in which this client itself sent nothing.
        """
        since = self.started if since is None else since
        until = time.time() if until is None else until
        self._process.stdin.write(f"{since!r} {until!r}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()


class Client:
    """The sending and counting."""

    def __init__(self, address):
        self._address = address
        self._mark = os.urandom(8)
        self._sent = []      # when each probe left
        self._answers = []   # when answers came, in order
        self._answered = set()
        self._requests = []  # (due, since, until)
        self._ipv6 = ":" in address
        self._socket = echo_socket6() if self._ipv6 else echo_socket4()
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)

    def run(self):
        print("sending", flush=True)
        next_due = time.monotonic()
        while True:
            wait = max(next_due - time.monotonic(), 0)
            readable = select.select([self._socket, sys.stdin], [], [], wait)[0]
            if self._socket in readable:
                self._receive()
            if sys.stdin in readable and not self._take_request():
                return
            if time.monotonic() >= next_due:
                self._send()
                next_due = max(next_due + INTERVAL, time.monotonic() - 10 * INTERVAL)
            self._answer_requests()

    def _send(self):
        number = len(self._sent)
        kind = ECHO_REQUEST6 if self._ipv6 else ECHO_REQUEST  # the kernel sums up ICMPv6
        body = struct.pack("!BBHHH8sQ", kind, 0, 0, 0, number & 0xFFFF, self._mark, number)
        total = sum(struct.unpack(f"!{len(body) // 2}H", body))
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        body = body[:2] + struct.pack("!H", ~total & 0xFFFF) + body[4:]
        self._sent.append(time.time())
        try:
            self._socket.sendto(body, (self._address, 0))
        except OSError:
            pass  # nobody knows the way at the moment: that is a lost probe

    def _receive(self):
        while True:
            try:
                packet, control, _, _ = self._socket.recvmsg(256, 64)
            except BlockingIOError:
                return
            body = packet if self._ipv6 else packet[(packet[0] & 0x0F) * 4:]
            if len(body) < 24 or body[8:16] != self._mark:
                continue
            number = struct.unpack_from("!Q", body, 16)[0]
            if number not in self._answered:
                self._answered.add(number)
                self._answers.append(_arrival(control))

    def _take_request(self):
        line = sys.stdin.readline()
        if not line:
            return False
        since, until = map(float, line.split())
        self._requests.append((max(until, time.time()) + SETTLE, since, until))
        return True

    def _answer_requests(self):
        while self._requests and time.time() >= self._requests[0][0]:
            _, since, until = self._requests.pop(0)
            print(json.dumps(self._count(since, until)), flush=True)

    def _count(self, since, until):
        first, end = bisect.bisect_left(self._sent, since), bisect.bisect_right(self._sent, until)
        answered = sum(number in self._answered for number in range(first, end))
        answers = sorted(self._answers)
        inner = answers[bisect.bisect_left(answers, since):bisect.bisect_right(answers, until)]
        gap, gap_at = _longest([since, *inner, until])
        return {"sent": end - first, "answered": answered, "lost": end - first - answered,
                "longest_gap_ms": gap * 1000, "gap_at": gap_at,
                "longest_stall_ms": _longest(self._sent[first:end])[0] * 1000}


def echo_socket4():
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.setsockopt(socket.SOL_RAW if hasattr(socket, "SOL_RAW") else 255, ICMP_FILTER,
                    struct.pack("I", ~(1 << ECHO_REPLY) & 0xFFFFFFFF))
    return sock


def echo_socket6():
    sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    blocked = (1 << 256) - 1 & ~(1 << ECHO_REPLY6)
    sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, blocked.to_bytes(32, "little"))
    return sock


def _longest(times):
    """The longest step in a series of times, and where it began."""
    return max(((later - earlier, earlier) for earlier, later in zip(times, times[1:])),
               default=(0.0, 0.0))


def _arrival(control):
    for level, kind, value in control:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", value[:16])
            return seconds + nanoseconds / 1e9
    return time.time()


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the lab ends it
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        pass  # without it the counts are the same and the times a little coarser
    Client(sys.argv[1]).run()


if __name__ == "__main__":
    main()
