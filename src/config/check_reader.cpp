#include "config/check_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/check_values.hpp"
#include "config/duration.hpp"
#include "config/values.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;

// Everything that a check of some type may have.
struct CheckSettings {
    Maybe<CheckType> type;
    Maybe<base::Duration> every;
    Maybe<base::Duration> timeout;
    Maybe<int> rise;
    Maybe<int> fall;
    Maybe<Check::Start> start;
    Maybe<StatedOnFail> on_fail;
    Maybe<std::vector<std::string>> command;
    Maybe<std::vector<std::string>> shell;
    Maybe<std::string> user;
    Maybe<std::string> name;
    Maybe<std::string> path;
    Maybe<probe::File::Want> want;
    Maybe<std::string> interface;
    Maybe<base::Duration> up_for;
    Maybe<base::Duration> down_for;
    Maybe<base::IpAddress> target;
    Maybe<std::uint16_t> port;
    Maybe<std::string> url;
    Maybe<std::vector<int>> expect;
    Maybe<std::string> contains;
    Maybe<bool> verify;
    Maybe<base::InterfaceAddress> to;
    Maybe<std::uint8_t> protocol;
    Maybe<std::uint32_t> table;
    Maybe<std::string> unit;
    std::set<std::string_view> refused;
};

// ---- which settings a type has ---------------------------------------------------------------

using Line = Setting<CheckSettings>;

template <auto Member, auto Reader>
constexpr Line optional(std::string_view name) {
    return {name, store<Member, Reader>};
}
template <auto Member, auto Reader>
constexpr Line required(std::string_view name) {
    return {name, store<Member, Reader>, Home::anywhere, Need::required};
}

constexpr auto common_settings = std::to_array<Line>({
    required<&CheckSettings::type, read_check_type>("type"),
    optional<&CheckSettings::every, read_every>("every"),
    optional<&CheckSettings::timeout, read_timeout>("timeout"),
    optional<&CheckSettings::rise, read_in_a_row>("rise"),
    optional<&CheckSettings::fall, read_in_a_row>("fall"),
    optional<&CheckSettings::start, read_start>("start"),
    // Whether it is required depends on other settings.
    {"on_fail", store<&CheckSettings::on_fail, read_on_fail>, Home::anywhere, Need::optional,
     on_fail_keys},
    {"description", check<read_description>},
});

// A table for each type, as read_group() wants it.
template <std::size_t count>
constexpr auto with_common(const std::array<Line, count>& own) {
    std::array<Line, common_settings.size() + count> all{};
    const auto rest = std::ranges::copy(common_settings, all.begin()).out;
    std::ranges::copy(own, rest);
    return all;
}

constexpr auto exec_settings = with_common(std::to_array<Line>({
    optional<&CheckSettings::command, read_command>("command"),
    optional<&CheckSettings::shell, read_shell>("shell"),
    optional<&CheckSettings::user, read_user>("user"),
}));
constexpr auto process_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::name, read_process>("name"),
}));
constexpr auto file_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::path, read_path>("path"),
    optional<&CheckSettings::want, read_want>("want"),
}));
constexpr auto interface_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::interface, read_interface>("interface"),
    optional<&CheckSettings::up_for, read_up_for>("up_for"),
    optional<&CheckSettings::down_for, read_up_for>("down_for"),
}));
constexpr auto ping_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::target, read_target>("target"),
    optional<&CheckSettings::interface, read_interface>("interface"),
}));
constexpr auto arp_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::target, read_target>("target"),
    required<&CheckSettings::interface, read_interface>("interface"),
}));
constexpr auto tcp_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::target, read_target>("target"),
    required<&CheckSettings::port, read_port>("port"),
    optional<&CheckSettings::interface, read_interface>("interface"),
}));
constexpr auto http_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::url, read_url>("url"),
    optional<&CheckSettings::expect, read_expect>("expect"),
    optional<&CheckSettings::contains, read_contains>("contains"),
    optional<&CheckSettings::verify, read_switch>("verify"),
}));
constexpr auto route_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::to, read_route_target>("to"),
    optional<&CheckSettings::protocol, read_protocol>("protocol"),
    optional<&CheckSettings::table, read_table>("table"),
}));
constexpr auto unit_settings = with_common(std::to_array<Line>({
    required<&CheckSettings::unit, read_unit>("unit"),
}));

// Calls `take` with the table of the type, or with the common settings when it is not known.
template <typename Take>
auto with_table(const Maybe<CheckType>& type, const Take& take) {
    if (!type) return take(common_settings);
    switch (type->value) {
        case CheckType::exec: return take(exec_settings);
        case CheckType::process: return take(process_settings);
        case CheckType::file: return take(file_settings);
        case CheckType::interface: return take(interface_settings);
        case CheckType::ping: return take(ping_settings);
        case CheckType::arp: return take(arp_settings);
        case CheckType::tcp: return take(tcp_settings);
        case CheckType::http: return take(http_settings);
        case CheckType::route: return take(route_settings);
        case CheckType::unit: return take(unit_settings);
    }
    return take(common_settings);
}

bool has_setting(const Maybe<CheckType>& type, std::string_view name) {
    return with_table(type, [&](const auto& table) {
        return std::ranges::find(table, name, &Line::name) != table.end();
    });
}

// The types that have a setting, as in "arp", "ping" or "tcp"; empty when none has.
std::string types_with(std::string_view name) {
    std::vector<std::string> types;
    for (std::size_t i = 0; i < check_type_names.size(); ++i)
        if (has_setting(Stated<CheckType>{static_cast<CheckType>(i), {}}, name))
            types.push_back(fmt::format("\"{}\"", check_type_names[i]));
    return fmt::format("{}", fmt::join(types, " or "));
}

// ---- one check -------------------------------------------------------------------------------

Maybe<CheckType> type_of(const Value& entry, const Context& context) {
    const Value* setting = entry.find("type");
    if (setting == nullptr) return std::nullopt;
    const Context inner = context.of("type");
    const Value* value = value_on_node(*setting, no_own_keys, Need::required, inner);
    if (value == nullptr) return std::nullopt;
    const auto type = read_check_type(*value, inner);
    return type ? Maybe<CheckType>{{*type, value->at, Layer::router}} : std::nullopt;
}

// The entry without what belongs to other types, which is a problem when its own type is known.
Value without_foreign(Value entry, const Maybe<CheckType>& type, const Context& context) {
    std::erase_if(entry.children, [&](const Value& child) {
        if (has_setting(type, child.name)) return false;
        const std::string types = types_with(child.name);
        if (types.empty()) return false;
        if (type)
            context.problems.error(
                child.name_at,
                fmt::format("'{}' belongs to checks of type {}, not of \"{}\"", child.name, types,
                            check_type_names[static_cast<std::size_t>(type->value)]));
        return true;
    });
    return entry;
}

void check_command(const Value& entry, const CheckSettings& settings, const Context& context) {
    const Value* command = entry.find("command");
    const Value* shell = entry.find("shell");
    if (settings.command && settings.shell)
        return context.problems.error(shell->name_at, "'command' and 'shell' exclude each other",
                                      "remove one of them");
    if (command == nullptr && shell == nullptr && !entry.is_incomplete)
        return context.problems.error(
            entry.name_at, fmt::format("{} has no 'command' and no 'shell'", context.where),
            R"(add command = [ "/path", "argument" ];)");
    const bool is_missing = !settings.command && !settings.shell && settings.refused.empty();
    if (is_missing && !entry.is_incomplete)
        report_no_value_on_node(command != nullptr ? *command : *shell, context);
}

bool holds_penalty(const CheckSettings& settings) {
    return settings.want && settings.want->value == probe::File::Want::penalty;
}

void check_on_fail(const Value& entry, const CheckSettings& settings, const Context& context) {
    if (settings.on_fail) {
        const bool is_warning =
            std::holds_alternative<on_fail::Warn>(settings.on_fail->value.value);
        if (holds_penalty(settings) && !is_warning)
            context.problems.error(settings.on_fail->at,
                                   "with want = \"penalty\" the file says what follows",
                                   "remove 'on_fail', or write on_fail = \"warn\";");
        return;
    }
    if (holds_penalty(settings) || settings.refused.contains("on_fail") || entry.is_incomplete)
        return;
    if (settings.refused.contains("want")) return;
    if (const Value* setting = entry.find("on_fail"))
        return report_no_value_on_node(*setting, context);
    context.problems.error(entry.name_at, fmt::format("{} has no 'on_fail'", context.where),
                           R"(add on_fail = "fault"; or { penalty = 60; }; or "warn";)");
}

base::Duration every_of(const CheckSettings& settings) {
    return settings.every ? settings.every->value : 1s;
}

// A look does not begin before the one before it has ended.
void check_timeout(const CheckSettings& settings, const Context& context) {
    if (!settings.timeout || settings.refused.contains("every")) return;
    const base::Duration every = every_of(settings);
    if (settings.timeout->value <= every) return;
    context.problems.error(settings.timeout->at,
                           fmt::format("'timeout' is at most 'every', {}, not {}", text_of(every),
                                       text_of(settings.timeout->value)),
                           "a check does not overlap itself");
}

void check_target(const CheckSettings& settings, const Context& context) {
    if (!settings.target || settings.interface || settings.refused.contains("interface")) return;
    if (!settings.target->value.is_link_local_ipv6()) return;
    context.problems.error(
        settings.target->at,
        fmt::format("{} is link-local: on which interface?", settings.target->value.text()),
        "add interface = \"...\";");
}

// ---- its value -------------------------------------------------------------------------------

template <typename T>
T value_or(const Maybe<T>& stated, T otherwise) {
    return stated ? stated->value : std::move(otherwise);
}

probe::Route route_of(const CheckSettings& settings) {
    probe::Route route{.to = settings.to->value};
    if (settings.protocol) route.protocol = settings.protocol->value;
    if (settings.table) route.table = settings.table->value;
    return route;
}

std::optional<probe::Kind> probe_of(const CheckSettings& s) {
    switch (s.type->value) {
        case CheckType::exec:
            if (!s.command && !s.shell) return std::nullopt;
            return probe::Exec{(s.command ? s.command : s.shell)->value, value_or(s.user, {})};
        case CheckType::process:
            if (!s.name) return std::nullopt;
            return probe::Process{s.name->value};
        case CheckType::file:
            if (!s.path) return std::nullopt;
            return probe::File{s.path->value, value_or(s.want, probe::File::Want::present)};
        case CheckType::interface:
            if (!s.interface) return std::nullopt;
            return probe::Interface{s.interface->value, value_or(s.up_for, {}),
                                    value_or(s.down_for, {})};
        case CheckType::ping:
            if (!s.target) return std::nullopt;
            return probe::Ping{s.target->value, value_or(s.interface, {})};
        case CheckType::arp:
            if (!s.target || !s.interface) return std::nullopt;
            return probe::Arp{s.target->value, s.interface->value};
        case CheckType::tcp:
            if (!s.target || !s.port) return std::nullopt;
            return probe::Tcp{s.target->value, s.port->value, value_or(s.interface, {})};
        case CheckType::http:
            if (!s.url) return std::nullopt;
            return probe::Http{s.url->value, value_or(s.expect, {200}), value_or(s.contains, {}),
                               value_or(s.verify, true)};
        case CheckType::route:
            if (!s.to) return std::nullopt;
            return route_of(s);
        case CheckType::unit:
            if (!s.unit) return std::nullopt;
            return probe::Unit{s.unit->value};
    }
    return std::nullopt;
}

// Nothing when something that it needs is missing or was refused.
std::optional<Check> check_of(const std::string& name, const CheckSettings& settings) {
    // The most that the number in such a file can take off a priority.
    constexpr OnFail whatever_the_file_says = on_fail::Penalty{254};
    if (!settings.type || !settings.refused.empty()) return std::nullopt;
    if (!settings.on_fail && !holds_penalty(settings)) return std::nullopt;
    auto probe = probe_of(settings);
    if (!probe) return std::nullopt;
    const base::Duration every = every_of(settings);
    return Check{
        .name = name,
        .probe = *std::move(probe),
        .every = every,
        .timeout = value_or<base::Duration>(settings.timeout, std::min<base::Duration>(every, 1s)),
        .rise = value_or(settings.rise, 1),
        .fall = value_or(settings.fall, 1),
        .start = value_or(settings.start, Check::Start::awaited),
        .on_fail = settings.on_fail ? settings.on_fail->value.value : whatever_the_file_says,
    };
}

CheckDraft read_check(const Value& whole, const Context& context) {
    const Maybe<CheckType> type = type_of(whole, context);
    const Value entry = without_foreign(whole, type, context);
    CheckSettings settings;
    with_table(type, [&](const auto& table) { read_group(entry, table, context, settings); });
    if (type && type->value == CheckType::exec) check_command(entry, settings, context);
    check_on_fail(entry, settings, context);
    check_timeout(settings, context);
    check_target(settings, context);

    CheckDraft draft{whole.name, whole.name_at};
    if (!whole.is_incomplete) draft.value = check_of(whole.name, settings);
    if (settings.on_fail) draft.on_fail_at = settings.on_fail->value.at;
    if (settings.target) draft.target_at = settings.target->at;
    if (settings.command) draft.command_at = settings.command->at;
    if (settings.shell) draft.command_at = settings.shell->at;
    if (settings.user) draft.user_at = settings.user->at;
    return draft;
}

}  // namespace

std::vector<CheckDraft> read_checks(const Value& section, const NodeNames& names,
                                    Problems& problems) {
    std::vector<CheckDraft> checks;
    for (const Value& entry : section.children) {
        const std::string where = fmt::format("checks.{}", entry.name);
        const Context context{problems,      names, Home::anywhere, Layer::router,
                              Keys::by_node, where, where};
        if (entry.kind == Kind::group)
            checks.push_back(read_check(entry, context));
        else
            report_type(entry, "a group { }", context);
        if (entry.kind != Kind::group) checks.push_back({entry.name, entry.name_at});
    }
    return checks;
}

}  // namespace config
