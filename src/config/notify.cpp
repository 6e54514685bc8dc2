#include "config/notify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/check_values.hpp"
#include "config/duration.hpp"
#include "config/reading.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;

template <typename Target, std::size_t count>
void read_inside(const Value& value, const std::array<Setting<Target>, count>& table,
                 const Context& context, Target& target) {
    const std::string where = fmt::format("{}.{}", context.where, context.setting);
    Context inner = context;
    inner.where = where;
    read_group(value, table, inner, target);
}

// The settings of a group, when all of them are in order. `expected` is what else is told to write.
template <typename Target, std::size_t count>
std::optional<Target> read_whole(const Value& value,
                                 const std::array<Setting<Target>, count>& table,
                                 std::string_view expected, const Context& context) {
    if (value.kind != Kind::group) {
        report_type(value, expected, context);
        return std::nullopt;
    }
    Target settings;
    read_inside(value, table, context, settings);
    if (!settings.refused.empty()) return std::nullopt;
    return settings;
}

// ---- notify ----------------------------------------------------------------------------------

enum class Phase : std::uint8_t { prepare, drain };

struct NotifySettings {
    Maybe<std::vector<std::string>> exec;
    Maybe<std::vector<std::string>> shell;
    Maybe<std::string> user;
    Maybe<base::Duration> timeout;
    Maybe<Notify::Form> form;
    Maybe<std::vector<Phase>> wait_for;
    std::set<std::string_view> refused;
};

std::optional<base::Duration> read_deadline(const Value& value, const Context& context) {
    return read_duration_in(value, {100ms, 5min}, context);
}

std::optional<Notify::Form> read_form(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Notify::Form>, 2> choices{
        {{"tandem", Notify::Form::tandem}, {"keepalived", Notify::Form::keepalived}}};
    return read_choice<Notify::Form>(value, choices, context);
}

std::optional<std::vector<Phase>> read_phases(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Phase>, 2> choices{
        {{"prepare", Phase::prepare}, {"drain", Phase::drain}}};
    if (!is_row(value)) {
        const auto phase = read_choice<Phase>(value, choices, context);
        return phase ? std::optional{std::vector{*phase}} : std::nullopt;
    }
    std::vector<Phase> phases;
    for (const Value& child : value.children) {
        const auto phase = read_choice<Phase>(child, choices, context);
        if (!phase) return std::nullopt;
        phases.push_back(*phase);
    }
    return phases;
}

constexpr auto notify_settings = std::to_array<Setting<NotifySettings>>({
    {"exec", store<&NotifySettings::exec, read_command>},
    {"shell", store<&NotifySettings::shell, read_shell>},
    {"user", store<&NotifySettings::user, read_user>},
    {"timeout", store<&NotifySettings::timeout, read_deadline>},
    {"form", store<&NotifySettings::form, read_form>},
    {"wait_for", store<&NotifySettings::wait_for, read_phases>},
});
static_assert(names_of(notify_settings) == notify_keys);

bool waits_for(const NotifySettings& settings, Phase phase) {
    return settings.wait_for &&
           std::ranges::find(settings.wait_for->value, phase) != settings.wait_for->value.end();
}

// keepalived's scripts know neither phase, and would take a MASTER of their own from them.
void check_form(const NotifySettings& settings, const Context& context) {
    const bool is_keepalived = settings.form && settings.form->value == Notify::Form::keepalived;
    if (!is_keepalived || !settings.wait_for || settings.wait_for->value.empty()) return;
    context.problems.error(settings.wait_for->at,
                           "a program with keepalived's arguments is told of no phase",
                           "remove 'wait_for', or 'form'");
}

// The program of a group; a problem when there are none or two.
const Maybe<std::vector<std::string>>& command_of(const Value& value,
                                                  const NotifySettings& settings,
                                                  const Context& context) {
    if (settings.exec && settings.shell)
        context.problems.error(value.find("shell")->name_at,
                               "'exec' and 'shell' exclude each other", "remove one of them");
    const bool is_missing = value.find("exec") == nullptr && value.find("shell") == nullptr;
    if (is_missing && !value.is_incomplete)
        context.problems.error(value.at, fmt::format("'{}' has no 'exec'", context.setting),
                               R"(add exec = [ "/path", "argument" ];)");
    return settings.exec ? settings.exec : settings.shell;
}

// ---- conntrackd ------------------------------------------------------------------------------

struct ConntrackdSettings {
    Maybe<std::string> config;
    Maybe<std::string> socket;
    Maybe<base::Duration> timeout;
    std::set<std::string_view> refused;
};

// What conntrackd's own configuration file can name.
std::optional<std::string> read_socket(const Value& value, const Context& context) {
    constexpr std::size_t longest = 107;  // sun_path of unix(7)
    auto path = read_path(value, context);
    if (!path || (path->size() <= longest && path->find_first_of(" \t\"") == std::string::npos))
        return path;
    context.problems.error(
        value.at, "conntrackd cannot have a socket with this path",
        fmt::format("write at most {} letters, without spaces and quotes", longest));
    return std::nullopt;
}

constexpr auto conntrackd_settings = std::to_array<Setting<ConntrackdSettings>>({
    {"config", store<&ConntrackdSettings::config, read_path>},
    {"socket", store<&ConntrackdSettings::socket, read_socket>},
    {"timeout", store<&ConntrackdSettings::timeout, read_deadline>},
});
static_assert(names_of(conntrackd_settings) == conntrackd_keys);

// ---- damping ---------------------------------------------------------------------------------

struct DampingSettings {
    Maybe<int> transitions;
    Maybe<base::Duration> within;
    Maybe<base::Duration> hold;
    Maybe<base::Duration> most;
    std::set<std::string_view> refused;
};

std::optional<int> read_transitions(const Value& value, const Context& context) {
    const auto number = read_number(value, {1, 1000}, context);
    return number ? std::optional{static_cast<int>(*number)} : std::nullopt;
}

std::optional<base::Duration> read_span(const Value& value, const Context& context) {
    return read_duration_in(value, {1s, 24h}, context);
}

constexpr auto damping_settings = std::to_array<Setting<DampingSettings>>({
    {"transitions", store<&DampingSettings::transitions, read_transitions>},
    {"within", store<&DampingSettings::within, read_span>},
    {"hold", store<&DampingSettings::hold, read_span>},
    {"most", store<&DampingSettings::most, read_span>},
});
static_assert(names_of(damping_settings) == damping_keys);

}  // namespace

std::optional<StatedNotify> read_notify(const Value& value, const Context& context) {
    if (value.kind != Kind::group) {
        if (value.kind != Kind::string && !is_row(value)) {
            report_type(value, R"("/path", [ "/path", "argument" ] or { exec = ...; })", context);
            return std::nullopt;
        }
        const auto command = read_command(value, context);
        if (!command) return std::nullopt;
        return StatedNotify{Notify{.command = *command}, value.at, value.at};
    }
    NotifySettings settings;
    read_inside(value, notify_settings, context, settings);
    check_form(settings, context);
    const auto& command = command_of(value, settings, context);
    if (!command || !settings.refused.empty()) return std::nullopt;
    Notify notify{.command = command->value};
    if (settings.user) notify.user = settings.user->value;
    if (settings.timeout) notify.timeout = settings.timeout->value;
    if (settings.form) notify.form = settings.form->value;
    notify.prepares = waits_for(settings, Phase::prepare);
    notify.drains = waits_for(settings, Phase::drain);
    return StatedNotify{std::move(notify), command->at,
                        settings.user ? settings.user->at : value.at};
}

std::optional<Conntrackd> read_conntrackd(const Value& value, const Context& context) {
    if (value.kind == Kind::boolean && value.boolean()) return Conntrackd{};
    const auto settings =
        read_whole(value, conntrackd_settings, "true or { socket = \"...\"; }", context);
    if (!settings) return std::nullopt;
    Conntrackd made;
    if (settings->config) made.config = settings->config->value;
    if (settings->socket) made.socket = settings->socket->value;
    if (settings->timeout) made.timeout = settings->timeout->value;
    return made;
}

std::optional<std::optional<Damping>> read_damping(const Value& value, const Context& context) {
    using Choice = std::optional<Damping>;
    if (value.kind == Kind::boolean) return value.boolean() ? Choice{Damping{}} : Choice{};
    const auto settings = read_whole(
        value, damping_settings, "true, false or { transitions = 5; within = \"1m\"; }", context);
    if (!settings) return std::nullopt;
    Damping made;
    if (settings->transitions) made.transitions = settings->transitions->value;
    if (settings->within) made.within = settings->within->value;
    if (settings->hold) made.hold = settings->hold->value;
    made.most = settings->most ? settings->most->value : std::max(made.most, made.hold);
    if (made.most >= made.hold) return Choice{made};
    context.problems.error(settings->most->at,
                           fmt::format("'most' is {}, which is less than 'hold', {}",
                                       text_of(made.most), text_of(made.hold)),
                           fmt::format("write most = \"{}\"; or more", text_of(made.hold)));
    return std::nullopt;
}

std::optional<Router::Families> read_families(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Router::Families>, 2> choices{
        {{"together", Router::Families::together}, {"apart", Router::Families::apart}}};
    return read_choice<Router::Families>(value, choices, context);
}

}  // namespace config
