#include "health/probe_interface.hpp"

#include <fmt/format.h>

namespace health {

InterfaceProbe::InterfaceProbe(kind::Interface wanted, Waker& waker, Links& links)
    : wanted_{std::move(wanted)},
      waker_{waker},
      links_{links},
      debounce_{wanted_.up_for, wanted_.down_for} {
    links_.join(*this);
}

InterfaceProbe::~InterfaceProbe() { links_.leave(*this); }

// One that is missing is down, and has been so since it went.
void InterfaceProbe::observe(base::Instant now) {
    const Link* link = links_.find(wanted_.interface);
    debounce_.observe(link != nullptr ? link->carrier : Carrier::down, now);
}

std::optional<Outcome> InterfaceProbe::start(base::Instant now) {
    if (const auto read = links_.prepare(now); !read)
        return Outcome{.is_well = false, .text = read.error().text()};
    observe(now);
    const Carrier counts_as = debounce_.at(now);
    return Outcome{.is_well = counts_as == Carrier::up, .text = text(counts_as)};
}

std::optional<Outcome> InterfaceProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // all links come through one descriptor
}

Outcome InterfaceProbe::give_up(base::Instant /*now*/) {
    return {.is_well = false, .text = "the links could not be read in time"};
}

void InterfaceProbe::on_link(const std::string& name, Change change, base::Instant now) {
    if (change != Change::state || name != wanted_.interface) return;
    observe(now);
    waker_.look_now(*this);
}

std::string InterfaceProbe::text(Carrier counts_as) const {
    const Link* link = links_.find(wanted_.interface);
    const bool counts_as_up = counts_as == Carrier::up;
    if (link == nullptr)
        return fmt::format("no interface is called {}{}", wanted_.interface,
                           counts_as_up ? ", but not for long enough to count" : "");
    if (link->carrier == Carrier::up)
        return counts_as_up ? "up" : "up, but not for long enough to count";
    return fmt::format("{}{}", link->is_enabled ? "no carrier" : "down",
                       counts_as_up ? ", but not for long enough to count" : "");
}

}  // namespace health
