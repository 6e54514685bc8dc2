"""The rolling maintenance of a pair, as the manual describes it: a client loses nothing."""
import os
import shutil
import time

import pytest

from daemons import TANDEMD
from lab import wait_until
from test_drain import order
from test_planned import lost

pytestmark = pytest.mark.lan(ipv6=True, hub=True)


def maintain(router, other):
    """Drain, replace, start, undrain: for one node, as the operator does it."""
    said = order(router, "drain", "--reason", "upgrade", "--for", "30m")
    assert "lan: is drained" in said
    assert other.state() == "active"
    router.stop()
    router.program = os.path.join(router.folder, "tandemd-new")
    shutil.copy(TANDEMD, router.program)
    router.start()
    assert router.state() == "drained"
    assert os.readlink(f"/proc/{router.status()['pid']}/exe") == router.program
    order(router, "undrain")
    wait_until(lambda: router.state() in ("backup", "active"))


@pytest.mark.parametrize("preempt", [True, False])
def test_one_router_after_the_other(lab, preempt):
    r1, r2 = lab.pair(advertise="1s", preempt=preempt)
    probe = lab.probe()
    time.sleep(0.2)
    mark = time.time()
    maintain(r1, r2)
    if preempt:
        wait_until(lambda: r1.state() == "active" and r2.state() == "backup", 20)
    maintain(r2, r1)
    wait_until(lambda: sorted([r1.state(), r2.state()]) == ["active", "backup"], 20)
    assert lost(probe, mark) == 0
