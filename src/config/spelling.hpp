// "Did you mean": the known name that somebody most likely had in mind.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace config {

// The one of `known` that begins like this; or else the nearest, when at most two letters are
// changed, missing, too many or swapped (one in names of three letters or fewer). The first of
// several.
std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> known);

// "; did you mean 'interface'?", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

}  // namespace config
