"""tandemd as a service: the unit and the real `make install` under a real systemd."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from box import Box
from daemons import BUILD, ROOT, pair_config
from lab import always, wait_until
from wire import active_down_interval, advert_frame, advert_message

CONFIG = "/etc/tandem/tandem.conf"
UNIT = "/lib/systemd/system/tandemd.service"
EXPOSURE_TIMES_TEN = 47
NET_ADMIN_AND_NET_RAW = f"{1 << 12 | 1 << 13:016x}"
SCHED_RR = 2
FAST = 0.1
WEAKER = 100
RESTARTED_WITHIN = 1.5

pytestmark = pytest.mark.hosts("r1", "r2", "client", "observer")


def install(destination):
    """What a user does, with the binaries that are built already."""
    subprocess.run(["make", "--silent", "--old-file=all", "install", f"BUILD={BUILD}",
                    f"DESTDIR={destination}"], cwd=ROOT, check=True, capture_output=True, text=True)


class Service:
    """tandemd.service on a lab host that is a box. For the lab it is one of its daemons."""

    died_by_itself = False  # systemd is what watches over it

    def __init__(self, lab, name):
        self.host = lab[name]
        self.log = []
        folder = os.path.join(lab.folder, f"box-{name}")
        os.mkdir(folder)
        self.box = Box(name, self.host.namespace, folder)
        lab.at_close(self.box.close)
        lab.daemons.append(self)
        self.box.boot()

    def install(self, config):
        install(self.box.path("/"))
        if config is not None:
            self.configure(config)
        self.must("systemctl", "daemon-reload")

    def configure(self, text):
        with open(self.box.path(CONFIG), "w", encoding="utf-8") as file:
            file.write(text)

    def drop_in(self, *settings):
        folder = self.box.path("/etc/systemd/system/tandemd.service.d")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "test.conf"), "w", encoding="utf-8") as file:
            file.write("\n".join(["[Service]", *settings, ""]))
        self.must("systemctl", "daemon-reload")

    def must(self, *command):
        done = self.box.run(*command)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}\n{self.log_text()}"
        return done.stdout

    def start(self):
        self.must("systemctl", "start", "tandemd")

    def stop(self):
        self.must("systemctl", "stop", "tandemd")

    def signal(self, name):
        self.must("systemctl", "kill", f"--signal={name}", "--kill-whom=main", "tandemd")

    def show(self, name):
        return self.must("systemctl", "show", "--value", f"--property={name}", "tandemd").strip()

    def proc(self, name):
        """A file of the daemon's /proc, as its lines."""
        return self.must("cat", f"/proc/{self.show('MainPID')}/{name}").splitlines()

    def restarts(self):
        return int(self.show("NRestarts"))

    def status(self):
        return json.loads(self.must("tandemctl", "--json", "status"))

    def state(self):
        """The router's state; None while the daemon does not answer."""
        done = self.box.run("tandemctl", "--json", "status")
        return json.loads(done.stdout)["routers"][0]["state"] if done.returncode == 0 else None

    def journal(self):
        """The unit's journal, what systemd says about it too: one dictionary an entry."""
        self.must("journalctl", "--sync")
        lines = self.must("journalctl", "--unit=tandemd", "--output=json", "--all").splitlines()
        return [json.loads(line) for line in lines]

    def messages(self):
        return "\n".join(str(entry["MESSAGE"]) for entry in self.journal())

    def log_text(self):
        if not self.box.running:
            return "the box is not running"
        return self.box.run("journalctl", "--output=short-precise", "--lines=200").stdout


@pytest.fixture
def machine(lab):
    """r1 as a machine on which tandem has been installed and never configured."""
    service = Service(lab, "r1")
    service.install(None)
    return service


@pytest.fixture
def service(machine):
    """r1 as a machine with tandem installed and configured, not yet started."""
    machine.configure(pair_config())
    return machine


def start_pair(lab, service, **settings):
    """The service on r1, Active, and a tandemd beside it on r2, Backup."""
    service.configure(pair_config(**settings))
    service.start()
    wait_until(lambda: service.state() == "active")
    r2 = lab.tandem("r2", pair_config(**settings))
    wait_until(lambda: r2.router()["peers"] != [])
    assert lab.holders() == ["r1"]
    return r2


# ---- the box -----------------------------------------------------------------------------------

BOOT_AND_WAIT = """
import sys
from box import Box
box = Box(*sys.argv[1:])
box.boot()
print(box.path("/"), box.cgroup, flush=True)
sys.stdin.read()
"""


def test_a_box_ends_with_the_process_that_made_it(lab, tmp_path):
    folders = [tmp_path / name for name in ("killed", "next")]
    for folder in folders:
        folder.mkdir()
    namespace = lab["r1"].namespace
    with subprocess.Popen([sys.executable, "-B", "-c", BOOT_AND_WAIT, "r1", namespace, folders[0]],
                          cwd=os.path.dirname(__file__), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as owner:
        root, cgroup = owner.stdout.readline().split()
        assert os.path.isdir(root)
        owner.kill()
    wait_until(lambda: not os.path.isdir(root), what="PID 1 of the box has gone")
    with Box("r1", namespace, folders[1]):  # sweeps what was left
        assert not os.path.exists(cgroup)


# ---- the unit itself ---------------------------------------------------------------------------


def test_the_unit_is_sound_to_systemd(machine):
    pages = "no" if shutil.which("man") is None else "yes"
    done = machine.box.run("systemd-analyze", "verify", f"--man={pages}", UNIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("unit, threshold", [("tandemd", EXPOSURE_TIMES_TEN),
                                             ("tandem-exporter", 20), ("tandem-metrics", 20)])
def test_a_unit_is_exposed_as_little_as_promised(unit, threshold):
    done = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                           f"--threshold={threshold}",
                           os.path.join(ROOT, f"systemd/{unit}.service")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- installation ------------------------------------------------------------------------------


def files_below(folder):
    """Paths and modes of all files in a folder."""
    found = {}
    for here, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(here, name)
            found[os.path.relpath(path, folder)] = oct(os.stat(path).st_mode & 0o7777)
    return found


def test_install_puts_programs_unit_pages_and_examples_in_place(tmp_path):
    before = os.umask(0o077)  # a careful administrator's must not make files that nobody can read
    try:
        install(tmp_path)
    finally:
        os.umask(before)
    found = files_below(tmp_path)
    assert {name: mode for name, mode in found.items() if "/examples/" not in name} == {
        "usr/sbin/tandemd": "0o755",
        "usr/sbin/tandemctl": "0o755",
        "usr/sbin/tandem-exporter": "0o755",
        "lib/systemd/system/tandemd.service": "0o644",
        "lib/systemd/system/tandem-active@.target": "0o644",
        "lib/systemd/system/tandem-exporter.service": "0o644",
        "lib/systemd/system/tandem-metrics.service": "0o644",
        "lib/systemd/system/tandem-metrics.timer": "0o644",
        "usr/lib/systemd/catalog/tandem.catalog": "0o644",
        "usr/share/bash-completion/completions/tandemctl": "0o644",
        "usr/share/zsh/vendor-completions/_tandemctl": "0o644",
        "usr/share/fish/vendor_completions.d/tandemctl.fish": "0o644",
        "usr/share/doc/tandemd/monitoring/tandem.rules.yml": "0o644",
        "usr/share/doc/tandemd/monitoring/tandem-dashboard.json": "0o644",
        "usr/share/man/man8/tandemd.8": "0o644",
        "usr/share/man/man8/tandemctl.8": "0o644",
        "usr/share/man/man8/tandem-exporter.8": "0o644",
        "usr/share/man/man7/tandem-hooks.7": "0o644",
        "usr/share/man/man5/tandem.conf.5": "0o644"}
    assert {mode for name, mode in found.items() if "/examples/" in name} == {"0o644"}
    for folder in ("usr/sbin", "lib/systemd/system", "etc/tandem/conf.d",
                   "usr/share/zsh/vendor-completions"):
        assert os.stat(tmp_path / folder).st_mode & 0o777 == 0o755


def test_the_completions_that_are_installed_are_those_of_the_program(tmp_path):
    install(tmp_path)
    for shell, name in (("bash", "bash-completion/completions/tandemctl"),
                        ("zsh", "zsh/vendor-completions/_tandemctl"),
                        ("fish", "fish/vendor_completions.d/tandemctl.fish")):
        told = subprocess.run([os.path.join(BUILD, "tandemctl"), "completion", shell], check=True,
                              capture_output=True, text=True).stdout
        assert "tandemctl" in told
        assert (tmp_path / "usr/share" / name).read_text() == told


def test_uninstall_removes_everything_but_the_configuration(tmp_path):
    install(tmp_path)
    own = tmp_path / "etc/tandem/tandem.conf"
    own.write_text(pair_config())
    subprocess.run(["make", "--silent", "uninstall", f"DESTDIR={tmp_path}"], cwd=ROOT, check=True)
    assert list(files_below(tmp_path)) == ["etc/tandem/tandem.conf"]


# ---- start -------------------------------------------------------------------------------------


def test_start_returns_when_the_daemon_is_ready(service):
    service.start()
    assert service.must("systemctl", "is-active", "tandemd").strip() == "active"
    assert (service.show("Type"), service.show("NotifyAccess")) == ("notify", "main")
    assert service.status()["node"] == "r1"  # by the host name
    assert "tandemd is ready" in service.messages()


def test_start_waits_for_no_interface(service):
    service.configure(pair_config(interface="eth9"))
    begun = time.monotonic()
    service.start()
    assert time.monotonic() - begun < 2.0
    assert service.show("StatusText").startswith("1 waiting; lan")
    assert "interface eth9 does not exist" in service.show("StatusText")


def test_the_status_line_follows_the_router(lab, service):
    stronger = pair_config({"r1": 100, "r2": 200})
    service.configure(stronger)
    r2 = lab.tandem("r2", stronger)
    wait_until(lambda: r2.state() == "active")
    service.start()
    wait_until(lambda: service.show("StatusText") == "1 backup")
    r2.stop()
    wait_until(lambda: service.show("StatusText") == "1 active")
    assert 'Status: "1 active"' in service.must("systemctl", "status", "tandemd")


def test_a_machine_that_was_never_configured_is_left_alone_and_told_why(machine):
    assert machine.box.run("systemctl", "start", "tandemd").returncode == 0
    assert machine.show("ActiveState") == "inactive"
    said = machine.box.run("systemctl", "status", "tandemd").stdout
    assert f"ConditionPathExists={CONFIG}" in said


def test_a_broken_configuration_fails_the_start_and_names_the_line(service):
    service.configure(pair_config().replace("vrid", "vird"))
    done = service.box.run("systemctl", "start", "tandemd")
    assert done.returncode == 1
    line = pair_config().split("vrid")[0].count("\n") + 1
    assert f"{CONFIG}:{line}:" in service.messages()


def test_a_broken_configuration_is_not_tried_again(service):
    service.configure(pair_config().replace("vrid", "vird"))
    assert service.box.run("systemctl", "start", "tandemd").returncode == 1
    always(lambda: (service.show("ActiveState"), service.restarts()) == ("failed", 0), 0.5)
    service.configure(pair_config())
    service.start()


def test_the_service_can_be_enabled_for_the_next_boot(service):
    service.must("systemctl", "enable", "tandemd")
    assert service.show("WantedBy") == "multi-user.target"


# ---- rights and files --------------------------------------------------------------------------


def test_the_running_daemon_has_two_capabilities_and_can_gain_none(service):
    service.start()
    facts = dict(line.split(":\t") for line in service.proc("status"))
    for name in ("CapPrm", "CapEff", "CapBnd"):
        assert facts[name] == NET_ADMIN_AND_NET_RAW, name
    for name in ("CapInh", "CapAmb"):
        assert int(facts[name], 16) == 0, name
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"  # a filter


def policy_of(service):
    return int(service.proc("stat")[0].rsplit(")", 1)[1].split()[38])


def test_the_limits_let_the_daemon_be_real_time_and_locked(service):
    service.start()
    # A system that may not raise its own limits, a container for one, caps those of the unit.
    granted = {line[:25].strip(): line[26:].split()[0] for line in service.proc("limits")[1:]}
    status = service.status()
    assert status["realtime"] == (policy_of(service) == SCHED_RR)
    assert status["realtime"] == (int(granted["Max realtime priority"]) >= 10)
    assert status["memory_locked"] or granted["Max locked memory"] != "unlimited"
    assert granted["Max realtime timeout"] == "500000"


def test_the_sandbox_stands_in_the_way_of_neither(service):
    """By capabilities instead of limits, which works where those are capped."""
    service.drop_in("CapabilityBoundingSet=CAP_SYS_NICE CAP_IPC_LOCK CAP_SETPCAP")
    possible = service.box.run("chrt", "--rr", "10", "true").returncode == 0
    service.start()
    assert (policy_of(service) == SCHED_RR) == possible
    assert service.status()["memory_locked"] == possible
    facts = dict(line.split(":\t") for line in service.proc("status"))
    assert facts["CapBnd"] == NET_ADMIN_AND_NET_RAW  # the daemon gives the others up itself


def test_the_running_daemon_cannot_write_to_the_system(service):
    """What is not the system's, checks and hooks find as it is."""
    service.start()
    mounts = [line.split() for line in service.proc("mounts")]
    options = {fields[1]: fields[3].split(",") for fields in mounts}
    for path in ("/usr", "/etc"):
        assert "ro" in options[path], path
    assert "hidepid=invisible" not in options["/proc"]
    for path in ("/run/tandem", "/var/lib/tandem"):
        assert "rw" in options.get(path, options["/"]), path


def test_the_files_of_the_daemon_are_for_root(service):
    service.start()
    listed = service.must("stat", "--format=%A %U:%G %n", "/run/tandem", "/var/lib/tandem",
                          "/run/tandem/control.sock", "/run/tandem/lock").splitlines()
    assert listed == ["drwxr-xr-x root:root /run/tandem", "drwxr-x--- root:root /var/lib/tandem",
                      "srw-rw---- root:root /run/tandem/control.sock",
                      "-rw------- root:root /run/tandem/lock"]
    asked = service.box.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                            "tandemctl", "status")
    assert asked.returncode == 4  # not permitted


# ---- the journal -------------------------------------------------------------------------------


def transitions(service, to):
    return [entry for entry in service.journal() if entry.get("TANDEM_TO") == to]


def test_a_transition_is_in_the_journal_with_its_facts_as_fields(service):
    service.start()
    wait_until(lambda: service.state() == "active")
    entries = transitions(service, to="active")
    assert len(entries) == 1
    wanted = {"TANDEM_ROUTER": "lan", "TANDEM_VRID": "10", "TANDEM_INTERFACE": "eth0",
              "TANDEM_FAMILY": "ipv4", "TANDEM_FROM": "backup", "TANDEM_REASON": "silence",
              "PRIORITY": "5", "SYSLOG_IDENTIFIER": "tandemd", "_SYSTEMD_UNIT": "tandemd.service"}
    assert {name: entries[0].get(name) for name in wanted} == wanted
    assert "reason=silence" in entries[0]["MESSAGE"]


def test_a_journal_that_hangs_delays_no_advert(lab, service):
    service.configure(pair_config({"r1": 100}))
    service.start()
    wait_until(lambda: service.state() == "active")
    journald = service.must("systemctl", "show", "--value", "--property=MainPID",
                            "systemd-journald").strip()
    service.must("kill", "-STOP", journald)
    client = lab["client"]
    for priority in (200, 0) * 8:  # transitions, each with a line in the log
        message = advert_message(client.address, priority)
        client.send(advert_frame(client.mac, client.address, message))
        time.sleep(FAST)
    mark = lab.capture.wait_advert(source=lab["r1"].address, since=time.time()).time
    time.sleep(3.0)
    sent = [advert.time for advert in lab.capture.adverts(source=lab["r1"].address, since=mark)]
    service.must("kill", "-CONT", journald)
    assert 28 <= len(sent) <= 32
    assert max(later - earlier for earlier, later in zip(sent, sent[1:])) < 2.5 * FAST
    wait_until(lambda: len(transitions(service, to="active")) > 1, what="the journal goes on")


# ---- stop and start ----------------------------------------------------------------------------


def test_a_journal_that_was_replaced_goes_on_hearing_us(service):
    service.start()
    wait_until(lambda: service.state() == "active")
    service.must("systemctl", "restart", "systemd-journald.socket", "systemd-journald")
    service.stop()
    wait_until(lambda: "tandemd has ended" in service.messages())


def test_stop_hands_over_and_start_takes_back(lab, service):
    r2 = start_pair(lab, service)
    asked = time.time()
    service.stop()
    released = lab.capture.wait_advert(source=lab["r1"].address, priority=0, since=asked)
    first = lab.capture.wait_advert(source=lab["r2"].address, since=asked)
    assert 0 <= first.time - released.time < active_down_interval(WEAKER, FAST)
    wait_until(lambda: lab.holders() == ["r2"])
    assert r2.router()["reason"] == "released"
    assert (service.show("Result"), service.show("ActiveState")) == ("success", "inactive")
    assert not os.path.exists(service.box.path("/run/tandem"))

    service.start()
    wait_until(lambda: lab.holders() == ["r1"] and r2.state() == "backup")
    always(lambda: lab.holders() == ["r1"], 0.5)


# ---- crashes and hangs -------------------------------------------------------------------------


def test_a_killed_daemon_is_back_at_once_and_alone_active(lab, service):
    r2 = start_pair(lab, service)
    killed = time.monotonic()
    service.signal("KILL")
    wait_until(lambda: service.restarts() == 1 and service.state() is not None)
    assert time.monotonic() - killed < RESTARTED_WITHIN
    wait_until(lambda: service.state() == "active" and r2.state() == "backup")
    always(lambda: lab.holders() == ["r1"], 0.5)


def test_a_killed_daemon_that_comes_back_as_backup_leaves_no_address_behind(lab, service):
    r2 = start_pair(lab, service, preempt=False)
    service.drop_in("RestartSec=1s")
    service.signal("KILL")
    wait_until(lambda: r2.state() == "active")
    wait_until(lambda: service.state() == "backup")
    wait_until(lambda: lab.holders() == ["r2"])
    always(lambda: lab.holders() == ["r2"] and r2.state() == "active", 0.5)


def test_a_daemon_that_keeps_crashing_is_never_given_up(service):
    service.start()
    for crash in range(1, 8):
        service.signal("KILL")
        wait_until(lambda crash=crash: service.restarts() == crash
                   and service.show("ActiveState") == "active")
    wait_until(lambda: service.state() == "active")


def test_a_hanging_daemon_is_replaced_by_the_watchdog(lab, service):
    service.drop_in("WatchdogSec=1s")
    r2 = start_pair(lab, service)
    always(lambda: service.restarts() == 0, 2.5, "the fed watchdog is quiet", pause=0.1)
    service.signal("STOP")
    wait_until(lambda: r2.state() == "active")
    wait_until(lambda: service.restarts() == 1, timeout=5)
    wait_until(lambda: lab.holders() == ["r1"] and r2.state() == "backup")
    assert "Watchdog timeout" in service.messages()
