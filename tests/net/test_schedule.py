"""Adverts keep their schedule on a busy machine: none is lost to drift."""

import math
import os
import subprocess
import sys
import time

import pytest

from daemons import pair_config
from lab import wait_until

INTERVAL = 0.1
SECONDS = 60
BUSY = "import time\nend = time.monotonic() + {}\nwhile time.monotonic() < end: pass\n"


@pytest.fixture
def busy_machine():
    """Twice as many busy loops as processors, of ordinary priority."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY.format(SECONDS + 5)])
             for _ in range(2 * os.cpu_count())]
    yield
    for loop in loops:
        loop.kill()
        loop.wait()


def test_none_of_600_adverts_of_a_minute_is_lost_on_a_busy_machine(lab, busy_machine):
    config = pair_config(checksum="rfc9568")  # one packet an advert
    r1, r2 = lab.tandem("r1", config), lab.tandem("r2", config)
    wait_until(lambda: (r1.state(), r2.state()) == ("active", "backup"))
    lab.capture.wait_advert(source=lab["r1"].address)
    mark = time.time()
    time.sleep(SECONDS + 1)
    wanted = round(SECONDS / INTERVAL)
    times = [advert.time for advert in lab.capture.adverts(source=lab["r1"].address, since=mark)]
    times = times[:wanted]
    assert len(times) == wanted
    # The schedule is what the most punctual advert shows; each has a slot of one interval.
    start = min(at - number * INTERVAL for number, at in enumerate(times))
    slots = [math.floor((at - start) / INTERVAL + 1e-6) for at in times]
    assert slots == list(range(wanted))
    assert lab.capture.adverts(source=lab["r2"].address) == []
    assert r2.router()["counters"]["transitions"] == 1
