// The readers of `addresses`, `source` and `peers`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/address.hpp"
#include "config/reading.hpp"
#include "config/values.hpp"

namespace config {
namespace {

std::uint32_t as_number(const base::IpAddress& ipv4) {
    return base::ByteReader{ipv4.octets()}.u32();
}

// ::ffff:0:0/96, RFC 4291 section 2.5.5.2: an IPv4 address in the clothes of an IPv6 one.
bool is_ipv4_mapped(const base::IpAddress& address) {
    constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return address.family() == base::Family::ipv6 &&
           std::ranges::equal(address.octets().first(prefix.size()), prefix);
}

// Why no interface can have this address; empty when it can.
std::string_view reserved_use(const base::IpAddress& address) {
    if (address.is_unspecified()) return "is the unspecified address";
    if (address.is_multicast()) return "is a multicast address";
    if (address.is_loopback()) return "is a loopback address";
    if (is_ipv4_mapped(address)) return "is an IPv4 address in IPv6 form";
    if (address == base::IpAddress::v4(0xffff'ffff)) return "is the broadcast address";
    return {};
}

// A /31 has no network and no broadcast address (RFC 3021), a /32 neither.
std::string_view reserved_in_network_ipv4(const base::InterfaceAddress& address) {
    if (address.prefix_length() > 30) return {};
    const std::uint32_t host_bits = 0xffff'ffffU >> address.prefix_length();
    const std::uint32_t host = as_number(address.address()) & host_bits;
    if (host == 0) return "is the address of the network itself";
    if (host == host_bits) return "is the broadcast address of its network";
    return {};
}

// The Subnet-Router anycast address of RFC 4291 section 2.6.1, which a /127 has not (RFC 6164).
std::string_view reserved_in_network_ipv6(const base::InterfaceAddress& address) {
    if (address.prefix_length() > 126) return {};
    const base::ByteView octets = address.address().octets();
    const std::size_t whole_octets = address.prefix_length() / 8U;
    const auto host_bits = static_cast<std::uint8_t>(0xffU >> (address.prefix_length() % 8U));
    const bool is_network = (octets[whole_octets] & host_bits) == 0 &&
                            std::ranges::all_of(octets.subspan(whole_octets + 1),
                                                [](auto octet) { return octet == 0; });
    return is_network ? "is the address of the network itself" : std::string_view{};
}

// The same, with what the prefix length adds.
std::string_view reserved_use(const base::InterfaceAddress& address) {
    const std::string_view use = reserved_use(address.address());
    if (!use.empty()) return use;
    return address.family() == base::Family::ipv4 ? reserved_in_network_ipv4(address)
                                                  : reserved_in_network_ipv6(address);
}

void report_no_address(const std::string& text, std::string cure, const Value& value,
                       const Context& context) {
    const bool has_zone = text.find('%') != std::string::npos;
    if (has_zone) cure = "leave out '%' and what follows: 'interface' says where it is";
    context.problems.error(value.at, fmt::format("\"{}\" is not an address", text),
                           std::move(cure));
}

}  // namespace

void report_no_prefix(const Value& value, const Context& context) {
    const std::string& text = value.string();
    const std::string_view part = std::string_view{text}.substr(0, text.find('/'));
    const auto address = base::IpAddress::parse(part);
    if (!address) return report_no_address(text, "write it as in \"192.0.2.1/24\"", value, context);
    const bool is_ipv4 = address->family() == base::Family::ipv4;
    if (part.size() == text.size())
        return context.problems.error(value.at, fmt::format("\"{}\" has no prefix length", text),
                                      fmt::format(R"(write "{0}/{1}", or "{0}/{2}")", text,
                                                  is_ipv4 ? 24 : 64, is_ipv4 ? 32 : 128));
    context.problems.error(value.at, fmt::format("\"{}\" has no valid prefix length", text),
                           is_ipv4 ? "it is 1 to 32 for IPv4" : "it is 1 to 128 for IPv6");
}

Maybe<base::IpAddress> read_host(const Value& value, const HostWords& words,
                                 const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "an address such as \"192.0.2.2\"", context);
        return std::nullopt;
    }
    const std::string& text = value.string();
    const auto address = base::IpAddress::parse(text);
    if (!address) {
        const bool has_prefix = text.find('/') != std::string::npos;
        report_no_address(
            text, std::string{has_prefix ? words.no_prefix : "write it as in \"192.0.2.2\""}, value,
            context);
        return std::nullopt;
    }
    if (const std::string_view use = reserved_use(*address); !use.empty()) {
        context.problems.error(value.at, fmt::format("{} {}", text, use),
                               std::string{words.meaning});
        return std::nullopt;
    }
    return Stated<base::IpAddress>{*address, value.at, context.layer};
}

bool is_row(const Value& value) { return value.kind == Kind::array || value.kind == Kind::list; }

namespace {

Maybe<base::InterfaceAddress> read_address(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "an address such as \"192.0.2.1/24\"", context);
        return std::nullopt;
    }
    const auto address = base::InterfaceAddress::parse(value.string());
    if (!address || address->prefix_length() == 0) {
        report_no_prefix(value, context);
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
    Maybe<std::string> interface;
    Maybe<std::string> label;
    Maybe<std::uint8_t> scope;
};

void store_address(const Value& value, const Context& context, AddressSettings& target) {
    target.address = read_address(value, context);
}

constexpr std::array<Setting<AddressSettings>, 4> address_settings{{
    {"address", store_address, Home::anywhere, Need::required},
    {"interface", store<&AddressSettings::interface, read_interface>},
    {"label", store<&AddressSettings::label, read_label>},
    {"scope", store<&AddressSettings::scope, read_scope>},
}};

// Labels and scopes of addresses are IPv4's; an IPv6 address has the scope that it shows.
bool report_ipv4_only(const AddressSettings& settings, const Context& context) {
    if (settings.address->value.family() == base::Family::ipv4) return false;
    const auto report = [&](const auto& setting, std::string_view what) {
        if (setting)
            context.problems.error(setting->at, fmt::format("an IPv6 address has no {}", what),
                                   "remove it");
    };
    report(settings.label, "label");
    report(settings.scope, "scope of its own");
    return settings.label || settings.scope;
}

std::optional<StatedAddress> read_element(const Value& element, const Context& context) {
    AddressSettings settings;
    if (element.kind == Kind::group) {
        const std::string where = fmt::format("{}.{}", context.where, context.setting);
        Context inner = context;
        inner.where = where;
        read_group(element, address_settings, inner, settings);
    } else {
        settings.address = read_address(element, context);
    }
    if (!settings.address || report_ipv4_only(settings, context)) return std::nullopt;
    StatedAddress stated{settings.address->value, settings.address->at, context.layer};
    if (settings.interface) stated.placement.interface = settings.interface->value;
    if (settings.label) stated.placement.label = settings.label->value;
    if (settings.scope) stated.placement.scope = settings.scope->value;
    return stated;
}

// RFC 9568 section 5.1.2.1: over IPv6 an advert comes from a link-local address.
Maybe<base::IpAddress> read_source(const Value& value, const Context& context) {
    static constexpr HostWords words{"a source has no prefix length",
                                     "the source is an own address of the interface"};
    auto source = read_host(value, words, context);
    const bool is_global = source && source->value.family() == base::Family::ipv6 &&
                           !source->value.is_link_local_ipv6();
    if (!is_global) return source;
    context.problems.error(value.at, fmt::format("{} is not link-local", source->value.text()),
                           "adverts over IPv6 come from the interface's address in fe80::/10");
    return std::nullopt;
}

// Adverts over IPv6 come from link-local addresses, so none would ever come from this one.
void report_global_peer(const Stated<base::IpAddress>& peer, const Context& context) {
    if (peer.value.family() == base::Family::ipv4 || peer.value.is_link_local_ipv6()) return;
    context.problems.error(peer.at, fmt::format("{} is not link-local", peer.value.text()),
                           "a peer over IPv6 is named by its address in fe80::/10");
}

}  // namespace

std::optional<StatedAddresses> read_addresses(const Value& value, const Context& context) {
    if (!is_row(value)) {
        const bool is_string = value.kind == Kind::string;
        context.problems.error(
            value.at,
            fmt::format("'{}' is an array, not {}", context.setting, description_of(value.kind)),
            is_string ? fmt::format("write [ \"{}\" ]", value.string()) : "");
        return std::nullopt;
    }
    if (value.children.empty() && !value.is_incomplete)
        context.problems.error(value.at,
                               context.setting == "addresses"
                                   ? fmt::format("{} has no addresses", context.where)
                                   : fmt::format("'{}' is empty", context.setting),
                               "write at least one, as in [ \"192.0.2.1/24\" ]");
    StatedAddresses addresses;
    for (const Value& element : value.children)
        if (auto address = read_element(element, context)) addresses.push_back(std::move(*address));
    return addresses;
}

std::optional<StatedPeers> read_peers(const Value& value, const Context& context) {
    static constexpr HostWords words{"a peer has no prefix length",
                                     "a peer is another router's own address"};
    if (!is_row(value)) {
        const bool is_string = value.kind == Kind::string;
        context.problems.error(
            value.at, fmt::format("'peers' is an array, not {}", description_of(value.kind)),
            is_string ? fmt::format("write [ \"{}\" ]", value.string()) : "");
        return std::nullopt;
    }
    if (value.children.empty() && !value.is_incomplete) {
        context.problems.error(value.at, "'peers' is empty",
                               "remove it, or name an address of each peer");
        return std::nullopt;
    }
    StatedPeers peers;
    for (const Value& element : value.children)
        if (const auto peer = read_host(element, words, context)) {
            report_global_peer(*peer, context);
            peers.push_back(*peer);
        }
    return peers;
}

std::optional<StatedSources> read_sources(const Value& value, const Context& context) {
    const bool is_one = !is_row(value);
    const std::span<const Value> elements =
        is_one ? std::span{&value, 1} : std::span{value.children};
    if (elements.empty() && !value.is_incomplete) {
        context.problems.error(value.at, "'source' is empty", "remove it, or name an address");
        return std::nullopt;
    }
    StatedSources sources;
    bool is_whole = true;
    for (const Value& element : elements) {
        const auto source = read_source(element, context);
        is_whole = is_whole && source.has_value();
        if (!source) continue;
        Maybe<base::IpAddress>& place = sources.of(source->value.family());
        if (place)
            context.problems.error(element.at, "a second source of the same family",
                                   "one IPv4 address and one IPv6 address, at most");
        else
            place = source;
    }
    if (!is_whole) return std::nullopt;
    return sources;
}

}  // namespace config
