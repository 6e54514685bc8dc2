"""When addresses are announced, in which form, how fast; and what another machine's claim does."""

import time

import pytest

import wire
from daemons import pair_config
from lab import VIRTUAL, VIRTUAL6, VIRTUAL_LINK_LOCAL, always, wait_until

ONCE = {"count": 1, "again_after": "0s", "refresh": "0s"}
REMEMBERED = 25.0  # longer than a claim is remembered


def lone_router(lab, **settings):
    """r1 alone, Active."""
    r1 = lab.tandem("r1", pair_config({"r1": 100}, **settings))
    wait_until(lambda: set(r1.states()) == {"active"})
    return r1


def many_routers(count, addresses, garp):
    """Routers on eth0 with so many addresses each."""
    blocks = []
    for number in range(count):
        listed = ", ".join(f'"10.1.{number}.{i + 1}/32"' for i in range(addresses))
        blocks.append(f'  lan{number} = {{ interface = "eth0"; vrid = {number + 1}; '
                      f'advertise = "100ms"; addresses = [ {listed} ]; garp = {{ {garp} }}; }};\n')
    return ("nodes = { r1 = { priority = 100; }; };\nrouters = {\n" + "".join(blocks) + "};\n")


# ---- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("form, operations", [
    ("request", {wire.ARP_REQUEST}), ("reply", {wire.ARP_REPLY}),
    ("both", {wire.ARP_REQUEST, wire.ARP_REPLY}),
])
def test_each_form_is_on_the_wire(lab, form, operations):
    lone_router(lab, garp=ONCE | {"form": form})
    lab.capture.wait_garp(VIRTUAL)
    time.sleep(0.5)
    frames = lab.capture.garps(VIRTUAL)
    assert [frame.operation for frame in frames] == sorted(operations)
    for frame in frames:
        assert (frame.mac, frame.destination_mac) == (lab["r1"].mac, wire.BROADCAST_MAC)
        assert (frame.sender_mac, frame.target_mac) == (lab["r1"].mac, lab["r1"].mac)
        assert (frame.sender, frame.target) == (VIRTUAL, VIRTUAL)


# proves: 9568-6.4.1-k
@pytest.mark.lan(ipv6=True)
def test_an_advertisement_says_router_where_it_forwards_as_the_kernel_does(lab):
    r1, mac = lab["r1"], lab["r1"].mac
    r1.sysctl("ipv6.conf.eth0.forwarding", 1)
    lone_router(lab, addresses=[f"{VIRTUAL_LINK_LOCAL}/64", f"{VIRTUAL6}/64"],
                garp=ONCE | {"refresh": "1s"})
    first = lab.capture.wait_announcement(VIRTUAL6, mac=mac)
    assert (first.router, first.override, first.solicited) == (True, True, False)
    r1.sysctl("ipv6.conf.eth0.forwarding", 0)
    changed = time.time()
    lab.capture.wait_announcement(VIRTUAL6, mac=mac, since=changed + 0.1, router=False, timeout=5)
    assert lab.capture.announcements(VIRTUAL6, since=changed + 0.1, router=True) == []
    r1.sysctl("ipv6.conf.eth0.forwarding", 1)
    lab.capture.wait_announcement(VIRTUAL6, mac=mac, since=time.time(), router=True, timeout=5)


# ---- when, and how fast ------------------------------------------------------------------------


def test_a_refresh_comes_again_and_again(lab):
    lone_router(lab, garp=ONCE | {"refresh": "1s", "refresh_count": 2, "gap": "50ms"})
    first = lab.capture.wait_garp(VIRTUAL)
    wait_until(lambda: len(lab.capture.garps(VIRTUAL)) >= 7)
    times = [frame.time - first.time for frame in lab.capture.garps(VIRTUAL)]
    for number in range(3):  # a pair about every second
        assert 0.04 <= times[2 * number + 2] - times[2 * number + 1] < 0.5
        assert times[2 * number + 1] - times[2 * number] >= 0.85


def test_the_rate_is_kept_and_shared_and_adverts_do_not_wait(lab):
    config = many_routers(2, 150, 'count = 1; again_after = "0s"; refresh = "0s"; rate = 100;')
    r1 = lab.tandem("r1", config)
    wait_until(lambda: len(lab.capture.garps()) >= 300, timeout=20)
    frames = lab.capture.garps()
    assert len({frame.sender for frame in frames}) == 300
    lasted = frames[-1].time - frames[0].time
    assert 2.0 < lasted < 6.0
    # The first ones leave when only one router has addresses in the kernel.
    shared = [frame.sender.split(".")[2] for frame in frames[100:180]]
    assert 30 <= shared.count("0") <= 50
    times = [advert.time for advert in lab.capture.adverts(
        source=lab["r1"].address, vrid=1, checksum="rfc9568", since=frames[0].time)]
    assert len(times) >= lasted / 0.1 * 0.8
    assert r1.router("lan0")["counters"]["announcements_sent"] == 150


def test_without_a_limit_all_leave_at_once(lab):
    config = many_routers(2, 250, 'count = 1; again_after = "0s"; refresh = "0s"; rate = 0;')
    lab.tandem("r1", config)
    wait_until(lambda: len(lab.capture.garps()) >= 500, timeout=20)
    frames = lab.capture.garps()
    assert len({frame.sender for frame in frames}) == len(frames) == 500
    assert frames[-1].time - frames[0].time < 2.0  # at the usual rate it would be half a second


def test_an_interface_that_was_down_is_told_anew(lab):
    r1 = lone_router(lab, garp=ONCE)
    time.sleep(0.3)
    for down, up in (
            (lambda: lab["r1"].ip("link", "set", "eth0", "down"),
             lambda: lab["r1"].ip("link", "set", "eth0", "up")),
            (lambda: lab.switch.port_down(lab["r1"]), lambda: lab.switch.port_up(lab["r1"]))):
        down()
        wait_until(lambda: r1.state() == "fault")
        back = time.time()
        up()
        lab.capture.wait_garp(VIRTUAL, mac=lab["r1"].mac, since=back)


def test_a_port_that_flaps_faster_than_anybody_looks_is_told_anew(lab):
    """It may stay Active all the time: what counts is that the last word comes after the flap."""
    r1 = lone_router(lab, garp=ONCE)
    time.sleep(0.3)
    for _ in range(5):
        lab.switch.port_down(lab["r1"])
        lab.switch.port_up(lab["r1"])
        back = time.time()
        lab.capture.wait_garp(VIRTUAL, mac=lab["r1"].mac, since=back)
        wait_until(lambda: r1.state() == "active")


# ---- claims of others --------------------------------------------------------------------------


@pytest.mark.lan(ipv6=True)
@pytest.mark.parametrize("virtual, length", [(VIRTUAL, 24), (VIRTUAL6, 64)])
def test_a_claim_of_another_machine_is_answered_and_told(lab, virtual, length):
    r1 = lone_router(lab, addresses=[f"{virtual}/{length}"], garp=ONCE)
    rival = lab["client"]
    frame = (wire.garp_frame if virtual == VIRTUAL else wire.neighbour_frame)(rival.mac, virtual)
    time.sleep(1.0)  # it has been Active for a while
    begun = time.time()
    with rival.packet_socket() as sock:
        while time.time() < begun + 2.2:
            sock.send(frame)
            time.sleep(0.01)
    wait_until(lambda: r1.conditions("address-claimed") == [virtual])
    time.sleep(1.2)
    ours = (lab.capture.garps if virtual == VIRTUAL else lab.capture.announcements)(
        virtual, since=begun, mac=lab["r1"].mac)
    assert 2 <= len(ours) <= 5  # at once, every second, and the last word
    rivals = (lab.capture.garps if virtual == VIRTUAL else lab.capture.announcements)(
        virtual, since=begun, mac=rival.mac)
    assert ours[-1].time > rivals[-1].time
    assert ours[0].time - rivals[0].time < 0.5
    text = r1.router(family="ipv4" if virtual == VIRTUAL else "ipv6")["conditions"][0]["text"]
    assert rival.mac in text and virtual in text
    assert r1.logged(condition="address-claimed", mac=rival.mac)
    assert r1.router()["counters"]["claims_heard"] >= 20
    assert set(r1.states()) == {"active"}
    wait_until(lambda: r1.conditions("address-claimed") == [], REMEMBERED)
    over = [line for line in r1.logged(condition="address-claimed") if "over" in line]
    assert len(over) == 1 and "lasted_ms" in over[0]


def test_arp_that_is_no_claim_of_ours_changes_nothing(lab):
    r1 = lone_router(lab, garp=ONCE)
    time.sleep(1.0)
    mark = time.time()
    client = lab["client"]
    probe = bytearray(wire.garp_frame(client.mac, VIRTUAL))
    probe[28:32] = b"\0" * 4  # RFC 5227: the sender of a probe has no address yet
    client.send(wire.garp_frame(client.mac, "192.0.2.77"), bytes(probe),
                wire.garp_frame(lab["r1"].mac, VIRTUAL), wire.garp_frame(client.mac, VIRTUAL)[:30])
    always(lambda: r1.router()["counters"]["claims_heard"] == 0, 0.5)
    assert lab.capture.garps(VIRTUAL, since=mark, target_mac=lab["r1"].mac) == []
    assert r1.router()["conditions"] == []


def test_a_backup_answers_no_claim(lab):
    _, r2 = lab.pair(garp=ONCE)
    client = lab["client"]
    client.send(*[wire.garp_frame(client.mac, VIRTUAL)] * 5)
    time.sleep(0.5)
    assert r2.router()["counters"]["claims_heard"] == 0
    assert lab.capture.garps(VIRTUAL, mac=lab["r2"].mac) == []


def test_a_flood_of_arp_costs_no_advert(lab):
    r1 = lone_router(lab, garp=ONCE)
    client = lab["client"]
    frames = [wire.garp_frame(client.mac, f"198.51.100.{i}") for i in range(100)]
    mark = time.time()
    with client.packet_socket() as sock:
        while time.time() < mark + 2.0:
            for frame in frames:
                sock.send(frame)
            time.sleep(0.01)
    adverts = lab.capture.adverts(source=lab["r1"].address, checksum="rfc9568", since=mark,
                                  until=mark + 2.0)
    assert len(adverts) >= 15
    assert r1.router()["counters"]["claims_heard"] == 0


def test_a_usual_takeover_is_no_quarrel_over_the_address(lab):
    config = pair_config()
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.state() == "active")
    r1 = lab.tandem("r1", config)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    time.sleep(0.5)
    assert r1.router()["conditions"] == r2.router()["conditions"] == []
