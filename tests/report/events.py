"""The events: what they are called, what they are, and which step of a pair makes them happen."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Event:
    """`promised`: it must cost tandem's clients no probe. `boxed`: it needs a real systemd."""

    name: str
    step: str          # of pairs.Pair
    what: str
    promised: bool = True
    boxed: bool = False
    before: str = ""   # a step that comes first and is not measured


EVENTS = (
    Event("planned stop", "stop", "SIGTERM to the Active router's daemon"),
    Event("drain", "drain", "`tandemctl drain`; keepalived has no such thing"),
    Event("hand-over by an operator", "hand_over",
          "`tandemctl handover`; keepalived: a priority below the other router's is written into "
          "the file, which is reloaded"),
    Event("reload, nothing changed", "reload_same",
          "both routers reload the file that they have (`tandemctl reload`; keepalived: SIGHUP)"),
    Event("reload, one address more", "reload_more",
          "the file of both routers gets a second address; the Backup reloads it first, the Active "
          "router an interval later"),
    Event("reload of a broken file", "reload_broken",
          "in the Active router's file a VRID of 1000 is written, and the file reloaded"),
    Event("restart of the service", "restart",
          "`systemctl restart` on the Active router, with the unit of each make, under a real "
          "systemd", boxed=True),
    Event("upgrade in place", "upgrade",
          "the program is replaced by another copy, and `tandemctl reload --exec` has the daemon "
          "go on as that one; keepalived has no such thing and needs a restart"),
    Event("return of the stronger router", "come_back",
          "it was stopped, is started again and preempts", before="stop"),
    Event("crash, restarted at once", "crash_and_restart",
          "SIGKILL to the process that speaks VRRP; tandem's is started again 0.1 s later, as its "
          "unit does it, keepalived's by its parent", promised=False),
    Event("crash", "crash", "SIGKILL to all processes of the daemon, and nobody starts it again",
          promised=False),
    Event("hang", "hang",
          "SIGSTOP to the process that speaks VRRP, and SIGCONT when the other router has been "
          "Active for as long as a takeover takes; no watchdog", promised=False),
    Event("link failure", "lose_link", "the Active router's port of the switch goes down",
          promised=False),
)
