"""`tandemctl doctor` of real routers: each fault is made, found, named, and gone when it is mended."""

import json
import os
import re
import shutil
import subprocess

import pytest

from daemons import ROOT, pair_config
from lab import VIRTUAL, wait_until
from namespaces import run
from wire import advert_frame, advert_message

LISTEN = "0.8"


def findings(router, *options, listen=LISTEN):
    """The findings by their code, and the exit code."""
    done = router.ctl("doctor", "--listen", listen, "--json", *options)
    assert done.stderr == "" and done.returncode in (0, 1), done
    found = json.loads(done.stdout)
    assert found["skipped"] == [] or listen == "0", found
    by_code = {finding["code"]: finding for finding in found["findings"]}
    is_ill = any(finding["severity"] == "problem" for finding in found["findings"])
    assert done.returncode == int(is_ill)
    return by_code


def problems(router, *options, **more):
    return {code: finding for code, finding in findings(router, *options, **more).items()
            if finding["severity"] == "problem"}


def rules(host, hook, what):
    run(["ip", "netns", "exec", host.namespace, "nft", "-f", "-"],
        f"table ip test {{ chain c {{ type filter hook {hook} priority 0; {what} drop\n }}\n}}\n")


def no_rules(host):
    run(["ip", "netns", "exec", host.namespace, "nft", "flush", "ruleset"])


def test_a_healthy_pair_has_no_problem(lab):
    r1, r2 = lab.pair()
    wait_until(lambda: r2.router()["peers"])
    for router in (r1, r2):
        assert problems(router) == {}
    text = r1.ctl("doctor", "--listen", LISTEN).stdout
    assert "0 problems, " in text.splitlines()[-1] and "0.8 s of eth0" in text
    assert "forwarding-off" in findings(r1)  # the lab's hosts do not forward
    lab["r1"].sysctl("ipv4.ip_forward", 1)
    assert "forwarding-off" not in findings(r1)


def test_a_firewall_that_drops_what_comes_in(lab):
    _, r2 = lab.pair()
    rules(lab["r2"], "input", "ip protocol 112")
    wait_until(lambda: r2.state() == "active")
    found = problems(r2)["firewall-in"]
    assert found["router"] == "lan" and found["family"] == "ipv4"
    assert lab["r1"].address in found["evidence"] and "eth0" in found["evidence"]
    assert re.match(r"\d+ adverts of ", found["evidence"]) and "112" in found["cure"]
    text = r2.ctl("doctor", "--listen", LISTEN).stdout
    assert text.startswith("PROBLEM  lan (ipv4)  firewall-in: "), text
    no_rules(lab["r2"])
    wait_until(lambda: r2.state() == "backup")
    assert "firewall-in" not in problems(r2)


def test_a_firewall_that_drops_what_goes_out(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    rules(lab["r1"], "output", "ip protocol 112")
    assert "sending failed" in problems(r1)["firewall-out"]["evidence"]
    no_rules(lab["r1"])
    wait_until(lambda: r1.state() == "active")
    assert "firewall-out" not in problems(r1)


def test_what_leaves_the_daemon_and_not_the_machine(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    run(["ip", "netns", "exec", lab["r1"].namespace, "nft", "-f", "-"],
        "table netdev test { chain c { type filter hook egress device eth0 priority 0; "
        "ip protocol 112 drop\n }\n}\n")
    assert "firewall-out" in problems(r1)


def test_a_switch_that_swallows_multicast(lab):
    r1, r2 = lab.pair()
    lab.switch.part(lab["r1"], lab["r2"], "ip daddr 224.0.0.18")
    wait_until(lambda: r2.state() == "active")
    for router, other in ((r1, "r2"), (r2, "r1")):
        found = problems(router)["multicast-lost"]
        assert VIRTUAL in found["evidence"] and lab[other].mac in found["evidence"]
        assert "IGMP" in found["cure"]


def test_two_that_are_active_are_found_with_the_status_of_the_other(lab, tmp_path):
    r1, r2 = lab.pair()
    lab.switch.cut(lab["r2"])
    wait_until(lambda: r2.state() == "active")
    file = tmp_path / "r2.json"
    file.write_text(r2.ctl("--json", "status").stdout, encoding="utf-8")
    found = problems(r1, "--other", str(file))
    assert set(found) >= {"both-active", "multicast-lost"}
    assert "on r2 since 20" in found["both-active"]["evidence"]
    assert "r2 says that it is Active" in found["multicast-lost"]["evidence"]


@pytest.mark.parametrize("code, fields", [("checksum", {"checksum": "wrong"}),
                                          ("rejected", {"kind": 7})])
def test_adverts_that_are_discarded(lab, code, fields):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    client = lab["client"]
    client.send(advert_frame(client.mac, client.address,
                             advert_message(client.address, 50, **fields)))
    wait_until(lambda: r1.conditions("rejected"))
    assert client.address in problems(r1)[code]["evidence"]


def test_adverts_that_have_crossed_a_router(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    client = lab["client"]
    client.send(advert_frame(client.mac, client.address, advert_message(client.address, 50),
                             ttl=64))
    wait_until(lambda: r1.conditions("rejected"))
    assert "TTL 64" in problems(r1)["ttl"]["evidence"]


@pytest.mark.parametrize("code, ours, theirs", [
    ("interval-differs", {"advertise": "100ms"}, {"advertise": "200ms"}),
    ("version-differs", {"advertise": "1s"}, {"advertise": "1s", "vrrp": 2}),
    ("address-list-differs", {}, {"addresses": [f"{VIRTUAL}/24", "192.0.2.9/24"]}),
    ("vrid-differs", {}, {"vrid": 11}),
    ("vrid-clash", {}, {"addresses": ["192.0.2.9/24"]}),
])
def test_settings_that_differ(lab, tmp_path, code, ours, theirs):
    r2 = lab.tandem("r2", pair_config(**theirs))
    wait_until(lambda: r2.state() == "active")
    r1 = lab.tandem("r1", pair_config({"r1": 50, "r2": 200}, **ours))
    if code.startswith("vrid"):
        wait_until(lambda: r1.state() in ("active", "backup"))
    else:
        wait_until(lambda: r1.conditions(code))
    assert lab["r2"].address in problems(r1, listen="1.5")[code]["evidence"]
    file = tmp_path / "r2.json"
    file.write_text(r2.ctl("--json", "status").stdout, encoding="utf-8")
    told = findings(r1, "--other", str(file))
    assert " on r2" in told["config-differs"]["evidence"] and "config-hash" in told


def test_a_reverse_path_filter_that_is_strict(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}, vmac=True))
    wait_until(lambda: r1.state() == "active")
    link = r1.router()["vmac"]["interface"]

    def command(text):
        run(["ip", "netns", "exec", lab["r1"].namespace, *text.split()])

    command("sysctl -qw net/ipv4/conf/all/rp_filter=0")
    command(f"sysctl -qw net/ipv4/conf/{link}/rp_filter=1")
    found = problems(r1)["rp-filter"]
    assert f"{link}/rp_filter is 1" in found["evidence"]
    command(found["cure"])
    assert "rp-filter" not in problems(r1)


def test_another_daemon_that_takes_addresses_away(lab, tmp_path):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: lab["r1"].holds())
    lab["r1"].ip("address", "delete", f"{VIRTUAL}/24", "dev", "eth0")
    wait_until(lambda: r1.router()["counters"]["restored"] == 1)
    assert "removed-before" in findings(r1)
    other = shutil.copy(shutil.which("sleep"), tmp_path / "ucarp")
    process = subprocess.Popen(["ip", "netns", "exec", lab["r1"].namespace, other, "60"])
    try:
        wait_until(lambda: open(f"/proc/{process.pid}/comm", encoding="ascii").read() == "ucarp\n")
        assert "ucarp" in problems(r1)["foreign-daemon"]["evidence"]
    finally:
        process.kill()
        process.wait()


def test_the_clock_source_is_that_of_the_machine(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    with open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
              encoding="ascii") as file:
        is_slow = file.read().strip() in ("hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit")
    assert ("clock-source" in findings(r1, listen="0")) == is_slow


def test_a_fault_is_a_problem_that_is_said_once(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    lab.switch.port_down(lab["r1"])
    wait_until(lambda: r1.state() == "fault")
    assert set(problems(r1)) == {"not-taking-part"}


def test_without_root_it_says_what_it_cannot_see(lab):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    wait_until(lambda: r1.state() == "active")
    done = subprocess.run(["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--",
                           os.path.join(ROOT, "build", "tandemctl"), "--run-dir", r1.run_dir,
                           "doctor"], capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 0 and "skipped    the wire: " in done.stdout, done
    assert "sudo" in done.stdout


def test_without_a_daemon_it_ends_with_3(lab, tmp_path):
    r1 = lab.tandem("r1", pair_config({"r1": 200}))
    file = tmp_path / "r1.json"
    file.write_text(r1.ctl("--json", "status").stdout, encoding="utf-8")
    assert r1.ctl("doctor", "--other", str(file)).returncode == 2  # that is this node
    assert r1.ctl("doctor", "--other", str(tmp_path / "none")).returncode == 2
    r1.stop()
    done = r1.ctl("doctor")
    assert done.returncode == 3 and "cannot reach tandemd" in done.stderr


def test_the_manual_has_the_codes_of_the_program():
    with open(os.path.join(ROOT, "src", "ctl", "findings.cpp"), encoding="utf-8") as file:
        codes = re.findall(r'Kind\{"([a-z-]+)", ', file.read())
    with open(os.path.join(ROOT, "man", "tandemctl.8"), encoding="utf-8") as file:
        chapter = re.search(r"^\.Sh DOCTOR$(.*?)^\.Sh ", file.read(), re.MULTILINE | re.DOTALL)[1]
    assert len(codes) > 20 and re.findall(r"^\.It Li ([a-z-]+)$", chapter, re.MULTILINE) == codes
