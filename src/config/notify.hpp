// `notify`, `conntrackd` and `damping`: what follows a change of state.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "config/draft.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace config {

// The names inside groups that are the value itself.
inline constexpr std::array<std::string_view, 6> notify_keys{"exec",    "shell", "user",
                                                             "timeout", "form",  "wait_for"};
inline constexpr std::array<std::string_view, 3> conntrackd_keys{"config", "socket", "timeout"};
inline constexpr std::array<std::string_view, 4> damping_keys{"transitions", "within", "hold",
                                                              "most"};

std::optional<StatedNotify> read_notify(const Value& value, const Context& context);
std::optional<Conntrackd> read_conntrackd(const Value& value, const Context& context);
// A value without one: false.
std::optional<std::optional<Damping>> read_damping(const Value& value, const Context& context);
std::optional<Router::Families> read_families(const Value& value, const Context& context);

}  // namespace config
