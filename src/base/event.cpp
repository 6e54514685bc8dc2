#include "base/event.hpp"

#include <algorithm>

namespace base {

namespace {

struct Entry {
    EventKind kind;
    std::string_view name;
    std::string_view id;
};

// In the order of the enum. An identifier was drawn at random once (systemd-id128 new) and is never
// used for anything else: people's filters and alarms know it.
constexpr std::array<Entry, event_kind_count> entries{{
    {EventKind::state_changed, "state-changed", "2ea97e0febef4f92a143918a2a6cfd5e"},
    {EventKind::priority_changed, "priority-changed", "0e6a2c36abc24967866b067e66da362f"},
    {EventKind::flapping, "flapping", "9cf4a88de8984c0ba05c97a092d3e9ed"},
    {EventKind::not_resumed, "not-resumed", "be695be6773d4f9081b0bdbbe63696dd"},
    {EventKind::check_failed, "check-failed", "90b9c8025dab4dcdb04b76acdc0ddb09"},
    {EventKind::check_passed, "check-passed", "c7cfcb3cd94e4ccdae1b20aaa0c65860"},
    {EventKind::checks_unattended, "checks-unattended", "7b1242b8ffff4048bafe38dae4328293"},
    {EventKind::hook_done, "hook-done", "d8d186760d5b41b4b246fb4edc91f3c2"},
    {EventKind::hook_failed, "hook-failed", "249c5548c6fd49be905677045e75fb9e"},
    {EventKind::condition_began, "condition-began", "044ad43e6c7f476e9a9801a00fb6c8e1"},
    {EventKind::condition_over, "condition-over", "669cf9908f634a1b8192fe64a3336569"},
    {EventKind::object_removed, "object-removed", "0c1edeb88a8344ca9cca7de24fac6224"},
    {EventKind::object_given_up, "object-given-up", "c571cee8150843c0a39e79452b226796"},
    {EventKind::request_refused, "request-refused", "3b122783611d4188adbbd6554f24bd46"},
    {EventKind::send_failed, "send-failed", "a565b4ba678b4f978964fb6019274953"},
    {EventKind::drained, "drained", "eb4dcf741c41449e8f43a1d49540696f"},
    {EventKind::drain_over, "drain-over", "05f909ef7f2e4971988777f6cc9be414"},
    {EventKind::reloaded, "reloaded", "e23ad078f7964a18970928014f5989d1"},
    {EventKind::reload_refused, "reload-refused", "c7adb971c1f64d698732be6a9e885c12"},
    {EventKind::reload_confirmed, "reload-confirmed", "6ed36eafe3fb440394610f1fcf6e624e"},
    {EventKind::rolled_back, "rolled-back", "bca3ff116a544f2c9bfe5e0e2faba56c"},
    {EventKind::started, "started", "3ea87034dfe142e7b933d0a3d90eeb21"},
    {EventKind::stopping, "stopping", "7c7ece4e0ad448ddb17256ea47e1851c"},
    {EventKind::ended, "ended", "d7d9af82dafe45459c4fc0ac15e1bdd2"},
    {EventKind::handed_to_next_process, "handed-to-next-process",
     "06256bbac7d948e79ab4343397b947bd"},
    {EventKind::upgraded, "upgraded", "657273e62d5841599e99a13a305f139e"},
    {EventKind::overrun, "overrun", "77dade22d2ff4df0a9f5b9bfb7e13a0b"},
    {EventKind::lines_dropped, "lines-dropped", "5a36d28e4567411aa9153b210561856d"},
    {EventKind::file_damaged, "file-damaged", "3cb391c7c04b4816a293bc3c423b42c4"},
    {EventKind::near_failover, "near-failover", "9d06c8dc8b7b4d70a70f7f5500e0cb63"},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (entries[i].kind != static_cast<EventKind>(i)) return false;
    return true;
}
static_assert(is_in_order());

}  // namespace

std::string_view name_of(EventKind kind) { return entries[static_cast<std::size_t>(kind)].name; }

std::string_view id_of(EventKind kind) { return entries[static_cast<std::size_t>(kind)].id; }

std::optional<EventKind> event_kind_called(std::string_view name) {
    const auto found = std::ranges::find(entries, name, &Entry::name);
    return found == entries.end() ? std::nullopt : std::optional{found->kind};
}

std::array<EventKind, event_kind_count> all_event_kinds() {
    std::array<EventKind, event_kind_count> kinds{};
    std::ranges::transform(entries, kinds.begin(), &Entry::kind);
    return kinds;
}

}  // namespace base
