// States of the machine with times relative to the present moment: two moments that differ only in
// when they are have the same future, and are one state to the search.
#pragma once

#include <cstdint>

#include "vrrp/machine.hpp"

namespace explore {

using vrrp::Duration;
using vrrp::Instant;

// The present moment, always: a World knows how long something is ahead and no more.
inline constexpr Instant now{};

// An instant that has come has no consequence left that depends on how long ago it was.
[[nodiscard]] Instant earlier(Instant instant, Duration span);

// The state when `span` has passed.
[[nodiscard]] vrrp::State sooner(const vrrp::State& state, Duration span);

class Hash {
public:
    void add(std::uint64_t value) {
        value_ = (value_ ^ value) * 0x9e3779b97f4a7c15ULL;
        value_ ^= value_ >> 29;
    }
    void add(Instant instant) { add(static_cast<std::uint64_t>((instant - now).count())); }
    void add(const vrrp::State& state);
    [[nodiscard]] std::size_t value() const { return value_; }

private:
    void add_fields(const vrrp::state::Initialize&) {}
    void add_fields(const vrrp::state::Backup& backup);
    void add_fields(const vrrp::state::Active& active);
    void add_fields(const vrrp::state::Resigning& resigning);

    std::uint64_t value_ = 1;
};

}  // namespace explore
