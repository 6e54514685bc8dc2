"""What every test of this folder gets: a lab of its own, and its evidence when the test fails."""

import os
import signal

import pytest

from health import Scripts
from lab import Lab

USUAL_HOSTS = ("r1", "r2", "client", "observer")
SANITIZER_WORDS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:")


def pytest_configure(config):
    # A shell starts what runs in its background with these ignored, and so would be every daemon
    # and every terminal of the tests.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_sessionstart(session):
    if os.geteuid() != 0:
        pytest.exit("these tests make network namespaces and need root: run them with sudo", 1)


@pytest.fixture
def lab(request):
    marker = request.node.get_closest_marker("hosts")
    lan = request.node.get_closest_marker("lan")
    with Lab(marker.args if marker else USUAL_HOSTS, **(lan.kwargs if lan else {})) as lab:
        request.node.lab = lab
        yield lab
        check_health(lab)


@pytest.fixture
def scripts():
    scripts = Scripts()
    yield scripts
    scripts.close()


def check_health(lab):
    """No daemon may have died on the way, whatever the test was about."""
    for daemon in lab.daemons:
        assert not daemon.died_by_itself, \
            f"{daemon.host.name} ended with {daemon.wait()}:\n{daemon.log_text()}"
        for _, line in daemon.log:
            assert not any(word in line for word in SANITIZER_WORDS), daemon.log_text()


def evidence(lab):
    """What a lab knows of what happened in it: titles and texts."""
    texts = [(f"log of {type(daemon).__name__} on {daemon.host.name}", daemon.log_text())
             for daemon in lab.daemons]
    if lab.capture is not None:
        texts.append(("captured frames", lab.capture.text()))
    return texts


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    lab = getattr(item, "lab", None)
    if report.failed and lab is not None:
        report.sections += evidence(lab)
