// IP and MAC addresses as values: parsed, compared as the wire compares them, and printed.
//
// Knows no interface, no socket and no name server: "eth0" or "localhost" is not an address.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace base {

enum class Family : std::uint8_t { ipv4, ipv6 };

// Octets of an address of this family.
constexpr std::size_t address_size(Family family) { return family == Family::ipv4 ? 4 : 16; }
// "ipv4" or "ipv6", as status and log say it.
std::string_view name_of(Family family);

// An IPv4 or IPv6 address. Addresses of one family compare as unsigned integers in network byte
// order, which is the tie-break of RFC 9568 section 6.4.3; IPv4 sorts before IPv6.
class IpAddress {
public:
    constexpr IpAddress() = default;  // 0.0.0.0
    static constexpr IpAddress v4(std::uint32_t host_order) {
        IpAddress address;
        for (std::size_t i = 0; i < 4; ++i)
            address.octets_[i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
        return address;
    }
    // Exactly 4 or 16 octets; anything else has no value.
    static std::optional<IpAddress> from_octets(ByteView octets);
    // Dotted quad or RFC 4291 text, without prefix, zone or spaces.
    static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] constexpr Family family() const { return family_; }
    [[nodiscard]] ByteView octets() const { return ByteView{octets_}.first(address_size(family_)); }
    [[nodiscard]] bool is_unspecified() const;
    [[nodiscard]] bool is_multicast() const;
    [[nodiscard]] bool is_loopback() const;
    // fe80::/10 (RFC 4291 section 2.5.6); never true for IPv4.
    [[nodiscard]] bool is_link_local_ipv6() const;
    [[nodiscard]] std::string text() const;

    constexpr auto operator<=>(const IpAddress&) const = default;

private:
    Family family_ = Family::ipv4;
    std::array<std::uint8_t, 16> octets_{};
};

// An address with its prefix length, host bits kept: "192.0.2.1/24" as it stands on an interface.
class InterfaceAddress {
public:
    // No value when the length is larger than the family allows.
    static std::optional<InterfaceAddress> from(IpAddress address, int prefix_length);
    // "ADDRESS/LENGTH"; the length is required, because a forgotten one is a mistake more often
    // than a host prefix.
    static std::optional<InterfaceAddress> parse(std::string_view text);

    [[nodiscard]] const IpAddress& address() const { return address_; }
    [[nodiscard]] std::uint8_t prefix_length() const { return prefix_length_; }
    [[nodiscard]] Family family() const { return address_.family(); }
    // Same length, same network bits: what Linux calls one subnet when it picks the primary.
    [[nodiscard]] bool is_same_subnet(const InterfaceAddress& other) const;
    // The same length with all host bits off: equal for the addresses of one subnet.
    [[nodiscard]] InterfaceAddress network() const;
    [[nodiscard]] std::string text() const;

    auto operator<=>(const InterfaceAddress&) const = default;

private:
    InterfaceAddress(IpAddress address, std::uint8_t prefix_length)
        : address_{address}, prefix_length_{prefix_length} {}
    IpAddress address_;
    std::uint8_t prefix_length_;
};

struct MacAddress {
    std::array<std::uint8_t, 6> octets{};
    [[nodiscard]] std::string text() const;
    auto operator<=>(const MacAddress&) const = default;
};

}  // namespace base
