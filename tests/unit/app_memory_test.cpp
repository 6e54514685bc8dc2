#include "app/memory.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Memory;
using app::settings_of;

TEST_GROUP(Memory) {
    config::Router lan = router({"192.0.2.1/24", "fe80::1/64"});
    [[nodiscard]] std::uint64_t settings() const { return settings_of(lan, base::Family::ipv4); }
};

TEST(Memory, NamesASessionByRouterInterfaceFamilyAndVrid) {
    const Memory memory{.router = "lan", .interface = "eth0", .vrid = 51};
    CHECK(memory.is_of(lan, base::Family::ipv4));
    CHECK_FALSE(memory.is_of(lan, base::Family::ipv6));
    lan.interface = "eth1";
    CHECK_FALSE(memory.is_of(lan, base::Family::ipv4));
}

TEST(Memory, ASessionIsAnotherOneWithOtherAddressesIntervalOrTransport) {
    const std::uint64_t before = settings();
    lan.addresses.push_back(with_prefix("192.0.2.2/24"));
    const std::uint64_t with_address = settings();
    CHECK(with_address != before);
    lan.advertise = vrrp::AdvertInterval::from(base::Centiseconds{50}).value();
    const std::uint64_t with_interval = settings();
    CHECK(with_interval != with_address);
    lan.transport = config::Transport::unicast;
    CHECK(settings() != with_interval);
}

TEST(Memory, ItIsTheSameWithAnotherPriorityOrAddressesOfTheOtherFamily) {
    const std::uint64_t before = settings();
    lan.priority = priority(150);
    lan.addresses.push_back(with_prefix("2001:db8::1/64"));
    CHECK(settings() == before);
}
