"""tandem and FRR 8.4's vrrpd share a virtual router, in both roles.

vrrpd speaks multicast only and knows no passwords. Its version 3 checksum over IPv4 covers a
pseudo-header, without a setting for it in this version.
"""

import pytest

import interop
from interop import Mixed

STRONGER = pytest.mark.parametrize("strong", ["tandem", "peer"],
                                   ids=lambda role: f"{role}-stronger")
WHOLE_LAN = pytest.mark.lan(ipv6=True)


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6", "v3-ipv6-without-link-local"])
@STRONGER
def test_a_pair_has_one_active_router_all_its_life(lab, kind, strong):
    interop.whole_life(Mixed(lab, "frr", kind, strong))


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6"])
@STRONGER
def test_a_split_that_is_older_than_their_acquaintance_heals(lab, kind, strong):
    interop.split_heals(Mixed(lab, "frr", kind, strong), winner=strong)


@WHOLE_LAN
@pytest.mark.parametrize("kind", ["v3", "v3-ipv6"])
@pytest.mark.parametrize("tandem_on, winner", [("r1", "peer"), ("r2", "tandem")],
                         ids=lambda value: value)
def test_of_equals_the_greater_address_wins_a_contest_and_only_that(lab, kind, tandem_on, winner):
    interop.tie(Mixed(lab, "frr", kind, tandem_on=tandem_on), winner)


@WHOLE_LAN
@STRONGER
def test_a_backup_waits_as_long_as_a_slower_active_router_says(lab, strong):
    interop.learned_interval(Mixed(lab, "frr", "v3", strong))
