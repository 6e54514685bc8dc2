"""tandem and keepalived 2.2.7 share a virtual router, in both roles and both versions.

keepalived's version 3 checksum over IPv4 covers a pseudo-header and it drops the other form; tandem
with checksum = "auto" has to find that out by itself, whoever comes first.
"""

import time

import pytest

from capture import Capture
from daemons import pair_config
from lab import VIRTUAL, always, wait_until
from wire import active_down_interval, advert_frame, advert_message, skew_time

STRONG, WEAK = 200, 100
SLACK = 0.5
EARLY = 0.02
KINDS = {"v3": {"version": 3, "interval": 0.1}, "v2": {"version": 2, "interval": 1.0}}
ROLES = pytest.mark.parametrize("tandem, keepalived, winner", [(200, 100, "r1"), (100, 200, "r2")])
class Mixed:
    """r1 runs tandem, r2 keepalived."""

    def __init__(self, lab, kind, tandem, keepalived):
        self.lab = lab
        self.version, self.interval = KINDS[kind]["version"], KINDS[kind]["interval"]
        self.priorities = {"r1": tandem, "r2": keepalived}
        self.daemons = {}

    def start(self, name, preempt=True):
        milliseconds = int(self.interval * 1000)
        if name in self.daemons:
            self.daemons[name].start()
        elif name == "r1":
            self.daemons[name] = self.lab.tandem("r1", pair_config(
                {"r1": self.priorities["r1"]}, vrrp=self.version, preempt=preempt,
                advertise=f"{milliseconds}ms"))
        else:
            self.daemons[name] = self.lab.keepalived(
                "r2", priority=self.priorities["r2"], version=self.version,
                interval_ms=milliseconds, preempt=preempt)
        return self.daemons[name]

    def becomes_holder(self, name):
        wait_until(lambda: self.lab.holders() == [name], what=f"only {name} has the address")

    def settle(self, name):
        """One holder, and it stays so for longer than a Backup would wait."""
        self.becomes_holder(name)
        always(lambda: self.lab.holders() == [name], 4 * self.interval)

    def start_pair(self):
        """Both run, have heard each other, and the stronger one is Active."""
        weak, strong = sorted(self.priorities, key=self.priorities.get)
        self.start(strong)
        self.becomes_holder(strong)
        if strong == "r1":
            self.teach_the_pseudo_header()
        self.start(weak)
        self.settle(strong)
        return strong, weak

    def teach_the_pseudo_header(self):
        """tandem has heard a keepalived, as it has in the field after the first contest."""
        client = self.lab["client"]
        if self.version == 3:
            message = advert_message(client.address, 1, checksum="rfc5798")
            client.send(advert_frame(client.mac, client.address, message))
            wait_until(lambda: self.daemons["r1"].router()["checksum"]["sending"] == "rfc5798")

    def address(self, name):
        return self.lab[name].address


@pytest.fixture(params=[("v3", "tandem"), ("v3", "keepalived"), ("v2", "tandem"),
                        ("v2", "keepalived")], ids=lambda value: f"{value[0]}-{value[1]}-stronger")
def mixed(request, lab):
    kind, stronger = request.param
    strengths = (STRONG, WEAK) if stronger == "tandem" else (WEAK, STRONG)
    return Mixed(lab, kind, *strengths)


@pytest.mark.parametrize("first", ["r1", "r2"])
def test_the_stronger_one_becomes_active_whoever_starts_first(mixed, first):
    second = {"r1": "r2", "r2": "r1"}[first]
    weak, strong = sorted(mixed.priorities, key=mixed.priorities.get)
    mixed.start(first)
    mixed.becomes_holder(first)
    mixed.start(second)
    if mixed.version == 3:  # they contest once, until tandem knows what keepalived understands
        wait_until(lambda: mixed.daemons["r1"].router()["checksum"]["sending"] == "rfc5798")
    mixed.becomes_holder(strong)
    mark = time.time()
    mixed.settle(strong)
    advert = mixed.lab.capture.wait_advert(source=mixed.address(strong), since=mark)
    assert advert.version == mixed.version
    assert advert.checksum == ("rfc5798" if mixed.version == 3 else "message")
    assert mixed.lab.capture.adverts(source=mixed.address(weak), since=mark) == []


def test_the_weaker_one_takes_over_from_a_crashed_one_and_gives_back(mixed):
    strong, weak = mixed.start_pair()
    crash = time.time()
    mixed.daemons[strong].kill()
    first = mixed.lab.capture.wait_advert(source=mixed.address(weak), since=crash)
    last = mixed.lab.capture.adverts(source=mixed.address(strong), until=first.time)[-1]
    nominal = active_down_interval(WEAK, mixed.interval, mixed.version)
    assert nominal - EARLY <= first.time - last.time <= nominal + SLACK
    wait_until(lambda: mixed.lab[weak].holds())
    mixed.start(strong)
    mixed.settle(strong)


def test_the_weaker_one_takes_over_within_the_skew_time_of_a_planned_stop(mixed):
    strong, weak = mixed.start_pair()
    mixed.daemons[strong].terminate()
    released = mixed.lab.capture.wait_advert(source=mixed.address(strong), priority=0)
    first = mixed.lab.capture.wait_advert(source=mixed.address(weak), since=released.time)
    nominal = skew_time(WEAK, mixed.interval, mixed.version)
    assert nominal - EARLY <= first.time - released.time <= nominal + SLACK
    mixed.settle(weak)
    assert mixed.daemons[strong].wait() == 0


def test_the_stronger_one_waits_when_it_may_not_preempt(mixed):
    weak, strong = sorted(mixed.priorities, key=mixed.priorities.get)
    mixed.start(weak, preempt=False)
    mixed.becomes_holder(weak)
    if weak == "r1":
        mixed.teach_the_pseudo_header()
    mixed.start(strong, preempt=False)
    always(lambda: mixed.lab.holders() == [weak], 5 * mixed.interval)
    assert mixed.lab.capture.adverts(source=mixed.address(strong)) == []


@ROLES
def test_a_client_follows_from_one_to_the_other_and_back(lab, tandem, keepalived, winner):
    mixed = Mixed(lab, "v3", tandem, keepalived)
    strong, _ = mixed.start_pair()
    assert strong == winner
    probe = lab.probe()
    time.sleep(0.2)
    stop = time.time()
    mixed.daemons[strong].stop()
    time.sleep(0.3)
    gap = probe.report(since=stop)["longest_gap_ms"] / 1000
    assert gap <= skew_time(WEAK, mixed.interval) + SLACK
    back = time.time()
    mixed.start(strong)
    mixed.settle(strong)
    time.sleep(0.3)
    assert probe.report(since=back)["longest_gap_ms"] / 1000 <= SLACK
    assert lab.holders(VIRTUAL) == [strong]


@ROLES
def test_a_split_between_the_two_heals_to_the_stronger_one(lab, tandem, keepalived, winner):
    mixed = Mixed(lab, "v3", tandem, keepalived)
    mixed.start_pair()
    lab.switch.cut(lab["r1"])
    wait_until(lambda: lab.holders() == ["r1", "r2"])
    lab.switch.heal(lab["r1"])
    mixed.settle(winner)


def test_a_keepalived_that_joins_and_yields_leaves_the_clients_with_tandem(lab):
    mixed = Mixed(lab, "v3", STRONG, WEAK)
    mixed.start("r1")
    mixed.becomes_holder("r1")
    time.sleep(6)  # the announcements of the claim are over, those after 5 s too
    probe = lab.probe()
    mixed.start("r2")  # claims, because it does not understand tandem yet
    wait_until(lambda: mixed.daemons["r1"].router()["peers"] != [])
    mixed.becomes_holder("r1")
    time.sleep(0.5)
    mark = time.time()
    time.sleep(0.5)
    report = probe.report(since=mark)
    assert report["lost"] == 0 and report["sent"] > 200


def test_nothing_is_discarded_between_the_two(mixed):
    mixed.start_pair()
    tandem = mixed.daemons["r1"].router()
    assert sum(tandem["counters"]["discarded"].values()) == 0
    assert "checksum" not in mixed.daemons["r2"].log_text().lower()
