"""Virtual routers over IPv6, alone and together with IPv4 in one router block."""

import json
import time

import pytest

import wire
from daemons import pair_config
from lab import ADVERTS, VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until
from namespaces import ask
from wire import active_down_interval, skew_time

pytestmark = pytest.mark.lan(ipv6=True)

FAST = 0.1
SLACK = 0.5
ONLY_IPV6 = [f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"]
BOTH_FAMILIES = [f"{VIRTUAL}/24", f"{VIRTUAL6}/64"]


def pair(lab, addresses):
    """r1 is Active and r2 Backup in all families, and neither knows more than it has to."""
    config = pair_config(addresses=addresses)
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: set(r1.states()) == {"active"} and set(r2.states()) == {"backup"},
               what="r1 is Active and r2 is Backup")
    return r1, r2


# ---- IPv6 --------------------------------------------------------------------------------------


# proves: 9568-6.4.2-b
@pytest.mark.lan(ipv6=True, hub=True)
def test_only_the_active_router_answers_solicitations(lab):
    pair(lab, ONLY_IPV6)
    for _ in range(3):  # each time with nothing in the cache
        lab["client"].ip("neigh", "flush", "all")
        probe = lab.probe(address=VIRTUAL6)
        wait_until(lambda: probe.report()["answered"] > 0)
        probe.close()
    answers = [record for record in lab.capture.records()
               if isinstance(record, wire.Neighbour) and record.target == VIRTUAL6
               and record.solicited]
    assert len(answers) >= 3
    assert {answer.mac for answer in answers} == {lab["r1"].mac}


# proves: 9568-6.4.1-m
def test_an_announced_address_has_joined_its_solicited_node_group(lab):
    lab.tandem("r1", pair_config(addresses=ONLY_IPV6))
    lab.capture.wait_announcement(VIRTUAL6, mac=lab["r1"].mac)
    groups = lab["r1"].ip("-6", "maddress", "show", "dev", "eth0")
    assert "inet6 ff02::1:ff00:1" in groups


# proves: 9568-5.1.2.1-a, 9568-5.1.2.3-a
def test_an_advert_is_what_the_rfc_says(lab):
    lab.tandem("r1", pair_config(addresses=ONLY_IPV6))
    advert = lab.capture.wait_advert(source=lab["r1"].link_local)
    assert (advert.destination_mac, advert.destination) == (wire.GROUP6_MAC, wire.GROUP6)
    assert advert.mac == lab["r1"].mac
    assert (advert.ttl, advert.tos) == (255, 0xC0)
    assert (advert.version, advert.type, advert.vrid, advert.priority) == (3, 1, 10, 200)
    assert advert.interval_ms == 100
    assert advert.addresses == (VIRTUAL_LINK_LOCAL, VIRTUAL6)
    assert advert.checksum == "rfc9568"


def test_a_link_local_address_is_made_up_where_the_file_has_none(lab):
    lab.tandem("r1", pair_config(addresses=[f"{VIRTUAL6}/64"]))
    advert = lab.capture.wait_advert(source=lab["r1"].link_local)
    assert advert.addresses == (VIRTUAL_LINK_LOCAL, VIRTUAL6)
    wait_until(lambda: lab["r1"].holds(VIRTUAL_LINK_LOCAL) and lab["r1"].holds(VIRTUAL6))


def test_claimed_addresses_answer_at_once_and_are_announced(lab):
    """Duplicate address detection would keep them silent for a second, or for good."""
    mark = time.time()
    lab.tandem("r1", pair_config(addresses=ONLY_IPV6))
    for address in (VIRTUAL_LINK_LOCAL, VIRTUAL6):
        announced = lab.capture.wait_announcement(address, since=mark, mac=lab["r1"].mac)
        assert announced.target_mac == lab["r1"].mac
        assert (announced.override, announced.hop_limit) == (True, 255)
        assert announced.destination == wire.ALL_NODES
    entries = [entry for link in ask(lab["r1"].namespace, "-6", "address", "show", "dev", "eth0")
               for entry in link["addr_info"] if entry["local"] in (VIRTUAL6, VIRTUAL_LINK_LOCAL)]
    assert len(entries) == 2
    assert not any(entry.get("tentative") or entry.get("dadfailed") for entry in entries), \
        json.dumps(entries)


# proves: 9568-6.4.3-b
def test_an_ipv6_client_follows_a_crash_and_the_way_back(lab):
    r1, _ = pair(lab, ONLY_IPV6)
    probe = lab.probe(address=VIRTUAL6)
    time.sleep(0.3)
    before = probe.report()
    assert before["lost"] == 0 and before["sent"] > 200
    crash = time.time()
    lab.switch.cut(lab["r1"])
    r1.kill()
    lab.capture.wait_announcement(VIRTUAL6, since=crash, mac=lab["r2"].mac)
    time.sleep(0.3)
    after = probe.report(since=crash)
    assert after["answered"] > 100
    assert after["longest_gap_ms"] / 1000 <= active_down_interval(100, FAST) + SLACK
    lab.switch.heal(lab["r1"])
    back = time.time()
    r1.start()
    wait_until(lambda: lab.holders(VIRTUAL6) == ["r1"])
    time.sleep(0.3)
    assert probe.report(since=back)["longest_gap_ms"] / 1000 <= SLACK


def test_a_planned_stop_hands_over_within_the_skew_time(lab):
    r1, r2 = pair(lab, ONLY_IPV6)
    assert r1.stop() == 0
    released = lab.capture.wait_advert(source=lab["r1"].link_local, priority=0)
    first = lab.capture.wait_advert(source=lab["r2"].link_local, since=released.time)
    assert first.time - released.time <= skew_time(100, FAST) + SLACK
    wait_until(lambda: lab.holders(VIRTUAL6) == lab.holders(VIRTUAL_LINK_LOCAL) == ["r2"])
    assert r2.router()["reason"] == "released"


def test_own_ipv6_addresses_outlive_claims_and_a_stop(lab):
    own = sorted(lab["r1"].addresses(family=6))
    r1, _ = pair(lab, ONLY_IPV6)
    assert sorted(lab["r1"].addresses(family=6)) == sorted([*own, *ONLY_IPV6])
    r1.stop()
    assert sorted(lab["r1"].addresses(family=6)) == own


def test_an_ipv6_address_that_somebody_removes_comes_back(lab):
    r1, r2 = pair(lab, ONLY_IPV6)
    watch = lab.watch_addresses("r1")
    removed = time.time()
    lab["r1"].ip("address", "delete", f"{VIRTUAL6}/64", "dev", "eth0")
    watch.wait_added(VIRTUAL6, since=removed, timeout=2)
    assert (r1.state(), r2.state()) == ("active", "backup")
    assert lab.capture.adverts(since=removed, priority=0) == []


def test_without_a_link_local_address_it_waits_and_says_so(lab):
    r1, r2 = pair(lab, ONLY_IPV6)
    lab["r1"].ip("address", "delete", f"{lab['r1'].link_local}/64", "dev", "eth0")
    wait_until(lambda: r1.state() == "waiting" and r2.state() == "active")
    assert r1.router()["reason"] == "no-source-address"
    assert "link-local" in " ".join(r1.router()["blockers"])
    lab["r1"].ip("address", "add", f"{lab['r1'].link_local}/64", "dev", "eth0", "nodad")
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")


# ---- both families in one block ----------------------------------------------------------------


def holders_of_both(lab):
    return lab.holders(VIRTUAL), lab.holders(VIRTUAL6)


def test_both_families_of_a_block_move_together(lab):
    r1, r2 = pair(lab, BOTH_FAMILIES)
    assert holders_of_both(lab) == (["r1"], ["r1"])
    r1.stop()
    wait_until(lambda: holders_of_both(lab) == (["r2"], ["r2"]))
    r1.start()
    wait_until(lambda: r1.states() == ["active"] * 2 and r2.states() == ["backup"] * 2)
    wait_until(lambda: holders_of_both(lab) == (["r1"], ["r1"]))


@pytest.mark.parametrize("family", [4, 6])
def test_a_family_that_is_not_heard_moves_neither(lab, family):
    r1, r2 = pair(lab, BOTH_FAMILIES)
    lab.switch.cut(lab["r1"], "from", what=ADVERTS[family])
    always(lambda: r1.states() == ["active"] * 2 and r2.states() == ["backup"] * 2, 1.5)
    assert holders_of_both(lab) == (["r1"], ["r1"])
    crash = time.time()
    r1.kill()  # and now the other family is silent as well
    for source in (lab["r2"].address, lab["r2"].link_local):
        lab.capture.wait_advert(source=source, since=crash)
    wait_until(lambda: r2.states() == ["active"] * 2)


def test_what_keeps_one_family_out_keeps_out_both(lab):
    r1, r2 = pair(lab, BOTH_FAMILIES)
    lab["r1"].ip("address", "delete", f"{lab['r1'].link_local}/64", "dev", "eth0")
    wait_until(lambda: r1.states() == ["waiting"] * 2 and r2.states() == ["active"] * 2)
    wait_until(lambda: holders_of_both(lab) == (["r2"], ["r2"]))
    assert r1.router(family="ipv6")["reason"] == "no-source-address"
    assert "other family" in " ".join(r1.router(family="ipv4")["blockers"])
    lab["r1"].ip("address", "add", f"{lab['r1'].link_local}/64", "dev", "eth0", "nodad")
    wait_until(lambda: r1.states() == ["active"] * 2 and r2.states() == ["backup"] * 2)
    wait_until(lambda: holders_of_both(lab) == (["r1"], ["r1"]))


def test_a_split_of_equals_whose_families_sort_differently_heals_to_one(lab):
    """r2 has the greater IPv4 address, r1 the greater IPv6 one."""
    lab["r1"].ip("address", "replace", "fe80::99:0/64", "dev", "eth0", "nodad")
    lab["r1"].ip("address", "delete", f"{lab['r1'].link_local}/64", "dev", "eth0")
    config = pair_config({"r1": 150, "r2": 150}, addresses=BOTH_FAMILIES)
    lab.switch.part(lab["r1"], lab["r2"])
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: r1.states() == r2.states() == ["active"] * 2)
    lab.switch.join()
    wait_until(lambda: r1.states() == ["backup"] * 2 and r2.states() == ["active"] * 2)
    always(lambda: holders_of_both(lab) == (["r2"], ["r2"]), 0.7)
