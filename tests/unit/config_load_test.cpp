#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/files.hpp"
#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

namespace fs = std::filesystem;
using config_test::lines_of;
using config_test::load_text;

namespace {

// A directory of its own, gone at the end.
class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "tandem-config-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories(fs::path{path(name)}.parent_path());
        std::ofstream{path(name), std::ios::binary} << text;
    }

private:
    std::string path_;
};

std::string router(const std::string& name, int vrid) {
    return fmt::format(
        "routers: {{ {}: {{ interface = \"eth1\"; vrid = {}; addresses = [ \"192.0.2.{}/24\" ]; "
        "}}; "
        "}};\n",
        name, vrid, vrid);
}

const std::string nodes = "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n";

config::Outcome load(const Folder& folder) {
    return config::load({folder.path("tandem.conf"), "r1", "host"});
}

// The text of each problem behind the file's name without its directory.
std::string problems_in(const Folder& folder) {
    std::string out;
    for (const auto& problem : load(folder).diagnostics)
        out += fs::path{problem.file}.filename().string() + ": " + config_test::line_of(problem) +
               "\n";
    return out;
}

std::vector<std::string> router_names(const config::Config& config) {
    std::vector<std::string> names;
    for (const auto& one : config.routers) names.push_back(one.name);
    return names;
}

}  // namespace

TEST_GROUP(ConfigLoad) { Folder folder; };

TEST(ConfigLoad, ReadsTheMainFile) {
    folder.write("tandem.conf", nodes + router("lan", 10));
    const auto outcome = load(folder);
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    STRCMP_EQUAL(folder.path("tandem.conf").c_str(), outcome.config->file.c_str());
    STRCMP_EQUAL("r1", outcome.config->node.c_str());
}

TEST(ConfigLoad, DropInsAddWholeEntriesInTheOrderOfVersions) {
    folder.write("tandem.conf", nodes + router("main", 1));
    folder.write("conf.d/10-b.conf", router("ten", 10));
    folder.write("conf.d/9-a.conf", router("nine", 9));
    folder.write("conf.d/20.conf", "version = 1; defaults: { advertise = \"2s\"; };");
    const auto outcome = load(folder);
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    CHECK(router_names(*outcome.config) == (std::vector<std::string>{"main", "nine", "ten"}));
    CHECK(outcome.config->routers[0].advertise.value().count() == 200);
}

TEST(ConfigLoad, OnlyVisibleFilesThatEndInConfAreDropIns) {
    folder.write("tandem.conf", nodes + router("lan", 10));
    for (const char* name : {"conf.d/.hidden.conf", "conf.d/a.conf~", "conf.d/a.conf.bak",
                             "conf.d/README", "conf.d/a.conf.d/b.conf"})
        folder.write(name, "nonsense");
    STRCMP_EQUAL("", problems_in(folder).c_str());
}

TEST(ConfigLoad, WhatTwoFilesSetIsRefusedNamingBoth) {
    folder.write("tandem.conf", nodes + router("lan", 10) + "defaults: { vrrp = 3; };");
    folder.write("conf.d/a.conf", "\n" + router("lan", 11) +
                                      "defaults: { vrrp = 3; };\n"
                                      "nodes: { r1: {}; r3: {}; };");
    const std::string first = folder.path("tandem.conf");
    STRCMP_EQUAL(
        ("a.conf: 2:12: error: 'routers.lan' is here a second time; the first is in " + first +
         " line 2 [remove one of them]\n"
         "a.conf: 3:13: error: 'defaults.vrrp' is here a second time; the first is in " +
         first +
         " line 3 [remove one of them]\n"
         "a.conf: 4:10: error: 'nodes.r1' is here a second time; the first is in " +
         first + " line 1 [remove one of them]\n" +
         "a.conf: 4:18: warning: nodes 'r2' and 'r3' have the same priority 100; give one a "
         "higher one, or the greater source address wins\n")
            .c_str(),
        problems_in(folder).c_str());
}

TEST(ConfigLoad, RulesHoldAcrossFiles) {
    folder.write("tandem.conf", nodes + router("lan", 10));
    folder.write("conf.d/a.conf",
                 "routers: { dmz: { interface = \"eth1\"; vrid = 10; addresses = [ "
                 "\"192.0.2.99/24\" ]; }; };");
    STRCMP_EQUAL(("a.conf: 1:46: error: VRID 10 on eth1 is already that of router 'lan' (" +
                  folder.path("tandem.conf") +
                  " line 2) [give each router of an interface a VRID of its own]\n")
                     .c_str(),
                 problems_in(folder).c_str());
}

TEST(ConfigLoad, ProblemsOfAllFilesComeInOneRunMainFileFirst) {
    folder.write("tandem.conf", nodes + router("lan", 10) + "x = 1;\ny = ;");
    folder.write("conf.d/a.conf", "z = yes;");
    folder.write("conf.d/b.conf", "routers: { b: { vrrid = 1; }; };");
    STRCMP_EQUAL(
        "tandem.conf: 3:1: error: unknown setting 'x'\n"
        "tandem.conf: 4:4: error: a value is missing here\n"
        "a.conf: 1:5: error: 'yes' is not a value [write true]\n"
        "b.conf: 1:12: error: routers.b has no 'addresses' [add addresses = ...;]\n"
        "b.conf: 1:12: error: routers.b has no 'interface' [add interface = ...;]\n"
        "b.conf: 1:12: error: routers.b has no 'vrid' [add vrid = ...;]\n"
        "b.conf: 1:17: error: unknown setting 'vrrid' in routers.b; did you mean 'vrid'?\n",
        problems_in(folder).c_str());
}

TEST(ConfigLoad, AFileThatDoesNotExistIsNamedWithTheCure) {
    STRCMP_EQUAL(
        "tandem.conf: error: this file does not exist: create it, or name another with "
        "--config\n",
        problems_in(folder).c_str());
}

TEST(ConfigLoad, OnlyRegularFilesAreRead) {
    fs::create_directory(folder.path("tandem.conf"));
    STRCMP_EQUAL("tandem.conf: error: this is a directory: a configuration is a regular file\n",
                 problems_in(folder).c_str());
    fs::remove(folder.path("tandem.conf"));
    LONGS_EQUAL(0, mkfifo(folder.path("tandem.conf").c_str(), 0600));
    STRCMP_EQUAL(
        "tandem.conf: error: this is not a regular file: a device, a pipe or a socket "
        "cannot hold a configuration\n",
        problems_in(folder).c_str());
    fs::remove(folder.path("tandem.conf"));
    fs::create_symlink("/dev/zero", folder.path("tandem.conf"));
    STRCMP_EQUAL(
        "tandem.conf: error: this is not a regular file: a device, a pipe or a socket "
        "cannot hold a configuration\n",
        problems_in(folder).c_str());
}

TEST(ConfigLoad, ADropInThatCannotBeReadIsAnErrorOfItsOwn) {
    folder.write("tandem.conf", nodes + router("lan", 10));
    fs::create_directories(folder.path("conf.d/b.conf"));
    fs::create_symlink("gone", folder.path("conf.d/a.conf"));
    STRCMP_EQUAL(
        "a.conf: error: cannot be read: No such file or directory\n"
        "b.conf: error: this is a directory: a configuration is a regular file\n",
        problems_in(folder).c_str());
}

TEST(ConfigLoad, ADropInMayBeALink) {
    folder.write("tandem.conf", nodes);
    folder.write("elsewhere/lan", router("lan", 10));
    fs::create_directory(folder.path("conf.d"));
    fs::create_symlink("../elsewhere/lan", folder.path("conf.d/lan.conf"));
    STRCMP_EQUAL("", problems_in(folder).c_str());
}

TEST(ConfigLoad, ConfDIsADirectory) {
    folder.write("tandem.conf", nodes + router("lan", 10));
    folder.write("conf.d", "");
    STRCMP_EQUAL("conf.d: error: cannot be read: Not a directory\n", problems_in(folder).c_str());
}

TEST(ConfigLoad, AFileWithoutReadPermissionIsAnError) {
    folder.write("tandem.conf", nodes);
    LONGS_EQUAL(0, chmod(folder.path("tandem.conf").c_str(), 0));
    if (geteuid() == 0) return;  // root reads everything
    STRCMP_EQUAL("tandem.conf: error: cannot be read: Permission denied\n",
                 problems_in(folder).c_str());
}

TEST(ConfigLoad, AFileMayHaveOneMebibyte) {
    std::string text = nodes + router("lan", 10);
    text.append(std::size_t{1024} * 1024 - text.size(), '\n');
    folder.write("tandem.conf", text);
    STRCMP_EQUAL("", problems_in(folder).c_str());
    folder.write("tandem.conf", text + "\n");
    STRCMP_EQUAL(
        "tandem.conf: error: this file is larger than 1 MiB: split it into files in "
        "conf.d, if it is a configuration\n",
        problems_in(folder).c_str());
}

TEST(ConfigLoad, AFileOfTheWorkingDirectoryNeedsNoDirectoryInItsName) {
    const auto sources = config::read_files("no-such-file.conf");
    STRCMP_EQUAL("no-such-file.conf", sources.front().path.c_str());
    LONGS_EQUAL(1, sources.size());
}

// ---- texts ------------------------------------------------------------------------------------

TEST(ConfigLoad, TheHashIsFnv1aOverTheTextOfAllFilesInOrder) {
    const auto hash = [](const std::vector<std::string>& texts) {
        std::vector<config::Source> sources;
        for (const std::string& text : texts) sources.push_back({"x", text});
        return config::load_sources(sources, {"x", "a", ""}).config->hash;
    };
    // Of "nodes:{a:{};};", computed apart from this program.
    STRCMP_EQUAL("24bec5df", hash({"nodes:{a:{};};"}).c_str());
    STRCMP_EQUAL("8f1dadb6", hash({"nodes:{a:{};};", "defaults:{};"}).c_str());
    STRCMP_EQUAL("8f1dadb6", hash({"nodes:{a:{};};defaults:{};"}).c_str());
}

TEST(ConfigLoad, AByteOrderMarkAndWindowsLineEndsAreAccepted) {
    const auto outcome = load_text("\xef\xbb\xbfnodes: { r1: {}; };\r\nrouters = 5;\r\n", "r1");
    STRCMP_EQUAL("2:11: error: 'routers' is a group { }, not a whole number",
                 config_test::line_of(outcome.diagnostics.back()).c_str());
    STRCMP_EQUAL("routers = 5;", outcome.diagnostics.back().source_line.c_str());
    CHECK_TRUE(load_text("\xef\xbb\xbfnodes: { r1: {}; };", "r1").config.has_value());
}

TEST(ConfigLoad, TheVersionOfTheFormatIsOne) {
    CHECK_TRUE(load_text("version = 1; nodes: { r1: {}; };", "r1").config.has_value());
    // Nothing else of such a file is looked at.
    STRCMP_EQUAL(
        "1:11: error: this tandem is too old for version 2 of the format; it knows up to 1 "
        "[upgrade tandem]",
        lines_of(load_text("version = 2; new_name = 1;", "r1").diagnostics).c_str());
    for (const char* wrong : {"0", "-1", "\"1\"", "1.0", "{ }"})
        STRCMP_EQUAL(
            "1:11: error: 'version' is 1 [write version = 1;]",
            config_test::line_of(load_text(fmt::format("version = {}; nodes: {{ r1: {{}}; }}; {}",
                                                       wrong, router("lan", 1)),
                                           "r1")
                                     .diagnostics.front())
                .c_str());
}

TEST(ConfigLoad, SyntaxAndMeaningAreCheckedInOneRun) {
    const auto outcome = load_text(
        "nodes: { gw1: { priority = 200; }; gw2: { priority = 100; }; };\n"
        "routers: {\n"
        "  lan: { interface = \"a\"; vrid = 1;\n"
        "  addresses = [ \"10.20.0.1/24\" \"10.20.1.1/24\" ];\n"
        "  };\n"
        "  dmz: { vrid = 2; addresses = [ \"10.20.1.1/24\" ];\n"
        "    intreface = \"b\"; };\n"
        "};\n",
        "gw1");
    STRCMP_EQUAL(
        "4:32: error: a comma is missing between two strings [these would be read as one "
        "string]\n"
        "6:3: error: routers.dmz has no 'interface' [add interface = ...;]\n"
        "6:34: error: 10.20.1.1 is also an address of router 'lan' (line 4) [remove one of "
        "them]\n"
        "7:5: error: unknown setting 'intreface' in routers.dmz; did you mean 'interface'?",
        lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigLoad, AConfigIsGivenWithWarningsAndNotWithErrors) {
    CHECK_TRUE(load_text("nodes: { r1: {}; };", "r1").config.has_value());
    CHECK_FALSE(load_text("nodes: { r1: {}; }; x = 1;", "r1").config.has_value());
}

TEST(ConfigLoad, NodesMayCrossFiles) {
    folder.write("tandem.conf", "nodes: { r1: { priority = 200; }; };\n" + router("lan", 10));
    folder.write("conf.d/r2.conf", "nodes: { r2: { priority = 100; }; };\n");
    const auto outcome = load(folder);
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    LONGS_EQUAL(2, outcome.config->nodes.size());
}
