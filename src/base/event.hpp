// The kinds of things that happen which people and their tools look for: each has a name, and an
// identifier of its own that never changes (MESSAGE_ID= in the journal).
//
// systemd/tandem.catalog explains each of them, tandemd(8) lists them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace base {

enum class EventKind : std::uint8_t {
    state_changed,
    priority_changed,
    flapping,
    not_resumed,
    check_failed,
    check_passed,
    checks_unattended,
    hook_done,
    hook_failed,
    condition_began,
    condition_over,
    object_removed,
    object_given_up,
    request_refused,
    send_failed,
    drained,
    drain_over,
    reloaded,
    reload_refused,
    reload_confirmed,
    rolled_back,
    started,
    stopping,
    ended,
    handed_to_next_process,
    upgraded,
    overrun,
    lines_dropped,
    file_damaged,
    near_failover,
};
inline constexpr std::size_t event_kind_count =
    static_cast<std::size_t>(EventKind::near_failover) + 1;

// "state-changed"
std::string_view name_of(EventKind kind);
// 32 hexadecimal digits.
std::string_view id_of(EventKind kind);
std::optional<EventKind> event_kind_called(std::string_view name);
std::array<EventKind, event_kind_count> all_event_kinds();

}  // namespace base
