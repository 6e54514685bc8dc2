// The example files of etc/ and the manual page, which users read first.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/check_values.hpp"
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

// The settings that a part of the manual page describes, by its headings ".It Ic NAME = ...".
std::vector<std::string> described_settings(std::string_view from, std::string_view to) {
    std::vector<std::string> names;
    for (const std::string& line : manual(from, to)) {
        std::istringstream words{line};
        std::string item;
        std::string macro;
        std::string name;
        if (words >> item >> macro >> name && item == ".It" && macro == "Ic") names.push_back(name);
    }
    return names;
}

// Whether a text with this setting in the wrong type is refused for the type.
bool is_read(const std::string& name, const std::string& text) {
    const auto outcome = config_test::load_text(text, "r1");
    const std::string problems = config_test::lines_of(outcome.diagnostics);
    return problems.find("error: '" + name + "' is ") != std::string::npos &&
           problems.find("unknown setting") == std::string::npos &&
           problems.find(later) == std::string::npos;
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

TEST(ConfigExamples, TheHaproxyPairLoadsOnBothNodes) {
    const std::string added =
        " has IPv6 addresses and no link-local one: {} is added; name one to choose another";
    const std::string expected = "46:17: warning: router 'public'" +
                                 fmt::format(fmt::runtime(added), "fe80::5652:5250:0:14/64") +
                                 "\n" + "54:17: warning: router 'private'" +
                                 fmt::format(fmt::runtime(added), "fe80::5652:5250:0:15/64");
    const std::string text = *config::read_files("etc/2-haproxy-pair.conf").front().text;
    for (const char* node : {"lb1", "lb2"}) {
        const auto outcome = config_test::load_text(text, node);
        STRCMP_EQUAL(expected.c_str(), config_test::lines_of(outcome.diagnostics).c_str());
        LONGS_EQUAL(3, outcome.config.value().checks.size());
        LONGS_EQUAL(2, outcome.config->groups.at(0).members.size());
        CHECK((outcome.config->groups[0].notify ==
               config::Notify{.command = {"/etc/tandem/hooks/edge"}}));
    }
}

TEST(ConfigExamples, TheRouterPairLoadsOnBothNodesButForWhatIsNotSupportedYet) {
    const std::string text = *config::read_files("etc/3-router-pair.conf").front().text;
    STRCMP_EQUAL(
        ("103:1: error: 'control'" + later + "\n" + "108:1: error: 'metrics'" + later).c_str(),
        config_test::lines_of(config_test::load_text(text, "gw1").diagnostics).c_str());
    for (const char* node : {"gw1.ams.example.net", "gw2"}) {
        const auto outcome = config::load_sources(
            {{"main.conf", text.substr(0, text.find("\ncontrol:") + 1)}}, {"main.conf", "", node});
        STRCMP_EQUAL("", config_test::lines_of(outcome.diagnostics).c_str());
        LONGS_EQUAL(5, outcome.config.value().checks.size());
        const config::Group& gateway = outcome.config->groups.at(0);
        LONGS_EQUAL(3, gateway.members.size());
        STRCMP_EQUAL("tandem-hook", gateway.notify.value().user.c_str());
        STRCMP_EQUAL("/var/run/conntrackd.ctl", gateway.conntrackd.value().socket.c_str());
    }
}

TEST(ConfigExamples, EachProblemHasTheLineThatItIsAbout) {
    for (const char* file : {"etc/2-haproxy-pair.conf", "etc/3-router-pair.conf"}) {
        for (const auto& problem : config::load({file, "", "gw1"}).diagnostics) {
            if (problem.text.starts_with("no node is this machine")) continue;
            // A program or a user of the example that this machine does not have.
            if (problem.severity == config::Severity::error)
                CHECK_TEXT(problem.text.ends_with("not supported yet") ||
                               problem.text.starts_with("cannot run /etc/tandem/hooks/") ||
                               problem.text.starts_with("there is no user 'tandem-hook'"),
                           problem.text.c_str());
            CHECK_TEXT(!problem.source_line.empty(), problem.text.c_str());
        }
    }
}

TEST(ConfigExamples, EverySettingOfARouterInTheManualIsRead) {
    const auto names = described_settings(".Ss Settings of a router", ".Ss Settings of a check");
    CHECK_TRUE(names.size() > 15);
    for (const std::string& name : names)
        CHECK_TEXT(is_read(name, config_test::with_router(name + " = 1.5;")), name.c_str());
}

TEST(ConfigExamples, EverySettingOfACheckInTheManualIsReadByAType) {
    const auto names = described_settings(".Ss Settings of a check", ".Ss Settings of a group");
    CHECK_TRUE(names.size() > 20);
    for (const std::string& name : names) {
        const auto reads = [&](std::string_view type) {
            const std::string settings = name == "type" ? "" : fmt::format("type = \"{}\";", type);
            return is_read(name,
                           fmt::format("checks: {{ a: {{ {} {} = 1.5; }}; }};", settings, name));
        };
        CHECK_TEXT(std::ranges::any_of(config::check_type_names, reads), name.c_str());
    }
}

TEST(ConfigExamples, EverySettingOfAGroupInTheManualIsRead) {
    const auto names = described_settings(".Ss Settings of a group", ".Sh HEALTH AND ELECTION");
    CHECK_TRUE(names.size() > 4);
    for (const std::string& name : names)
        CHECK_TEXT(is_read(name, fmt::format("groups: {{ g: {{ {} = 1.5; }}; }};", name)),
                   name.c_str());
}

TEST(ConfigExamples, EverySettingThatTheManualCallsUnsupportedIsRefusedAsSuch) {
    const auto names = later_settings();
    CHECK_TRUE(names.size() > 7);
    for (const std::string& name : names)
        if (name != "garp" && name != "addresses" && name != "defaults")
            CHECK_TEXT(is_refused_as_later(name), name.c_str());
}
