// The log: silent while nothing happens, and short whatever comes from the wire.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include "lan_test.hpp"
#include "routers.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

base::Bytes changed(base::Bytes datagram, std::size_t offset, std::uint8_t value) {
    datagram.at(offset) = value;
    return datagram;
}

// A spoofed advert: of one kind after the other, each from another sender and of a weaker router,
// so that it takes nothing over.
base::Bytes spoofed(std::size_t number) {
    const std::string source = fmt::format("192.0.2.{}", 100 + number % 150);
    Crafted crafted{.source = source, .priority = 10};
    switch (number % 10) {
        case 0: crafted.ttl = 3; break;
        case 1: return changed(packet(crafted), 22, 253);  // the sum
        case 2: return changed(packet(crafted), 20, 0x41);
        case 3: return changed(packet(crafted), 20, 0x32);
        case 4: return changed(packet(crafted), 23, 7);
        case 5: crafted.addresses = {"192.0.2.7"}; break;
        case 6: crafted.centiseconds = 300; break;
        case 7: crafted.vrid = static_cast<int>(60 + number % 190); break;
        case 8: crafted.dialect = vrrp::ChecksumDialect::rfc5798; break;
        default: crafted.source = "192.0.2.11"; break;  // the active router's own
    }
    return packet(crafted);
}

}  // namespace

TEST_GROUP_BASE(Log, LanTest){void setup() override{lan.add({router(200)});
lan.add({router(100)});
lan.run_for(2min);
}
[[nodiscard]] std::vector<Told> told_since(Instant begun, HostId host) const {
    std::vector<Told> told;
    std::ranges::copy_if(lan.told(), std::back_inserter(told),
                         [&](const Told& each) { return each.at >= begun && each.host == host; });
    return told;
}
[[nodiscard]] std::uint64_t discards(HostId host) const {
    const auto& counted = lan.session(host).counters().discarded;
    return std::accumulate(counted.begin(), counted.end(), std::uint64_t{0});
}
// Spoofed adverts for so long: 10 of them every 10 ms, to each host.
void flood(Duration span) {
    lan.tracing = Lan::Tracing::off;
    lan.steps_max = 100'000'000;
    const Instant end = lan.now() + span;
    std::size_t number = 0;
    while (lan.now() < end) {
        for (HostId host : {HostId{0}, HostId{1}})
            for (int i = 0; i < 10; ++i) lan.inject(host, spoofed(number++));
        lan.run_for(10ms);
    }
}
}
;

TEST(Log, ASteadyHourTellsNothing) {
    const Instant begun = lan.now();
    lan.tracing = Lan::Tracing::off;
    lan.steps_max = 100'000'000;
    lan.run_for(1h);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, told_since(begun, 0).size());
    LONGS_EQUAL(0, told_since(begun, 1).size());
}

TEST(Log, AFloodOfSpoofedAdvertsOfManyKindsTellsFewLines) {
    std::array<std::uint64_t, 2> discarded{};
    for (int minute = 0; minute < 3; ++minute) {
        const Instant begun = lan.now();
        flood(1min);
        for (HostId host : {HostId{0}, HostId{1}}) {
            const std::vector<Told> told = told_since(begun, host);
            const auto of_session = std::ranges::count_if(told, [](const Told& each) {
                return std::ranges::any_of(each.record.fields,
                                           [](const auto& field) { return field.key == "router"; });
            });
            CHECK(of_session > 0);
            CHECK(discards(host) - discarded[host] > 10'000);
            discarded[host] = discards(host);
            CHECK_TEXT(of_session <= 10, fmt::format("{} lines", of_session).c_str());
            CHECK_TEXT(told.size() <= 14, fmt::format("{} lines", told.size()).c_str());
        }
    }
    CHECK(is_alone(0));
}

// A flood hides nothing of what happens on this machine.
TEST(Log, UnderAFloodItStillTellsWhoHasTakenAnAddressAway) {
    flood(10s);
    lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
    flood(1s);
    LONGS_EQUAL(1, lan.count_told(0, "address removed by somebody else; restoring it"));
}

// What was kept quiet is counted, and told with the next line of its cause.
TEST(Log, WhatWasKeptQuietIsCounted) {
    lan.tracing = Lan::Tracing::off;
    for (int i = 0; i < 130; ++i) {
        lan.inject(0, packet({.priority = 10, .ttl = 3}));
        lan.run_for(500ms);
    }
    std::vector<std::string> repeated;
    for (const Told& each : lan.told())
        for (const auto& field : each.record.fields)
            if (each.host == 0 && field.key == "repeated") repeated.push_back(field.value);
    CHECK((repeated == std::vector<std::string>{"119"}));
}
