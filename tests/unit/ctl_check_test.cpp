#include "ctl/check.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

// A directory of this test alone, removed at its end.
struct Directory {
    Directory() {
        std::array<char, 32> name{"/tmp/tandem-check-XXXXXX"};
        path = ::mkdtemp(name.data());
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    std::string path;
};

}  // namespace

TEST_GROUP(CtlCheck){};

TEST(CtlCheck, TheFileIsPassedOnAsConfig) {
    CHECK((check_arguments({}) == std::vector<std::string>{"tandemd", "--check"}));
    Options options;
    options.config_file = "a b.conf";
    CHECK((check_arguments(options) ==
           std::vector<std::string>{"tandemd", "--check", "--config", "a b.conf"}));
}

TEST(CtlCheck, TheDaemonBesideUsComesFirst) {
    const Directory directory;
    const std::string beside = directory.path + "/tandemd";
    std::ofstream{beside} << "#!/bin/sh\n";
    ::chmod(beside.c_str(), 0755);
    STRCMP_EQUAL(beside.c_str(), tandemd_beside(directory.path + "/tandemctl").c_str());
    // What the kernel says of a program whose file was replaced.
    STRCMP_EQUAL(beside.c_str(), tandemd_beside(directory.path + "/tandemctl (deleted)").c_str());
}

TEST(CtlCheck, WithoutADaemonBesideUsPathIsSearched) {
    const Directory directory;
    STRCMP_EQUAL("tandemd", tandemd_beside(directory.path + "/tandemctl").c_str());
    STRCMP_EQUAL("tandemd", tandemd_beside("").c_str());
}
