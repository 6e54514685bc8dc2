// accept = false: the filter is there before an address is, and until it is gone.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

namespace {

using Texts = std::set<std::string>;

config::Router refusing(config::Router router) {
    router.accepts = false;
    return router;
}

}  // namespace

TEST_GROUP_BASE(Filter, LanTest){FakeKernel & kernel(){return lan.kernel(0);
}

void start(const config::Router& one) {
    lan.add({one});
    lan.run_for(10s);
    CHECK_TRUE(lan.is_active(0));
}
// Where in the requests of the host this text is for the first or the last time.
std::ptrdiff_t first(std::string_view text) {
    const auto& all = kernel().requests();
    return std::ranges::find(all, text) - all.begin();
}
std::ptrdiff_t last(std::string_view text) {
    const auto& all = kernel().requests();
    return all.rend() - std::find(all.rbegin(), all.rend(), text) - 1;
}
[[nodiscard]] std::ptrdiff_t count(std::string_view text) {
    return std::ranges::count(kernel().requests(), text);
}
[[nodiscard]] bool has_problem(std::string_view text) {
    return std::ranges::any_of(lan.engine(0).problems(), [&](const std::string& problem) {
        return problem.find(text) != std::string::npos;
    });
}
}
;

TEST(Filter, ItIsThereBeforeTheFirstAddressIs) {
    start(refusing(with_addresses(router(100), {"192.0.2.1/24", "192.0.2.9/24"})));
    CHECK(kernel().unaccepted() == (Texts{"192.0.2.1", "192.0.2.9"}));
    LONGS_EQUAL(1, count("filter 2"));
    CHECK_TRUE(first("filter 2") < first("add 192.0.2.1/24"));
    CHECK_TRUE(first("filter 2") < first("add 192.0.2.9/24"));
}

TEST(Filter, TheAdvertOfATakeoverDoesNotWaitForIt) {
    start(refusing(router(100)));
    CHECK_TRUE(first("advert 100") < first("filter 1"));
}

TEST(Filter, ItGoesWhenTheLastAddressIsGone) {
    std::vector<std::string> texts;
    for (int i = 1; i <= 200; ++i) texts.push_back("10.0.0." + std::to_string(i) + "/24");
    start(refusing(with_addresses(router(100), {texts.begin(), texts.end()})));
    LONGS_EQUAL(200, kernel().unaccepted().size());
    lan.stop(0);
    lan.run_for(5s);
    STRCMP_EQUAL("off", lan.state(0).c_str());
    CHECK_TRUE(kernel().unaccepted().empty());
    LONGS_EQUAL(1, count("filter 0"));
    for (const std::string& text : texts) CHECK_TRUE(last("remove " + text) < first("filter 0"));
}

TEST(Filter, ItStaysWhileAnAddressCannotBeRemoved) {
    start(refusing(router(100)));
    kernel().faults.remove = EBUSY;
    kernel().set_carrier("eth0", Carrier::off);
    lan.run_for(3s);
    CHECK_TRUE(kernel().has("eth0", "192.0.2.1/24"));
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    kernel().faults.remove = 0;
    lan.run_for(15s);
    CHECK_FALSE(kernel().has("eth0", "192.0.2.1/24"));
    CHECK_TRUE(kernel().unaccepted().empty());
}

TEST(Filter, OnlyRoutersThatDoNotAcceptAreInIt) {
    config::Router other = with_addresses(router(100), {"10.1.0.1/24"});
    other.vrid = vrrp::Vrid::from(52).value();
    other.name = "other";
    lan.add({refusing(router(100)), other});
    lan.run_for(10s);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    CHECK(kernel().marked("eth0") == (Texts{"10.1.0.1/24", "192.0.2.1/24"}));
}

TEST(Filter, NobodyElseHasOne) {
    start(router(100));
    kernel().uninstall("eth0", "192.0.2.1/24");
    lan.run_for(5min);
    LONGS_EQUAL(0, std::ranges::count_if(kernel().requests(), [](const std::string& text) {
                    return text.starts_with("filter");
                }));
}

TEST(Filter, WhatSomebodyElseFlushesIsPutBackWithoutATransition) {
    start(refusing(router(100)));
    kernel().flush_filter();
    lan.run_for(1ms);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    LONGS_EQUAL(2, transitions(0));
    LONGS_EQUAL(1,
                lan.count_told(
                    0, "somebody else changed the packet filter of accept = false; restoring it"));
}

TEST(Filter, SomebodyWhoFlushesAllTheTimeIsAnsweredAtAMeasuredPace) {
    start(refusing(router(100)));
    const auto before = count("filter 1");
    for (int i = 0; i < 1000; ++i) {
        kernel().flush_filter();
        lan.run_for(1ms);
    }
    CHECK_TRUE(count("filter 1") - before <= 21);
    lan.run_for(1s);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    LONGS_EQUAL(1,
                lan.count_told(
                    0, "somebody else changed the packet filter of accept = false; restoring it"));
}

TEST(Filter, WhatWasFlushedUnheardIsPutBackByTheNextLookAtEverything) {
    start(refusing(router(100)));
    kernel().flush_filter();
    CHECK_TRUE(kernel().take_filter_change());
    lan.lose_notifications(0);
    lan.run_for(2s);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
}

TEST(Filter, WithoutItTheRouterIsActiveAllTheSameAndSaysSo) {
    lan.add({refusing(router(100))});
    kernel().faults.filter = EOPNOTSUPP;
    lan.run_for(20s);
    CHECK_TRUE(lan.is_active(0));
    CHECK(kernel().marked("eth0") == Texts{"192.0.2.1/24"});
    CHECK_TRUE(has_problem("accept = false is not in effect"));
    LONGS_EQUAL(1, lan.count_told(0, "accept = false is not in effect; trying again"));
    kernel().faults.filter = 0;
    lan.run_for(11s);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    CHECK_FALSE(has_problem("accept = false"));
    LONGS_EQUAL(1, lan.count_told(0, "accept = false is in effect again"));
}

TEST(Filter, WhatACrashedProcessLeftIsTakenAwayWithItsAddresses) {
    start(refusing(router(100)));
    lan.crash(0);
    CHECK(kernel().unaccepted() == Texts{"192.0.2.1"});
    const HostId stronger = lan.add({router(200)});
    lan.run_for(10s);
    CHECK_TRUE(lan.is_active(stronger));
    lan.start(0);
    lan.run_for(10s);
    CHECK_FALSE(kernel().has("eth0", "192.0.2.1/24"));
    CHECK_TRUE(kernel().unaccepted().empty());
    CHECK_TRUE(last("remove 192.0.2.1/24") < last("filter 0"));
}
