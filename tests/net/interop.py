"""tandem and a router of another make share a virtual router: what such tests have in common.

Who is Active is asked of the wire, since vrrpd keeps its addresses as a Backup too; tandem's own
word and, beside keepalived, the addresses in the kernels must agree with it.
"""

import dataclasses
import os
import time

from daemons import pair_config
from lab import ADVERTS, VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, wait_until
from wire import active_down_interval, skew_time

STRONG, WEAK, EQUAL = 200, 100, 150
SLACK = 0.5   # what a busy machine may add to a takeover
EARLY = 0.02  # time stamps of two machines; vrrpd cuts its skew time to whole 10 ms
SLOW = 0.3    # another interval than the usual one
PASSWORD = "s3cret"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A way to speak VRRP that both understand."""

    version: int = 3
    interval: float = 0.1
    family: int = 4
    unicast: bool = False
    password: str = None
    link_local: bool = True  # whether an IPv6 list has a link-local address
    tandem: dict = dataclasses.field(default_factory=dict)  # more settings for tandem

    @property
    def addresses(self):
        if self.family == 6:
            return (*([f"{VIRTUAL_LINK_LOCAL}/64"] if self.link_local else []), f"{VIRTUAL6}/64")
        return (f"{VIRTUAL}/24",)

    @property
    def virtual(self):
        return VIRTUAL6 if self.family == 6 else VIRTUAL


KINDS = {
    "v2": Kind(version=2, interval=1.0),
    "v2-password": Kind(version=2, interval=1.0, password=PASSWORD),
    "v3": Kind(),
    "v3-told-the-checksum": Kind(tandem={"checksum": "rfc5798"}),
    "v3-ipv6": Kind(family=6),
    "v3-ipv6-without-link-local": Kind(family=6, link_local=False,
                                       tandem={"link_local_first": False}),
    "unicast": Kind(unicast=True),
    # keepalived 2.2.7 sends unicast over IPv6 with a hop limit of 64.
    "unicast-ipv6": Kind(family=6, unicast=True, tandem={"ttl": 64}),
}


class Mixed:
    """The two routers of a pair by role: `tandem`, and `peer`, which is keepalived or FRR."""

    def __init__(self, lab, make, kind, strong=None, tandem_on="r1"):
        self.lab, self.make, self.kind = lab, make, KINDS[kind]
        self.hosts = {"tandem": lab[tandem_on], "peer": lab["r2" if tandem_on == "r1" else "r1"]}
        self.strong = strong
        self.weak = other(strong) if strong else None
        self.priorities = {role: EQUAL if strong is None else STRONG if role == strong else WEAK
                           for role in self.hosts}
        self.intervals = dict.fromkeys(self.hosts, self.kind.interval)
        self.daemons = {}

    # ---- what runs -----------------------------------------------------------------------------

    def start(self, role, preempt=True):
        settings = {"priority": self.priorities[role], "preempt": preempt}
        if role == "tandem":
            self._start_tandem(**settings)
        else:
            self._start_peer(**settings)

    def _start_tandem(self, priority, preempt):
        kind, host = self.kind, self.hosts["tandem"]
        settings = {"vrrp": kind.version, "addresses": kind.addresses, "preempt": preempt,
                    "advertise": f"{round(self.intervals['tandem'] * 1000)}ms", **kind.tandem}
        if kind.unicast:
            settings |= {"transport": "unicast", "peers": [self.source("peer")]}
        if kind.password:
            settings["auth"] = {"type": "text", "password": kind.password}
        config = pair_config({host.name: priority}, **settings)
        if "tandem" not in self.daemons:
            self.daemons["tandem"] = self.lab.tandem(host.name, config)
            return
        self.daemons["tandem"].configure(config)
        self.daemons["tandem"].start()

    def _start_peer(self, priority, preempt):
        kind, host = self.kind, self.hosts["peer"]
        settings = {"priority": priority, "preempt": preempt, "version": kind.version,
                    "interval_ms": round(self.intervals["peer"] * 1000),
                    "addresses": kind.addresses}
        if kind.unicast:
            settings["unicast"] = (self.source("peer"), [self.source("tandem")])
        if kind.password:
            settings["password"] = kind.password
        if "peer" not in self.daemons:
            self.daemons["peer"] = getattr(self.lab, self.make)(host.name, **settings)
            return
        self.daemons["peer"].configure(**settings)
        self.daemons["peer"].start()

    def crash(self, role):
        """As when the machine reboots: what a next process could go on from is gone."""
        self.daemons[role].kill()
        if role == "tandem":
            os.unlink(os.path.join(self.daemons[role].run_dir, "state"))

    def stop(self, role):
        assert self.daemons[role].stop() == 0

    def tandem(self):
        return self.daemons["tandem"].router()

    # ---- what the wire says --------------------------------------------------------------------

    def source(self, role):
        if self.kind.family == 4:
            return self.hosts[role].address
        if role == "peer" and self.make == "frr":
            return self.daemons["peer"].source
        return self.hosts[role].link_local

    def adverts(self, role, since=0.0, **fields):
        if role not in self.daemons:
            return []
        return self.lab.capture.adverts(source=self.source(role), since=since, **fields)

    def claims(self, role, since):
        """Whether it has said that it is Active."""
        return any(advert.priority > 0 for advert in self.adverts(role, since))

    def active(self):
        """Who says now that it is Active."""
        window = 1.5 * max(self.intervals.values())
        return [role for role in self.hosts if self.claims(role, time.time() - window)]

    def becomes_active(self, role, within=10.0):
        wait_until(lambda: self.active() == [role], within, f"{role} alone is Active")
        wait_until(lambda: not self._runs("tandem") or self._as_expected(role), 2.0,
                   f"all agree that {role} is Active")

    def _as_expected(self, role):
        if self.tandem()["state"] != ("active" if role == "tandem" else "backup"):
            return False
        if self.make == "frr" or not self._runs("peer"):
            return True
        return self.lab.holders(self.kind.virtual) == [self.hosts[role].name]

    def _runs(self, role):
        return role in self.daemons and self.daemons[role].running

    def settle(self, role, within=10.0):
        """It becomes Active, and the other one is quiet for longer than a Backup would wait."""
        self.becomes_active(role, within)
        mark = time.time()
        time.sleep(self.down_interval(other(role)) + 0.1)
        quiet = self.adverts(other(role), mark)
        assert not quiet, f"{other(role)} is not quiet:\n{self.lab.capture.text()}"
        assert self.active() == [role]
        assert self._as_expected(role) or not self._runs("tandem")

    def down_interval(self, role):
        return active_down_interval(self.priorities[role], max(self.intervals.values()),
                                    self.kind.version)

    def takes_over(self, role, since, after):
        """It takes over in time: `after` is silence or a release of the other one."""
        first = self.lab.capture.wait_advert(source=self.source(role), since=since)
        before = [advert for advert in self.adverts(other(role)) if advert.time < first.time]
        last = before[-1]
        if after == "release":  # it is said again when the first advert is late, or lost
            last = next(advert for advert in before
                        if advert.priority == 0 and advert.time >= since)
        nominal = self.down_interval(role)
        if after == "release":
            nominal = skew_time(self.priorities[role], self.kind.interval, self.kind.version)
        assert first.time - last.time >= nominal - EARLY
        assert self._decides(role, first) - last.time <= nominal + SLACK

    def _decides(self, role, first):
        """When it became Active, its first advert being `first`.

        vrrpd decides in time, but its adverts are lost until zebra, another process, has taken its
        device up; for that it needs the kernel's lock that all labs of a machine share.
        """
        if self.make == "frr" and role == "peer":
            return self.daemons["peer"].became_active()
        return first.time

    def nothing_is_rejected(self):
        discarded = self.tandem()["counters"]["discarded"]
        assert not discarded, f"tandem has discarded {discarded}"


def other(role):
    return "peer" if role == "tandem" else "tandem"


# ---- the scenarios -----------------------------------------------------------------------------


def whole_life(mixed):
    """All that a pair lives through, one event after the other."""
    strong, weak = mixed.strong, mixed.weak
    mixed.start(weak)
    mixed.becomes_active(weak)

    mixed.start(strong)  # comes later, and may preempt
    mixed.settle(strong)

    mixed.stop(weak)  # the other order
    mark = time.time()
    mixed.start(weak)
    mixed.settle(strong)
    assert mixed.adverts(weak, mark) == []
    mixed.nothing_is_rejected()

    mark = time.time()
    mixed.crash(strong)
    mixed.takes_over(weak, mark, after="silence")
    mixed.start(strong)
    mixed.settle(strong)

    mark = time.time()
    mixed.stop(strong)
    mixed.takes_over(weak, mark, after="release")
    mixed.becomes_active(weak)

    mark = time.time()
    mixed.start(strong, preempt=False)
    mixed.settle(weak)
    assert mixed.adverts(strong, mark) == []
    mixed.nothing_is_rejected()

    mark = time.time()
    mixed.crash(weak)
    mixed.takes_over(strong, mark, after="silence")


def split(mixed):
    """Both start alone and become Active, and then they hear each other for the first time."""
    # Only the adverts are lost: without ARP those of unicast would not even leave.
    mixed.lab.switch.part(*mixed.hosts.values(), what=ADVERTS[mixed.kind.family])
    for role in mixed.hosts:
        mixed.start(role)
    wait_until(lambda: len(mixed.active()) == 2, what="both are Active")
    mixed.lab.switch.join()
    return time.time()


def split_heals(mixed, winner):
    """A few intervals after the two hear each other, one of them is Active."""
    healed = split(mixed)
    mixed.settle(winner)
    last = mixed.adverts(other(winner))[-1]
    assert last.time - healed <= 5 * mixed.kind.interval + 2 * SLACK
    assert mixed.claims(winner, healed)


def tie(mixed, winner):
    """Equal priorities: the greater address wins a contest, but a Backup obeys an equal Active."""
    loser = other(winner)
    split_heals(mixed, winner)

    mark = time.time()
    mixed.crash(loser)
    mixed.start(loser)
    mixed.settle(winner)
    assert mixed.adverts(loser, mark) == []

    mark = time.time()
    mixed.crash(winner)
    mixed.takes_over(loser, mark, after="silence")
    mark = time.time()
    mixed.start(winner)
    mixed.settle(loser)
    assert mixed.adverts(winner, mark) == []


def learned_interval(mixed):
    """The Active one is slower than the Backup: the Backup waits as long as the Active one says."""
    mixed.intervals[mixed.strong] = SLOW
    mixed.start(mixed.strong)
    mixed.becomes_active(mixed.strong)
    mark = time.time()
    mixed.start(mixed.weak)
    mixed.settle(mixed.strong)
    assert mixed.adverts(mixed.weak, mark) == []
    if mixed.weak == "tandem":
        assert mixed.tandem()["timers"]["active_advertise_ms"] == SLOW * 1000
    mark = time.time()
    mixed.crash(mixed.strong)
    mixed.takes_over(mixed.weak, mark, after="silence")
