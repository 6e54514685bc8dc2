#include "ctl/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "ctl/completion_scripts.hpp"
#include "ctl/status.hpp"

namespace ctl {

namespace {

// Shells expand words, so that other names could be commands. There are none in a configuration
// that is right.
bool is_harmless(const std::string& name) {
    constexpr std::string_view harmless =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    return !name.empty() && !name.starts_with('-') &&
           name.find_first_not_of(harmless) == std::string::npos;
}

std::set<std::pair<std::string, std::string>> names_in(const Status& status) {
    std::set<std::pair<std::string, std::string>> names;
    for (const Session& session : status.sessions) names.emplace("router", session.name);
    for (const Unit& unit : status.units)
        if (unit.kind == "group" || !names.contains({"router", unit.name}))
            names.emplace("group", unit.name);
    for (const Check& check : status.checks) names.emplace("check", check.name);
    std::erase_if(names, [](const auto& each) { return !is_harmless(each.second); });
    return names;
}

}  // namespace

Outcome show_names(const Answer& answer) {
    const Expected<Status> status = status_in(answer);
    Outcome outcome;
    if (!status) return outcome;
    for (const auto& [kind, name] : names_in(*status))
        outcome.out += fmt::format("{} {}\n", kind, name);
    return outcome;
}

Outcome show_completion(const Options& options) {
    const VerbShape all = shape_of_options();
    if (options.shell == "bash") return {ExitCode::ok, bash_script(all), {}};
    if (options.shell == "zsh") return {ExitCode::ok, zsh_script(all), {}};
    return {ExitCode::ok, fish_script(all), {}};
}

}  // namespace ctl
