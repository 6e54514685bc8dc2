"""Invalid adverts with the VRID of a running router touch nothing of it.

Two a second silence a keepalived Active for good: it starts its advert timer anew with every packet
that it receives, counted or not. A keepalived stands beside tandem here to show that the noise is
one that hurts.
"""

import time

import pytest

from daemons import pair_config
from lab import wait_until
from wire import active_down_interval, advert_frame, advert_message

INTERVAL = 1.0
SECONDS = 8
NOISY = "192.0.2.99"
NOISY_MAC = "02:00:00:00:00:63"
FAULTS = {
    "version-errors": ({"version": 5}, "version 5"),
    "packet-length-errors": ({"count": 7}, "octets"),
    "checksum-errors": ({"checksum": "wrong"}, "sum"),
    "invalid-type-pkts-rcvd": ({"kind": 7}, "type 7"),
}
TANDEM_VRID, KEEPALIVED_VRID = 10, 20


def noise(vrid):
    return [advert_frame(NOISY_MAC, NOISY, advert_message(NOISY, 254, vrid=vrid, interval_ms=1000,
                                                          **fields))
            for fields, _ in FAULTS.values()]


def make_noise(lab):
    """Two packets a second for each of the two virtual routers, of all kinds in turn."""
    kinds = list(zip(noise(TANDEM_VRID), noise(KEEPALIVED_VRID)))
    begun = time.time()
    with lab["client"].packet_socket() as sock:
        for number in range(2 * SECONDS):
            for frame in kinds[number % len(kinds)]:
                sock.send(frame)
            time.sleep(max(begun + (number + 1) / 2 - time.time(), 0))
    return begun, time.time()


@pytest.mark.hosts("r1", "r2", "r3", "r4", "client", "observer")
def test_two_invalid_adverts_a_second_disturb_nobody(lab):
    config = pair_config({"r1": 200, "r2": 150}, advertise="1s", checksum="rfc5798")
    victim = lab.keepalived("r4", vrid=KEEPALIVED_VRID, priority=200, interval_ms=1000,
                            addresses=("192.0.2.111/24",))
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    lab.keepalived("r3", vrid=TANDEM_VRID, priority=50, interval_ms=1000)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    lab.capture.wait_advert(source=lab["r4"].address)
    before = [router.router()["counters"]["transitions"] for router in (r1, r2)]

    begun, ended = make_noise(lab)

    adverts = lab.capture.adverts(source=lab["r1"].address, since=begun, until=ended)
    times = [advert.time for advert in adverts]
    assert SECONDS - 1 <= len(times) <= SECONDS + 1
    assert max(later - earlier for earlier, later in zip(times, times[1:])) < 1.4 * INTERVAL
    for quiet in ("r2", "r3"):
        assert lab.capture.adverts(source=lab[quiet].address, since=begun) == []
    assert [router.router()["counters"]["transitions"] for router in (r1, r2)] == before
    assert active_down_interval(150, INTERVAL) < SECONDS
    for router in (r1, r2):
        for counter, (_, value) in FAULTS.items():
            assert router.router()["counters"]["discarded"][counter] == 2 * SECONDS / len(FAULTS)
            lines = router.logged(reason=counter, sender=NOISY, value=value)
            assert lines and all('cure="' in line for line in lines), counter
    assert router_is_silenced(lab, begun, ended), victim.log_text()


def router_is_silenced(lab, begun, ended):
    """The measure is right: the keepalived beside sent nothing, or one advert at the start."""
    return len(lab.capture.adverts(source=lab["r4"].address, since=begun, until=ended)) <= 1
