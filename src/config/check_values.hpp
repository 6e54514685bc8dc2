// Readers of single values of a check, and of what else is run for a router.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "config/checks.hpp"
#include "config/draft.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace config {

// In the order of probe::Kind.
enum class CheckType : std::uint8_t {
    exec,
    process,
    file,
    interface,
    ping,
    arp,
    tcp,
    http,
    route,
    unit,
};
// As the files write them, in the same order.
inline constexpr std::array<std::string_view, 10> check_type_names{
    "exec", "process", "file", "interface", "ping", "arp", "tcp", "http", "route", "unit"};
static_assert(std::variant_size_v<probe::Kind> == check_type_names.size());

std::optional<CheckType> read_check_type(const Value& value, const Context& context);
std::optional<base::Duration> read_every(const Value& value, const Context& context);
// At least 10 ms; what is the most depends on `every`.
std::optional<base::Duration> read_timeout(const Value& value, const Context& context);
std::optional<int> read_in_a_row(const Value& value, const Context& context);
std::optional<Check::Start> read_start(const Value& value, const Context& context);

struct StatedOnFail {
    OnFail value;
    Place at;  // of the penalty's number, where it has one
};
inline constexpr std::array<std::string_view, 1> on_fail_keys{"penalty"};
std::optional<StatedOnFail> read_on_fail(const Value& value, const Context& context);

// A path, or an array of a path and its arguments.
std::optional<std::vector<std::string>> read_command(const Value& value, const Context& context);
// A line for /bin/sh -c.
std::optional<std::vector<std::string>> read_shell(const Value& value, const Context& context);
std::optional<std::string> read_user(const Value& value, const Context& context);
std::optional<std::string> read_path(const Value& value, const Context& context);
std::optional<std::string> read_process(const Value& value, const Context& context);
std::optional<probe::File::Want> read_want(const Value& value, const Context& context);
std::optional<base::IpAddress> read_target(const Value& value, const Context& context);
std::optional<std::uint16_t> read_port(const Value& value, const Context& context);
std::optional<std::string> read_url(const Value& value, const Context& context);
// One code, or an array of them.
std::optional<std::vector<int>> read_expect(const Value& value, const Context& context);
std::optional<std::string> read_contains(const Value& value, const Context& context);
// "default" is that of IPv4.
std::optional<base::InterfaceAddress> read_route_target(const Value& value, const Context& context);
std::optional<std::uint8_t> read_protocol(const Value& value, const Context& context);
std::optional<std::string> read_unit(const Value& value, const Context& context);

// The names in a list, each with its place; the names of what they mean are looked up later.
std::optional<StatedNames> read_names(const Value& value, const Context& context);

}  // namespace config
