// The base of test groups with a simulated LAN: a failed test shows the end of its trace.
#pragma once

#include <cstdio>

#include "lan.hpp"
#include "vrrp/timing.hpp"
// CppUTest redefines `new`: after the standard headers.
#include <CppUTest/TestHarness.h>

namespace sim {

// For routers with version 3 and an interval of one second.
inline Duration active_down(int priority) {
    return vrrp::active_down_interval(vrrp::Version::v3, vrrp::Priority::from(priority).value(),
                                      vrrp::AdvertInterval::one_second());
}
inline Duration skew(int priority) {
    return vrrp::skew_time(vrrp::Version::v3, vrrp::Priority::from(priority).value(),
                           vrrp::AdvertInterval::one_second());
}

struct LanTest : public Utest {
    Lan lan{1};

    void teardown() override {
        if (UtestShell::getCurrent()->hasFailed())
            std::fprintf(stderr, "\n%s", lan.recent_trace().c_str());
    }

    // Runs until this host is Active and gives the time that it took; `limit` when it is not.
    Duration time_until_active(HostId id, Duration limit) {
        const Instant start = lan.now();
        while (!lan.is_active(id) && lan.step(start + limit)) {
        }
        return lan.is_active(id) ? lan.now() - start : limit;
    }
    [[nodiscard]] Instant last_advert_of(HostId id) const {
        Instant last{};
        for (const SentAdvert& advert : lan.adverts())
            if (advert.host == id) last = advert.at;
        return last;
    }
    [[nodiscard]] bool is_alone(HostId id) const { return lan.actives() == std::set{id}; }
    [[nodiscard]] std::uint64_t transitions(HostId id) const {
        return lan.session(id).counters().transitions;
    }
    [[nodiscard]] std::string reason(HostId id) const {
        return lan.session(id).last_transition().reason;
    }
};

}  // namespace sim
