"""build/probe on a host, which looks with the probes of some checks; and what it looks at."""

import json
import os
import time

from daemons import BUILD, Daemon
from lab import wait_until

PROBE = os.path.join(BUILD, "probe")
EVERY = 0.1
TIMEOUT = 0.5


def check(kind, name=None, every=EVERY, timeout=TIMEOUT, **settings):
    """A check as the daemon sends it to its runner."""
    optional = {"ping": {"interface": ""}, "tcp": {"interface": ""},
                "interface": {"up_for_us": 0, "down_for_us": 0},
                "http": {"expect": [200], "contains": "", "verify": True},
                "route": {"protocol": -1, "table": 254}}.get(kind, {})
    return {"name": name or kind, "kind": kind, "every_us": int(every * 1e6),
            "timeout_us": int(timeout * 1e6), "rise": 1, "fall": 1, "counts_as": "",
            **optional, **settings}


def as_argument(one):
    return json.dumps({"check": one})


class Looker(Daemon):
    """Looks until it is killed. Outcomes are dictionaries, the last one being the newest."""

    def __init__(self, host, folder, checks):
        super().__init__(host, folder)
        self.checks = checks

    def arguments(self):
        return [PROBE, "3600", *(as_argument(one) for one in self.checks)]

    def outcomes(self, name):
        """With `heard`, the time when each was read."""
        lines = [(at, line) for at, line in list(self.log) if line.startswith("{")]
        found = [{**json.loads(line), "heard": at} for at, line in lines]
        return [outcome for outcome in found if outcome.get("check") == name]

    def wait_until_well(self, name):
        return self._wait(name, True, "")

    def wait_until_failed(self, name, words=""):
        return self._wait(name, False, words)

    def _wait(self, name, well, words):
        """For a look that began after now and came to this."""
        since = time.time()

        def newest():
            fresh = [outcome for outcome in self.outcomes(name)
                     if outcome["heard"] - outcome["took_ms"] / 1e3 > since]
            agrees = fresh and fresh[-1]["well"] == well and words in fresh[-1]["text"]
            return fresh[-1:] if agrees else None

        try:
            return wait_until(newest, what=f"{name} is {'well' if well else 'not well'}")[0]
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.outcomes(name)[-3:]}") from error

    def processor_seconds(self):
        """What it has cost so far."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        self.end_is_expected = True
        if self.running:
            self.process.kill()
        if self.process is not None:
            self.process.wait()


class Server(Daemon):
    """A program of somebody else's that a check is about."""

    def __init__(self, host, folder, arguments):
        super().__init__(host, folder)
        self._arguments = arguments

    def arguments(self):
        return self._arguments

    def kill(self):
        self.end_is_expected = True
        if self.running:
            os.killpg(self.pid, 9)
        if self.process is not None:
            self.process.wait()


def look(lab, host, *checks):
    looker = Looker(lab[host], lab.folder, checks)
    lab.daemons.append(looker)
    lab.at_close(looker.kill)
    looker.spawn()
    return looker


def serve(lab, host, name, *arguments, configuration=None):
    """Starts a server; `{}` in its arguments is the file with its configuration."""
    path = os.path.join(lab.folder, f"{host}-{name}.conf")
    if configuration is not None:
        with open(path, "w", encoding="utf-8") as file:
            file.write(configuration)
    server = Server(lab[host], lab.folder, [part.replace("{}", path) for part in arguments])
    lab.at_close(server.kill)
    server.spawn()
    return server


def nginx(lab, host, listens, locations):
    """The real one, without anything of this machine's configuration."""
    folder = os.path.join(lab.folder, f"{host}-nginx")
    os.makedirs(folder, exist_ok=True)
    paths = "".join(f"{what}_temp_path {folder}/{what};"
                    for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    listen = "".join(f"listen {where};" for where in listens)
    places = "".join(f"location {path} {{ {what} }}" for path, what in locations.items())
    return serve(lab, host, "nginx", "nginx", "-e", "stderr", "-c", "{}", configuration=f"""
        user root; daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
        events {{ }}
        http {{ access_log off; {paths} default_type text/plain;
               server {{ {listen} {places} }} }}
        """)


def haproxy(lab, host, configuration):
    return serve(lab, host, "haproxy", "haproxy", "-db", "-f", "{}", configuration=f"""
defaults
    mode http
    timeout connect 1s
    timeout client 5s
    timeout server 5s
{configuration}
""")
