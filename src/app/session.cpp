#include "app/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace app {

using base::log::Field;
using base::log::Level;

namespace {

// Keys of the rate limiter: discards and notes by their number, each in a range of its own.
constexpr int note_causes = 100;
constexpr int send_error_cause = 200;
constexpr int removed_cause = 201;
constexpr int dialect_cause = 202;

std::vector<base::IpAddress> without_prefix(const std::vector<base::InterfaceAddress>& addresses) {
    std::vector<base::IpAddress> plain;
    plain.reserve(addresses.size());
    for (const auto& address : addresses) plain.push_back(address.address());
    return plain;
}

std::vector<base::InterfaceAddress> of_family(const config::Router& router, base::Family family) {
    std::vector<base::InterfaceAddress> mine;
    std::ranges::copy_if(router.addresses, std::back_inserter(mine),
                         [&](const auto& address) { return address.family() == family; });
    return mine;
}

std::optional<vrrp::ChecksumDialect> strict_dialect(config::Checksum checksum) {
    switch (checksum) {
        case config::Checksum::automatic: return std::nullopt;
        case config::Checksum::rfc9568: return vrrp::ChecksumDialect::rfc9568;
        case config::Checksum::rfc5798: return vrrp::ChecksumDialect::rfc5798;
    }
    return std::nullopt;
}

std::string whole_ms(base::Duration duration) {
    return fmt::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

std::string joined(const std::vector<base::IpAddress>& addresses) {
    std::string out;
    for (const auto& address : addresses) out += (out.empty() ? "" : ",") + address.text();
    return out;
}

}  // namespace

std::string_view name_of(ShownState state) {
    switch (state) {
        case ShownState::init: return "init";
        case ShownState::backup: return "backup";
        case ShownState::active: return "active";
        case ShownState::waiting: return "waiting";
        case ShownState::fault: return "fault";
    }
    return "unknown";
}

Session::Session(const config::Router& router, base::Family family, base::Instant now)
    : announcer{router.announcement},
      router_{router},
      family_{family},
      addresses_{of_family(router, family)},
      expectation_{.version = router.version,
                   .interval = router.advertise,
                   .addresses = without_prefix(addresses_),
                   .is_owner = router.priority == vrrp::Priority::owner(),
                   .dialect = strict_dialect(router.checksum)},
      healthy_since_{now},
      last_transition_{now, std::nullopt, "startup", "started"} {}

void Session::follow(Readiness readiness, base::Instant now) {
    if (is_stopped_) return;
    const ShownState before = shown_state();
    const bool mac_moved = readiness_.mac && readiness.mac && *readiness_.mac != *readiness.mac;
    const bool source_moved =
        readiness_.source && readiness.source && *readiness_.source != *readiness.source;
    readiness_ = std::move(readiness);
    if (source_moved)
        tell(Level::notice, "source address changed", {{"source", readiness_.source->text()}});
    if (mac_moved) {
        tell(Level::notice, "MAC address changed", {{"mac", readiness_.mac->text()}});
        announcer.repeat(now);
    }
    const bool is_idle = std::holds_alternative<vrrp::state::Initialize>(state_);
    if (readiness_.blockers.empty()) {
        if (!is_idle) return;
        healthy_since_ = now;
        handle(vrrp::event::Startup{}, before, now);
        return;
    }
    if (!is_idle) {
        handle(vrrp::event::Shutdown{}, before, now);
        return;
    }
    const Blocker& first = readiness_.blockers.front();
    const std::string reason{name_of(first.kind)};
    if (before != shown_state() || last_transition_.reason != reason)
        note_transition(before, reason, first.text, now);
}

void Session::stop(base::Instant now) {
    is_stopped_ = true;
    handle(vrrp::event::Shutdown{}, shown_state(), now);
}

void Session::receive(const vrrp::Decoded& decoded, const base::IpAddress& source,
                      base::Instant arrived) {
    const auto accepted = vrrp::accept(decoded, source, expectation_);
    if (!accepted) {
        discard(accepted.error(), source, arrived);
        return;
    }
    ++counters_.received;
    if (accepted->event.priority == vrrp::Priority::releasing()) ++counters_.priority_zero_received;
    note_peer(*accepted, arrived);
    note_oddities(*accepted, decoded, arrived);
    handle(accepted->event, shown_state(), arrived);
}

void Session::discard(vrrp::Discard reason, const base::IpAddress& sender, base::Instant arrived) {
    ++counters_.discarded[static_cast<std::size_t>(reason)];
    last_discard_ = Discarded{reason, sender, arrived};
    tell_limited(static_cast<int>(reason), arrived, "advert discarded",
                 {{"reason", std::string{vrrp::name_of(reason)}}, {"sender", sender.text()}});
}

void Session::expire(base::Instant now, base::Instant horizon) {
    const base::Instant believed =
        std::holds_alternative<vrrp::state::Backup>(state_) ? std::min(now, horizon) : now;
    const auto due = deadline();
    if (due && *due <= believed) handle(vrrp::event::Deadline{}, shown_state(), now);
}

void Session::handle(const vrrp::Event& event, ShownState before, base::Instant now) {
    const vrrp::Step step = vrrp::step(params(), state_, event, now);
    state_ = step.next;
    if (step.advert) due_ = step.advert;
    if (step.announce) announcer.repeat(now);
    if (!step.cause) return;
    // Whatever was due in the old state is not the new state's to say.
    due_ = step.advert;
    note_transition(before, reason_of(*step.cause), explanation_of(*step.cause, now), now);
}

vrrp::Params Session::params() const {
    const auto preempt_from = router_.preempt.enabled
                                  ? std::optional{healthy_since_ + router_.preempt.after}
                                  : std::nullopt;
    return {.version = router_.version,
            .priority = effective_priority(),
            .interval = router_.advertise,
            .source = readiness_.source.value_or(base::IpAddress{}),
            .preempt_from = preempt_from};
}

std::optional<Session::Due> Session::take_advert() {
    const auto priority = std::exchange(due_, std::nullopt);
    if (!priority || !readiness_.source) return std::nullopt;
    const vrrp::Route route{*readiness_.source, vrrp::multicast_group(family_)};
    const vrrp::Advert advert{.version = router_.version,
                              .vrid = router_.vrid,
                              .priority = *priority,
                              .interval = router_.advertise,
                              .addresses = expectation_.addresses};
    return Due{vrrp::encode(advert, route, sending_dialect()), route, *priority};
}

void Session::advert_was_sent(vrrp::Priority priority) {
    ++counters_.sent;
    if (priority == vrrp::Priority::releasing()) ++counters_.priority_zero_sent;
}

void Session::send_failed(const base::Error& error, base::Instant now) {
    ++counters_.send_errors;
    tell_limited(send_error_cause, now, "sending failed", {{"error", error.text()}});
}

void Session::address_was_removed(const base::InterfaceAddress& address, base::Instant now) {
    ++counters_.restored;
    announcer.forget(address.address());
    tell_limited(removed_cause, now, "address removed by somebody else; restoring it",
                 {{"address", address.text()}});
}

void Session::stamp(base::Instant now, kernel::WallClock wall) {
    if (last_transition_.wall) return;
    const auto ago =
        std::chrono::duration_cast<kernel::WallClock::duration>(now - last_transition_.at);
    last_transition_.wall = wall - ago;
}

std::vector<base::log::Record> Session::take_records() { return std::exchange(records_, {}); }

ShownState Session::shown_state() const {
    if (std::holds_alternative<vrrp::state::Backup>(state_)) return ShownState::backup;
    if (std::holds_alternative<vrrp::state::Active>(state_)) return ShownState::active;
    if (readiness_.blockers.empty()) return ShownState::init;
    const bool only_absence = std::ranges::all_of(
        readiness_.blockers, [](const Blocker& blocker) { return is_absence(blocker.kind); });
    return only_absence ? ShownState::waiting : ShownState::fault;
}

vrrp::AdvertInterval Session::active_interval() const {
    const auto* backup = std::get_if<vrrp::state::Backup>(&state_);
    return backup != nullptr ? backup->active_interval : router_.advertise;
}

vrrp::ChecksumDialect Session::sending_dialect() const {
    if (const auto strict = strict_dialect(router_.checksum)) return *strict;
    if (peer_ && peer_->dialect) return *peer_->dialect;
    return vrrp::ChecksumDialect::rfc9568;
}

// --- telling ---

void Session::note_transition(ShownState before, std::string reason, std::string text,
                              base::Instant now) {
    const ShownState after = shown_state();
    if (before != after) ++counters_.transitions;
    std::vector<Field> fields{{"from", std::string{name_of(before)}},
                              {"to", std::string{name_of(after)}},
                              {"reason", reason},
                              {"priority", fmt::to_string(effective_priority().wire())}};
    if (peer_) {
        fields.push_back({"last_advert_ms", whole_ms(now - peer_->seen)});
        fields.push_back({"peer", peer_->address.text()});
        fields.push_back({"peer_priority", fmt::to_string(peer_->priority.wire())});
    }
    fields.push_back({"why", text});
    const bool is_trouble = after == ShownState::fault || after == ShownState::waiting;
    tell(is_trouble ? Level::warning : Level::notice,
         fmt::format("{} is {}", router_.name, name_of(after)), std::move(fields));
    last_transition_ = {now, std::nullopt, std::move(reason), std::move(text)};
}

void Session::note_peer(const vrrp::Accepted& accepted, base::Instant arrived) {
    const vrrp::ChecksumDialect before = sending_dialect();
    peer_ = Peer{accepted.event.source, accepted.event.priority, accepted.event.interval, arrived,
                 accepted.dialect};
    if (sending_dialect() != before)
        tell_limited(dialect_cause, arrived, "answering in the peer's checksum form",
                     {{"peer", peer_->address.text()},
                      {"checksum", std::string{vrrp::name_of(sending_dialect())}}});
}

void Session::note_oddities(const vrrp::Accepted& accepted, const vrrp::Decoded& decoded,
                            base::Instant arrived) {
    for (std::size_t i = 0; i < vrrp::note_count; ++i)
        if (accepted.notes.test(i)) ++counters_.noted[i];
    const auto holds = [&](vrrp::Note note) {
        return accepted.notes.test(static_cast<std::size_t>(note));
    };
    const auto cause = [](vrrp::Note note) { return note_causes + static_cast<int>(note); };
    const Field sender{"sender", accepted.event.source.text()};
    if (holds(vrrp::Note::interval_differs))
        tell_limited(cause(vrrp::Note::interval_differs), arrived,
                     "peer advertises another interval",
                     {sender,
                      {"theirs_ms", whole_ms(accepted.event.interval.value())},
                      {"ours_ms", whole_ms(router_.advertise.value())}});
    if (holds(vrrp::Note::address_list_differs))
        tell_limited(cause(vrrp::Note::address_list_differs), arrived,
                     "peer advertises other addresses",
                     {sender,
                      {"theirs", joined(decoded.addresses)},
                      {"ours", joined(expectation_.addresses)}});
    if (holds(vrrp::Note::owner_conflict))
        tell_limited(cause(vrrp::Note::owner_conflict), arrived, "two routers have priority 255",
                     {sender});
}

void Session::tell(Level level, std::string message, std::vector<Field> fields) {
    std::vector<Field> all{{"router", router_.name},
                           {"family", std::string{base::name_of(family_)}},
                           {"vrid", fmt::to_string(router_.vrid.wire())},
                           {"interface", router_.interface}};
    all.insert(all.end(), std::make_move_iterator(fields.begin()),
               std::make_move_iterator(fields.end()));
    records_.push_back({level, std::move(message), std::move(all)});
}

void Session::tell_limited(int cause, base::Instant now, std::string message,
                           std::vector<Field> fields) {
    const auto suppressed = limiter_.admit(cause, now);
    if (!suppressed) return;
    if (*suppressed > 0) fields.push_back({"repeated", fmt::to_string(*suppressed)});
    tell(Level::warning, std::move(message), std::move(fields));
}

std::string Session::reason_of(vrrp::Cause cause) const {
    switch (cause) {
        case vrrp::Cause::startup: return "startup";
        case vrrp::Cause::shutdown:
            return is_stopped_ ? "stopped" : std::string{name_of(readiness_.blockers.front().kind)};
        case vrrp::Cause::silence: return "silence";
        case vrrp::Cause::released: return "released";
        case vrrp::Cause::preempted: return "preempted";
        case vrrp::Cause::stronger_advert: return "stronger-advert";
        case vrrp::Cause::tie_lost: return "tie-lost";
    }
    return "unknown";
}

std::string Session::explanation_of(vrrp::Cause cause, base::Instant now) const {
    const std::string peer = peer_ ? peer_->address.text() : "a peer";
    const int theirs = peer_ ? peer_->priority.wire() : 0;
    const int ours = effective_priority().wire();
    switch (cause) {
        case vrrp::Cause::startup: return "started";
        case vrrp::Cause::shutdown:
            return is_stopped_ ? "stopped" : readiness_.blockers.front().text;
        case vrrp::Cause::silence:
            return peer_ ? fmt::format("no advert from {} (priority {}) for {} ms", peer, theirs,
                                       whole_ms(now - peer_->seen))
                         : fmt::format("no advert heard for {} ms since the start",
                                       whole_ms(now - healthy_since_));
        case vrrp::Cause::released: return fmt::format("{} gave up with priority 0", peer);
        case vrrp::Cause::preempted:
            return fmt::format("our priority is higher than that of {} ({} > {})", peer, ours,
                               theirs);
        case vrrp::Cause::stronger_advert:
            return fmt::format("{} has the higher priority ({} > {})", peer, theirs, ours);
        case vrrp::Cause::tie_lost:
            return fmt::format("{} has the same priority and the higher address", peer);
    }
    return "unknown";
}

}  // namespace app
