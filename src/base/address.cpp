#include "base/address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

namespace base {

std::string_view name_of(Family family) { return family == Family::ipv4 ? "ipv4" : "ipv6"; }

std::optional<IpAddress> IpAddress::from_octets(ByteView octets) {
    if (octets.size() != 4 && octets.size() != 16) return std::nullopt;
    IpAddress address;
    address.family_ = octets.size() == 4 ? Family::ipv4 : Family::ipv6;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated{text};
    if (terminated.size() != std::char_traits<char>::length(terminated.c_str()))
        return std::nullopt;
    IpAddress address;
    if (inet_pton(AF_INET, terminated.c_str(), address.octets_.data()) == 1) return address;
    address.family_ = Family::ipv6;
    if (inet_pton(AF_INET6, terminated.c_str(), address.octets_.data()) == 1) return address;
    return std::nullopt;
}

bool IpAddress::is_unspecified() const {
    return std::ranges::all_of(octets(), [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_multicast() const {
    return family_ == Family::ipv4 ? (octets_[0] & 0xf0) == 0xe0 : octets_[0] == 0xff;
}

bool IpAddress::is_loopback() const {
    if (family_ == Family::ipv4) return octets_[0] == 127;
    return octets_[15] == 1 &&
           std::ranges::all_of(octets().first(15), [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_link_local_ipv6() const {
    return family_ == Family::ipv6 && octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    const int family = family_ == Family::ipv4 ? AF_INET : AF_INET6;
    inet_ntop(family, octets_.data(), buffer.data(), buffer.size());
    return buffer.data();
}

std::optional<InterfaceAddress> InterfaceAddress::from(IpAddress address, int prefix_length) {
    const int longest = static_cast<int>(address_size(address.family())) * 8;
    if (prefix_length < 0 || prefix_length > longest) return std::nullopt;
    return InterfaceAddress{address, static_cast<std::uint8_t>(prefix_length)};
}

std::optional<InterfaceAddress> InterfaceAddress::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(text.substr(0, slash));
    const std::string_view digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
    const bool whole = error == std::errc{} && end == digits.end() && digits.size() <= 3;
    if (!address || !whole || length > 128) return std::nullopt;
    return from(*address, static_cast<int>(length));
}

bool InterfaceAddress::is_same_subnet(const InterfaceAddress& other) const {
    return network() == other.network();
}

InterfaceAddress InterfaceAddress::network() const {
    std::array<std::uint8_t, 16> octets{};
    const ByteView ours = address_.octets();
    for (std::size_t i = 0; i < ours.size(); ++i) {
        const int bits = std::clamp(prefix_length_ - 8 * static_cast<int>(i), 0, 8);
        octets[i] = static_cast<std::uint8_t>(ours[i] & (0xff00U >> bits));
    }
    return {*IpAddress::from_octets(ByteView{octets}.first(ours.size())), prefix_length_};
}

std::string InterfaceAddress::text() const {
    return fmt::format("{}/{}", address_.text(), prefix_length_);
}

std::string MacAddress::text() const { return fmt::format("{:02x}", fmt::join(octets, ":")); }

}  // namespace base
