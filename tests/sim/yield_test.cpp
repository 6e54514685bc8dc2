// A router that is preempted answers for its addresses until the stronger one has announced them:
// make before break, although nobody has asked it to hand over. In the election it is a Backup.
#include <algorithm>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

const std::vector<std::string_view> virtual_addresses{"192.0.2.1/24", "fe80::1/64",
                                                      "2001:db8::1/64"};

}  // namespace

TEST_GROUP_BASE(Yield, LanTest){
    // The stronger one comes, and the moment has come in which it takes over.
    void preempt(Duration ipv6_delay = 100us){for (const int priority : {100, 200}){
        const HostId id = lan.add_dual({with_addresses(router(priority), virtual_addresses)});
lan.kernel(id).ipv6_delay = ipv6_delay;
if (priority == 100) lan.run_for(10s);
}
while (!lan.is_active(1) && lan.step(lan.now() + 10s)) CHECK(has_all(0));
lan.run_for(1ms);
STRCMP_EQUAL("backup", lan.state(0).c_str());
}
[[nodiscard]] bool has_all(HostId id) {
    return std::ranges::all_of(virtual_addresses, [&](std::string_view text) {
        return lan.kernel(id).is_usable("eth0", interface_address(text));
    });
}
void announce_all() {
    for (const std::string_view text : virtual_addresses)
        lan.claim(0, {interface_address(text).address(), {{2, 0, 0, 0, 0, 12}}});
}
}
;

// proves: 9568-6.4.2-t
TEST(Yield, BothHaveTheAddressesUntilTheStrongerOneHasAnnouncedThem) {
    preempt();
    const std::size_t announced = lan.count_announcements(0);
    const std::size_t sent = lan.count_adverts(0);
    CHECK(has_all(0));
    lan.run_for(100ms);
    CHECK(has_all(1));
    CHECK(has_all(0));
    announce_all();
    lan.run_for(20ms);  // what neighbours have sent before is on its way
    CHECK(has_all(0));
    lan.run_for(40ms);
    CHECK(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(announced, lan.count_announcements(0));
    LONGS_EQUAL(sent, lan.count_adverts(0));
}

TEST(Yield, AKernelThatTakesItsTimeForIpv6IsWaitedFor) {
    preempt(80ms);
    const Instant end = lan.now() + 2s;
    while (lan.step(end)) CHECK(has_all(0) || has_all(1));
    CHECK(has_all(1));
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Yield, AnnouncementsThatAreNotHeardAreGivenTheirTime) {
    preempt();
    lan.run_for(450ms);
    CHECK(has_all(0));
    lan.run_for(100ms);
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Yield, AFaultMeanwhileTakesThemAtOnce) {
    preempt();
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1ms);
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Yield, AStopMeanwhileTakesThemAtOnce) {
    preempt();
    lan.stop(0);
    lan.run_for(1ms);
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK_FALSE(lan.is_running(0));
}

TEST(Yield, WhoIsActiveAgainKeepsThem) {
    preempt();
    lan.crash(1);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    lan.run_for(10s);
    CHECK(lan.is_active(0));
    CHECK(has_all(0));
    const std::size_t before = lan.count_announcements(0);
    lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
    lan.run_for(1s);
    CHECK(lan.count_announcements(0) > before);
}
