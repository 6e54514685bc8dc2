"""What is shipped for Prometheus and Grafana: it fits the metrics that there are, and the alerts
come when they have to, and not otherwise. No daemon is needed for that.
"""

import json
import os
import re
import subprocess

import pytest

from daemons import BUILD, ROOT

EXPORTER = os.path.join(BUILD, "tandem-exporter")
MONITORING = os.path.join(ROOT, "etc", "monitoring")
RULES = os.path.join(MONITORING, "tandem.rules.yml")
DASHBOARD = os.path.join(MONITORING, "tandem-dashboard.json")
MANUAL = os.path.join(ROOT, "man", "tandem-exporter.8")

WANTED_ALERTS = {"TandemNoActive", "TandemTwoActive", "TandemNoStandby", "TandemFlapping",
               "TandemNotOnPreferredNode", "TandemReloadFailed", "TandemConfigDrift",
               "TandemDrainedTooLong", "TandemNearFailovers"}


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@pytest.fixture(scope="module", name="metrics")
def metrics_of_the_code():
    """Type and labels of each metric, by its name."""
    listed = subprocess.run([EXPORTER, "--list-metrics"], capture_output=True, text=True,
                            check=True, timeout=10).stdout
    found = {}
    for line in listed.splitlines():
        name, kind, labels = line.split(" ")
        found[name] = kind, [] if labels == "-" else labels.split(",")
    assert len(found) > 30
    return found


def named_in(text):
    """The metrics that a text names, without the ends that Prometheus adds to histograms."""
    return {re.sub(r"_(bucket|sum|count)$", "", name)
            for name in re.findall(r"\btandem_[a-z_]+\b", text)}


# ---- they exist --------------------------------------------------------------------------------


def test_the_manual_has_the_table_of_the_code(metrics):
    described = {}
    entries = re.findall(r"^\.It Sy (tandem_\w+)\n(\w+)(?: by ([a-z, ]+))?\.\n", text_of(MANUAL),
                         re.MULTILINE)
    for name, kind, labels in entries:
        assert name not in described
        described[name] = kind.lower(), labels.split(", ") if labels else []
    assert list(described) == sorted(described)
    assert described == metrics


def expressions_of_the_dashboard():
    return [target["expr"] for panel in panels() for target in panel.get("targets", [])]


def panels():
    return json.loads(text_of(DASHBOARD))["panels"]


def expressions_of_the_rules():
    listed = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True,
                            check=False, timeout=60)
    assert listed.returncode == 0, listed.stdout + listed.stderr
    return re.findall(r"^ +expr: (.+(?:\n {10,}.+)*)", text_of(RULES), re.MULTILINE)


@pytest.mark.parametrize("expressions",
                         [expressions_of_the_dashboard, expressions_of_the_rules])
def test_only_metrics_that_exist_are_asked_for(metrics, expressions):
    asked = expressions()
    assert len(asked) > 7
    for expression in asked:
        assert named_in(expression), expression
        assert named_in(expression) <= set(metrics), expression


def test_every_alert_of_the_rules_is_tried_below():
    alerts = set(re.findall(r"- alert: (\w+)", text_of(RULES)))
    tried = {name for scenario in SCENARIOS for name, *_ in scenario.values[3]}
    assert alerts == tried
    assert WANTED_ALERTS <= alerts


def test_prometheus_understands_what_the_dashboard_asks(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": re.sub(r"\$(job|router)", ".*", expression)
              .replace("$__rate_interval", "1m")}
             for number, expression in enumerate(expressions_of_the_dashboard())]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "all", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", tmp_path / "rules.yml"],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_whole():
    dashboard = json.loads(text_of(DASHBOARD))
    assert dashboard["uid"] and dashboard["title"] and dashboard["schemaVersion"] > 30
    ids = [panel["id"] for panel in panels()]
    assert len(set(ids)) == len(ids)
    places = set()
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & places, f"{panel['title']} is on top of another panel"
        places |= cells
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
            assert panel["description"] and panel["targets"]
    assert {variable["name"] for variable in dashboard["templating"]["list"]} >= {
        "datasource", "job", "router"}


# ---- the alerts --------------------------------------------------------------------------------

SECONDS, MINUTES, HOURS = 1, 60, 3600


def pair(**changed):
    """The series of two nodes; `changed` by the name of a metric, then by its labels' beginning.

    Values are in the notation of promtool, a value every 5 seconds.
    """
    always = "x400"
    lan = 'router="lan",family="ipv4"'
    series = {
        "up": {"r1": "1" + always, "r2": "1" + always},
        "active": {"r1": "1" + always, "r2": "0" + always},
        "backup": {"r1": "0" + always, "r2": "1" + always},
        "drained": {"r1": "0" + always, "r2": "0" + always},
        "preferred": {"r1": "1" + always, "r2": "0" + always},
        "transitions": {"r1": "2" + always, "r2": "3" + always},
        "reload": {"r1": "1" + always, "r2": "1" + always},
        "config": {("r1", "aa"): "1" + always, ("r2", "aa"): "1" + always},
        "near": {"r1": "0" + always, "r2": "1" + always},
        "drain_start": {},
    }
    for name, values in changed.items():
        series[name] = values if name in ("config", "drain_start") else series[name] | values
    forms = {
        "up": "tandem_up{{{node}}}",
        "active": 'tandem_router_active{{{node},vrid="10",{lan}}}',
        "backup": 'tandem_router_state{{{node},vrid="10",{lan},state="backup"}}',
        "drained": 'tandem_router_state{{{node},vrid="10",{lan},state="drained"}}',
        "preferred": 'tandem_router_preferred{{{node},router="lan"}}',
        "transitions": "tandem_router_transitions_total{{{node},{lan}}}",
        "near": "tandem_near_failovers_total{{{node},{lan}}}",
        "reload": "tandem_last_reload_successful{{{node}}}",
        "drain_start": 'tandem_drain_start_timestamp_seconds{{{node},unit="lan"}}',
    }
    out = []
    for name, values in series.items():
        for node, value in values.items():
            if name == "config":
                text = (f'tandem_config_info{{job="t",instance="{node[0]}",hash="{node[1]}",'
                        f'node="{node[0]}"}}')
            else:
                text = forms[name].format(node=f'job="t",instance="{node}"', lan=lan)
            if value is not None:
                out.append({"series": text, "values": value})
    return out


def then(before, count, after):
    """A value, `count` times five seconds long, and then another one."""
    return f"{before}x{count - 1} {after}x400"


def scenario(name, series, at, *alerts):
    """All alerts that fire at an instant, as (name, router, instance), "" for what it has not."""
    return pytest.param(name, series, at, alerts, id=name.replace(" ", "-"))


LAN, ON_R1, ON_R2 = ("lan", ""), ("lan", "r1"), ("lan", "r2")
# Of a node that is gone there is tandem_up 0 alone; the other one has taken over.
R1_IS_DEAD = {"up": {"r1": "0x400"}, "active": {"r1": None, "r2": "1x400"},
              "backup": {"r1": None, "r2": "0x400"}, "drained": {"r1": None},
              "preferred": {"r1": None}, "transitions": {"r1": None}, "near": {"r1": None}, "reload": {"r1": None},
              "config": {("r2", "aa"): "1x400"}}
SCENARIOS = [
    scenario("a healthy pair", pair(), 20 * MINUTES),
    scenario("a failover is none of all that",
             pair(active={"r1": then(1, 60, 0), "r2": then(0, 60, 1)},
                  backup={"r1": then(0, 60, 1), "r2": then(1, 60, 0)},
                  transitions={"r1": then(2, 60, 3), "r2": then(3, 60, 4)}), 10 * MINUTES),
    scenario("a daemon that is dead", pair(**R1_IS_DEAD), 2 * MINUTES,
             ("TandemNotRunning", "", "r1")),
    scenario("a daemon that stays dead", pair(**R1_IS_DEAD), 6 * MINUTES,
             ("TandemNotRunning", "", "r1"), ("TandemNoStandby", *LAN)),
    scenario("a daemon that is restarted", pair(up={"r1": "1x50 0x2 1x400"}), 265 * SECONDS),
    scenario("nobody is Active", pair(active={"r1": then(1, 12, 0)}, backup={"r1": then(0, 12, 1)}),
             90 * SECONDS, ("TandemNoActive", *LAN)),
    scenario("nobody is Active for a moment",
             pair(active={"r1": "1x11 0x0 1x400"}), 61 * SECONDS),
    scenario("both are Active", pair(active={"r2": then(0, 12, 1)}), 90 * SECONDS,
             ("TandemTwoActive", *LAN)),
    scenario("both are Active for a moment", pair(active={"r2": "0x11 1x0 0x400"}),
             61 * SECONDS),
    scenario("no standby", pair(backup={"r2": "0x400"}), 6 * MINUTES,
             ("TandemNoStandby", *LAN)),
    scenario("no standby for four minutes", pair(backup={"r2": "0x400"}), 4 * MINUTES),
    scenario("flapping", pair(transitions={"r2": "0+1x400"}), 60 * SECONDS,
             ("TandemFlapping", *ON_R2)),
    scenario("one change every five minutes", pair(transitions={"r2": "0x59 1x59 2x59 3x400"}),
             15 * MINUTES),
    scenario("near failovers", pair(near={"r2": "0x59 2x59 4x59 6x400"}), 20 * MINUTES,
             ("TandemNearFailovers", *ON_R2)),
    scenario("two near failovers", pair(near={"r2": "0x59 1x59 2x400"}), 20 * MINUTES),
    scenario("on the wrong node",
             pair(active={"r1": "0x400", "r2": "1x400"},
                  backup={"r1": "1x400", "r2": "0x400"}), 16 * MINUTES,
             ("TandemNotOnPreferredNode", *ON_R1)),
    scenario("on the wrong node for ten minutes",
             pair(active={"r1": "0x400", "r2": "1x400"},
                  backup={"r1": "1x400", "r2": "0x400"}), 10 * MINUTES),
    scenario("on the wrong node, drained",
             pair(active={"r1": "0x400", "r2": "1x400"}, drained={"r1": "1x400"},
                  drain_start={"r1": "0x400"}, backup={"r2": "0x400"}), 16 * MINUTES,
             ("TandemNoStandby", *LAN)),
    scenario("a reload was refused", pair(reload={"r2": then(1, 12, 0)}), 90 * SECONDS,
             ("TandemReloadFailed", "", "r2")),
    scenario("a reload was refused and the next one was not",
             pair(reload={"r2": "1x11 0x11 1x400"}), 150 * SECONDS),
    scenario("different files", pair(config={("r1", "aa"): "1x400", ("r2", "bb"): "1x400"}),
             16 * MINUTES, ("TandemConfigDrift", "", "")),
    scenario("different files while they are rolled out",
             pair(config={("r1", "aa"): "1x400", ("r2", "bb"): "1x99 stale",
                          ("r2", "aa"): "_x100 1x400"}), 16 * MINUTES),
    # promtool begins at 0: these were drained before that.
    scenario("drained and forgotten", pair(drain_start={"r2": f"{-24 * HOURS}x400"}), 60 * SECONDS,
             ("TandemDrainedTooLong", "", "r2")),
    scenario("drained for the night", pair(drain_start={"r2": f"{-23 * HOURS}x400"}), 60 * SECONDS),
]


@pytest.mark.parametrize("name, series, at, alerts", SCENARIOS)
def test_the_alerts_that_fire_are(tmp_path, name, series, at, alerts):
    expected = [{"labels": "{" + ",".join(
        f'{label}="{value}"' for label, value in
        zip(("alertname", "router", "instance"), alert) if value) + "}", "value": 1}
        for alert in alerts]
    # JSON is YAML.
    (tmp_path / "test.yml").write_text(json.dumps({
        "rule_files": [RULES], "evaluation_interval": "5s",
        "tests": [{"name": name, "interval": "5s", "input_series": series, "promql_expr_test": [{
            "expr": 'count by (alertname, router, instance) (ALERTS{alertstate="firing"})',
            "eval_time": f"{at}s", "exp_samples": expected}]}]}))
    done = subprocess.run(["promtool", "test", "rules", tmp_path / "test.yml"],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
