#include <chrono>
#include <vector>

#include "config/effective.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config::Versions;

using namespace std::chrono_literals;

TEST_GROUP(ConfigEffective){};

TEST(ConfigEffective, AnIntervalIsWhatItsVersionCanSay) {
    struct Case {
        base::Duration duration;
        Versions versions;
        bool fits;
    };
    const std::vector<Case> cases{
        {10ms, Versions::v3, true},      {9ms, Versions::v3, false},
        {15ms, Versions::v3, false},     {0ms, Versions::v3, false},
        {-10ms, Versions::v3, false},    {40950ms, Versions::v3, true},
        {40960ms, Versions::v3, false},  {1h, Versions::v3, false},
        {1s, Versions::v2, true},        {255s, Versions::v2, true},
        {256s, Versions::v2, false},     {0s, Versions::v2, false},
        {1500ms, Versions::v2, false},   {10ms, Versions::v2, false},
        {200ms, Versions::both, true},   {10ms, Versions::both, true},
        {5ms, Versions::both, false},    {1s, Versions::both, true},
        {40s, Versions::both, true},     {41s, Versions::both, false},
        {1500ms, Versions::both, false}, {40950ms, Versions::both, false},
    };
    for (const Case& one : cases)
        CHECK_EQUAL(one.fits, config::interval_of(one.duration, one.versions).has_value());
    CHECK(config::interval_of(40950ms, Versions::v3) == support::centiseconds(4095));
    CHECK(config::interval_of(255s, Versions::v2) == support::seconds(255));
}

TEST(ConfigEffective, ARouterWithoutIpv4HasNoVersion2ToSpeakToo) {
    config::RouterSettings settings;
    settings.vrrp = {Versions::both, {}, config::Layer::defaults};
    CHECK(config::versions_of(settings) == Versions::both);
    settings.addresses = config::Stated<config::StatedAddresses>{
        {{base::InterfaceAddress::parse("fe80::1/64").value(), {}}}, {}};
    CHECK(config::versions_of(settings) == Versions::v3);
    settings.addresses->value.push_back(
        {base::InterfaceAddress::parse("192.0.2.1/24").value(), {}});
    CHECK(config::versions_of(settings) == Versions::both);
}
