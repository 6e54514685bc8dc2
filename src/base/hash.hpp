// FNV-1a over 64 bits: tells values apart and notices damage. Each octet counts: two inputs that
// differ in one have different sums. No defence against somebody who wants two to be equal.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace base {

constexpr std::uint64_t fnv1a(std::span<const std::uint8_t> octets) {
    std::uint64_t hash = 14695981039346656037U;
    for (const std::uint8_t octet : octets) hash = (hash ^ octet) * 1099511628211U;
    return hash;
}

constexpr std::uint64_t fnv1a(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return hash;
}
static_assert(fnv1a("a") == 0xaf63dc4c8601ec8cU);  // of the authors' list

}  // namespace base
