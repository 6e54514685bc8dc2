"""`tandemctl health` of real routers: what monitoring sees."""

import re

from daemons import pair_config
from lab import wait_until


def line_of(router, *options):
    done = router.ctl("health", "--nagios", *options)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1, done
    return done.returncode, done.stdout


def test_a_pair_is_ok_and_after_a_swap_both_warn(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    r2 = lab.tandem("r2", pair_config())
    wait_until(lambda: r2.state() == "backup" and r2.router()["peers"])
    assert r1.router()["preferred"] is True and r2.router()["preferred"] is False
    for router, words in ((r1, "1 active, 0 fault, peer unknown"),
                          (r2, f"0 active, 0 fault, 1 backup, peer {lab['r1'].address}")):
        code, line = line_of(router, "--expect", "preferred")
        assert code == 0 and line.startswith(f"TANDEM OK - {words} | active="), line
        assert re.search(r"\| active=\d;;;0 fault=0;;1 .*near_failovers=(U|\d+c)\n$", line)
    assert r1.ctl("handover").returncode == 0
    for router in (r1, r2):
        code, line = line_of(router, "--expect", "preferred")
        assert code == 1 and line.startswith("TANDEM WARNING - lan (ipv4) is "), line
        assert "preferred node" in line


def test_a_fault_is_critical_a_drain_a_warning_and_silence_unknown(lab):
    r1 = lab.tandem("r1", pair_config())
    wait_until(lambda: r1.state() == "active")
    assert r1.ctl("drain", "--force").returncode in (0, 1)
    wait_until(lambda: r1.state() == "drained")
    assert line_of(r1)[0] == 1 and "DRAINED" in line_of(r1)[1]
    assert r1.ctl("undrain").returncode == 0
    lab.switch.port_down(lab["r1"])
    wait_until(lambda: r1.state() == "fault")
    code, line = line_of(r1)
    assert code == 2 and line.startswith("TANDEM CRITICAL - lan (ipv4) is FAULT: ")
    r1.stop()
    code, line = line_of(r1)
    assert code == 3 and line.startswith("TANDEM UNKNOWN - cannot reach tandemd: ")
    assert "|" not in line


def test_wrong_usage_is_no_verdict(lab):
    r1 = lab.tandem("r1", pair_config())
    assert r1.ctl("health", "--nagois").returncode == 3
    assert r1.ctl("health", "--expect", "backup").returncode == 3
