// What must hold between settings, each of which is right by itself.
#pragma once

#include <optional>

#include "config/draft.hpp"
#include "vrrp/types.hpp"

namespace config {

void check_rules(const Draft& draft, Problems& problems);

// The interval as the version's advertisements can say it; nothing when they cannot.
std::optional<vrrp::AdvertInterval> interval_of(base::Duration duration, vrrp::Version version);

// What a router has that says nothing about it.
vrrp::Version version_of(const RouterSettings& settings);
vrrp::Priority priority_of(const RouterSettings& settings);

}  // namespace config
