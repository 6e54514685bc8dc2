"""The bytes on the wire, and what bytes from others can and cannot do."""

import time

import pytest

import wire
from daemons import pair_config
from lab import VIRTUAL, Lab, always, wait_until
from wire import active_down_interval, advert_frame, advert_message

CLIENT_MAC, CLIENT = "02:00:00:00:00:64", "192.0.2.100"


def lone_router(lab, priority=100, **settings):
    """r1 alone, Active."""
    r1 = lab.tandem("r1", pair_config({"r1": priority}, **settings))
    wait_until(lambda: r1.state() == "active")
    return r1


def from_client(priority=50, ttl=255, **fields):
    """A whole frame with an advert, as the client would send it."""
    return advert_frame(CLIENT_MAC, CLIENT, advert_message(CLIENT, priority, **fields), ttl)


def of_one_form(lab, name, **stretch):
    """The adverts of a router, without the copies of each in the other checksum form."""
    return lab.capture.adverts(source=lab[name].address, checksum="rfc9568", **stretch)


# ---- adverts -----------------------------------------------------------------------------------


# proves: 9568-5.1.1.1-a, 9568-5.1.1.2-a, 9568-5.1.1.3-a, 9568-7.2-a, 9568-7.2-d
@pytest.mark.parametrize("version, advertise, milliseconds, configured, form", [
    (3, "100ms", 100, "auto", "rfc9568"),
    (3, "1s", 1000, "rfc9568", "rfc9568"),
    (3, "10ms", 10, "rfc5798", "rfc5798"),
    (2, "1s", 1000, None, "message"),
])
def test_an_advert_is_what_the_rfc_says(lab, version, advertise, milliseconds, configured, form):
    addresses = [f"{VIRTUAL}/24", "198.51.100.9/32", "192.0.2.77/24"]
    checksum = {"checksum": configured} if configured else {}
    lone_router(lab, vrrp=version, advertise=advertise, addresses=addresses, **checksum)
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert (advert.destination_mac, advert.destination) == (wire.GROUP_MAC, wire.GROUP)
    assert advert.mac == lab["r1"].mac
    assert (advert.ttl, advert.tos) == (255, 0xC0)
    assert (advert.version, advert.type, advert.vrid, advert.priority) == (version, 1, 10, 100)
    assert advert.interval_ms == milliseconds
    assert advert.addresses == (VIRTUAL, "198.51.100.9", "192.0.2.77")
    assert advert.checksum == form
    message = advert.frame[34:]
    assert len(message) == 8 + 4 * 3 + (8 if version == 2 else 0)


def test_an_advert_leaves_in_both_forms_until_the_peers_form_is_known(lab):
    r1 = lone_router(lab)
    assert r1.router()["checksum"] == {"configured": "auto", "sending": "both"}
    mark = time.time()
    time.sleep(1.0)
    adverts = lab.capture.adverts(source=lab["r1"].address, since=mark, until=mark + 1.0)
    forms = [advert.checksum for advert in adverts]
    assert abs(forms.count("rfc9568") - forms.count("rfc5798")) <= 1
    assert 9 <= forms.count("rfc9568") <= 11


def test_adverts_leave_at_their_interval_without_drift(lab):
    lone_router(lab)
    time.sleep(3)
    times = [advert.time for advert in of_one_form(lab, "r1")]
    assert len(times) >= 20
    assert (times[-1] - times[0]) / (len(times) - 1) == pytest.approx(0.1, rel=0.03)


# proves: 9568-6.4.2-o, 9568-6.2-b
def test_a_backup_learns_the_interval_of_the_active_router(lab):
    r1 = lab.tandem("r1", pair_config(advertise="300ms"))
    r2 = lab.tandem("r2", pair_config())
    wait_until(lambda: r1.state() == "active" and r2.state() == "backup")
    heard = r2.router()["counters"]["received"]
    wait_until(lambda: r2.router()["counters"]["received"] >= heard + 3)
    timers = r2.router()["timers"]
    assert (timers["active_advertise_ms"], timers["advertise_ms"]) == (300, 100)
    crash = time.time()
    r1.kill()
    first = lab.capture.wait_advert(source=lab["r2"].address, since=crash)
    last = lab.capture.adverts(source=lab["r1"].address)[-1]
    nominal = active_down_interval(100, 0.3)
    assert nominal - 0.02 <= first.time - last.time <= nominal + 0.3
    assert first.interval_ms == 100


# ---- announcements -----------------------------------------------------------------------------


# proves: 9568-6.4.2-i, 9568-6.4.1-h, 9568-6.4.1-i
def test_each_address_is_announced_at_promotion_and_again_later(lab):
    addresses = [f"{VIRTUAL}/24", "198.51.100.9/32"]
    lone_router(lab, addresses=addresses, garp={"count": 3, "again_after": "1s"})
    claimed = lab.capture.wait_advert(source=lab["r1"].address)
    time.sleep(1.8)
    for address in (VIRTUAL, "198.51.100.9"):
        frames = lab.capture.garps(address)
        assert len(frames) == 6
        assert frames[0].time >= claimed.time - 0.02
        assert frames[2].time - claimed.time < 0.9 < frames[3].time - claimed.time
        for frame in frames:
            assert (frame.mac, frame.destination_mac) == (lab["r1"].mac, wire.BROADCAST_MAC)
            assert frame.operation == wire.ARP_REQUEST
            assert (frame.sender_mac, frame.target_mac) == (lab["r1"].mac, lab["r1"].mac)
            assert (frame.sender, frame.target) == (address, address)


def test_a_backup_announces_nothing(lab):
    lab.pair()
    assert lab.capture.garps(mac=lab["r2"].mac) == []
    assert lab.capture.garps(mac=lab["r1"].mac) != []


def test_announcements_of_a_weaker_router_do_not_have_the_last_word(lab):
    """It sends its advert first, so the answer to that comes before what it announces."""
    lone_router(lab, garp={"count": 3, "again_after": "500ms"})
    time.sleep(1.2)  # the announcements of the claim are over
    lab["client"].send(from_client(priority=50))
    time.sleep(0.02)
    lab["client"].send(*[wire.garp_frame(CLIENT_MAC, VIRTUAL)] * 5)
    claimed = lab.capture.wait_garp(VIRTUAL, mac=CLIENT_MAC)
    lab.capture.wait_garp(VIRTUAL, mac=lab["r1"].mac, since=claimed.time, timeout=3)


# ---- packets that do not count -----------------------------------------------------------------

MALFORMED = {
    "checksum-errors": from_client(checksum="wrong"),
    "ip-ttl-errors": from_client(ttl=1),
    "packet-length-errors": from_client(count=2),
    "version-errors": from_client(version=4),
    "invalid-type-pkts-rcvd": from_client(kind=2),
    "address-count-zero": from_client(addresses=()),
    "interval-zero": from_client(interval_ms=0),
}
STRONG_AND_MALFORMED = [
    from_client(priority=254, **fault) for fault in (
        {"checksum": "wrong"}, {"ttl": 1}, {"count": 2}, {"version": 4}, {"version": 2},
        {"kind": 2}, {"addresses": ()}, {"interval_ms": 0}, {"vrid": 99})
] + [advert_frame(CLIENT_MAC, CLIENT, advert_message(CLIENT, 254)[:6])]


@pytest.fixture(scope="module")
def listening(request):
    """One Active router for all kinds of packets that it must count."""
    with Lab() as lab:
        yield lab, lone_router(lab)


def discards(status):
    """All discard counters, those of the router and those that belong to none."""
    return status["routers"][0]["counters"]["discarded"] | status.get("discarded", {})


def peers(router):
    return [(peer["address"], peer["priority"]) for peer in router["peers"]]


# proves: 9568-7.1-h, 9568-7.1-i
@pytest.mark.parametrize("counter", MALFORMED)
def test_a_malformed_packet_is_counted_and_changes_nothing(listening, counter):
    lab, r1 = listening
    before = r1.status()
    lab["client"].send(*[MALFORMED[counter]] * 5)

    def counted():
        return discards(r1.status()).get(counter, 0) - discards(before).get(counter, 0) == 5

    wait_until(counted, 3, f"five more {counter}")
    old, new = before["routers"][0], r1.router()
    assert new["state"] == "active"
    for unchanged in ("received", "transitions"):
        assert new["counters"][unchanged] == old["counters"][unchanged]
    assert peers(new) == peers(old)


# proves: 9568-7.1-f
def test_a_packet_for_another_virtual_router_changes_nothing(listening):
    lab, r1 = listening
    before = r1.router()
    lab["client"].send(*[from_client(priority=254, vrid=99)] * 5)
    always(lambda: r1.state() == "active", 0.4)
    after = r1.router()
    for unchanged in ("received", "transitions", "discarded"):
        assert after["counters"][unchanged] == before["counters"][unchanged]


def test_a_sound_packet_of_the_same_sender_does_count(listening):
    lab, r1 = listening
    before = r1.router()["counters"]["received"]
    lab["client"].send(from_client())
    wait_until(lambda: r1.router()["counters"]["received"] == before + 1)
    assert r1.router()["peers"][0]["address"] == CLIENT


def test_malformed_packets_without_end_disturb_neither_rhythm_nor_election(lab):
    r1, r2 = lab.pair()
    mark = time.time()
    with lab["client"].packet_socket() as sock:
        while time.time() < mark + 2.5:
            for frame in STRONG_AND_MALFORMED:
                sock.send(frame)
            time.sleep(0.02)
    times = [advert.time for advert in of_one_form(lab, "r1", since=mark, until=mark + 2.5)]
    assert 22 <= len(times) <= 27
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < 0.25
    assert lab.capture.adverts(source=lab["r2"].address, since=mark) == []
    assert (r1.state(), r2.state()) == ("active", "backup")


def test_malformed_packets_do_not_hold_up_a_takeover(lab):
    r1, r2 = lab.pair()
    crash = time.time()
    r1.kill()
    with lab["client"].packet_socket() as sock:
        while time.time() < crash + 1.0:
            for frame in STRONG_AND_MALFORMED:
                sock.send(frame)
            time.sleep(0.02)
    assert r2.state() == "active"


def test_own_packets_that_come_back_are_dropped_and_counted(lab):
    r1 = lone_router(lab)
    before = r1.router()
    mark = seen = time.time()
    with lab.switch.socket_of_port(lab["r1"]) as mirror:
        for _ in range(20):
            own = lab.capture.wait_advert(source=lab["r1"].address, since=seen)
            mirror.send(own.frame)
            seen = own.time + 1e-6
    wait_until(lambda: r1.router()["counters"]["discarded"].get("own-packet") == 20)
    after = r1.router()
    for unchanged in ("received", "transitions"):
        assert after["counters"][unchanged] == before["counters"][unchanged]
    assert r1.conditions("duplicate-source") == []
    expected = (time.time() - mark) / 0.1
    assert len(of_one_form(lab, "r1", since=mark)) <= expected + 2  # no answers


# ---- packets that count ------------------------------------------------------------------------


def test_a_stronger_advert_makes_an_active_router_yield(lab):
    r1 = lone_router(lab)
    lab["client"].send(from_client(priority=101))
    wait_until(lambda: r1.router()["reason"] == "stronger-advert")

    def has_released():  # the client announces nothing, and is given its time to do so
        lab["client"].send(from_client(priority=101))
        return lab.holders() == []
    wait_until(has_released)
    wait_until(lambda: r1.state() == "active", what="it comes back when the other one is silent")


# proves: 9568-6.4.3-t
def test_a_flood_of_losing_adverts_is_answered_once_an_interval(lab):
    r1 = lone_router(lab)
    mark = time.time()
    with lab["client"].packet_socket() as sock:
        while time.time() < mark + 1.0:
            sock.send(from_client(priority=50))
            time.sleep(0.001)
    answers = lab.capture.adverts(source=lab["r1"].address, since=mark, until=mark + 1.0)
    assert 15 <= len(answers) <= 24  # the schedule's ten, and ten answers
    assert r1.state() == "active"


def test_another_address_list_is_told_but_takes_no_part_in_the_election(lab):
    r1 = lone_router(lab)
    lab["client"].send(from_client(priority=50, addresses=("192.0.2.99",)))
    wait_until(lambda: any("192.0.2.99" in line for _, line in r1.log))
    lab["client"].send(from_client(priority=101, addresses=("192.0.2.99",)))
    wait_until(lambda: r1.router()["reason"] == "stronger-advert")


# proves: 9568-5.2.8-f
def test_each_checksum_form_is_answered_in_kind(lab):
    r1 = lone_router(lab)
    for form in ("rfc5798", "rfc9568"):
        lab["client"].send(from_client(checksum=form))
        wait_until(lambda: r1.router()["checksum"]["sending"] == form)
        mark = time.time()
        advert = lab.capture.wait_advert(source=lab["r1"].address, since=mark)
        assert advert.checksum == form
        time.sleep(0.6)  # who changes within a few intervals sends both


@pytest.mark.parametrize("strict, other", [("rfc9568", "rfc5798"), ("rfc5798", "rfc9568")])
def test_a_router_told_to_be_strict_drops_the_other_checksum_form(lab, strict, other):
    r1 = lone_router(lab, checksum=strict)
    lab["client"].send(from_client(priority=200, checksum=other))
    wait_until(lambda: r1.router()["counters"]["discarded"].get("checksum-errors") == 1)
    assert r1.state() == "active"
    lab["client"].send(from_client(priority=200, checksum=strict))
    wait_until(lambda: r1.router()["reason"] == "stronger-advert")


# proves: 9568-6.4-a
def test_two_virtual_routers_on_one_interface_do_not_hear_each_other(lab):
    config = ('nodes = { r1 = { priority = 100; }; };\nrouters = {\n'
              '  lan = { interface = "eth0"; vrid = 10; addresses = [ "192.0.2.1/24" ];'
              ' advertise = "100ms"; };\n'
              '  other = { interface = "eth0"; vrid = 11; addresses = [ "192.0.2.11/24" ];'
              ' advertise = "100ms"; };\n};\n')
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state("lan") == r1.state("other") == "active")
    lab["client"].send(from_client(priority=200, vrid=11, addresses=("192.0.2.11",)))
    wait_until(lambda: r1.router("other")["reason"] == "stronger-advert")
    always(lambda: r1.state("lan") == "active", 0.3)
    assert lab["r1"].holds("192.0.2.1")
