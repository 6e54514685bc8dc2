#include "config/programs.hpp"

#include <fmt/format.h>
#include <pwd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "base/trusted_file.hpp"
#include "config/groups.hpp"

namespace config {
namespace {

// Nothing when there is no such user.
std::optional<uid_t> number_of(const std::string& user) {
    std::array<char, 16384> texts{};
    passwd entry{};
    passwd* found = nullptr;
    ::getpwnam_r(user.c_str(), &entry, texts.data(), texts.size(), &found);
    return found != nullptr ? std::optional{found->pw_uid} : std::nullopt;
}

struct Run {
    const std::string& program;
    Place program_at;
    const std::string& user;  // empty: root
    Place user_at;
};

void check_run(const Run& run, Problems& problems) {
    const std::optional<uid_t> user = run.user.empty() ? uid_t{0} : number_of(run.user);
    if (!user)
        problems.error(run.user_at, fmt::format("there is no user '{}' on this machine", run.user),
                       fmt::format("useradd --system {}", run.user));
    const auto opened = base::open_trusted(run.program, {user.value_or(0)});
    if (opened) return;
    const base::Error& error = opened.error();
    // Whoever only checks the files need not see what root sees; it is looked at again before each
    // run.
    if (error.os_error == EACCES)
        return problems.warning(run.program_at,
                                fmt::format("nobody but root can tell whether {} may be run: {}",
                                            run.program, error.text()));
    const std::string text = error.text();
    const std::size_t cure = text.rfind("; ");
    const bool has_cure = cure != std::string::npos;
    problems.error(run.program_at, fmt::format("cannot {}", text.substr(0, cure)),
                   has_cure ? text.substr(cure + 2) : "");
}

void check_notify(const Maybe<StatedNotify>& stated, Problems& problems) {
    if (!stated) return;
    const auto& [notify, command_at, user_at] = stated->value;
    check_run({notify.command.front(), command_at, notify.user, user_at}, problems);
}

}  // namespace

void check_programs(const Draft& draft, Problems& problems) {
    if (!draft.here) return;
    for (const CheckDraft& check : used_checks(draft, *draft.here)) {
        const auto* exec = check.value ? std::get_if<probe::Exec>(&check.value->probe) : nullptr;
        if (exec == nullptr) continue;
        check_run({exec->command.front(), check.command_at, exec->user, check.user_at}, problems);
    }
    for (const RouterDraft& router : draft.routers[*draft.here])
        check_notify(router.settings.notify, problems);
    for (const GroupDraft& group : draft.groups[*draft.here]) check_notify(group.notify, problems);
}

}  // namespace config
