// The example files of etc/, which users read first.
#include <string>
#include <utility>
#include <vector>

#include "config/files.hpp"
#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

namespace {

const std::string later = " is not supported yet [remove it for now]";

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
    const std::string expected = "17:1: error: 'checks'" + later + "\n" +  //
                                 "48:19: error: IPv6" + later + "\n" +     //
                                 "49:5: error: 'routers.public.checks'" + later + "\n" +
                                 "54:35: error: IPv6" + later + "\n" +  //
                                 "58:1: error: 'groups'" + later;
    STRCMP_EQUAL(expected.c_str(), config_test::lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigExamples, TheRouterPairAsksOnlyForWhatIsNotSupportedYet) {
    const auto outcome = config::load({"etc/3-router-pair.conf", "", "gw2"});
    const std::string expected =
        "20:15: error: transport \"unicast\" is not supported yet [use \"multicast\" for now]\n"
        "21:48: error: 'defaults.garp.refresh'" +
        later + "\n" + "24:1: error: 'checks'" + later + "\n" +
        "69:50: error: 'routers.transit.addresses.label'" + later + "\n" +
        "70:5: error: 'routers.transit.routes'" + later + "\n" +
        "72:5: error: 'routers.transit.rules'" + later + "\n" + "77:40: error: IPv6" + later +
        "\n" + "78:40: error: IPv6" + later + "\n" + "79:5: error: 'routers.lan.vmac'" + later +
        "\n" + "80:35: error: IPv6" + later + "\n" + "80:49: error: IPv6" + later + "\n" +
        "81:5: error: 'routers.lan.more_addresses'" + later + "\n" + "91:1: error: 'groups'" +
        later + "\n" + "103:1: error: 'control'" + later + "\n" + "108:1: error: 'metrics'" + later;
    STRCMP_EQUAL(expected.c_str(), config_test::lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigExamples, EachProblemHasTheLineThatItIsAbout) {
    for (const char* file : {"etc/2-haproxy-pair.conf", "etc/3-router-pair.conf"}) {
        for (const auto& problem : config::load({file, "", "gw1"}).diagnostics) {
            if (problem.text.starts_with("no node is this machine")) continue;
            CHECK_TEXT(problem.text.find("not supported yet") != std::string::npos,
                       problem.text.c_str());
            CHECK_TEXT(!problem.source_line.empty(), problem.text.c_str());
        }
    }
}
