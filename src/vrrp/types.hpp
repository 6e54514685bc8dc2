// The numbers of VRRP, each with the range that the protocol gives it.
//
// A value of one of these types was checked when it was made; none converts to another.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/address.hpp"
#include "base/time.hpp"

namespace vrrp {

using base::Centiseconds;
using base::Duration;
using base::Family;
using base::Instant;
using base::IpAddress;

// RFC 9568 is version 3 (IPv4 and IPv6), RFC 3768 version 2 (IPv4 only).
enum class Version : std::uint8_t { v2 = 2, v3 = 3 };

// 1..255, RFC 9568 section 5.2.3. There is no default.
class Vrid {
public:
    static constexpr std::optional<Vrid> from(std::int64_t value) {
        if (value < 1 || value > 255) return std::nullopt;
        return Vrid{static_cast<std::uint8_t>(value)};
    }
    [[nodiscard]] constexpr std::uint8_t wire() const { return value_; }
    constexpr auto operator<=>(const Vrid&) const = default;

private:
    explicit constexpr Vrid(std::uint8_t value) : value_{value} {}
    std::uint8_t value_;
};

// 0..255, RFC 9568 section 5.2.4; 0 and 255 are reserved and have names instead of numbers.
class Priority {
public:
    static constexpr Priority from_wire(std::uint8_t value) { return Priority{value}; }
    // 1..254: what a configuration may ask for.
    static constexpr std::optional<Priority> from(std::int64_t value) {
        if (value < 1 || value > 254) return std::nullopt;
        return Priority{static_cast<std::uint8_t>(value)};
    }
    static constexpr Priority releasing() { return Priority{0}; }
    static constexpr Priority usual() { return Priority{100}; }
    static constexpr Priority owner() { return Priority{255}; }
    [[nodiscard]] constexpr std::uint8_t wire() const { return value_; }
    constexpr auto operator<=>(const Priority&) const = default;

private:
    explicit constexpr Priority(std::uint8_t value) : value_{value} {}
    std::uint8_t value_;
};

// 1..4095 centiseconds: the 12-bit field of a version 3 advertisement, RFC 9568 section 5.2.7.
// A version 2 interval is the same type in whole seconds (is_whole_seconds).
class AdvertInterval {
public:
    static constexpr std::optional<AdvertInterval> from(Centiseconds value) {
        if (value.count() < 1 || value.count() > 4095) return std::nullopt;
        return AdvertInterval{value};
    }
    // The 8-bit field of a version 2 advertisement, RFC 3768 section 5.3.7: 1..255 seconds. Only
    // the first 40 fit the version 3 field, hence the wider range inside.
    static constexpr std::optional<AdvertInterval> from_seconds(std::int64_t seconds) {
        if (seconds < 1 || seconds > 255) return std::nullopt;
        return AdvertInterval{Centiseconds{static_cast<std::int32_t>(seconds * 100)}};
    }
    static constexpr AdvertInterval one_second() { return AdvertInterval{Centiseconds{100}}; }
    [[nodiscard]] constexpr Centiseconds value() const { return value_; }
    [[nodiscard]] constexpr bool is_whole_seconds() const { return value_.count() % 100 == 0; }
    constexpr auto operator<=>(const AdvertInterval&) const = default;

private:
    explicit constexpr AdvertInterval(Centiseconds value) : value_{value} {}
    Centiseconds value_;
};

// Which sum a version 3 advertisement over IPv4 carries. RFC 9568 section 5.2.8 sums the message
// alone; RFC 5798 was widely read as asking for a pseudo-header too (keepalived, FRR). A router
// that accepts one form only and a peer that sends the other become two Active routers.
enum class ChecksumDialect : std::uint8_t { rfc9568, rfc5798 };

constexpr std::string_view name_of(ChecksumDialect dialect) {
    return dialect == ChecksumDialect::rfc9568 ? "rfc9568" : "rfc5798";
}

}  // namespace vrrp
