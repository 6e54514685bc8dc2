#include "ctl/check.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace ctl {

std::vector<std::string> check_arguments(const Options& options) {
    std::vector<std::string> arguments{"tandemd", "--check"};
    if (options.config_file) {
        arguments.emplace_back("--config");
        arguments.push_back(*options.config_file);
    }
    return arguments;
}

std::string tandemd_beside(const std::string& own_program) {
    const auto beside = std::filesystem::path{own_program}.parent_path() / "tandemd";
    const bool is_absolute = beside.is_absolute();
    return is_absolute && ::access(beside.c_str(), X_OK) == 0 ? beside.string() : "tandemd";
}

Failure run_check(const Options& options) {
    std::error_code error;
    const auto own_program = std::filesystem::read_symlink("/proc/self/exe", error);
    const std::string program = tandemd_beside(own_program.string());
    std::vector<std::string> arguments = check_arguments(options);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    ::execvp(program.c_str(), pointers.data());
    const std::string reason = std::generic_category().message(errno);
    return Failure{ExitCode::failed,
                   "cannot run tandemd, neither beside tandemctl nor from PATH: " + reason};
}

}  // namespace ctl
