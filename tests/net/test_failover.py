"""Who is Active, when it changes, and what the LAN sees of it."""

import time

import pytest

from capture import Capture
from daemons import pair_config
from lab import VIRTUAL, always, wait_until
from wire import active_down_interval, skew_time

FAST = 0.1        # the interval of most labs here, in seconds
EARLY = 0.02      # how far kernel time stamps of two machines may be apart
SLACK = 0.5       # what a busy machine may add to a takeover
WEAKER = 100      # the priority of the weaker router


def takeover(lab, loser, winner, since):
    """The last advert of the loser, and the first of the winner after it."""
    first = lab.capture.wait_advert(source=lab[winner].address, since=since)
    last = lab.capture.adverts(source=lab[loser].address, until=first.time)[-1]
    return last, first


# ---- start-up ----------------------------------------------------------------------------------


# proves: 9568-6.4.2-a, 9568-6.4.2-e
def test_the_stronger_of_two_becomes_active_and_alone_has_the_address(lab):
    r1, r2 = lab.pair()
    assert lab.holders() == ["r1"]
    assert (r1.state(), r2.state()) == ("active", "backup")
    always(lambda: lab.holders() == ["r1"], 0.5, "r1 is the only holder")
    assert lab.capture.adverts(source=lab["r2"].address) == []


def test_a_lone_router_waits_for_its_active_down_interval_before_it_claims(lab):
    started = time.time()
    r1 = lab.tandem("r1", pair_config(advertise="200ms"))
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert advert.time - started >= active_down_interval(200, 0.2)
    wait_until(lambda: lab.holders() == ["r1"])
    assert r1.router()["reason"] == "silence"


# ---- crash -------------------------------------------------------------------------------------


# proves: 9568-6.2-a, 3768-6.1-b
@pytest.mark.parametrize("version, interval", [(3, 0.1), (3, 1.0), (2, 1.0)])
def test_a_crash_is_noticed_after_the_active_down_interval(lab, version, interval):
    r1, r2 = lab.pair(vrrp=version, advertise=f"{int(interval * 1000)}ms")
    crash = time.time()
    r1.kill()
    last, first = takeover(lab, "r1", "r2", since=crash)
    nominal = active_down_interval(WEAKER, interval, version)
    assert nominal - EARLY <= first.time - last.time <= nominal + SLACK
    assert nominal - interval - EARLY <= first.time - crash <= nominal + SLACK
    assert first.priority == WEAKER
    wait_until(lambda: lab["r2"].holds())
    assert r2.router()["reason"] == "silence"


# proves: 9568-6.4.3-a
def test_a_client_is_without_its_gateway_for_an_active_down_interval_at_most(lab):
    r1, _ = lab.pair()
    probe = lab.probe()
    time.sleep(0.3)
    before = probe.report()
    crash = time.time()
    lab.switch.cut(lab["r1"])  # adverts and answers end at the same moment
    r1.kill()
    lab.capture.wait_garp(VIRTUAL, since=crash, mac=lab["r2"].mac)
    time.sleep(0.3)
    after = probe.report(since=crash)
    assert before["lost"] == 0 and before["sent"] > 200
    assert after["answered"] > 100
    nominal = active_down_interval(WEAKER, FAST)
    assert nominal - FAST - EARLY <= after["longest_gap_ms"] / 1000 <= nominal + SLACK


@pytest.mark.hosts("r1", "r2", "r3", "observer")
def test_the_second_strongest_of_three_takes_over(lab):
    config = pair_config({"r1": 200, "r2": 150, "r3": 100})
    r1, r2, r3 = (lab.tandem(name, config) for name in ("r1", "r2", "r3"))
    wait_until(lambda: r1.state() == "active")
    crash = time.time()
    r1.kill()
    lab.capture.wait_advert(source=lab["r2"].address, since=crash)
    lab["r1"].ip("address", "delete", f"{VIRTUAL}/24", "dev", "eth0")
    wait_until(lambda: lab.holders() == ["r2"])
    always(lambda: r3.state() == "backup", 0.5, "r3 is Backup")
    assert lab.capture.adverts(source=lab["r3"].address) == []


def test_a_crashed_router_that_comes_back_stronger_becomes_active_again(lab):
    r1, r2 = lab.pair()
    r1.kill()
    wait_until(lambda: r2.state() == "active")
    r1.start()
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_crashed_router_that_comes_back_as_backup_removes_its_leftover_address(lab):
    r1, r2 = lab.pair(preempt=False)
    r1.kill()
    wait_until(lambda: r2.state() == "active")
    assert lab.holders() == ["r1", "r2"]  # nobody has cleaned up yet
    r1.start()
    wait_until(lambda: lab.holders() == ["r2"])
    always(lambda: r1.state() == "backup" and lab.holders() == ["r2"], 0.7)


# ---- planned stop ------------------------------------------------------------------------------


# proves: 9568-6.4.2-l, 3768-6.4.2-b
@pytest.mark.parametrize("version, interval", [(3, 0.1), (3, 1.0), (2, 1.0)])
def test_a_planned_stop_hands_over_within_the_skew_time(lab, version, interval):
    r1, r2 = lab.pair(vrrp=version, advertise=f"{int(interval * 1000)}ms")
    assert r1.stop() == 0
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0)
    first = lab.capture.wait_advert(source=lab["r2"].address, since=released.time)
    nominal = skew_time(WEAKER, interval, version)
    assert nominal - EARLY <= first.time - released.time <= nominal + SLACK
    wait_until(lambda: lab.holders() == ["r2"])
    assert r2.router()["reason"] == "released"


# proves: 9568-6.4.3-g
def test_a_planned_stop_says_so_on_the_wire_before_it_removes_an_address(lab):
    many = [f"{VIRTUAL}/24"] + [f"198.51.100.{n}/32" for n in range(1, 120)]
    r1, _ = lab.pair(addresses=many)
    wait_until(lambda: len(lab["r1"].addresses()) == 121)
    watch = lab.watch_addresses("r1")
    asked = time.time()
    r1.stop()
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=asked)
    removed = [change for change in watch.changes() if not change.added]
    assert len(removed) == 120
    assert released.time <= removed[0].time
    assert lab["r1"].addresses() == [f"{lab['r1'].address}/24"]


def test_a_backup_that_stops_disturbs_nobody(lab):
    r1, r2 = lab.pair()
    asked = time.time()
    assert r2.stop() == 0
    always(lambda: lab.holders() == ["r1"], 0.5)
    assert lab.capture.adverts(source=lab["r2"].address) == []
    assert lab.capture.adverts(since=asked, priority=0) == []
    assert r1.state() == "active"


# ---- preemption --------------------------------------------------------------------------------


def start_weak_then_strong(lab, **settings):
    config = pair_config(**settings)
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.state() == "active")
    return lab.tandem("r1", config), r2


def test_a_stronger_newcomer_preempts_after_its_active_down_interval(lab):
    mark = time.time()
    r1, r2 = start_weak_then_strong(lab)
    claimed = lab.capture.wait_advert(source=lab["r1"].address, since=mark)
    wait_until(lambda: lab.holders() == ["r1"])
    assert (r1.router()["reason"], r2.router()["reason"]) == ("preempted", "stronger-advert")
    last = lab.capture.adverts(source=lab["r2"].address)[-1]
    assert last.time - claimed.time < SLACK  # the weaker one yields to the first advert


def test_a_stronger_newcomer_waits_when_it_may_not_preempt(lab):
    r1, r2 = start_weak_then_strong(lab, preempt=False)
    always(lambda: (r1.state(), r2.state()) == ("backup", "active"), 1.0)
    assert lab.holders() == ["r2"]
    r2.stop()
    wait_until(lambda: lab.holders() == ["r1"])


def test_a_stronger_newcomer_preempts_no_earlier_than_it_may(lab):
    mark = time.time()
    config = pair_config(preempt={"after": "1500ms"})
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.state() == "active")
    started = time.time()
    r1 = lab.tandem("r1", config)
    claimed = lab.capture.wait_advert(source=lab["r1"].address, since=mark)
    assert 1.5 <= claimed.time - started <= 1.5 + active_down_interval(200, FAST) + SLACK
    assert r1.router()["preempt"] == {"enabled": True, "after_ms": 1500}


def test_a_silent_active_router_is_replaced_without_the_preemption_delay(lab):
    config = pair_config({"r1": 100, "r2": 200}, preempt={"after": "60s"})
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state() == "active")
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.router()["peers"] != [])
    r1.kill()
    wait_until(lambda: r2.state() == "active", timeout=3)


# ---- equal priorities --------------------------------------------------------------------------


# proves: 9568-6.4.3-n
def test_of_two_active_equals_the_one_with_the_higher_address_stays(lab):
    config = pair_config({"r1": 150, "r2": 150})
    r1, r2 = lab.prepare_tandem("r1", config), lab.prepare_tandem("r2", config)
    r1.start()
    r2.start()
    lab.switch.cut(lab["r1"])  # both become Active, then they meet
    wait_until(lambda: r1.state() == "active" and r2.state() == "active")
    lab.switch.heal(lab["r1"])
    wait_until(lambda: lab.holders() == ["r2"])
    assert r1.router()["reason"] == "tie-lost"
    always(lambda: lab.holders() == ["r2"], 0.5)


def test_an_equal_newcomer_with_the_higher_address_displaces_nobody(lab):
    config = pair_config({"r1": 150, "r2": 150})
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state() == "active")
    r2 = lab.tandem("r2", config)
    always(lambda: (r1.state(), r2.state()) == ("active", "backup"), 1.0)
    assert lab.capture.adverts(source=lab["r2"].address) == []


# ---- two sides that do not hear each other -----------------------------------------------------


def heal_before_the_advert_of(lab, name):
    """Joins the sides at a moment after which this router is the first to be heard."""
    other = {"r1": "r2", "r2": "r1"}[name]
    beside_it = Capture(lab[other].namespace)
    lab.at_close(beside_it.close)
    beside_it.wait_advert(source=lab[other].address)
    lab.switch.heal(lab["r1"])


# proves: 9568-6.4.3-u
@pytest.mark.parametrize("first_heard", ["r1", "r2"])
@pytest.mark.parametrize("version, advertise", [(3, "100ms"), (2, "1s")])
def test_a_healed_split_leaves_one_active_router_and_it_announces_itself(
        lab, version, advertise, first_heard):
    r1, r2 = lab.pair(vrrp=version, advertise=advertise, garp={"count": 1, "again_after": "1s"})
    lab.switch.cut(lab["r1"])
    wait_until(lambda: lab.holders() == ["r1", "r2"])
    time.sleep(1.3)  # the announcements of the claim are over
    healed = time.time()
    heal_before_the_advert_of(lab, first_heard)
    wait_until(lambda: lab.holders() == ["r1"])
    lab.capture.wait_garp(VIRTUAL, since=healed, mac=lab["r1"].mac, timeout=3)
    assert (r1.state(), r2.state()) == ("active", "backup")
    assert r2.router()["reason"] == "stronger-advert"
    always(lambda: lab.holders() == ["r1"], 0.3)


@pytest.mark.parametrize("first_heard", ["r1", "r2"])
def test_a_healed_split_moves_the_clients_back_to_the_winner(lab, first_heard):
    lab.pair()
    lab.switch.cut(lab["r1"])
    wait_until(lambda: lab.holders() == ["r1", "r2"])
    probe = lab.probe()  # sees r2 only
    time.sleep(0.2)
    heal_before_the_advert_of(lab, first_heard)
    wait_until(lambda: lab.holders() == ["r1"])
    mark = time.time()
    time.sleep(0.4)
    report = probe.report(since=mark + 0.1)
    assert report["lost"] == 0 and report["sent"] > 100


def test_an_active_router_that_nobody_hears_yields_when_it_is_heard_again(lab):
    config = pair_config({"r1": 100, "r2": 200}, preempt=False)
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state() == "active")
    r2 = lab.tandem("r2", config)
    lab.switch.cut(lab["r1"], "from")
    wait_until(lambda: r2.state() == "active")
    wait_until(lambda: r1.state() == "backup", what="r1 hears r2 and yields")
    lab.switch.heal(lab["r1"])
    wait_until(lambda: lab.holders() == ["r2"], what="r2 has announced the address")
    always(lambda: lab.holders() == ["r2"], 0.5)


# ---- a process that does not run for a while ---------------------------------------------------


def test_a_backup_that_slept_believes_the_adverts_that_waited_for_it(lab):
    r1, r2 = lab.pair()
    before = r2.router()
    r2.pause()
    time.sleep(1.2)
    r2.resume()
    always(lambda: r2.state() == "backup", 0.5)
    assert lab.capture.adverts(source=lab["r2"].address) == []
    assert r2.router()["counters"]["transitions"] == before["counters"]["transitions"]


def test_an_active_router_that_slept_yields_to_the_stronger_one_of_meanwhile(lab):
    config = pair_config({"r1": 100, "r2": 200}, preempt=False, checksum="rfc9568")
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state() == "active")
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.router()["peers"] != [])
    r1.pause()
    wait_until(lambda: r2.state() == "active")
    woken = time.time()
    r1.resume()
    wait_until(lambda: lab.holders() == ["r2"])
    assert len(lab.capture.adverts(source=lab["r1"].address, since=woken)) <= 1  # its last word
