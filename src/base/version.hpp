// The version of the whole package, as --version, status and the log say it.
#pragma once

#include <string_view>

namespace base {
inline constexpr std::string_view version = "0.1.0";
}  // namespace base
