// The example files of etc/ and the manual page, which users read first.
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/files.hpp"
#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

namespace {

const std::string later = " is not supported yet [remove it for now]";

// A part of the manual page, from one of its lines to another.
std::vector<std::string> manual(std::string_view from, std::string_view to) {
    std::ifstream file{"man/tandem.conf.5"};
    std::vector<std::string> lines;
    bool is_inside = false;
    for (std::string line; std::getline(file, line);) {
        if (line == from)
            is_inside = true;
        else if (line == to)
            is_inside = false;
        else if (is_inside)
            lines.push_back(line);
    }
    return lines;
}

// The settings that the manual page describes, by their headings ".It Ic NAME = ...".
std::vector<std::string> described_settings() {
    std::vector<std::string> names;
    for (const std::string& line : manual(".Ss Settings of a router", ".Sh NOT SUPPORTED YET")) {
        std::istringstream words{line};
        std::string item;
        std::string macro;
        std::string name;
        if (words >> item >> macro >> name && item == ".It" && macro == "Ic") names.push_back(name);
    }
    return names;
}

// The names that the manual page has as those of later versions, wherever they belong.
std::vector<std::string> later_settings() {
    std::vector<std::string> names;
    for (const std::string& line : manual(".Sh NOT SUPPORTED YET", ".Sh FILES")) {
        std::istringstream words{line};
        std::string macro;
        if (!(words >> macro) || macro != ".Ic") continue;
        for (std::string name; words >> name;)
            if (name.size() > 1) names.push_back(name);
    }
    return names;
}

// Whether some place of a configuration knows the name and says that it comes later.
bool is_refused_as_later(const std::string& name) {
    const std::string setting = name + " = 1.5;";
    for (const std::string& text :
         {config_test::with_settings(setting), config_test::with_defaults(setting, ""),
          config_test::with_settings("") + setting,
          config_test::with_settings("garp = { " + setting + " };"),
          config_test::with_router("addresses = ( { " + setting + " } );")}) {
        const auto problems = config_test::lines_of(config_test::load_text(text, "r1").diagnostics);
        if (problems.find(name + "'" + later) != std::string::npos) return true;
    }
    return false;
}

}  // namespace

TEST_GROUP(ConfigExamples){};

TEST(ConfigExamples, TheMinimalPairLoadsOnBothNodes) {
    for (const auto& [node, priority] : {std::pair{"r1", 200}, std::pair{"r2", 100}}) {
        const auto outcome = config::load({"etc/1-minimal-pair.conf", "", node});
        STRCMP_EQUAL("", config_test::lines_of(outcome.diagnostics).c_str());
        CHECK_TRUE(outcome.config.has_value());
        STRCMP_EQUAL(node, outcome.config->node.c_str());
        LONGS_EQUAL(2, outcome.config->nodes.size());
        LONGS_EQUAL(1, outcome.config->routers.size());
        const config::Router& lan = outcome.config->routers.front();
        STRCMP_EQUAL("lan", lan.name.c_str());
        STRCMP_EQUAL("eth1", lan.interface.c_str());
        CHECK(lan.vrid == support::vrid(10));
        CHECK(lan.priority == support::priority(priority));
        LONGS_EQUAL(1, lan.addresses.size());
        STRCMP_EQUAL("192.0.2.1/24", lan.addresses.front().text().c_str());
    }
}

TEST(ConfigExamples, TheHaproxyPairAsksOnlyForWhatIsNotSupportedYet) {
    const auto outcome = config::load({"etc/2-haproxy-pair.conf", "", "lb1"});
    const std::string added =
        " has IPv6 addresses and no link-local one: {} is added; name one to choose another";
    const std::string expected =
        "17:1: error: 'checks'" + later + "\n" + "46:17: warning: router 'public'" +
        fmt::format(fmt::runtime(added), "fe80::5652:5250:0:14/64") + "\n" +
        "49:5: error: 'routers.public.checks'" + later + "\n" + "54:17: warning: router 'private'" +
        fmt::format(fmt::runtime(added), "fe80::5652:5250:0:15/64") + "\n" +
        "58:1: error: 'groups'" + later;
    STRCMP_EQUAL(expected.c_str(), config_test::lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigExamples, TheRouterPairAsksOnlyForWhatIsNotSupportedYet) {
    const auto outcome = config::load({"etc/3-router-pair.conf", "", "gw2"});
    const std::string expected = "24:1: error: 'checks'" + later + "\n" + "91:1: error: 'groups'" +
                                 later + "\n" + "103:1: error: 'control'" + later + "\n" +
                                 "108:1: error: 'metrics'" + later;
    STRCMP_EQUAL(expected.c_str(), config_test::lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigExamples, EachProblemHasTheLineThatItIsAbout) {
    for (const char* file : {"etc/2-haproxy-pair.conf", "etc/3-router-pair.conf"}) {
        for (const auto& problem : config::load({file, "", "gw1"}).diagnostics) {
            if (problem.text.starts_with("no node is this machine")) continue;
            if (problem.severity == config::Severity::error)
                CHECK_TEXT(problem.text.ends_with("not supported yet"), problem.text.c_str());
            CHECK_TEXT(!problem.source_line.empty(), problem.text.c_str());
        }
    }
}

TEST(ConfigExamples, EverySettingOfTheManualIsRead) {
    const auto names = described_settings();
    CHECK_TRUE(names.size() > 15);
    for (const std::string& name : names) {
        const auto outcome =
            config_test::load_text(config_test::with_router(name + " = 1.5;"), "r1");
        const std::string problems = config_test::lines_of(outcome.diagnostics);
        CHECK_TEXT(problems.find("error: '" + name + "' is ") != std::string::npos,
                   problems.c_str());
        CHECK_TEXT(problems.find("unknown setting") == std::string::npos, problems.c_str());
        CHECK_TEXT(problems.find(later) == std::string::npos, problems.c_str());
    }
}

TEST(ConfigExamples, EverySettingThatTheManualCallsUnsupportedIsRefusedAsSuch) {
    const auto names = later_settings();
    CHECK_TRUE(names.size() > 10);
    for (const std::string& name : names)
        if (name != "garp" && name != "addresses" && name != "defaults")
            CHECK_TEXT(is_refused_as_later(name), name.c_str());
}
