// What a session says about itself: records for the log, conditions, causes in words.
#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "app/session.hpp"

namespace app {

using base::log::Field;
using base::log::Level;

namespace {

// Keys of the rate limiter: discards and notes by their number, each in a range of its own.
constexpr int note_causes = 100;
constexpr int send_error_cause = 200;
constexpr int removed_cause = 210;  // and on, one for each kind of object
constexpr int dialect_cause = 202;
constexpr int expired_cause = 203;
constexpr int taken_along_cause = 204;
constexpr int near_failover_cause = 205;
constexpr int condition_causes = 300;

std::string dialect_text(const std::vector<vrrp::ChecksumDialect>& dialects) {
    return dialects.size() == 1 ? std::string{vrrp::name_of(dialects.front())} : "both";
}

}  // namespace

std::string_view name_of(ShownState state) {
    switch (state) {
        case ShownState::init: return "init";
        case ShownState::backup: return "backup";
        case ShownState::active: return "active";
        case ShownState::resigning: return "resigning";
        case ShownState::waiting: return "waiting";
        case ShownState::fault: return "fault";
        case ShownState::drained: return "drained";
    }
    return "unknown";
}

base::Duration Session::attention() const {
    return std::max<base::Duration>(2 * down_interval(), std::chrono::seconds{5});
}

template <typename Words>
void Session::hold(ConditionKind kind, const base::IpAddress& with, int cause, base::Instant now,
                   base::Duration span, Words words) {
    const bool is_news = !conditions_.extend(kind, with, now, span) && conditions_.has_room(kind);
    const auto suppressed = limiter_.admit(cause, now, Occasion::packet);
    if (!is_news && !suppressed) return;
    Trouble trouble = words();
    if (is_news) conditions_.begin(kind, with, std::move(trouble.text), now, span);
    if (!suppressed) return;
    conditions_.note_told(kind, with);
    if (*suppressed > 0) trouble.fields.push_back({"repeated", fmt::to_string(*suppressed)});
    tell(EventKind::condition_began, Level::warning, std::move(trouble.message),
         std::move(trouble.fields));
}

void Session::discard(vrrp::Discard reason, const vrrp::Datagram& datagram,
                      const vrrp::Decoded* decoded, base::Instant arrived) {
    ++counters_.discarded[static_cast<std::size_t>(reason)];
    const base::IpAddress& sender = datagram.route.source;
    hold(kind_of(reason), sender, static_cast<int>(reason), arrived, attention(), [&]() -> Trouble {
        const Advice advice = advice_on(reason, datagram, decoded, router_);
        const std::string name{vrrp::name_of(reason)};
        return {fmt::format("adverts from {} are discarded ({}: {}); {}", sender.text(), name,
                            advice.value, advice.cure),
                "advert discarded",
                {{"condition", std::string{name_of(kind_of(reason))}},
                 {"reason", name},
                 {"sender", sender.text()},
                 {"value", advice.value},
                 {"cure", advice.cure}}};
    });
}

void Session::forget(base::Instant now) {
    if (lingers_until_ && *lingers_until_ <= now) end_linger();
    for (const Condition& over : conditions_.take_ended(now)) {
        if (!over.was_told) continue;
        tell(EventKind::condition_over, Level::info, "condition is over",
             {{"condition", std::string{name_of(over.kind)}},
              {"with", over.with.text()},
              {"lasted_ms", fmt::to_string(base::whole_milliseconds(now - over.since))}});
    }
}

void Session::send_failed(const base::Error& error, base::Instant now) {
    ++counters_.send_errors;
    last_send_error_ = error.text();
    tell_limited(EventKind::send_failed, send_error_cause, now, "sending failed",
                 {{"error", error.text()}});
}

void Session::note_upkeep(const Upkeep& fact, base::Instant now) {
    const std::string what = kernel::text_of(fact.object);
    const std::string noun{kernel::noun_of(fact.object)};
    switch (fact.what) {
        case Upkeep::What::installed: break;
        case Upkeep::What::lost:
            ++counters_.restored;
            tell_limited(EventKind::object_removed,
                         removed_cause + static_cast<int>(fact.object.index()), now,
                         fmt::format("{} removed by somebody else; restoring it", noun),
                         {{noun, what}});
            break;
        case Upkeep::What::expired:
            tell_limited(EventKind::object_removed, expired_cause, now,
                         "the lease of an address has ended, as this process did not run or could "
                         "not send; restoring it",
                         {{"address", what}});
            break;
        case Upkeep::What::taken_along:
            tell_limited(EventKind::object_removed, taken_along_cause, now,
                         "route removed by the kernel together with its interface or source; "
                         "restoring it as soon as that is back",
                         {{noun, what}});
            break;
        case Upkeep::What::given_up:
            tell(EventKind::object_given_up, Level::error,
                 "what this router holds cannot be kept; giving up for some time", {{noun, what}});
            break;
        case Upkeep::What::refused:
            tell(EventKind::request_refused, Level::error,
                 fmt::format("{} request failed; trying again", noun),
                 {{noun, what}, {"error", fact.error.text()}});
            break;
    }
    const auto* key = std::get_if<kernel::AddressKey>(&fact.object);
    if (key == nullptr || fact.what == Upkeep::What::refused) return;
    const base::IpAddress& address = key->address.address();
    if (fact.what == Upkeep::What::installed && announced_before_.erase(address) > 0)
        announcer.assume(address, now);
    else if (fact.what == Upkeep::What::installed)
        announcer.present(address, now);
    else
        announcer.forget(address);
}

void Session::stamp(base::Instant now, kernel::WallClock wall) {
    if (last_transition_.wall) return;
    const auto ago =
        std::chrono::duration_cast<kernel::WallClock::duration>(now - last_transition_.at);
    last_transition_.wall = wall - ago;
}

std::vector<base::log::Record> Session::take_records() { return std::exchange(records_, {}); }
std::vector<Stepped> Session::take_steps() { return std::exchange(steps_, {}); }

void Session::note_transition(ShownState before, std::string reason, std::string text,
                              base::Instant now) {
    const ShownState after = shown_state();
    if (before != after) ++counters_.transitions;
    std::vector<Field> fields{{"from", std::string{name_of(before)}},
                              {"to", std::string{name_of(after)}},
                              {"reason", reason},
                              {"priority", fmt::to_string(effective_priority().wire())}};
    if (const Peer* peer = peers_.last()) {
        fields.push_back(
            {"last_advert_ms", fmt::to_string(base::whole_milliseconds(now - peer->seen))});
        fields.push_back({"peer", peer->address.text()});
        fields.push_back({"peer_priority", fmt::to_string(peer->priority.wire())});
    }
    fields.push_back({"why", text});
    const bool is_trouble = after == ShownState::fault || after == ShownState::waiting;
    tell(EventKind::state_changed, is_trouble ? Level::warning : Level::notice,
         fmt::format("{} is {}{}", router_.name, after == ShownState::fault ? "in " : "",
                     name_of(after)),
         std::move(fields));
    last_transition_ = {now, std::nullopt, std::move(reason), std::move(text)};
}

void Session::note_peer(const vrrp::Accepted& accepted, vrrp::Version version,
                        base::Instant arrived) {
    const auto before = sending_dialects();
    const auto near = peers_.note(accepted, version, down_interval(), arrived);
    if (near && !wants_addresses()) note_near_failover(accepted.event.source, *near, arrived);
    const bool is_usual = sending_dialects() == std::vector{vrrp::ChecksumDialect::rfc9568};
    if (sending_dialects() != before && !is_usual)
        if (limiter_.admit(dialect_cause, arrived, Occasion::packet))
            // Usual between two routers that are both automatic: nothing is wrong then.
            tell(std::nullopt, Level::info, "sending the checksum form that is understood",
                 {{"peer", accepted.event.source.text()},
                  {"checksum", dialect_text(sending_dialects())}});
}

void Session::note_near_failover(const base::IpAddress& peer, base::Duration gap,
                                 base::Instant now) {
    ++counters_.near_failovers;
    const auto suppressed = limiter_.admit(near_failover_cause, now, Occasion::packet);
    if (!suppressed) return;
    std::vector<Field> fields{
        {"peer", peer.text()},
        {"gap_ms", fmt::to_string(base::whole_milliseconds(gap))},
        {"limit_ms", fmt::to_string(base::whole_milliseconds(down_interval()))}};
    if (*suppressed > 0) fields.push_back({"repeated", fmt::to_string(*suppressed)});
    tell(EventKind::near_failover, Level::warning,
         "almost taken over: the Active router was not heard for most of the time it is given",
         std::move(fields));
}

// After the event: whoever is still Active then, besides the sender. The last word of a router that
// yields comes within an interval of the change.
void Session::note_rivals(const vrrp::event::Received& advert, base::Instant arrived) {
    if (advert.priority == vrrp::Priority::releasing()) return;
    const auto hold_rival = [&](const auto& text_of) {
        constexpr auto kind = ConditionKind::another_active;
        hold(kind, advert.source, condition_causes + static_cast<int>(kind), arrived, attention(),
             [&]() -> Trouble {
                 const std::string text = text_of();
                 return {
                     text,
                     text,
                     {{"condition", std::string{name_of(kind)}}, {"with", advert.source.text()}}};
             });
    };
    const bool is_late = arrived > last_transition_.at + router_.advertise.value();
    if (wants_addresses() && is_late)
        hold_rival([&] {
            return fmt::format(
                "{} (priority {}) is Active too: it does not hear us, or rejects our "
                "adverts; look at its status and at firewalls between us",
                advert.source.text(), advert.priority.wire());
        });
    if (wants_addresses()) return;
    if (const Peer* rival = peers_.rival_of_last())
        hold_rival([&] {
            return fmt::format("{} and {} are both Active", rival->address.text(),
                               advert.source.text());
        });
}

void Session::note_oddities(const vrrp::Accepted& accepted, const vrrp::Decoded& decoded,
                            base::Instant arrived) {
    const base::IpAddress& sender = accepted.event.source;
    for (std::size_t i = 0; i < vrrp::note_count; ++i) {
        if (!accepted.notes.test(i)) continue;
        ++counters_.noted[i];
        const auto note = static_cast<vrrp::Note>(i);
        const auto kind = kind_of(note);
        if (!kind) continue;
        hold(*kind, sender, note_causes + static_cast<int>(i), arrived, attention(),
             [&]() -> Trouble {
                 const Advice advice = advice_on(note, decoded, router_);
                 return {
                     fmt::format("{} advertises {}; {}", sender.text(), advice.value, advice.cure),
                     "peer differs",
                     {{"condition", std::string{name_of(*kind)}},
                      {"sender", sender.text()},
                      {"value", advice.value},
                      {"cure", advice.cure}}};
             });
    }
    constexpr auto duplicate = ConditionKind::duplicate_source;
    if (sender == readiness_.source)
        hold(duplicate, sender, condition_causes + static_cast<int>(duplicate), arrived,
             attention(), [&]() -> Trouble {
                 const std::string text = fmt::format(
                     "another router sends from our address {}; give each its own", sender.text());
                 return {text,
                         text,
                         {{"condition", std::string{name_of(duplicate)}}, {"with", sender.text()}}};
             });
}

// Claims are rarer than adverts. The last word of a router that yields is none: it has not read our
// advert yet.
void Session::address_was_claimed(const vrrp::Claim& claim, base::Instant now) {
    constexpr auto kind = ConditionKind::address_claimed;
    constexpr base::Duration shortest = std::chrono::seconds{10};
    ++counters_.claims;
    if (now <= last_transition_.at + router_.advertise.value()) return;
    hold(kind, claim.address, condition_causes + static_cast<int>(kind), now,
         std::max(attention(), shortest), [&]() -> Trouble {
             return {fmt::format("another machine claims {}: MAC {}; look for it by its MAC and "
                                 "take the address away from it",
                                 claim.address.text(), claim.mac.text()),
                     fmt::format("another machine claims {}", claim.address.text()),
                     {{"condition", std::string{name_of(kind)}},
                      {"with", claim.address.text()},
                      {"mac", claim.mac.text()},
                      {"cure", "look for it by its MAC and take the address away from it"}}};
         });
}

void Session::tell(std::optional<EventKind> event, Level level, std::string message,
                   std::vector<Field> fields) {
    std::vector<Field> all{{"router", router_.name},
                           {"family", std::string{base::name_of(family_)}},
                           {"vrid", fmt::to_string(router_.vrid.wire())},
                           {"interface", router_.interface}};
    all.insert(all.end(), std::make_move_iterator(fields.begin()),
               std::make_move_iterator(fields.end()));
    records_.push_back({level, std::move(message), std::move(all), event});
}

void Session::tell_limited(EventKind event, int cause, base::Instant now, std::string message,
                           std::vector<Field> fields) {
    const auto suppressed = limiter_.admit(cause, now, Occasion::ours);
    if (!suppressed) return;
    if (*suppressed > 0) fields.push_back({"repeated", fmt::to_string(*suppressed)});
    tell(event, Level::warning, std::move(message), std::move(fields));
}

std::string Session::reason_of(vrrp::Cause cause) const {
    if (cause != vrrp::Cause::shutdown) return std::string{vrrp::name_of(cause)};
    return is_stopped_ ? "stopped" : std::string{name_of(readiness_.blockers.front().kind)};
}

std::string Session::explanation_of(vrrp::Cause cause, base::Instant now) const {
    const Peer* last = peers_.last();
    const std::string peer = last != nullptr ? last->address.text() : "a peer";
    const int theirs = last != nullptr ? last->priority.wire() : 0;
    const int ours = effective_priority().wire();
    switch (cause) {
        case vrrp::Cause::startup: return "started";
        case vrrp::Cause::joined: return "new here, and the others of its unit are active";
        case vrrp::Cause::shutdown:
            return is_stopped_ ? "stopped" : readiness_.blockers.front().text;
        case vrrp::Cause::silence:
            return last != nullptr ? fmt::format("no advert from {} (priority {}) for {} ms", peer,
                                                 theirs, base::whole_milliseconds(now - last->seen))
                                   : fmt::format("no advert heard for {} ms since the start",
                                                 base::whole_milliseconds(now - healthy_since_));
        case vrrp::Cause::released: return fmt::format("{} gave up with priority 0", peer);
        case vrrp::Cause::preempted:
            return fmt::format("our priority is higher than that of {} ({} > {})", peer, ours,
                               theirs);
        case vrrp::Cause::stronger_advert:
            return fmt::format("{} has the higher priority ({} > {})", peer, theirs, ours);
        case vrrp::Cause::tie_lost:
            return fmt::format("{} has the same priority and the higher address", peer);
        case vrrp::Cause::displaced:
            return "another session of its router or group is no longer Active";
        case vrrp::Cause::handing_over:
            return why_handing_over_ + "; the addresses stay until another router has taken over";
        case vrrp::Cause::handed_over:
            return fmt::format("{} (priority {}) has taken over", peer, theirs);
        case vrrp::Cause::resumed:
            return fmt::format(
                "was Active in the process before, until {} ms ago",
                advertised_at_ ? base::whole_milliseconds(now - *advertised_at_) : 0);
        case vrrp::Cause::not_relieved:
            return fmt::format("nobody has taken over within {} ms",
                               base::whole_milliseconds(now - last_transition_.at));
    }
    return "unknown";
}

}  // namespace app
