#include "config/difference.hpp"

#include <fmt/format.h>

#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace config_test;

namespace {

config::Config config_with(const std::string& routers, const std::string& rest = "") {
    const auto outcome = load_text(fmt::format("nodes = {{ r1 = {{ priority = 100; }}; }};\n"
                                               "routers = {{ {} }};\n{}",
                                               routers, rest),
                                   "r1");
    return outcome.config.value();
}

std::string lan(const std::string& settings) {
    return fmt::format("lan = {{ interface = \"eth0\"; vrid = 51; {} }};", settings);
}

const std::string one = R"(addresses = ["192.0.2.1/24"];)";
const std::string check_web =
    R"(checks = { web = { type = "process"; name = "nginx"; on_fail = "fault"; }; };)";

std::string lines(const config::Config& before, const config::Config& after) {
    std::string out;
    for (const config::Change& change : config::difference(before, after))
        out += config::text_of(change) + "\n";
    return out;
}

}  // namespace

TEST_GROUP(ConfigDifference){};

TEST(ConfigDifference, IsEmptyWhereBothDoTheSame) {
    STRCMP_EQUAL("", lines(config_with(lan(one)), config_with(lan(one) + "\n# a word\n")).c_str());
}

TEST(ConfigDifference, NamesAddressesThatComeAndGo) {
    STRCMP_EQUAL(
        "lan: adds address 192.0.2.9/24; no failover\n"
        "lan: removes address 192.0.2.1/24; no failover\n",
        lines(config_with(lan(one)), config_with(lan(R"(addresses = ["192.0.2.9/24"];)"))).c_str());
}

TEST(ConfigDifference, SaysWhatMayMoveTheActiveRouter) {
    STRCMP_EQUAL(
        "lan: priority 100 becomes 150; the active router may be another one afterwards\n"
        "lan: advert interval 1000 ms becomes 100 ms; no failover\n",
        lines(config_with(lan(one)),
              config_with(lan(one + R"(priority = 150; advertise = "100ms";)")))
            .c_str());
}

TEST(ConfigDifference, AVersionThatIsNoLongerSpokenIsNotHeardByWhoKnowsNoOther) {
    const auto change = [](const std::string& before, const std::string& after) {
        return lines(config_with(lan(one + before)), config_with(lan(one + after)));
    };
    STRCMP_EQUAL("lan: speaks VRRP versions 2 and 3, and spoke version 3; no failover\n",
                 change("", R"(vrrp = "2+3";)").c_str());
    STRCMP_EQUAL(
        "lan: speaks VRRP version 3, and spoke versions 2 and 3: a peer that knows only version 2 "
        "does not hear it; the active router may be another one afterwards\n",
        change(R"(vrrp = "2+3";)", "").c_str());
    STRCMP_EQUAL(
        "lan: speaks VRRP version 3, and spoke version 2: a peer that knows only version 2 does "
        "not "
        "hear it; the active router may be another one afterwards\n",
        change("vrrp = 2;", "").c_str());
}

TEST(ConfigDifference, AnotherVridIsAnotherVirtualRouter) {
    auto after = config_with(lan(one));
    after.routers[0].vrid = vrrp::Vrid::from(52).value();
    STRCMP_EQUAL(
        "lan: joins the virtual router of VRID 52 on eth0 as Backup; hands over where it is "
        "active\n"
        "lan: leaves the virtual router of VRID 51 on eth0; hands over where it is active\n",
        lines(config_with(lan(one)), after).c_str());
}

TEST(ConfigDifference, AFamilyIsJoinedOrLeft) {
    const auto both = config_with(lan(R"(addresses = ["192.0.2.1/24", "fe80::1/64"];)"));
    STRCMP_EQUAL(
        "lan: has ipv6 as well, active where the other family is; no failover\n"
        "lan: adds address fe80::1/64; no failover\n",
        lines(config_with(lan(one)), both).c_str());
    STRCMP_EQUAL(
        "lan: leaves the virtual router in ipv6; hands over where it is active\n"
        "lan: removes address fe80::1/64; no failover\n",
        lines(both, config_with(lan(one))).c_str());
}

TEST(ConfigDifference, EverySettingThatDiffersIsNamed) {
    const auto before = config_with(lan(one));
    const std::vector<std::pair<std::string, std::string>> settings{
        {"preempt = false;", "preempt"},        {"garp = { count = 2; };", "garp"},
        {"lease = \"off\";", "lease"},          {"accept = false;", "accept"},
        {"up_for = \"2s\";", "up_for"},         {"target = true;", "target"},
        {"source = \"192.0.2.11\";", "source"},
    };
    for (const auto& [text, name] : settings)
        STRCMP_EQUAL(fmt::format("lan: `{}` changes; no failover\n", name).c_str(),
                     lines(before, config_with(lan(one + text))).c_str());
}

TEST(ConfigDifference, ChecksAndGroupsAreNamed) {
    const auto checked = config_with(lan(one + R"(checks = ["web"];)"), check_web);
    STRCMP_EQUAL(
        "lan: `checks` changes; no failover\n"
        "check web: is new: counts from its first result on; no failover\n",
        lines(config_with(lan(one)), checked).c_str());
    auto other = checked;
    other.checks[0].probe = config::probe::Process{"haproxy"};
    STRCMP_EQUAL(
        "check web: looks at something else: counts from its first result on; no failover\n",
        lines(checked, other).c_str());
    auto grouped = config_with(lan(one));
    grouped.groups = {{.name = "edge", .members = {"lan"}}};
    STRCMP_EQUAL(
        "group edge: is new: lan are elected as one; the active router may be another one "
        "afterwards\n",
        lines(config_with(lan(one)), grouped).c_str());
    STRCMP_EQUAL(
        "group edge: is removed: its members are elected alone; the active router may be another "
        "one afterwards\n",
        lines(grouped, config_with(lan(one))).c_str());
}
