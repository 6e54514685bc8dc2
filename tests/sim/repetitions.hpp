// How often a test repeats itself with other numbers. The sanitizers look at lines, not at numbers,
// and take forty times as long: with them one repetition in ten is made.
#pragma once

#include <cstdint>

namespace sim {

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr std::uint64_t one_in = 10;
#else
inline constexpr std::uint64_t one_in = 1;
#endif
#elif defined(__SANITIZE_ADDRESS__)
inline constexpr std::uint64_t one_in = 10;
#else
inline constexpr std::uint64_t one_in = 1;
#endif

constexpr std::uint64_t repetitions(std::uint64_t wanted) { return (wanted + one_in - 1) / one_in; }

}  // namespace sim
