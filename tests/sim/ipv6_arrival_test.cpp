// Linux confirms an IPv6 address, and puts it to use a little later: until then it answers nobody.
#include <algorithm>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

const std::vector<std::string_view> virtual_addresses{"fe80::1/64", "2001:db8::1/64"};
constexpr Duration work_queue = 80ms;

}  // namespace

TEST_GROUP_BASE(Ipv6Arrival, LanTest){HostId add(int priority){
    const HostId id = lan.add_dual({with_addresses(router(priority), virtual_addresses)});
lan.kernel(id).ipv6_delay = work_queue;
return id;
}
[[nodiscard]] bool is_in_use(HostId id) {
    return std::ranges::all_of(virtual_addresses, [&](std::string_view text) {
        return lan.kernel(id).is_usable("eth0", interface_address(text));
    });
}
[[nodiscard]] std::size_t installed(HostId id) {
    return lan.engine(id).installed(lan.session(id)).size();
}
}
;

TEST(Ipv6Arrival, WhatIsOnlyConfirmedIsNeitherAnnouncedNorShownAsInstalled) {
    add(100);
    time_until_active(0, 10s);
    lan.run_for(work_queue - 1ms);
    LONGS_EQUAL(2, lan.kernel(0).marked("eth0").size());
    CHECK_FALSE(is_in_use(0));
    LONGS_EQUAL(0, lan.count_announcements(0));
    LONGS_EQUAL(0, installed(0));
    CHECK_FALSE(lan.engine(0).is_settled());
    lan.run_for(2ms);
    CHECK(is_in_use(0));
    LONGS_EQUAL(2, lan.count_announcements(0));
    LONGS_EQUAL(2, installed(0));
    CHECK(lan.engine(0).is_settled());
    lan.run_for(20s);
    CHECK(lan.kernel(0).announced_early().empty());
    LONGS_EQUAL(2, lan.kernel(0).address_requests());
}

TEST(Ipv6Arrival, AStopIsNotOverBeforeTheOtherKernelAnswers) {
    add(200);
    add(100);
    lan.run_for(10s);
    lan.stop(0);
    while (!lan.is_active(1) && lan.step(lan.now() + 10s)) {
    }
    const std::size_t before = lan.count_announcements(1);
    while (!is_in_use(1)) {
        LONGS_EQUAL(before, lan.count_announcements(1));
        CHECK(is_in_use(0));
        CHECK(lan.step(lan.now() + 1s));
    }
    lan.run_for(1ms);
    CHECK(lan.count_announcements(1) > before);
    lan.run_for(1s);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Ipv6Arrival, ALostNotificationDelaysTheAnnouncementByASecond) {
    add(100);
    lan.kernel(0).faults.loses_news_of_ipv6 = true;
    time_until_active(0, 10s);
    lan.run_for(999ms);
    LONGS_EQUAL(0, lan.count_announcements(0));
    lan.run_for(2ms);
    LONGS_EQUAL(2, lan.count_announcements(0));
    LONGS_EQUAL(2, installed(0));
    CHECK(lan.engine(0).failed(lan.session(0)).empty());
}

TEST(Ipv6Arrival, WhoStopsMeanwhileLeavesNothingBehind) {
    add(100);
    time_until_active(0, 10s);
    lan.run_for(work_queue / 2);
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(0, lan.count_announcements(0));
}

TEST(Ipv6Arrival, WhatSomebodyRemovesMeanwhileIsPutBack) {
    add(100);
    time_until_active(0, 10s);
    lan.run_for(work_queue / 2);
    CHECK(lan.kernel(0).uninstall("eth0", "2001:db8::1/64"));
    lan.run_for(work_queue + 1ms);
    CHECK(is_in_use(0));
    LONGS_EQUAL(2, installed(0));
    LONGS_EQUAL(1, lan.session(0).counters().restored);
    CHECK(lan.kernel(0).announced_early().empty());
}

TEST(Ipv6Arrival, AnInterfaceThatWasReplacedUnnoticedIsAnotherPlaceForTheAddresses) {
    add(100);
    time_until_active(0, 10s);
    lan.run_for(1s);
    const std::size_t before = lan.count_announcements(0);
    lan.kernel(0).remove_link("eth0");
    lan.kernel(0).add_link("eth0");
    CHECK(lan.kernel(0).install("eth0", "fe80::40/64", 0));
    lan.run_for(work_queue + 20ms);
    CHECK(lan.is_active(0));
    CHECK(is_in_use(0));
    CHECK(lan.kernel(0).announced_early().empty());
    CHECK(lan.count_announcements(0) > before);
}
