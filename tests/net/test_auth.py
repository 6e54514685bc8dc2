"""Version 2 with a password: what goes out, what counts, and what is said about the rest."""

import pytest

from daemons import pair_config
from lab import always, wait_until
from wire import advert_frame, advert_message

PASSWORD = "s3cret"
AUTH = {"type": "text", "password": PASSWORD}


def protected(priorities=None, **settings):
    return pair_config(priorities, **{"vrrp": 2, "advertise": "1s", "auth": AUTH, **settings})


def test_an_advert_carries_type_and_password(lab):
    lab.tandem("r1", protected())
    advert = lab.capture.wait_advert(source=lab["r1"].address)
    assert (advert.version, advert.auth_type) == (2, 1)
    assert advert.auth_data == PASSWORD.encode() + b"\0\0"
    assert advert.checksum == "message"


@pytest.mark.parametrize("password, counter", [("wrong", "auth-failures"),
                                               (None, "auth-type-mismatch"),
                                               (PASSWORD + "et", "auth-failures")])
def test_an_advert_with_another_password_does_not_count_and_is_named(lab, password, counter):
    r1 = lab.tandem("r1", protected({"r1": 100}))
    client = lab["client"]

    def send(secret):
        message = advert_message(client.address, 200, version=2, interval_ms=1000, password=secret)
        client.send(advert_frame(client.mac, client.address, message))

    send(password)
    wait_until(lambda: r1.router()["counters"]["discarded"].get(counter) == 1)
    assert r1.conditions("rejected") == [client.address]
    assert r1.logged(reason=counter, sender=client.address, cure="same")
    assert r1.router()["counters"]["received"] == 0
    send(PASSWORD)
    wait_until(lambda: r1.router()["counters"]["received"] == 1)


def test_the_password_is_told_to_nobody(lab):
    r1 = lab.tandem("r1", protected())
    client = lab["client"]
    message = advert_message(client.address, 200, version=2, interval_ms=1000, password="wrong")
    client.send(advert_frame(client.mac, client.address, message))
    wait_until(lambda: r1.router()["counters"]["discarded"] != {})
    assert PASSWORD not in r1.ctl("--json", "status").stdout + r1.ctl("status").stdout
    assert PASSWORD not in r1.log_text()


def test_a_router_without_a_password_does_not_obey_one_with(lab):
    r1 = lab.tandem("r1", protected())
    r2 = lab.tandem("r2", pair_config(vrrp=2, advertise="1s"))
    wait_until(lambda: r1.state() == r2.state() == "active")
    wait_until(lambda: r2.conditions("rejected") == [lab["r1"].address])
    always(lambda: r2.router()["counters"]["received"] == 0, 0.3)
