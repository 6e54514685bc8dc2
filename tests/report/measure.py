"""Plays an event with both makes at the same time and asks a client of each what it saw."""

import concurrent.futures
import contextlib
import dataclasses
import sys
import time

from box import BoxFailed
from lab import Lab, wait_until
from pairs import KeepalivedPair, NotAvailable, NotMeasured, TandemPair
from results import FAILED, NOT_AVAILABLE, NOT_MEASURED, Outcome, Row, Sample

HOSTS = ("r1", "r2", "client")
MAKES = (TandemPair, KeepalivedPair)
QUIET = 0.3   # so long nothing may be lost before an event
TAIL = 0.7    # and so long the client goes on after it


@contextlib.contextmanager
def both(setting, boxed=False):
    """A pair of each make, each in a lab of its own."""
    with contextlib.ExitStack() as labs:
        pairs = []
        for make in MAKES:
            lab = labs.enter_context(Lab(HOSTS, ipv6=setting.family == 6))
            pairs.append(make(lab, setting, boxed))
        yield pairs


def measure(events, setting, rounds):
    """One row an event."""
    with both(setting) as plain:
        for event in events:
            if not event.boxed:
                yield _row(event, plain, rounds)
                continue
            try:
                with both(setting, boxed=True) as boxed:
                    yield _row(event, boxed, rounds)
            except BoxFailed as error:
                outcome = Outcome(word=NOT_MEASURED, why=str(error))
                yield Row(event, {make.make: outcome for make in MAKES})


def _row(event, pairs, rounds):
    """The makes go through the rounds side by side: what slows the machine down meets both."""
    outcomes = {pair.make: Outcome() for pair in pairs}
    with concurrent.futures.ThreadPoolExecutor(len(pairs)) as threads:
        for _ in range(rounds):
            going = [pair for pair in pairs if not outcomes[pair.make].word]
            results = threads.map(lambda pair: _attempt(event, pair), going)
            for pair, result in zip(going, results):
                outcomes[pair.make] = _with(outcomes[pair.make], result)
    return Row(event, outcomes)


def _with(outcome, result):
    if isinstance(result, Sample):
        return dataclasses.replace(outcome, samples=(*outcome.samples, result))
    word, why = result
    return Outcome(word=word, why=why)


def _attempt(event, pair):
    """A sample, or the word for what there is instead, and why."""
    try:
        return _sample(event, pair)
    except NotAvailable as reason:
        return NOT_AVAILABLE, str(reason)
    except NotMeasured as reason:
        return NOT_MEASURED, str(reason)
    except Exception as error:  # the other rows are worth having
        for daemon in pair.daemons.values():
            print(f"\nlog of {pair.make}:\n{daemon.log_text()}", file=sys.stderr)
        return FAILED, f"{type(error).__name__}: {error}"


def _sample(event, pair):
    pair.begin()
    if event.before:
        getattr(pair, event.before)()
    probe = pair.lab.probe(address=pair.setting.virtual)
    try:
        wait_until(lambda: _is_quiet(probe), what="a client that loses nothing", pause=0.2)
        since = time.time()
        getattr(pair, event.step)()
        time.sleep(TAIL)
        seen = probe.report(since=since)
        holders = pair.lab.holders(pair.setting.virtual)
    finally:
        probe.close()
    assert seen["answered"] > 0, "the client has had no answer at all"
    return Sample(seen["lost"], seen["longest_gap_ms"], seen["longest_stall_ms"],
                  len(holders))


def _is_quiet(probe):
    time.sleep(QUIET)
    seen = probe.report(since=time.time() - QUIET)
    return seen["answered"] > 0 and seen["lost"] == 0
