"""What a real Prometheus learns of real daemons, through tandem-exporter and tandemctl."""

import concurrent.futures
import http.client
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.parse

import pytest

from daemons import BUILD, Daemon, pair_config
from lab import wait_until
from namespaces import inside
from test_monitoring import RULES, text_of

EXPORTER = os.path.join(BUILD, "tandem-exporter")
PORT = 9765
NOBODY = 65534
DOWN = ("# HELP tandem_up Whether tandemd answered on its control socket.\n"
        "# TYPE tandem_up gauge\n"
        "tandem_up 0\n")


class Exporter(Daemon):
    """tandem-exporter beside a tandemd."""

    def __init__(self, lab, tandem, address=None, before=(), program=EXPORTER):
        super().__init__(tandem.host, tandem.folder)
        self.address = address or self.host.address
        host = f"[{self.address}]" if ":" in self.address else self.address
        self._arguments = [*before, program, "--listen", f"{host}:{PORT}",
                           "--run-dir", tandem.run_dir]
        lab.daemons.append(self)
        lab.at_close(self.kill)

    def arguments(self):
        return self._arguments

    def start(self):
        self.spawn()
        self.wait_log("serving http://")
        return self


class Prometheus(Daemon):
    """Debian's prometheus, which scrapes every second and has the alert rules."""

    URL = ("127.0.0.1", 9090)

    def __init__(self, lab, host, targets):
        super().__init__(host, os.path.join(lab.folder, "prometheus"))
        os.mkdir(self.folder)
        with open(os.path.join(self.folder, "prometheus.yml"), "w", encoding="utf-8") as file:
            # JSON is YAML.
            json.dump({"global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
                       "rule_files": [RULES],
                       "scrape_configs": [{"job_name": "tandem", "static_configs": [
                           {"targets": [f"{target}:{PORT}" for target in targets]}]}]}, file)
        lab.daemons.append(self)
        lab.at_close(self.kill)

    def arguments(self):
        return ["prometheus", f"--config.file={self.folder}/prometheus.yml",
                f"--storage.tsdb.path={self.folder}/data", "--log.level=warn",
                f"--web.listen-address={self.URL[0]}:{self.URL[1]}"]

    def start(self):
        self.spawn()
        wait_until(self.is_ready, timeout=60, what="Prometheus is ready", pause=0.2)
        return self

    def is_ready(self):
        try:
            return fetch(self.host, *self.URL, "/-/ready").status == 200
        except OSError:
            return False

    def api(self, path, **parameters):
        answer = fetch(self.host, *self.URL, f"/api/v1/{path}?" + urllib.parse.urlencode(parameters))
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]

    def query(self, expression):
        """The values now, by the name of the node."""
        return {element["metric"].get("instance", ""): float(element["value"][1])
                for element in self.api("query", query=expression)["result"]}


class Reply:
    def __init__(self, response):
        self.status = response.status
        self.type = response.getheader("Content-Type")
        self.text = response.read().decode()


def connect(host, address, port=PORT):
    return inside(host.namespace, lambda: socket.create_connection((address, port), timeout=20))


def fetch(host, address, port, path, method="GET"):
    """A request of a host's, over its own network."""
    connection = http.client.HTTPConnection(address, port)
    connection.sock = connect(host, address, port)
    try:
        connection.request(method, path, headers={"Host": "test"})
        return Reply(connection.getresponse())
    finally:
        connection.close()


def values_in(text):
    """The series of a text, as `name{labels}`, with their values."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in text.splitlines() if not line.startswith("#")}


def metrics_of(tandem):
    done = tandem.ctl("metrics")
    assert done.returncode == 0, done.stderr
    return values_in(done.stdout)


# ---- the text ----------------------------------------------------------------------------------


@pytest.mark.lan(ipv6=True)
def test_the_text_is_clean_and_says_what_the_status_says(lab):
    r1, r2 = lab.pair(addresses=["192.0.2.1/24", "2001:db8::1/64"])
    wait_until(lambda: r2.router()["peers"] != [])
    text = r1.ctl("metrics").stdout
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                             capture_output=True, check=False, timeout=60)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    values = values_in(text)
    for family, kind in (("ipv4", "garp"), ("ipv6", "na")):
        name = f'router="lan",interface="eth0",vrid="10",family="{family}"'
        assert values[f"tandem_router_active{{{name}}}"] == 1
        assert values[f'tandem_router_state{{{name},state="active"}}'] == 1
        assert values[f'tandem_router_state{{{name},state="backup"}}'] == 0
        counters = r1.router(family=family)["counters"]
        sent = values[f'tandem_adverts_sent_total{{router="lan",family="{family}"}}']
        assert 0 < sent <= counters["sent"]
        assert 0 < values[f'tandem_{kind}_sent_total{{router="lan"}}'] \
            <= counters["announcements_sent"]
    assert values['tandem_router_preferred{router="lan"}'] == 1
    backup = metrics_of(r2)
    assert backup['tandem_router_preferred{router="lan"}'] == 0
    peer = f'{{router="lan",family="ipv4",peer="{r1.host.address}"}}'
    assert backup["tandem_peer_priority" + peer] == 200
    assert abs(backup["tandem_peer_last_seen_timestamp_seconds" + peer] - time.time()) < 30


def test_what_operators_do_is_in_the_metrics(lab):
    r1, _ = lab.pair()
    before = metrics_of(r1)
    assert before["tandem_last_reload_successful"] == 1
    assert before['tandem_reloads_total{result="failed"}'] == 0
    good = text_of(r1.config_file)
    r1.configure("nonsense")
    assert r1.ctl("reload").returncode == 1
    r1.configure(good)
    refused = metrics_of(r1)
    assert refused["tandem_last_reload_successful"] == 0
    assert refused['tandem_reloads_total{result="failed"}'] == 1
    assert r1.ctl("reload").returncode == 0
    done = metrics_of(r1)
    assert done["tandem_last_reload_successful"] == 1
    assert done['tandem_reloads_total{result="done"}'] == 1

    assert 'tandem_drain_start_timestamp_seconds{unit="lan"}' not in done
    assert r1.ctl("drain").returncode == 0
    drained = metrics_of(r1)
    lan = 'router="lan",interface="eth0",vrid="10",family="ipv4"'
    assert drained[f'tandem_router_state{{{lan},state="drained"}}'] == 1
    assert drained[f"tandem_router_active{{{lan}}}"] == 0
    assert abs(drained['tandem_drain_start_timestamp_seconds{unit="lan"}'] - time.time()) < 60


def test_the_file_says_that_the_daemon_is_gone(lab):
    r1 = lab.tandem("r1", pair_config())
    path = os.path.join(lab.folder, "tandem.prom")
    assert r1.ctl("metrics", "--file", path).returncode == 0
    assert values_in(text_of(path))["tandem_up"] == 1
    assert os.stat(path).st_mode & 0o7777 == 0o644
    r1.stop()
    assert r1.ctl("metrics").returncode == 3
    assert r1.ctl("metrics", "--file", path).returncode == 3
    assert text_of(path) == DOWN


# ---- the exporter ------------------------------------------------------------------------------


def test_prometheus_sees_a_failover(lab):
    r1, r2 = lab.pair()
    for daemon in (r1, r2):
        Exporter(lab, daemon).start()
    on_r1, on_r2 = (f"{daemon.host.address}:{PORT}" for daemon in (r1, r2))
    prometheus = Prometheus(lab, lab["client"], [r1.host.address, r2.host.address]).start()

    def sees(expression, expected):
        wait_until(lambda: prometheus.query(expression) == expected, timeout=30, pause=0.2,
                   what=f"{expression} is {expected}")

    sees("tandem_router_active", {on_r1: 1, on_r2: 0})
    sees('tandem_router_state{state="backup"}', {on_r1: 0, on_r2: 1})
    sees("count by (job) (count by (job, hash) (tandem_config_info))", {"": 1})
    rules = prometheus.api("rules")["groups"][0]["rules"]
    assert len(rules) > 8 and all(rule["health"] != "err" for rule in rules)

    r1.kill()
    # Nothing of the dead one is left but that it is dead.
    sees("tandem_up", {on_r1: 0, on_r2: 1})
    sees("tandem_router_active", {on_r2: 1})
    sees("up", {on_r1: 1, on_r2: 1})

    r1.start()
    sees("tandem_router_active", {on_r1: 1, on_r2: 0})


def test_the_exporter_answers_get_and_nothing_else(lab):
    r1 = lab.tandem("r1", pair_config())
    Exporter(lab, r1).start()
    here = lab["client"], r1.host.address, PORT
    scraped = fetch(*here, "/metrics")
    assert (scraped.status, scraped.type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert values_in(scraped.text)["tandem_up"] == 1
    assert "/metrics" in fetch(*here, "/").text
    assert fetch(*here, "/../etc/passwd").status == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert fetch(*here, "/metrics", method).status == 405
    assert fetch(*here, "/" + "x" * 100_000).status in (400, 414)


@pytest.mark.lan(ipv6=True)
def test_several_scrape_at_a_time_over_ipv6(lab):
    r1 = lab.tandem("r1", pair_config())
    exporter = Exporter(lab, r1, address=r1.host.address6).start()
    here = lab["client"], exporter.address, PORT
    # Who connects and says nothing does not keep the others from their answer.
    silent = [connect(*here[:2]) for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: fetch(*here, "/metrics"), range(40)))
    assert all(values_in(reply.text)["tandem_up"] == 1 for reply in replies)
    for sock in silent:
        sock.settimeout(20)
        sock.recv(1000)  # it is hung up on
        sock.close()


def test_a_daemon_that_hangs_is_down(lab):
    r1 = lab.tandem("r1", pair_config())
    exporter = Exporter(lab, r1).start()
    r1.pause()
    try:
        assert fetch(lab["client"], exporter.address, PORT, "/metrics").text == DOWN
    finally:
        r1.resume()
    wait_until(lambda: values_in(fetch(lab["client"], exporter.address, PORT, "/metrics").text)
               ["tandem_up"] == 1, pause=0.2)
    exporter.wait_log("tandemd answers again")


def test_a_port_that_is_taken_is_an_error_that_names_it(lab):
    r1 = lab.tandem("r1", pair_config())
    Exporter(lab, r1).start()
    second = Exporter(lab, r1)
    second.spawn()
    assert second.wait() == 1
    assert f"cannot listen on {r1.host.address}:{PORT}: Address already in use" in second.log_text()


@pytest.mark.parametrize("group, up", [(0, 1), (NOBODY, 0)])
def test_the_group_of_the_socket_is_all_that_the_exporter_needs(lab, group, up):
    r1 = lab.tandem("r1", pair_config())
    os.chmod(lab.folder, 0o711)
    program = shutil.copy(EXPORTER, lab.folder)
    exporter = Exporter(lab, r1, program=program, before=[
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={group}",
        "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]).start()
    text = fetch(lab["client"], exporter.address, PORT, "/metrics").text
    assert values_in(text)["tandem_up"] == up
    if up:
        assert "not permitted" not in exporter.log_text()
    else:
        exporter.wait_log("not permitted")
