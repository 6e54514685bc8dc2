// A thousand foreign changes by a seed: whatever others do to a router's interface, in the end the
// kernel has what it should, and nothing that is not ours is missing.
#include <fmt/format.h>

#include <array>

#include "lan_test.hpp"
#include "repetitions.hpp"

using namespace sim;

namespace {

using Texts = std::set<std::string>;

constexpr int steps = 1000;
constexpr std::uint64_t seeds = repetitions(40);

const Texts virtual_addresses{"192.0.2.1/24",   "192.0.2.7/32", "10.1.0.1/24",
                              "2001:db8::1/64", "fe80::1/64",   "2001:db8:1::1/128"};

// The same address with other prefixes, neighbours in the same subnets, and strangers.
constexpr std::array foreign_addresses{"192.0.2.1/25",    "192.0.2.1/32",      "10.1.0.1/16",
                                       "192.0.2.50/24",   "192.0.2.51/24",     "192.0.2.52/25",
                                       "10.1.0.9/24",     "198.51.100.5/24",   "203.0.113.77/32",
                                       "2001:db8::50/64", "2001:db8:1::2/128", "fe80::50/64"};

config::Router busy_router(int priority) {
    config::Router made = router(priority);
    made.addresses.clear();
    for (const char* text : {"192.0.2.1/24", "192.0.2.7/32", "10.1.0.1/24", "fe80::1/64",
                             "2001:db8::1/64", "2001:db8:1::1/128"})
        made.addresses.push_back(interface_address(text));
    return made;
}

// What somebody does to one host. It keeps the books of what is theirs.
class Somebody {
public:
    Somebody(Lan& lan, HostId host, std::uint64_t seed)
        : lan_{lan}, host_{host}, dice_{Dice::of({seed, host})} {
        for (const char* pattern : {"192.0.2.{}/24", "fe80::{}/64", "2001:db8::{}/64"})
            own_.push_back(fmt::format(fmt::runtime(pattern), 11 + host));
        theirs_ = {own_.begin(), own_.end()};
    }

    void act() {
        switch (dice_.between(0, 9)) {
            case 0: return set_carrier();
            case 1: return rename();
            case 2: return make_anew();
            case 3: return toggle(own_[pick(own_.size())]);
            case 4: return set_promotion();
            case 5: return lan_.lose_notifications(host_);
            case 6:
            case 7: return remove_virtual();
            default: return toggle(foreign_addresses[pick(foreign_addresses.size())]);
        }
    }

    // The link is up under its name, with the host's own addresses.
    void put_in_order() {
        kernel().rename_link("eth9", "eth0");
        kernel().set_carrier("eth0", Carrier::on);
        for (const std::string& address : own_) add(address);
    }

    [[nodiscard]] bool is_theirs_complete() {
        const Texts there = kernel().unmarked("eth0");
        return kernel().lost().empty() && std::ranges::includes(there, theirs_);
    }

private:
    FakeKernel& kernel() { return lan_.kernel(host_); }
    std::size_t pick(std::size_t count) {
        return static_cast<std::size_t>(dice_.between(0, static_cast<int>(count) - 1));
    }
    void add(const std::string& address) {
        if (kernel().install("eth0", address, 0)) theirs_.insert(address);
    }
    void remove(const std::string& address) {
        if (kernel().index_of("eth0").value == 0) return;
        kernel().uninstall("eth0", address);
        // What hangs on it goes along, by the kernel's rules.
        const Texts there = kernel().unmarked("eth0");
        std::erase_if(theirs_, [&](const std::string& text) { return !there.contains(text); });
    }
    void toggle(const std::string& address) {
        if (kernel().unmarked("eth0").contains(address)) return remove(address);
        add(address);
    }
    void remove_virtual() {
        const auto address = std::next(virtual_addresses.begin(),
                                       static_cast<std::ptrdiff_t>(pick(virtual_addresses.size())));
        remove(*address);
    }
    void set_carrier() {
        kernel().set_carrier("eth0", dice_.chance(0.5) ? Carrier::on : Carrier::off);
    }
    void set_promotion() {
        if (kernel().index_of("eth0").value == 0) return;
        kernel().set_promotion("eth0", dice_.chance(0.5) ? Promotion::on : Promotion::off);
    }
    void rename() {
        if (kernel().index_of("eth9").value != 0) return kernel().rename_link("eth9", "eth0");
        kernel().rename_link("eth0", "eth9");
    }
    void make_anew() {
        if (kernel().index_of("eth0").value == 0) return;
        kernel().remove_link("eth0");
        theirs_.clear();
        lan_.run_for(dice_.chance(0.5) ? 0s : 1s);
        kernel().add_link("eth0");
        for (const std::string& address : own_) add(address);
    }

    Lan& lan_;
    HostId host_;
    Dice dice_;
    std::vector<std::string> own_;
    Texts theirs_{};
};

}  // namespace

TEST_GROUP_BASE(ForeignWalk, LanTest){};

TEST(ForeignWalk, AThousandForeignChangesEndWithTheRightAddresses) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        Lan walked{seed};
        walked.tracing = Lan::Tracing::off;
        walked.steps_max = 10'000'000;
        std::array<Somebody, 2> somebody{
            Somebody{walked, walked.add_dual({busy_router(200)}), seed},
            Somebody{walked, walked.add_dual({busy_router(100)}), seed}};
        Dice dice = Dice::of({seed});
        walked.run_for(10s);
        for (int step = 0; step < steps; ++step) {
            somebody[dice.chance(0.3) ? 1 : 0].act();
            walked.run_for(dice.chance(0.5) ? Duration{0} : dice.between(Duration{0}, 2s));
        }
        for (Somebody& one : somebody) one.put_in_order();
        walked.run_for(90min);
        const std::string name = fmt::format("seed {}", seed);
        CHECK_TEXT(walked.actives() == std::set<HostId>{0}, name.c_str());
        CHECK_TEXT(walked.kernel(0).marked("eth0") == virtual_addresses, name.c_str());
        CHECK_TEXT(walked.kernel(1).marked("eth0").empty(), name.c_str());
        for (Somebody& one : somebody) CHECK_TEXT(one.is_theirs_complete(), name.c_str());
    }
}
