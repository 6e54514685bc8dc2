// What a load says of programs and users that this machine does not have.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;

namespace {

// A configuration on the disk, whose checks stand in line 2 and the router's settings in line 4.
class Files {
public:
    Files() {
        std::array<char, 32> name{"/root/tandem-programs-XXXXXX"};
        const char* made = ::mkdtemp(name.data());
        path_ = made != nullptr ? made : "";
    }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;
    ~Files() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    // A temporary directory would not be trusted, and only root has another.
    [[nodiscard]] bool are_usable() const { return !path_.empty(); }

    std::string program(const std::string& name, mode_t mode) const {
        const std::string path = path_ + "/" + name;
        std::ofstream{path} << "#!/bin/sh\n";
        ::chmod(path.c_str(), mode);
        return path;
    }

    [[nodiscard]] std::string problems(const std::string& checks, const std::string& settings,
                                       const std::string& node = "r1") const {
        const std::string file = path_ + "/x.conf";
        std::ofstream{file} << "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
                               "checks: { "
                            << checks
                            << " };\nrouters: { lan: { interface = \"e\"; vrid = 1; addresses = [ "
                               "\"192.0.2.1/24\" ];\n"
                            << settings << " }; };\n";
        return lines_of(config::load({file, node, ""}).diagnostics);
    }

private:
    std::string path_;
};

std::string exec(const std::string& rest) {
    return "x: { type = \"exec\"; on_fail = \"fault\"; " + rest + " };";
}

}  // namespace

TEST_GROUP(ConfigPrograms){};

TEST(ConfigPrograms, WhatMayBeRunIsNoProblem) {
    const Files files;
    if (!files.are_usable()) return;
    const std::string program = files.program("good", 0755);
    STRCMP_EQUAL("", files
                         .problems(exec("command = \"" + program + "\"; user = \"nobody\";"),
                                   "checks = [ \"x\" ]; notify = \"" + program + "\";")
                         .c_str());
    STRCMP_EQUAL("", files.problems(exec("shell = \"true\";"), "checks = [ \"x\" ];").c_str());
}

TEST(ConfigPrograms, AProgramThatIsMissingIsAnError) {
    const Files files;
    if (!files.are_usable()) return;
    STRCMP_EQUAL("2:60: error: cannot run /nowhere/x: /nowhere: No such file or directory",
                 files.problems(exec("command = \"/nowhere/x\";"), "checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL("4:10: error: cannot run /nowhere/y: /nowhere: No such file or directory",
                 files.problems("", "notify = \"/nowhere/y\";").c_str());
}

TEST(ConfigPrograms, AProgramThatOthersMayWriteIsAnErrorWithTheCure) {
    const Files files;
    if (!files.are_usable()) return;
    const std::string program = files.program("open", 0757);
    STRCMP_EQUAL(("4:10: error: cannot run " + program +
                  ": it is writable by everybody [chmod go-w " + program + "]")
                     .c_str(),
                 files.problems("", "notify = \"" + program + "\";").c_str());
}

TEST(ConfigPrograms, AProgramThatIsNotExecutableIsAnErrorWithTheCure) {
    const Files files;
    if (!files.are_usable()) return;
    const std::string program = files.program("text", 0644);
    STRCMP_EQUAL(
        ("4:10: error: cannot run " + program + ": it is not executable [chmod +x " + program + "]")
            .c_str(),
        files.problems("", "notify = \"" + program + "\";").c_str());
}

TEST(ConfigPrograms, AUserThatIsMissingIsAnError) {
    const Files files;
    if (!files.are_usable()) return;
    STRCMP_EQUAL(
        "2:73: error: there is no user 'no-such-user' on this machine "
        "[useradd --system no-such-user]",
        files.problems(exec("shell = \"true\"; user = \"no-such-user\";"), "checks = [ \"x\" ];")
            .c_str());
    STRCMP_EQUAL(
        "4:37: error: there is no user 'no-such-user' on this machine "
        "[useradd --system no-such-user]",
        files.problems("", "notify = { exec = \"/bin/sh\"; user = \"no-such-user\"; };").c_str());
}

TEST(ConfigPrograms, OnlyWhatThisNodeRunsIsLookedFor) {
    const Files files;
    if (!files.are_usable()) return;
    const std::string check = exec("command = \"/nowhere/x\";");
    STRCMP_EQUAL("", files.problems(check, "checks = { r2 = [ \"x\" ]; };").c_str());
    CHECK(!files.problems(check, "checks = { r2 = [ \"x\" ]; };", "r2").empty());
    STRCMP_EQUAL("", files.problems("", "notify = { r2 = \"/nowhere/y\"; };").c_str());
}
