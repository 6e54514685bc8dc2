// Thousands of addresses, worked in slices so that no advert waits for them.
#include <fmt/format.h>

#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

TEST_GROUP_BASE(ManyAddresses, LanTest){
    // An advert has room for 255 addresses, so many of them are many routers.
    static std::vector<config::Router> routers(int priority,
                                               int count){std::vector<config::Router> made;
for (int number = 0; number < count; ++number) {
    config::Router next = with_interval(with_addresses(router(priority), {}), 10);
    next.name = fmt::format("lan{}", number);
    next.vrid = vrrp::Vrid::from(number + 1).value();
    for (int i = 0; i < 250; ++i)
        next.addresses.push_back(interface_address(fmt::format("10.1.{}.{}/32", number, i + 1)));
    made.push_back(std::move(next));
}
return made;
}
// Two hosts, so slow that all of the work takes seconds.
void start_pair(int count) {
    for (const int priority : {200, 100}) {
        const HostId id = lan.add(routers(priority, count));
        lan.pace(id) = {.request_cost = 500us, .turn_cost = 50us};
    }
}
// Whether every advert of the host from `first` on came within `tolerance` of its schedule.
[[nodiscard]] bool is_on_schedule(HostId id, Instant first, Duration tolerance) const {
    for (const SentAdvert& advert : lan.adverts())
        if (advert.host == id && (advert.at - first) % 100ms > tolerance) return false;
    return true;
}
}
;

TEST(ManyAddresses, AdvertsStayOnScheduleWhileTheyAreAdded) {
    start_pair(16);
    lan.run_for(10s);
    CHECK(is_alone(0));
    LONGS_EQUAL(4000, lan.kernel(0).marked("eth0").size());
    CHECK(is_on_schedule(0, lan.session(0).last_transition().at, 64 * 500us + 100us));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(ManyAddresses, AdvertsStayOnScheduleWhileTheOtherRouterReleasesItsOwn) {
    start_pair(8);
    lan.run_for(5s);
    lan.stop(0);
    lan.run_for(5s);
    CHECK(is_alone(1));
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(2000, lan.kernel(1).marked("eth0").size());
    CHECK(is_on_schedule(1, lan.session(1).last_transition().at, 64 * 500us + 100us));
}

TEST(ManyAddresses, TheFirstOnesAreAnnouncedBeforeTheLastOnesAreThere) {
    start_pair(16);
    while (lan.count_announcements(0) == 0 && lan.step(lan.now() + 10s)) {
    }
    CHECK(lan.kernel(0).marked("eth0").size() <= 64);
}

TEST(ManyAddresses, EveryOneIsAnnounced) {
    start_pair(4);
    lan.run_for(20s);
    std::map<base::IpAddress, int> count;
    for (const SentAnnouncement& sent : lan.announcements()) ++count[sent.address];
    LONGS_EQUAL(1000, count.size());
    for (const auto& [address, times] : count) LONGS_EQUAL(10, times);
}

TEST(ManyAddresses, AKernelThatRefusesAllOfThemDelaysNoAdvert) {
    start_pair(4);
    // One of each router is there, so that it does not give up.
    for (const app::Session& session : lan.engine(0).sessions())
        lan.kernel(0).install("eth0", session.addresses().front().text(), 0);
    lan.kernel(0).faults.add = ENOMEM;
    time_until_active(0, 5s);
    lan.run_for(3s);
    std::size_t failed = 0;
    for (const app::Session& session : lan.engine(0).sessions())
        failed += lan.engine(0).failed(session).size();
    LONGS_EQUAL(996, failed);  // each had its turn, none again and again before the others
    lan.run_for(10s);
    CHECK(is_alone(0));
    CHECK(is_on_schedule(0, lan.session(0).last_transition().at, 64 * 500us + 100us));
    lan.kernel(0).faults.add = 0;
    lan.run_for(11s);
    LONGS_EQUAL(996, lan.kernel(0).marked("eth0").size());
}
