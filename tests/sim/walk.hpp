// A random walk: hosts, routers and faults by a seed, and what must hold whatever happens.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lan.hpp"

namespace sim {

class Walk {
public:
    explicit Walk(std::uint64_t seed);

    // Faults for half a minute, all of them mended, then a quiet time; three rounds of it. Ends at
    // the first violation.
    void run();
    // What did not hold, in words; empty when all is well.
    [[nodiscard]] const std::string& violation() const { return violation_; }
    [[nodiscard]] const Lan& lan() const { return lan_; }

private:
    void make_hosts();
    void trouble(Duration span);
    void one_fault();
    void disturb_process(HostId id);
    void disturb_network(HostId id);
    void disturb_kernel(HostId id);
    void inject_junk(HostId id);
    void mend_everything();
    void quiet();
    void run_checked(Duration span);
    void check_all();
    void check_addresses(HostId id);
    void check_actives();
    void check_packets();
    void fail(std::string what);

    // How long an election may take with the slowest interval in use.
    [[nodiscard]] Duration bound() const;
    int random(int low, int high);
    HostId random_host() {
        return static_cast<HostId>(random(0, static_cast<int>(lan_.size()) - 1));
    }

    std::mt19937_64 random_;
    Lan lan_;
    std::int32_t slowest_ = 0;  // centiseconds
    std::int32_t fastest_ = 4095;
    Instant start_;
    std::optional<Instant> settled_since_;  // nothing is wrong, and an election has had its time
    std::optional<HostId> settled_on_;
    std::optional<Instant> two_since_;
    std::vector<bool> kernel_is_faulty_;
    std::string violation_;
};

}  // namespace sim
