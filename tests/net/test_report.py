"""The report's table and chart from numbers that are known, and its place in a file."""

import os
import sys
from xml.etree import ElementTree

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "report"))

import chart  # noqa: E402
import markdown  # noqa: E402
from daemons import ROOT  # noqa: E402
from events import EVENTS  # noqa: E402
from pairs import KeepalivedPair, Setting, TandemPair  # noqa: E402
from results import FAILED, NOT_AVAILABLE, NOT_MEASURED, Outcome, Row, Sample  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
STOP, DRAIN, CRASH = (next(event for event in EVENTS if event.step == step)
                      for step in ("stop", "drain", "crash"))


def outcome(*samples):
    return Outcome(tuple(Sample(*sample) for sample in samples))


def rows():
    return [Row(STOP, {"tandem": outcome((0, 1.52), (0, 2.04), (0, 9.96)),
                       "keepalived": outcome((610, 611.4), (612, 613.0), (1234, 1235.2))}),
            Row(DRAIN, {"tandem": outcome((0, 1.1), (0, 1.1), (0, 1.1)),
                        "keepalived": Outcome(word=NOT_AVAILABLE)}),
            Row(CRASH, {"tandem": Outcome(word=FAILED),
                        "keepalived": outcome((0, 3.0, 5.5, 2), (0, 3.0), (0, 3.0))})]


def test_the_table_has_median_and_worst_and_words_for_what_is_not_measured():
    assert markdown.table(rows()).splitlines()[2:] == [
        "| planned stop | 0 | 2.0 ms (10 ms) | 612 (1,234) | 613 ms (1,235 ms) |",
        "| drain | 0 | 1.1 ms | not available |  |",
        "| crash | failed |  | 0† | 3.0 ms |",
        "", "† At the end both routers had the address."]


def test_without_an_address_on_two_routers_there_is_no_note():
    assert "†" not in markdown.table(rows()[:2])


@pytest.mark.parametrize("result, broken", [
    (outcome((0, 1.0), (0, 1.0)), False), (outcome((0, 1.0), (1, 2.0)), True),
    (Outcome(word=FAILED), True), (Outcome(word=NOT_MEASURED), False)])
def test_a_lost_probe_breaks_a_promise(result, broken):
    outcomes = {"tandem": result, "keepalived": outcome((600, 600.0))}
    assert Row(STOP, outcomes).breaks_promise == broken
    assert not Row(CRASH, outcomes).breaks_promise


def drawn(kind):
    picture = ElementTree.fromstring(chart.chart(rows(), 3))
    return [part for part in picture.iter(f"{SVG}rect") if part.get("class") == kind]


def test_the_scale_of_the_chart_is_logarithmic():
    steps = [chart.place(10 ** power) for power in range(5)]
    widths = [later - earlier for earlier, later in zip(steps, steps[1:])]
    assert max(widths) - min(widths) < 0.01
    assert chart.place(0.1) == chart.place(1.0) and chart.place(1e6) == chart.place(1e4)


def test_the_chart_has_a_bar_for_each_number_and_a_word_for_each_other():
    # Each make has one in the legend as well.
    tandem, keepalived = drawn("tandem"), drawn("keepalived")
    assert len(tandem) == 1 + 2 and len(keepalived) == 1 + 2
    assert float(keepalived[1].get("width")) == pytest.approx(
        chart.place(613.0) - chart.LEFT, abs=0.1)
    texts = [part.text for part in ElementTree.fromstring(
        chart.chart(rows(), 3)).iter(f"{SVG}text")]
    assert {"planned stop", "not available", "failed", "613 ms", "2.0 ms"} <= set(texts)


def test_the_report_replaces_what_stood_between_its_markers():
    text = f"before\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n"
    once = markdown.insert(text, "new")
    assert once == f"before\n{markdown.BEGIN}\nnew\n{markdown.END}\nafter\n"
    assert markdown.insert(once, "new") == once


@pytest.mark.parametrize("text", ["", markdown.BEGIN, f"{markdown.END} {markdown.BEGIN}",
                                  f"{markdown.BEGIN}{markdown.END}{markdown.BEGIN}"])
def test_a_file_without_a_place_is_left_alone(text):
    with pytest.raises(markdown.NoPlace):
        markdown.insert(text, "new")


def test_the_readme_has_a_place():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        assert markdown.insert(file.read(), "new")


def test_the_method_names_every_event_and_both_versions():
    said = markdown.method(rows(), 3, Setting(),
                           {"tandem": "tandem 9.8", "keepalived": "keepalived 7.6"})
    for words in ("planned stop: ", "drain: ", "crash: ", "tandem 9.8", "keepalived 7.6", "5.5 ms",
                  "3 times"):
        assert words in said


def test_both_makes_have_every_step():
    for event in EVENTS:
        for make in (TandemPair, KeepalivedPair):
            assert callable(getattr(make, event.step))
