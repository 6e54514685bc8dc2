// What a router has, whether the files say so or not.
#pragma once

#include <optional>

#include "config/draft.hpp"
#include "vrrp/types.hpp"

namespace config {

Versions versions_of(const RouterSettings& settings);
// Of the adverts that it makes by itself: version 3 when it speaks both.
vrrp::Version version_of(Versions versions);
bool speaks_version2(Versions versions);

bool is_owner(const RouterSettings& settings);
vrrp::Priority priority_of(const RouterSettings& settings);
Transport transport_of(const RouterSettings& settings);
// Accept_Mode, which the owner does not have (RFC 9568 section 6.1).
bool accepts(const RouterSettings& settings);

// Whether it has an address of this family.
bool has_family(const RouterSettings& settings, base::Family family);

// The interval as the advertisements of these versions can say it; nothing when they cannot.
std::optional<vrrp::AdvertInterval> interval_of(base::Duration duration, Versions versions);

}  // namespace config
