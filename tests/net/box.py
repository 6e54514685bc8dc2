"""A machine with a real systemd as PID 1: systemd-nspawn over an overlay of this machine's root.

    with Box("r1", namespace, folder) as box:
        print(box.run("systemctl", "is-system-running").stdout)
        shutil.copy("tandem.conf", box.path("/etc/tandem.conf"))

The box sees this machine's files and keeps its own changes in memory. Its network is a namespace
that exists already. It boots to basic.target in about a second, without what the administrator of
this machine has enabled. Its processes live in a PID namespace whose life hangs on ours, so that
none of them survives us, not even when we are killed.

Needs root, systemd-container, and rights to mount an overlay and cgroup2. A container may refuse
them: then boot() fails with the step that was refused. Knows nothing about VRRP.
"""

import itertools
import os
import re
import select
import shutil
import socket
import subprocess
import time

PREFIX = "tandembox"
BOOTED_WITHIN = 60.0
GONE_WITHIN = 5.0
ENTER = [f"--{what}" for what in ("mount", "uts", "ipc", "net", "pid", "cgroup", "root", "wd")]
SEPARATE = ("etc", "usr", "var")  # what a machine may have on file systems of their own
PROGRAMS = {"systemd-nspawn": "systemd-container", "/lib/systemd/systemd": "systemd",
            "unshare": "util-linux", "setpriv": "util-linux", "nsenter": "util-linux"}
_counter = itertools.count(1)

# Runs in mount and PID namespaces of its own; every step is one that a container may refuse.
#
# With the cgroup2 mount, nspawn finds the same pure hierarchy on a machine with cgroup version 1.
# Without nspawn's own files in /run/systemd, boxes and this machine's systemd do not meet.
# --capability=all, because nspawn's system call filter forbids mlockall() otherwise; those dropped
# again reach past the box, to this machine's clock and modules.
LAUNCH = r"""
try() { "$@" || { echo "box: this was refused: $*" >&2; exit 1; }; }
layer() {
    try mkdir -p "$store/upper/$1" "$store/work/$1" "$root"
    try mount -t overlay box "$root/$1" \
        -o "lowerdir=/$1,upperdir=$store/upper/$1,workdir=$store/work/$1"
}
store=$1 cgroup=$2 name=$3 netns=$4 root=$1/root
shift 4

echo 0 >"$cgroup/cgroup.procs" || try false "to enter the cgroup"
try mount -t tmpfs -o mode=0755 box "$store"
layer .
for part in "$@"; do layer "$part"; done

rm -rf "$root/etc/systemd/system" "$root/etc/machine-id" "$root/etc/hostname"
mkdir "$root/etc/systemd/system"
for file in fstab crypttab; do : >"$root/etc/$file"; done
echo "$name" >"$root/etc/hostname"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"

mkdir -p /run/systemd
try mount -t tmpfs -o mode=0755 box /run/systemd
[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || try mount -t cgroup2 box /sys/fs/cgroup
exec systemd-nspawn --quiet --directory="$root" --machine="$name" --boot --notify-ready=yes \
    --register=no --keep-unit --link-journal=no --console=read-only \
    --capability=all --drop-capability=CAP_SYS_MODULE,CAP_SYS_TIME,CAP_SYS_RAWIO \
    --network-namespace-path="$netns" -- --unit=basic.target
"""


class BoxFailed(Exception):
    """This machine cannot boot a box, or the box did not come up."""


class Box:
    """A machine. `folder` must exist and be empty; it is the caller's to remove."""

    def __init__(self, name, namespace, folder):
        self.name = name
        self.namespace = namespace
        self._folder = folder
        self.cgroup = None
        self._process = None
        self._leader = None

    def __enter__(self):
        self.boot()
        return self

    def __exit__(self, *_):
        self.close()

    def boot(self):
        """Returns when the box has reached basic.target."""
        _refuse_without_programs()
        mounts = _mounts()
        if "/" not in mounts:
            raise BoxFailed("a box needs a root that is a mount point; for a chroot, "
                            "`mount --bind TREE TREE` before it is entered")
        home = _cgroup_home(mounts)
        _sweep(home)
        self.cgroup = os.path.join(home, f"{PREFIX}-{os.getpid()}-{next(_counter)}")
        try:
            self._make_cgroup()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.bind(self._file("notify"))
                self._launch([part for part in SEPARATE if f"/{part}" in mounts])
                self._wait_until_ready(notify)
            self._leader = self._find_leader()
        except BaseException:
            self.close()
            raise

    def close(self):
        """Ends all that runs in the box, at once; what it wrote is gone."""
        if self._process is not None:
            _kill_all(self.cgroup)
            try:
                self._process.wait(GONE_WITHIN)
            except subprocess.TimeoutExpired:
                self._process.kill()  # the PID namespace ends with it
                self._process.wait()
            self._process = None
        if self.cgroup is not None:
            _remove(self.cgroup)
            self.cgroup = None

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def path(self, inside):
        """Where a file of the box is found from outside."""
        return f"/proc/{self._leader}/root/{inside.lstrip('/')}"

    def run(self, *command, timeout=60.0):
        """Runs a command in the box and returns how it ended and what it printed."""
        entered = ["nsenter", f"--target={self._leader}", *ENTER]
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "LANG": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
        return subprocess.run([*entered, "--", *command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", check=False,
                              env=environment, timeout=timeout)

    def _file(self, name):
        return os.path.join(self._folder, name)

    def _make_cgroup(self):
        try:
            os.mkdir(self.cgroup)
        except OSError as error:
            raise BoxFailed(f"cannot make the cgroup {self.cgroup}: {error.strerror}; the box "
                            "needs a writable cgroup2 file system") from error

    def _launch(self, separate):
        store = self._file("store")
        os.mkdir(store)
        environment = {**os.environ, "NOTIFY_SOCKET": self._file("notify"), "LANG": "C.UTF-8"}
        # Our end ends unshare, its end ends the PID namespace.
        command = ["setpriv", "--pdeathsig", "KILL",
                   "unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                   "--kill-child", "--mount-proc", "sh", "-c", LAUNCH, "box", store, self.cgroup,
                   self.name, f"/run/netns/{self.namespace}", *separate]
        with open(self._file("console"), "wb") as console:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console,
                                             stderr=console, env=environment,
                                             start_new_session=True)

    def _wait_until_ready(self, notify):
        deadline = time.monotonic() + BOOTED_WITHIN
        while True:
            if select.select([notify], [], [], 0.05)[0]:
                if "READY=1" in notify.recv(4096).decode().split("\n"):
                    return
                continue
            if not self.running:
                raise BoxFailed(f"the box {self.name} did not start:\n{self._console()}")
            if time.monotonic() > deadline:
                raise BoxFailed(f"the box {self.name} did not boot within {BOOTED_WITHIN:.0f} s:\n"
                                f"{self._console()}")

    def _find_leader(self):
        """The box's PID 1 by our numbers; what nspawn reports are those of its own namespace."""
        with open(os.path.join(self.cgroup, "payload/init.scope/cgroup.procs"),
                  encoding="ascii") as file:
            return int(file.readline())

    def _console(self):
        with open(self._file("console"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]


def _refuse_without_programs():
    if os.geteuid() != 0:
        raise BoxFailed("a box needs root: run this with sudo")
    missing = sorted({package for program, package in PROGRAMS.items()
                      if shutil.which(program) is None})
    if missing:
        raise BoxFailed(f"a box needs packages that are missing: {' '.join(missing)}")


def _mounts():
    """What is mounted in this machine's view: mount point -> type."""
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        halves = [line.split(" - ") for line in file]
    return {fields.split()[4]: kind.split()[0] for fields, kind in halves}


def _cgroup_home(mounts):
    """A mount point of cgroup2: the only one, or the `unified` part of a hybrid set-up."""
    for point, kind in mounts.items():
        if kind == "cgroup2":
            return point
    raise BoxFailed("a box needs cgroup2, which is not mounted here: "
                    "mount -t cgroup2 cgroup2 /sys/fs/cgroup")


def _sweep(home):
    """Ends what processes that no longer live have left."""
    for name in os.listdir(home):
        owner = re.fullmatch(rf"{PREFIX}-(\d+)-\d+", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            _kill_all(os.path.join(home, name))
            _remove(os.path.join(home, name))


def _kill_all(cgroup):
    """SIGKILL to everything in a cgroup, where the kernel can do that (5.14)."""
    switch = os.path.join(cgroup, "cgroup.kill")
    if os.path.exists(switch):
        with open(switch, "w", encoding="ascii") as file:
            file.write("1")


def _remove(cgroup):
    """Removes a cgroup and those in it, as soon as their last processes are gone."""
    deadline = time.monotonic() + GONE_WITHIN
    while os.path.isdir(cgroup):
        for folder, _, _ in os.walk(cgroup, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                break
        else:
            return
        if time.monotonic() > deadline:
            raise BoxFailed(f"the cgroup {cgroup} cannot be removed: something still runs in it")
        time.sleep(0.01)
