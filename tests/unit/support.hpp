// What several tests need: octets from hexadecimal text, and checked values without ceremony. A
// value out of its range ends the whole run: it is a mistake in a test.
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "vrrp/types.hpp"

namespace support {

inline base::Bytes from_hex(std::string_view text) {
    base::Bytes bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(
            static_cast<std::uint8_t>(std::stoi(std::string{text.substr(i, 2)}, nullptr, 16)));
    return bytes;
}

inline std::string to_hex(base::ByteView bytes) {
    return fmt::format("{:02x}", fmt::join(bytes, ""));
}

inline base::IpAddress address(std::string_view text) {
    return base::IpAddress::parse(text).value();
}

inline vrrp::Vrid vrid(int value) { return vrrp::Vrid::from(value).value(); }

// Any priority of the wire, the reserved ones too.
constexpr vrrp::Priority priority(int value) {
    return vrrp::Priority::from_wire(static_cast<std::uint8_t>(value));
}

constexpr vrrp::AdvertInterval centiseconds(int value) {
    return vrrp::AdvertInterval::from(base::Centiseconds{value}).value();
}

constexpr vrrp::AdvertInterval seconds(int value) {
    return vrrp::AdvertInterval::from_seconds(value).value();
}

}  // namespace support
