"""tandem and keepalived 2.2.7 share a virtual router, in both roles.

keepalived's version 3 checksum over IPv4 covers a pseudo-header and it drops the other form,
without a setting for it in this version; tandem with checksum = "auto" has to find that out by
itself, whoever comes first.
"""

import time

import pytest

import interop
from daemons import pair_config
from interop import Mixed
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until

STRONGER = pytest.mark.parametrize("strong", ["tandem", "peer"],
                                   ids=lambda role: f"{role}-stronger")
WHOLE_LAN = pytest.mark.lan(ipv6=True, hub=True)


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-told-the-checksum", "v3-ipv6", "unicast",
                                  "unicast-ipv6"])
@STRONGER
def test_a_pair_has_one_active_router_all_its_life(lab, kind, strong):
    interop.whole_life(Mixed(lab, "keepalived", kind, strong))


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v2", "v3", "v3-ipv6", "unicast"])
@STRONGER
def test_a_split_that_is_older_than_their_acquaintance_heals(lab, kind, strong):
    interop.split_heals(Mixed(lab, "keepalived", kind, strong), winner=strong)


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6", "unicast"])
@pytest.mark.parametrize("tandem_on, winner", [("r1", "peer"), ("r2", "tandem")],
                         ids=lambda value: value)
def test_of_equals_the_greater_address_wins_a_contest_and_only_that(lab, kind, tandem_on, winner):
    interop.tie(Mixed(lab, "keepalived", kind, tandem_on=tandem_on), winner)


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6"])
@STRONGER
def test_a_backup_waits_as_long_as_a_slower_active_router_says(lab, kind, strong):
    interop.learned_interval(Mixed(lab, "keepalived", kind, strong))


@STRONGER
def test_a_client_follows_from_one_to_the_other_and_back(lab, strong):
    mixed = Mixed(lab, "keepalived", "v3", strong)
    mixed.start(strong)
    mixed.becomes_active(strong)
    mixed.start(mixed.weak)
    mixed.settle(strong)
    probe = lab.probe()
    time.sleep(0.2)
    mark = time.time()
    mixed.stop(strong)
    time.sleep(0.3)
    gap = probe.report(since=mark)["longest_gap_ms"] / 1000
    assert gap <= interop.skew_time(interop.WEAK, mixed.kind.interval) + interop.SLACK
    mark = time.time()
    mixed.start(strong)
    mixed.settle(strong)
    time.sleep(0.3)
    assert probe.report(since=mark)["longest_gap_ms"] / 1000 <= interop.SLACK


@WHOLE_LAN
@STRONGER
def test_both_families_of_a_block_go_to_a_keepalived_and_come_back(lab, strong):
    """keepalived has an instance for each, and they know nothing of each other."""
    addresses = [f"{VIRTUAL}/24", f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"]
    priorities = dict.fromkeys(("tandem", "peer"), interop.WEAK) | {strong: interop.STRONG}
    tandem = lab.tandem("r1", pair_config({"r1": priorities["tandem"]}, addresses=addresses))
    keepalived = lab.keepalived("r2", priority=priorities["peer"], addresses=addresses)
    hosts = {"tandem": "r1", "peer": "r2"}
    daemons = {"tandem": tandem, "peer": keepalived}

    def settled_on(role):
        name = hosts[role]
        return (lab.holders(VIRTUAL) == lab.holders(VIRTUAL6) == [name]
                and (not tandem.running
                     or tandem.states() == ["active" if role == "tandem" else "backup"] * 2))

    for _ in range(2):
        wait_until(lambda: settled_on(strong))
        always(lambda: settled_on(strong), 0.7)
        daemons[strong].stop()
        wait_until(lambda: settled_on(interop.other(strong)))
        daemons[strong].start()
    wait_until(lambda: settled_on(strong))
    assert tandem.router()["counters"]["discarded"] == {}


def test_a_keepalived_that_joins_leaves_the_clients_with_tandem(lab):
    mixed = Mixed(lab, "keepalived", "v3", "tandem")
    mixed.start("tandem")
    mixed.becomes_active("tandem")
    time.sleep(6)  # the announcements of the claim are over, those after 5 s too
    probe = lab.probe()
    mixed.start("peer")
    time.sleep(1.5)
    mark = time.time()
    time.sleep(0.5)
    report = probe.report(since=mark)
    assert report["lost"] == 0 and report["sent"] > 200
    mixed.settle("tandem")
