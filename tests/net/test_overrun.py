"""A netlink overrun: so much happens while the daemon cannot read that the kernel drops the news.

What was dropped is never sent again. A daemon that only logs it has a picture of its host that is
wrong for good, and then a virtual address that is on no router, or on two. Without leases, whose
renewals would put right what was missed.
"""

import itertools
import os
import re
import time

from daemons import pair_config
from lab import VIRTUAL, always, wait_until, wait_until_steady
from namespaces import batch, inside

OVERFLOWS_WITHIN = 60.0
STRANGERS = [f"10.30.{i // 250}.{i % 250 + 1}/32" for i in range(3000)]


def drops(daemon):
    """How many notifications the kernel has dropped for a process, over all its netlink sockets."""
    folder = f"/proc/{daemon.process.pid}/fd"
    inodes = {match[1] for name in os.listdir(folder)
              if (match := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{name}")))}

    def read():
        with open("/proc/thread-self/net/netlink", encoding="ascii") as file:
            return [line.split() for line in file][1:]

    return sum(int(fields[8]) for fields in inside(daemon.host.namespace, read)
               if fields[9] in inodes)


def bury(daemon, lines=()):
    """Makes more events than the daemon's socket holds, `lines` among them, while it is stopped."""
    churn = [f"address {verb} 10.99.0.1/32 dev lo" for _ in range(2000)
             for verb in ("add", "delete")]
    deadline = time.monotonic() + OVERFLOWS_WITHIN
    for round_ in itertools.count():
        batch(daemon.host.namespace, churn)
        if drops(daemon) > 0:
            break
        assert time.monotonic() < deadline, f"no drops after {(round_ + 1) * len(churn)} events"
    # Only what comes when the socket is full is lost.
    batch(daemon.host.namespace, lines)


def slow_pair(lab, interval):
    """A pair whose Backup has the patience to sit an overrun out."""
    config = pair_config(advertise=interval, lease="off")
    r1 = lab.tandem("r1", config)
    wait_until(lambda: r1.state() == "active", timeout=30)
    r2 = lab.tandem("r2", config)
    wait_until(lambda: r2.state() == "backup")
    return r1, r2


def strangers_on(host):
    batch(host.namespace, [f"address add {address} dev eth0" for address in STRANGERS])


def check_settled(lab, r1, r2):
    """The virtual address is on r1 alone and once, and nothing of others is missing.

    A pause of about Active_Down_Interval lets r2 take over in the very moment in which r1 goes on:
    the pair is settled when it stays so.
    """
    wait_until(lambda: "overrun" in r1.log_text())
    wait_until_steady(lambda: lab.holders() == ["r1"] and r1.state() == "active"
                      and r2.state() == "backup", seconds=1.0, what="the address is on r1 alone")
    there = lab["r1"].addresses()
    assert there.count(f"{VIRTUAL}/24") == 1
    assert set(STRANGERS) <= set(there)


def test_an_address_that_was_removed_unheard_is_put_back_before_the_peer_notices(lab):
    r1, r2 = slow_pair(lab, "3s")
    strangers_on(lab["r1"])
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    r1.pause()
    bury(r1, [f"address replace {VIRTUAL}/24 dev eth0", f"address delete {VIRTUAL}/24 dev eth0"])
    assert not lab["r1"].holds(VIRTUAL)
    r1.resume()
    check_settled(lab, r1, r2)
    assert not [fields for _, fields in r2.transitions() if fields["to"] == "active"]


def test_an_address_that_was_removed_unheard_is_on_one_router_after_the_peer_took_over(lab):
    r1, r2 = lab.pair(lease="off")
    strangers_on(lab["r1"])
    wait_until(lambda: lab["r1"].holds(VIRTUAL))
    r1.pause()
    bury(r1, [f"address replace {VIRTUAL}/24 dev eth0", f"address delete {VIRTUAL}/24 dev eth0"])
    wait_until(lambda: r2.state() == "active" and lab.holders() == ["r2"])
    r1.resume()
    check_settled(lab, r1, r2)


def test_one_overrun_after_the_other_leaves_the_router_as_it_was(lab):
    r1, r2 = lab.pair(lease="off")
    strangers_on(lab["r1"])
    for _ in range(3):
        r1.pause()
        bury(r1)
        r1.resume()
        check_settled(lab, r1, r2)
    mark = time.time()
    always(lambda: r1.state() == "active" and r2.state() == "backup", 1.0)
    assert len(lab.capture.adverts(source=lab["r1"].address, since=mark)) >= 5
