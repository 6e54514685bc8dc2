"""tandem beside keepalived and FRR in version 2, whose seconds are long: all pairs live at once."""

import concurrent.futures
import contextlib
import traceback

import pytest

import interop
from conftest import check_health, evidence
from lab import Lab

PAIRS = [(make, kind, strong)
         for make, kind in (("keepalived", "v2"), ("keepalived", "v2-password"), ("frr", "v2"))
         for strong in ("tandem", "peer")]


def live(lab, make, kind, strong):
    """What went wrong in the life of a pair, with the evidence; None when nothing did."""
    try:
        interop.whole_life(interop.Mixed(lab, make, kind, strong))
        check_health(lab)
    except Exception:  # in a thread of its own: the test tells it
        return "\n".join([traceback.format_exc(), *(text for _, text in evidence(lab))])
    return None


@pytest.fixture(scope="module")
def outcomes():
    with contextlib.ExitStack() as stack:
        labs = [stack.enter_context(Lab(("r1", "r2", "observer"))) for _ in PAIRS]
        with concurrent.futures.ThreadPoolExecutor(len(PAIRS)) as pool:
            lives = [pool.submit(live, lab, *pair) for lab, pair in zip(labs, PAIRS)]
            yield {pair: life.result() for pair, life in zip(PAIRS, lives)}


@pytest.mark.parametrize("make, kind, strong", PAIRS)
def test_a_pair_has_one_active_router_all_its_life(outcomes, make, kind, strong):
    outcome = outcomes[make, kind, strong]
    if outcome:
        pytest.fail(outcome, pytrace=False)
