#include "config/effective.hpp"

#include <algorithm>
#include <chrono>

namespace config {
namespace {

using namespace std::chrono_literals;

std::optional<vrrp::AdvertInterval> version2_interval(base::Duration duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    if (seconds != duration) return std::nullopt;
    return vrrp::AdvertInterval::from_seconds(seconds.count());
}

std::optional<vrrp::AdvertInterval> version3_interval(base::Duration duration) {
    const auto centiseconds = std::chrono::duration_cast<base::Centiseconds>(duration);
    if (centiseconds != duration) return std::nullopt;
    return vrrp::AdvertInterval::from(centiseconds);
}

}  // namespace

Versions versions_of(const RouterSettings& settings) {
    const Versions stated = settings.vrrp ? settings.vrrp->value : Versions::v3;
    const bool is_ipv6_only =
        has_family(settings, base::Family::ipv6) && !has_family(settings, base::Family::ipv4);
    return stated == Versions::both && is_ipv6_only ? Versions::v3 : stated;
}

vrrp::Version version_of(Versions versions) {
    return versions == Versions::v2 ? vrrp::Version::v2 : vrrp::Version::v3;
}

bool speaks_version2(Versions versions) { return versions != Versions::v3; }

bool is_owner(const RouterSettings& settings) { return settings.owner && settings.owner->value; }

vrrp::Priority priority_of(const RouterSettings& settings) {
    if (is_owner(settings)) return vrrp::Priority::owner();
    return settings.priority ? settings.priority->value : vrrp::Priority::usual();
}

Transport transport_of(const RouterSettings& settings) {
    return settings.transport ? settings.transport->value : Transport::multicast;
}

bool accepts(const RouterSettings& settings) {
    return is_owner(settings) || !settings.accept || settings.accept->value;
}

bool has_family(const RouterSettings& settings, base::Family family) {
    return settings.addresses &&
           std::ranges::any_of(settings.addresses->value, [&](const auto& address) {
               return address.value.family() == family;
           });
}

std::optional<vrrp::AdvertInterval> interval_of(base::Duration duration, Versions versions) {
    if (duration < base::Duration::zero() || duration > 255s) return std::nullopt;
    switch (versions) {
        case Versions::v2: return version2_interval(duration);
        case Versions::v3: return version3_interval(duration);
        case Versions::both:
            // RFC 9568 section 8.4 sends both at the rate of version 3, even below a second, where
            // version 2 adverts say "1 second". Anything else they would say wrong for no gain.
            if (duration > 1s && duration % 1s != 0s) return std::nullopt;
            return version3_interval(duration);
    }
    return std::nullopt;
}

}  // namespace config
