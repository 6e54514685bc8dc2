// The readers of `addresses` and `source`.
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.hpp"
#include "config/values.hpp"

namespace config {
namespace {

// The 8-bit count of an advertisement, RFC 9568 section 5.2.5.
constexpr std::size_t most_addresses = 255;

std::uint32_t as_number(const base::IpAddress& ipv4) {
    return base::ByteReader{ipv4.octets()}.u32();
}

// Why no interface can have this IPv4 address; empty when it can.
std::string_view reserved_use(const base::IpAddress& address) {
    if (address.is_unspecified()) return "is the unspecified address";
    if (address.is_multicast()) return "is a multicast address";
    if (address.is_loopback()) return "is a loopback address";
    if (as_number(address) == 0xffff'ffff) return "is the broadcast address";
    return {};
}

// The same, with what the prefix length adds. A /31 has no network and no broadcast address
// (RFC 3021), a /32 neither.
std::string_view reserved_use(const base::InterfaceAddress& address) {
    const std::string_view use = reserved_use(address.address());
    if (!use.empty() || address.prefix_length() > 30) return use;
    const std::uint32_t host_bits = 0xffff'ffffU >> address.prefix_length();
    const std::uint32_t host = as_number(address.address()) & host_bits;
    if (host == 0) return "is the address of the network itself";
    if (host == host_bits) return "is the broadcast address of its network";
    return {};
}

void report_ipv6(const Value& value, const Context& context) {
    context.problems.error(value.at, "IPv6 is not supported yet", "remove it for now");
}

void report_no_address(const Value& value, const Context& context) {
    const std::string& text = value.string();
    const std::string_view address = std::string_view{text}.substr(0, text.find('/'));
    if (!base::IpAddress::parse(address))
        return context.problems.error(value.at, fmt::format("\"{}\" is not an address", text),
                                      "write it as in \"192.0.2.1/24\"");
    if (address.size() == text.size())
        return context.problems.error(value.at, fmt::format("\"{}\" has no prefix length", text),
                                      fmt::format(R"(write "{0}/24", or "{0}/32")", text));
    context.problems.error(value.at, fmt::format("\"{}\" has no valid prefix length", text),
                           "it is 1 to 32 for IPv4");
}

Maybe<base::InterfaceAddress> read_address(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "an address such as \"192.0.2.1/24\"", context);
        return std::nullopt;
    }
    const auto address = base::InterfaceAddress::parse(value.string());
    const bool is_ipv6 = address && address->family() == base::Family::ipv6;
    if (is_ipv6) {
        report_ipv6(value, context);
        return std::nullopt;
    }
    if (!address || address->prefix_length() == 0) {
        report_no_address(value, context);
        return std::nullopt;
    }
    if (const std::string_view use = reserved_use(*address); !use.empty()) {
        context.problems.error(value.at, fmt::format("{} {}", address->text(), use),
                               "a virtual address is one that a host could have");
        return std::nullopt;
    }
    return Stated<base::InterfaceAddress>{*address, value.at, context.layer};
}

// An element of `addresses` that is a group.
struct AddressSettings {
    Maybe<base::InterfaceAddress> address;
};

void store_address(const Value& value, const Context& context, AddressSettings& target) {
    target.address = read_address(value, context);
}

constexpr std::array<Setting<AddressSettings>, 4> address_settings{{
    {"address", store_address, Home::anywhere, Need::required},
    later<AddressSettings>("interface"),
    later<AddressSettings>("label"),
    later<AddressSettings>("scope"),
}};

Maybe<base::InterfaceAddress> read_element(const Value& element, const Context& context) {
    if (element.kind != Kind::group) return read_address(element, context);
    const std::string where = fmt::format("{}.addresses", context.where);
    Context inner = context;
    inner.where = where;
    AddressSettings settings;
    read_group(element, address_settings, inner, settings);
    return settings.address;
}

std::optional<base::IpAddress> read_source_address(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "an address such as \"192.0.2.2\"", context);
        return std::nullopt;
    }
    const std::string& text = value.string();
    const auto address = base::IpAddress::parse(text);
    if (!address) {
        const bool has_prefix = text.find('/') != std::string::npos;
        context.problems.error(
            value.at, fmt::format("\"{}\" is not an address", text),
            has_prefix ? "a source has no prefix length" : "write it as in \"192.0.2.2\"");
        return std::nullopt;
    }
    if (address->family() == base::Family::ipv6) {
        report_ipv6(value, context);
        return std::nullopt;
    }
    if (const std::string_view use = reserved_use(*address); !use.empty()) {
        context.problems.error(value.at, fmt::format("{} {}", text, use),
                               "the source is an own address of the interface");
        return std::nullopt;
    }
    return address;
}

}  // namespace

std::optional<StatedAddresses> read_addresses(const Value& value, const Context& context) {
    if (value.kind != Kind::array && value.kind != Kind::list) {
        const bool is_string = value.kind == Kind::string;
        context.problems.error(
            value.at, fmt::format("'addresses' is an array, not {}", description_of(value.kind)),
            is_string ? fmt::format("write [ \"{}\" ]", value.string()) : "");
        return std::nullopt;
    }
    if (value.children.empty() && !value.is_incomplete)
        context.problems.error(value.at, fmt::format("{} has no addresses", context.where),
                               "write at least one, as in [ \"192.0.2.1/24\" ]");
    if (value.children.size() > most_addresses)
        context.problems.error(value.at,
                               fmt::format("{} has {} addresses; an advertisement has room for {}",
                                           context.where, value.children.size(), most_addresses),
                               "split it into several routers");
    StatedAddresses addresses;
    for (const Value& element : value.children)
        if (const auto address = read_element(element, context)) addresses.push_back(*address);
    return addresses;
}

std::optional<base::IpAddress> read_source(const Value& value, const Context& context) {
    if (value.kind != Kind::array && value.kind != Kind::list)
        return read_source_address(value, context);
    std::optional<base::IpAddress> source;
    for (const Value& element : value.children) {
        const auto address = read_source_address(element, context);
        if (address && source)
            context.problems.error(element.at, "a second source of the same family",
                                   "one IPv4 address and one IPv6 address, at most");
        if (address && !source) source = address;
    }
    if (value.children.empty() && !value.is_incomplete)
        context.problems.error(value.at, "'source' is empty", "remove it, or name an address");
    return source;
}

}  // namespace config
