// Sessions that are elected as one, as the engine sees them: those of a router, of one family of a
// router whose families are apart, or of a group.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks.hpp"
#include "app/damper.hpp"
#include "app/hook_queue.hpp"
#include "app/session.hpp"
#include "config/config.hpp"
#include "vrrp/machine.hpp"

namespace app {

struct Unit {
    Unit(std::string unit_name, bool is_of_group, Damper its_damper)
        : name{std::move(unit_name)}, is_group{is_of_group}, damper{std::move(its_damper)} {}

    std::string name;  // of the group or the router
    bool is_group;
    std::vector<Session*> sessions;   // in the order of the files, IPv4 first; never empty
    std::vector<std::string> checks;  // of the members and the group, each once
    Damper damper;
    bool was_active = false;
    bool is_damped = false;
    int points_off = 0;
    // What speaks against it now.
    std::vector<Term> terms;
    std::vector<std::string> warnings;
    // When to try once more to be relieved by a better router that does not preempt.
    std::optional<base::Instant> relief_at;
    base::Duration time_between_offers{};

    // Its own, and those of members that have some. All are told the same.
    std::vector<HookQueue> hooks;
    std::optional<Phase> told;
    // Of systemd, that are active while it is.
    std::vector<std::string> targets;
    // Announcements wait for hooks, or the hand-over does, but not for longer than until then.
    std::optional<base::Instant> preparing_until;
    std::optional<base::Instant> draining_until;

    // Whether it is to leave for good, or has left.
    enum class Presence : std::uint8_t { here, departing, gone };
    Presence presence = Presence::here;
    std::string why_departing = "stopping";

    [[nodiscard]] std::vector<vrrp::State> states() const;
    [[nodiscard]] bool owns_addresses() const;
    // Every session is Active.
    [[nodiscard]] bool is_active() const;
    [[nodiscard]] bool contains(const Session& session) const;
};

// Joins the sessions that the configuration asks for to units. `session_for` makes each, or finds
// it, and keeps it where it is.
using SessionFor = std::function<Session&(const config::Router&, base::Family)>;
std::vector<Unit> units_of(const config::Config& config, const SessionFor& session_for);

// What a member that cannot take part is called in the words of the others.
std::string name_among(const Unit& unit, const Session& member);

}  // namespace app
