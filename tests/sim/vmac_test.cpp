// Routers with virtual MACs: where their addresses are, and when the interface for them is up.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

namespace {

constexpr const char* link_name = "vrrp4.51";

config::Router with_virtual_mac(config::Router router) {
    router.virtual_mac = config::VirtualMac{.ipv4_link = link_name, .ipv6_link = "vrrp6.51"};
    return router;
}

}  // namespace

TEST_GROUP_BASE(VirtualMac, LanTest){void start_pair(){lan.add({with_virtual_mac(router(200))});
lan.add({with_virtual_mac(router(100))});
lan.run_for(10s);
}
bool is_up(HostId id) {
    const kernel::View view = lan.kernel(id).dump();
    const kernel::Link* link = view.link(link_name);
    return link != nullptr && link->is_up;
}
// Where a request stands among all of a host, the last one of its text.
std::ptrdiff_t place_of(HostId id, const std::string& request) {
    const auto& all = lan.kernel(id).requests();
    return all.rend() - std::find(all.rbegin(), all.rend(), request);
}
}
;

TEST(VirtualMac, OnlyTheActiveRouterHasItsInterfaceUpAndTheAddressesThere) {
    start_pair();
    CHECK(is_alone(0));
    CHECK(is_up(0) && !is_up(1));
    CHECK(lan.kernel(0).marked(link_name) == std::set<std::string>{"192.0.2.1/24"});
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(lan.kernel(1).marked(link_name).empty());
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(10s);
    CHECK(is_up(1) && !is_up(0));
    CHECK(lan.kernel(1).has(link_name, "192.0.2.1/24"));
}

TEST(VirtualMac, IsUpBeforeItsAddressesComeAndDownBeforeTheyGo) {
    start_pair();
    CHECK(place_of(0, "raise vrrp4.51") < place_of(0, "add 192.0.2.1/24"));
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1ms);
    CHECK(place_of(0, "lower vrrp4.51") < place_of(0, "remove 192.0.2.1/24"));
}

TEST(VirtualMac, AnInterfaceThatIsDeletedComesBackWithoutAnElection) {
    start_pair();
    const auto before = transitions(0);
    lan.kernel(0).remove_link(link_name);
    lan.run_for(50ms);
    CHECK(is_up(0));
    CHECK(lan.kernel(0).has(link_name, "192.0.2.1/24"));
    LONGS_EQUAL(before, transitions(0));
    CHECK(is_alone(0));
}

TEST(VirtualMac, WithoutItsInterfaceARouterIsInFaultUntilTheKernelMakesOne) {
    lan.add({with_virtual_mac(router(200))});
    lan.kernel(0).faults.macvlan = EBUSY;
    lan.run_for(5s);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    STRCMP_EQUAL("virtual-mac", reason(0).c_str());
    LONGS_EQUAL(0, lan.count_adverts(0));
    lan.kernel(0).faults.macvlan = 0;
    lan.run_for(20s);
    CHECK(is_alone(0));
    CHECK(is_up(0));
}

TEST(VirtualMac, AStopRemovesTheInterface) {
    start_pair();
    lan.stop(0);
    lan.run_for(2s);
    CHECK(lan.kernel(0).dump().link(link_name) == nullptr);
    CHECK(is_alone(1));
}

// What a process that was killed has left is taken over and set down at once.
TEST(VirtualMac, ACrashedRoutersInterfaceIsDownAgainAfterItsStart) {
    start_pair();
    lan.crash(0);
    lan.run_for(10s);
    CHECK(is_alone(1));
    lan.start(0);
    lan.run_for(1ms);
    CHECK_FALSE(is_up(0));
}
