// The readers of `routes` and `rules`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "config/reading.hpp"
#include "config/values.hpp"

namespace config {
namespace {

constexpr std::int64_t largest_number = std::numeric_limits<std::int32_t>::max();

std::optional<std::uint32_t> read_positive(const Value& value, const Context& context) {
    const auto number = read_number(value, {1, largest_number}, context);
    return number ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

}  // namespace

// ---- single values ---------------------------------------------------------------------------

// Linux refuses an IPv4 route with host bits, and cuts them off without a word in an IPv6 one.
std::optional<base::InterfaceAddress> read_prefix(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "a prefix such as \"203.0.113.0/24\"", context);
        return std::nullopt;
    }
    if (value.string() == "all" || value.string() == "any") {
        context.problems.error(value.at, fmt::format("\"{}\" is not a prefix", value.string()),
                               "write \"0.0.0.0/0\" or \"::/0\"");
        return std::nullopt;
    }
    const auto prefix = base::InterfaceAddress::parse(value.string());
    if (!prefix) {
        report_no_prefix(value, context);
        return std::nullopt;
    }
    const base::InterfaceAddress network = prefix->network();
    if (network == *prefix) return prefix;
    context.problems.error(
        value.at,
        fmt::format("{} is an address in {}, not a prefix", prefix->text(), network.text()),
        fmt::format("write \"{}\", or \"{}/{}\" for this address alone", network.text(),
                    prefix->address().text(), 8 * base::address_size(prefix->family())));
    return std::nullopt;
}

// The names that every Linux has. Those of rt_tables belong to one machine, and the file is that of
// several.
std::optional<std::uint32_t> read_table(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, std::uint32_t>, 3> names{
        {{"main", main_table}, {"local", 255}, {"default", 253}}};
    if (value.kind == Kind::integer) return read_positive(value, context);
    if (value.kind != Kind::string) {
        report_type(value, "a number, \"main\", \"local\" or \"default\"", context);
        return std::nullopt;
    }
    for (const auto& [name, number] : names)
        if (value.string() == name) return number;
    context.problems.error(
        value.at,
        fmt::format("'table' is a number, \"main\", \"local\" or \"default\", not \"{}\"",
                    value.string()),
        "write its number; /etc/iproute2/rt_tables names it");
    return std::nullopt;
}

namespace {

std::optional<Destination> read_destination(const Value& value, const Context& context) {
    if (value.kind == Kind::string && value.string() == "default") return Destination{};
    const auto prefix = read_prefix(value, context);
    if (!prefix) return std::nullopt;
    return Destination{prefix};
}

std::optional<base::IpAddress> read_via(const Value& value, const Context& context) {
    static constexpr HostWords words{"a next hop has no prefix length",
                                     "the next hop is another router's address"};
    const auto host = read_host(value, words, context);
    return host ? std::optional{host->value} : std::nullopt;
}

std::optional<base::IpAddress> read_preferred_source(const Value& value, const Context& context) {
    static constexpr HostWords words{"a source has no prefix length",
                                     "the source is an address of this machine"};
    const auto host = read_host(value, words, context);
    return host ? std::optional{host->value} : std::nullopt;
}

std::optional<RouteType> read_type(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, RouteType>, 5> choices{
        {{"unicast", RouteType::unicast},
         {"blackhole", RouteType::blackhole},
         {"unreachable", RouteType::unreachable},
         {"prohibit", RouteType::prohibit},
         {"throw", RouteType::throw_away}}};
    return read_choice<RouteType>(value, choices, context);
}

std::optional<std::uint32_t> read_metric(const Value& value, const Context& context) {
    const auto number = read_number(value, {0, largest_number}, context);
    return number ? std::optional{static_cast<std::uint32_t>(*number)} : std::nullopt;
}

std::optional<std::uint32_t> parse_mark(std::string_view text) {
    const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
    if (is_hex) text.remove_prefix(2);
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, is_hex ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<Fwmark> parse_fwmark(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto mark = parse_mark(text.substr(0, slash));
    if (slash == std::string_view::npos)
        return mark ? std::optional{Fwmark{*mark, ~0U}} : std::nullopt;
    const auto mask = parse_mark(text.substr(slash + 1));
    if (!mark || !mask) return std::nullopt;
    return Fwmark{*mark, *mask};
}

std::optional<Fwmark> read_fwmark(const Value& value, const Context& context) {
    const std::string wanted = "a number such as 16 or \"0x10\", or with a mask, \"0x10/0xff\"";
    if (value.kind == Kind::integer) {
        const auto number = read_number(value, {0, largest_number}, context);
        return number ? std::optional{Fwmark{static_cast<std::uint32_t>(*number), ~0U}}
                      : std::nullopt;
    }
    if (value.kind != Kind::string) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    const auto fwmark = parse_fwmark(value.string());
    if (!fwmark) {
        context.problems.error(
            value.at, fmt::format("'fwmark' is {}, not \"{}\"", wanted, value.string()), {});
        return std::nullopt;
    }
    if (fwmark->mask != 0 && (fwmark->mark & ~fwmark->mask) == 0) return fwmark;
    context.problems.error(
        value.at,
        fwmark->mask == 0
            ? "with the mask 0 every packet has this mark"
            : fmt::format("no packet has this mark: {:#x} is not within the mask {:#x}",
                          fwmark->mark, fwmark->mask),
        fwmark->mask == 0 ? "remove 'fwmark'" : "the mask has every bit of the mark");
    return std::nullopt;
}

// ---- a route, a rule --------------------------------------------------------------------------

constexpr auto route_settings = std::to_array<Setting<StatedRoute>>({
    {"to", store<&StatedRoute::to, read_destination>, Home::anywhere, Need::required},
    {"type", store<&StatedRoute::type, read_type>},
    {"via", store<&StatedRoute::via, read_via>},
    {"interface", store<&StatedRoute::interface, read_interface>},
    {"source", store<&StatedRoute::source, read_preferred_source>},
    {"table", store<&StatedRoute::table, read_table>},
    {"metric", store<&StatedRoute::metric, read_metric>},
    {"scope", store<&StatedRoute::scope, read_scope>},
    {"onlink", store<&StatedRoute::onlink, read_switch>},
});
static_assert(names_of(route_settings) == route_keys);

// The priority is required: Linux would choose one below all others, and which that is depends on
// what else is there at that moment.
constexpr auto rule_settings = std::to_array<Setting<StatedRule>>({
    {"from", store<&StatedRule::from, read_prefix>},
    {"to", store<&StatedRule::to, read_prefix>},
    {"table", store<&StatedRule::table, read_table>, Home::anywhere, Need::required},
    {"priority", store<&StatedRule::priority, read_positive>, Home::anywhere, Need::required},
    {"iif", store<&StatedRule::iif, read_interface>},
    {"fwmark", store<&StatedRule::fwmark, read_fwmark>},
});
static_assert(names_of(rule_settings) == rule_keys);

// What the lists of both have in common.
struct ListWords {
    std::string_view name;
    std::string_view example;
};

constexpr ListWords route_words{"routes", "( { to = \"default\"; via = \"192.0.2.254\"; } )"};
constexpr ListWords rule_words{"rules",
                               "( { from = \"192.0.2.0/24\"; table = 100; priority = 1000; } )"};

bool is_list(const Value& value, const ListWords& words, const Context& context) {
    if (!is_row(value)) {
        context.problems.error(
            value.at, fmt::format("'{}' is a list, not {}", words.name, description_of(value.kind)),
            fmt::format("write {}", words.example));
        return false;
    }
    if (value.children.empty() && !value.is_incomplete) {
        context.problems.error(value.at, fmt::format("'{}' is empty", words.name), "remove it");
        return false;
    }
    return true;
}

// Nothing when a part was mistaken: the rules across its settings would only mislead.
template <typename Stated, std::size_t count>
std::optional<Stated> read_element(const Value& element,
                                   const std::array<Setting<Stated>, count>& table,
                                   const ListWords& words, const Context& context) {
    if (element.kind != Kind::group) {
        context.problems.error(element.at,
                               fmt::format("an element of '{}' is a group {{ }}, not {}",
                                           words.name, description_of(element.kind)),
                               fmt::format("write {}", words.example));
        return std::nullopt;
    }
    const std::string where = fmt::format("{}.{}", context.where, words.name);
    Context inner = context;
    inner.where = where;
    Stated stated{};
    stated.at = element.at;
    read_group(element, table, inner, stated);
    const bool has_all = std::ranges::all_of(table, [&](const Setting<Stated>& setting) {
        return setting.need == Need::optional || element.find(setting.name) != nullptr;
    });
    if (element.is_incomplete || !has_all || !stated.refused.empty()) return std::nullopt;
    return stated;
}

template <typename Stated, std::size_t count>
std::optional<std::vector<Stated>> read_list(const Value& value,
                                             const std::array<Setting<Stated>, count>& table,
                                             const ListWords& words, const Context& context) {
    if (!is_list(value, words, context)) return std::nullopt;
    std::vector<Stated> elements;
    for (const Value& element : value.children)
        if (auto stated = read_element(element, table, words, context))
            elements.push_back(*std::move(stated));
    return elements;
}

}  // namespace

std::optional<StatedRoutes> read_routes(const Value& value, const Context& context) {
    return read_list(value, route_settings, route_words, context);
}

std::optional<StatedRules> read_rules(const Value& value, const Context& context) {
    return read_list(value, rule_settings, rule_words, context);
}

}  // namespace config
