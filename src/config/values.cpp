#include "config/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "config/duration.hpp"
#include "config/reading.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;

// Linux: IFNAMSIZ with its closing NUL.
constexpr std::size_t longest_interface = 15;
constexpr std::size_t longest_hostname = 253;

bool is_graphic(char c) { return c > ' ' && c < '\x7f'; }

std::optional<std::uint8_t> read_octet(const Value& value, Range range, const Context& context) {
    const auto number = read_number(value, range, context);
    if (!number) return std::nullopt;
    return static_cast<std::uint8_t>(*number);
}

}  // namespace

std::optional<base::Duration> read_duration(const Value& value, const Context& context) {
    if (value.kind == Kind::integer) return std::chrono::seconds{value.integer()};
    if (value.kind != Kind::string) {
        report_type(value, "a duration such as \"1.5s\"", context);
        return std::nullopt;
    }
    const auto duration = parse_duration(value.string());
    if (duration) return *duration;
    context.problems.error(value.at, duration.error().attempt, duration.error().detail);
    return std::nullopt;
}

std::optional<base::Duration> read_duration_in(const Value& value, Durations range,
                                               const Context& context) {
    const auto duration = read_duration(value, context);
    if (!duration || (*duration >= range.least && *duration <= range.longest)) return duration;
    context.problems.error(
        value.at, fmt::format("'{}' is {} to {}, not {}", context.setting, text_of(range.least),
                              text_of(range.longest), text_of(*duration)));
    return std::nullopt;
}

std::optional<std::int64_t> read_number(const Value& value, Range range, const Context& context) {
    const std::string wanted = fmt::format("a whole number from {} to {}", range.least, range.most);
    if (value.kind != Kind::integer) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    if (value.integer() >= range.least && value.integer() <= range.most) return value.integer();
    context.problems.error(
        value.at, fmt::format("'{}' is {}, not {}", context.setting, wanted, value.integer()));
    return std::nullopt;
}

std::optional<std::string> read_interface(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "an interface's name in quotes", context);
        return std::nullopt;
    }
    const std::string& name = value.string();
    const bool has_length = !name.empty() && name.size() <= longest_interface;
    const bool is_valid = std::ranges::all_of(name, is_graphic) && name != "." && name != ".." &&
                          name.find_first_of("/:") == std::string::npos;
    if (has_length && is_valid) return name;
    context.problems.error(
        value.at, fmt::format("\"{}\" cannot be an interface's name", name),
        fmt::format("1 to {} characters, no blanks, no '/' and no ':'", longest_interface));
    return std::nullopt;
}

std::optional<std::string> read_hostname(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "a host name in quotes", context);
        return std::nullopt;
    }
    const std::string& name = value.string();
    const bool has_length = !name.empty() && name.size() <= longest_hostname;
    if (has_length && std::ranges::all_of(name, is_graphic)) return name;
    context.problems.error(value.at, fmt::format("\"{}\" cannot be a host name", name),
                           "write what the command 'hostname' prints");
    return std::nullopt;
}

std::optional<std::string> read_description(const Value& value, const Context& context) {
    if (value.kind == Kind::string) return value.string();
    report_type(value, "a text in quotes", context);
    return std::nullopt;
}

std::optional<vrrp::Vrid> read_vrid(const Value& value, const Context& context) {
    const auto number = read_number(value, {1, 255}, context);
    return number ? vrrp::Vrid::from(*number) : std::nullopt;
}

std::optional<Versions> read_versions(const Value& value, const Context& context) {
    const std::string wanted = R"(2, 3 or "2+3")";
    if (value.kind == Kind::string) {
        const std::string& text = value.string();
        if (text == "2+3") return Versions::both;
        context.problems.error(value.at, fmt::format("'vrrp' is {}, not \"{}\"", wanted, text),
                               text == "2" || text == "3" ? "write it without quotes" : "");
        return std::nullopt;
    }
    if (value.kind != Kind::integer) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    if (value.integer() == 2) return Versions::v2;
    if (value.integer() == 3) return Versions::v3;
    context.problems.error(value.at, fmt::format("'vrrp' is {}, not {}", wanted, value.integer()));
    return std::nullopt;
}

std::optional<bool> read_switch(const Value& value, const Context& context) {
    if (value.kind == Kind::boolean) return value.boolean();
    report_type(value, "true or false", context);
    return std::nullopt;
}

std::optional<vrrp::Priority> read_priority(const Value& value, const Context& context) {
    if (value.kind == Kind::integer && value.integer() == vrrp::Priority::owner().wire()) {
        context.problems.error(value.at, "priority 255 is that of the owner of the addresses",
                               "write owner = true; in the router instead");
        return std::nullopt;
    }
    const auto number = read_number(value, {1, 254}, context);
    return number ? vrrp::Priority::from(*number) : std::nullopt;
}

std::optional<Checksum> read_checksum(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Checksum>, 3> choices{
        {{"auto", Checksum::automatic},
         {"rfc9568", Checksum::rfc9568},
         {"rfc5798", Checksum::rfc5798}}};
    return read_choice<Checksum>(value, choices, context);
}

std::optional<Transport> read_transport(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Transport>, 2> choices{
        {{"multicast", Transport::multicast}, {"unicast", Transport::unicast}}};
    return read_choice<Transport>(value, choices, context);
}

std::optional<Transmit> read_transmit(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Transmit>, 2> choices{
        {{"vmac", Transmit::virtual_mac}, {"base", Transmit::base}}};
    return read_choice<Transmit>(value, choices, context);
}

std::optional<std::uint8_t> read_ttl(const Value& value, const Context& context) {
    return read_octet(value, {1, 255}, context);
}

std::optional<vrrp::AuthType> read_auth_type(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, vrrp::AuthType>, 1> choices{
        {{"text", vrrp::AuthType::simple_text}}};
    return read_choice<vrrp::AuthType>(value, choices, context);
}

// RFC 2338 section 5.3.6.2: eight octets. A longer one would be cut off without a word.
std::optional<std::string> read_password(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "a password in quotes", context);
        return std::nullopt;
    }
    const std::string& password = value.string();
    constexpr std::size_t longest = vrrp::Authentication{}.data.size();
    if (!password.empty() && password.size() <= longest) return password;
    context.problems.error(
        value.at, fmt::format("'password' is 1 to {} octets, not {}", longest, password.size()),
        password.empty() ? "without a password, remove 'auth'" : "an advert has room for no more");
    return std::nullopt;
}

std::optional<std::uint8_t> read_garp_count(const Value& value, const Context& context) {
    return read_octet(value, {1, 20}, context);
}

std::optional<int> read_garp_rate(const Value& value, const Context& context) {
    const auto number = read_number(value, {0, 1'000'000}, context);
    if (!number) return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<ArpForm> read_garp_form(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, ArpForm>, 3> choices{
        {{"request", ArpForm::request}, {"reply", ArpForm::reply}, {"both", ArpForm::both}}};
    return read_choice<ArpForm>(value, choices, context);
}

std::optional<base::Duration> read_advertise(const Value& value, const Context& context) {
    return read_duration(value, context);
}

std::optional<base::Duration> read_garp_again_after(const Value& value, const Context& context) {
    return read_duration_in(value, {0s, 1h}, context);
}

// Below a second it is no refresh but a flood, of thousands of addresses at any rate.
std::optional<base::Duration> read_garp_refresh(const Value& value, const Context& context) {
    const auto duration = read_duration(value, context);
    if (!duration || *duration == 0s || (*duration >= 1s && *duration <= 24h)) return duration;
    context.problems.error(value.at, fmt::format("'{}' is 1s to 24h, or 0s for never, not {}",
                                                 context.setting, text_of(*duration)));
    return std::nullopt;
}

std::optional<base::Duration> read_garp_gap(const Value& value, const Context& context) {
    return read_duration_in(value, {0s, 10s}, context);
}

std::optional<base::Duration> read_preempt_after(const Value& value, const Context& context) {
    return read_duration_in(value, {0s, 24h}, context);
}

std::optional<base::Duration> read_up_for(const Value& value, const Context& context) {
    return read_duration_in(value, {0s, 1h}, context);
}

std::optional<Lease> read_lease(const Value& value, const Context& context) {
    constexpr base::Duration least = 2s;  // the kernel counts in seconds
    constexpr base::Duration longest = 24h;
    if (value.kind == Kind::string && value.string() == "auto") return Lease{};
    if (value.kind == Kind::string && value.string() == "off") return Lease{Lease::Kind::off, {}};
    if (value.kind != Kind::string && value.kind != Kind::integer) {
        report_type(value, R"("auto", "off" or a duration such as "20s")", context);
        return std::nullopt;
    }
    const auto duration = read_duration(value, context);
    if (!duration) return std::nullopt;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*duration);
    if (*duration >= least && *duration <= longest && seconds == *duration)
        return Lease{Lease::Kind::fixed, seconds};
    context.problems.error(
        value.at, fmt::format("'lease' is \"auto\", \"off\" or whole seconds from {} to {}, not {}",
                              text_of(least), text_of(longest), text_of(*duration)));
    return std::nullopt;
}

std::optional<std::string> read_label(const Value& value, const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, "a text in quotes", context);
        return std::nullopt;
    }
    const std::string& label = value.string();
    const bool has_length = !label.empty() && label.size() <= longest_interface;
    if (has_length && std::ranges::all_of(label, is_graphic)) return label;
    context.problems.error(
        value.at, fmt::format("\"{}\" cannot be a label", label),
        fmt::format("1 to {} characters without blanks, as in \"eth0:vip\"", longest_interface));
    return std::nullopt;
}

std::optional<std::uint8_t> read_scope(const Value& value, const Context& context) {
    if (value.kind == Kind::integer) return read_octet(value, {0, 254}, context);
    static constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> choices{
        {{"global", std::uint8_t{0}},
         {"site", std::uint8_t{200}},
         {"link", std::uint8_t{253}},
         {"host", std::uint8_t{254}}}};
    return read_choice<std::uint8_t>(value, choices, context);
}

}  // namespace config
