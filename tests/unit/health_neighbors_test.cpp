#include "health/neighbors.hpp"

#include <initializer_list>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using support::address;

namespace {

std::optional<base::IpAddress> sender(std::initializer_list<const char*> ours, const char* target) {
    health::Link link;
    for (const char* text : ours)
        link.addresses.push_back(base::InterfaceAddress::parse(text).value());
    return health::sender_for(link, address(target));
}

}  // namespace

TEST_GROUP(HealthNeighbors){};

TEST(HealthNeighbors, TheAddressOfTheTargetsSubnetAsks) {
    CHECK(sender({"10.0.0.1/24", "192.0.2.1/24"}, "192.0.2.9") == address("192.0.2.1"));
    CHECK(sender({"fe80::1/64", "2001:db8::1/64"}, "2001:db8::9") == address("2001:db8::1"));
}

TEST(HealthNeighbors, AnotherOneAsksWhereThereIsNoneOfTheSubnet) {
    CHECK(sender({"10.0.0.1/24"}, "192.0.2.9") == address("10.0.0.1"));
    CHECK(sender({"2001:db8:1::1/64", "fe80::1/64"}, "2001:db8::9") == address("fe80::1"));
}

TEST(HealthNeighbors, NoAddressAsksForItself) {
    CHECK(!sender({"192.0.2.9/24"}, "192.0.2.9").has_value());
}

TEST(HealthNeighbors, OneOfTheOtherFamilyDoesNotAsk) {
    CHECK(!sender({"192.0.2.1/24"}, "2001:db8::9").has_value());
    CHECK(!sender({"fe80::1/64"}, "192.0.2.9").has_value());
}
