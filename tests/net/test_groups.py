"""Routers of a group move as one: three segments, both families, one fault."""

import time

import pytest

from capture import Capture
from health import config
from lab import always, wait_until
from namespaces import batch

NUMBERS = {"r1": 2, "r2": 3}
SEGMENTS = ("eth0", "eth1", "eth2")
PATIENCE = 20.0
AT_ONCE = 0.05  # much less than what an election takes


class Segment:
    """A link of its own between the two routers, with somebody who listens."""

    def __init__(self, lab, name):
        self.name, self.number = name, SEGMENTS.index(name) + 1
        switch = lab.switch.namespace
        bridge = f"seg{self.number}"
        batch(switch, [f"link add name {bridge} type bridge stp_state 0 forward_delay 0 "
                       "mcast_snooping 0", f"link set {bridge} up"])
        for host in (lab["r1"], lab["r2"]):
            self._plug(switch, bridge, host, lab.switch.port(host, name))
        self.capture = Capture(switch, bridge)
        lab.at_close(self.capture.close)

    def _plug(self, switch, bridge, host, port):
        lines = []
        if self.name == "eth0":
            lines.append(f"link set {port} nomaster")
        else:
            lines.append(f"link add {port} type veth peer name {self.name} netns {host.namespace}")
        batch(switch, [*lines, f"link set {port} master {bridge}", f"link set {port} up"])
        for scope in ("all", "default", self.name):
            host.sysctl(f"ipv6.conf.{scope}.disable_ipv6", 0)
        host.sysctl(f"ipv6.conf.{self.name}.accept_ra", 0)
        batch(host.namespace, [
            f"link set {self.name} up",
            f"address replace {self.own(host.name)}/24 dev {self.name}",
            f"address replace {self.own(host.name, 6)}/64 dev {self.name} nodad"])

    def own(self, host, family=4):
        number = NUMBERS[host]
        return f"10.{self.number}.0.{number}" if family == 4 else f"fe80::{self.number}:{number}"

    def virtual(self, family=4):
        return f"10.{self.number}.0.1" if family == 4 else f"2001:db8:{self.number}::1"

    def sources(self, host):
        return [self.own(host, 4), self.own(host, 6)]

    def releases(self, host, since):
        return [advert for advert in self.capture.adverts(since=since, priority=0)
                if advert.source in self.sources(host)]


@pytest.fixture
def segments(lab):
    return [Segment(lab, name) for name in SEGMENTS]


def grouped(segments, known=None, **group):
    """Three routers, each with both families, in one group."""
    routers = {f"seg{one.number}": {
        "interface": one.name, "vrid": 20 + one.number,
        "source": {host: one.sources(host) for host in NUMBERS},
        "addresses": [f"{one.virtual()}/24", f"fe80::{one.number}:1/64", f"{one.virtual(6)}/64"]}
               for one in segments}
    return config(routers, known, {"edge": {"members": list(routers), **group}})


def holders(lab, segments):
    """Who has which of the virtual addresses."""
    found = {}
    for host in (lab["r1"], lab["r2"]):
        for one in segments:
            for family in (4, 6):
                if host.holds(one.virtual(family), one.name):
                    found.setdefault(one.virtual(family), []).append(host.name)
    return found


def all_with(lab, segments, name):
    """Every virtual address is with one router, and with nobody else."""
    wanted = {one.virtual(family): [name] for one in segments for family in (4, 6)}
    wait_until(lambda: holders(lab, segments) == wanted, PATIENCE, f"{name} has all addresses")


def start(lab, segments, text):
    r1 = lab.tandem("r1", text)
    r2 = lab.tandem("r2", text)
    all_with(lab, segments, "r1")
    wait_until(lambda: set(states(r2)) == {"backup"}, PATIENCE, "r2 is Backup")
    return r1, r2


def states(daemon):
    return [router["state"] for router in daemon.status()["routers"]]


def released_at_once(segments, host, since):
    """Each segment hears priority 0 of both families, all at about the same time."""
    def heard():
        return [one.releases(host, since) for one in segments]
    wait_until(lambda: all({advert.source for advert in adverts} == set(one.sources(host))
                           for one, adverts in zip(segments, heard())),
               PATIENCE, "priority 0 of both families on every segment")
    times = [advert.time for adverts in heard() for advert in adverts[:2]]
    assert max(times) - min(times) < AT_ONCE, sorted(times)


def no_split(lab, segments, since):
    """From here on no router of r2's says that it is Active."""
    for one in segments:
        assert [advert for advert in one.capture.adverts(since=since)
                if advert.source in one.sources("r2") and advert.priority > 0] == []


@pytest.mark.parametrize("lost", SEGMENTS)
def test_a_link_that_goes_down_moves_the_whole_group_and_it_comes_back(lab, segments, lost):
    r1, r2 = start(lab, segments, grouped(segments))
    down = time.time()
    lab.switch.port_down(lab["r1"], lost)
    all_with(lab, segments, "r2")
    others = [one for one in segments if one.name != lost]
    released_at_once(others, "r1", down)
    assert set(states(r1)) == {"fault"} and set(states(r2)) == {"active"}
    lab.switch.port_up(lab["r1"], lost)
    wait_until(lambda: set(states(r1)) == {"active"} and set(states(r2)) == {"backup"}, PATIENCE,
               "r1 is Active again")
    all_with(lab, segments, "r1")


def test_a_backup_that_loses_a_link_disturbs_nobody(lab, segments):
    r1, r2 = start(lab, segments, grouped(segments))
    mark = time.time()
    lab.switch.port_down(lab["r2"], "eth1")
    wait_until(lambda: set(states(r2)) == {"fault"}, PATIENCE, "all of r2 are in fault")
    always(lambda: set(states(r1)) == {"active"}, 1.0, "r1 is Active")
    no_split(lab, segments, mark)


def flags(scripts):
    for host in NUMBERS:
        scripts.touch(f"{host}-flag")
    return {host: scripts.path(f"{host}-flag") for host in NUMBERS}


@pytest.mark.parametrize("on_fail", ["fault", {"penalty": 150}], ids=["fault", "penalty"])
def test_a_check_of_the_group_moves_all_members_at_once(lab, segments, scripts, on_fail):
    check = {"type": "file", "path": flags(scripts), "on_fail": on_fail}
    r1, r2 = start(lab, segments, grouped(segments, {"flag": check}, checks=["flag"]))
    sick = time.time()
    scripts.remove("r1-flag")
    all_with(lab, segments, "r2")
    released_at_once(segments, "r1", sick)
    assert set(states(r1)) == {"fault" if on_fail == "fault" else "backup"}
    scripts.touch("r1-flag")
    wait_until(lambda: set(states(r1)) == {"active"} and set(states(r2)) == {"backup"}, PATIENCE,
               "r1 is Active again")
    all_with(lab, segments, "r1")


def test_a_check_of_one_member_counts_for_all(lab, segments, scripts):
    check = {"type": "file", "path": flags(scripts), "on_fail": "fault"}
    text = grouped(segments, {"flag": check}).replace("vrid = 21;", 'vrid = 21; checks = ["flag"];')
    start(lab, segments, text)
    sick = time.time()
    scripts.remove("r1-flag")
    all_with(lab, segments, "r2")
    released_at_once(segments, "r1", sick)


def test_a_crash_moves_the_whole_group(lab, segments):
    r1, r2 = start(lab, segments, grouped(segments))
    r1.kill()
    wait_until(lambda: set(states(r2)) == {"active"}, PATIENCE, "r2 has taken over")
    wait_until(lambda: all(lab["r2"].holds(one.virtual(family), one.name)
                           for one in segments for family in (4, 6)), PATIENCE,
               "r2 has all addresses")


def test_adverts_of_one_segment_that_are_lost_make_no_second_active_router(lab, segments):
    """The other segments still hear the Active router: the group stays where it is."""
    r1, r2 = start(lab, segments, grouped(segments))
    mark = time.time()
    lost = segments[1]
    port = lab.switch.port(lab["r1"], lost.name)
    batch(lab.switch.namespace, [f"link set {port} nomaster"])  # r1 keeps its carrier
    always(lambda: set(states(r2)) == {"backup"}, 2.0, "r2 stays Backup")
    no_split(lab, segments, mark)
    assert set(states(r1)) == {"active"}
    wait_until(lambda: any("still hears" in text for text in r2.status()["problems"]), PATIENCE,
               "r2 tells that a segment is silent")
