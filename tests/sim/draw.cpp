#include "draw.hpp"

#include <array>
#include <set>

#include "dice.hpp"

namespace sim {

namespace {

constexpr int trouble_ms = 30'000;
constexpr int rounds = 3;
constexpr int hour_ms = 3'600'000;

class Drawing {
public:
    explicit Drawing(std::uint64_t seed) : dice_{Dice::of({seed})} {
        scene_.seed = seed;
        has_quiet_hour_ = seed % 25 == 0;
        draw_hosts();
        draw_blocks();
    }

    Scene draw() {
        for (int round = 0; round < rounds; ++round) {
            trouble();
            quiet();
        }
        if (has_quiet_hour_) {
            now_ += hour_ms;
            act(Deed::expect_health, 0, 0);
        }
        scene_.end_ms = now_;
        return scene_;
    }

private:
    template <typename... Numbers>
    int one_of(Numbers... numbers) {
        const std::array<int, sizeof...(Numbers)> all{numbers...};
        return all[static_cast<std::size_t>(dice_.between(0, int{sizeof...(Numbers)} - 1))];
    }
    int host() { return dice_.between(0, static_cast<int>(scene_.hosts.size()) - 1); }

    void draw_hosts() {
        const int count = dice_.between(2, 4);
        const bool mirrored = one_of(0, 1) == 1;
        for (int i = 0; i < count; ++i)
            scene_.hosts.push_back({.packets = one_of(256, 4),
                                    .promotion = one_of(0, 1),
                                    .latency_us = one_of(0, 200, 2000),
                                    .ipv6 = mirrored ? 40 - i : 11 + i});
    }

    void draw_blocks() {
        const int count = one_of(1, 1, 1, 2, 3);
        for (int i = 0; i < count; ++i) draw_block(51 + i);
    }

    void draw_block(int vrid) {
        BlockPlan block{.vrid = vrid};
        block.families = one_of(4, 4, 6, 46, 46);
        block.unicast = one_of(0, 0, 0, 1);
        block.preempt = one_of(0, 1, 1, 1);
        block.after_ms = block.preempt == 1 ? one_of(0, 0, 0, 0, 2000, 15'000) : 0;
        scene_.blocks.push_back(block);
        draw_members(block);
    }

    // Routers of version 2 must agree on whole seconds, or they are no routers to each other. One
    // of version 2 and one of version 3 need nobody between them: both are Active.
    void draw_members(const BlockPlan& block) {
        const bool has_v2 = block.families == 4 && one_of(0, 0, 1) == 1;
        const bool migrates = block.families != 6 && one_of(0, 0, 0, 1) == 1;
        const bool whole_seconds = has_v2 || migrates || has_quiet_hour_;
        const auto interval = [&] {
            return whole_seconds ? one_of(100, 200) : one_of(10, 50, 100);
        };
        const int common = interval();
        const bool differ = !has_v2 && one_of(0, 0, 0, 1) == 1;
        const bool equal = one_of(0, 0, 0, 1) == 1;
        const int priority = dice_.between(1, 254);
        const int owner = one_of(0, 0, 0, 0, 0, 1) == 1 ? host() : -1;
        const int strict = one_of(0, 0, 9568, 5798);
        // In a unit, a mate that is heard hides that somebody is not understood.
        const bool all_strict = block.families != 4;
        const int version = has_v2 ? 2 : 3;
        for (int i = 0; i < static_cast<int>(scene_.hosts.size()); ++i) {
            const int drawn = equal ? priority : dice_.between(1, 254);
            scene_.members.push_back({.host = i,
                                      .vrid = block.vrid,
                                      .version = migrates ? one_of(version, 23) : version,
                                      .priority = i == owner ? 255 : drawn,
                                      .interval = differ ? interval() : common,
                                      .checksum = all_strict ? strict : one_of(0, 1) * strict});
        }
    }

    void act(Deed deed, int host, int value) {
        scene_.actions.push_back({now_, deed, host, value});
    }

    void trouble() {
        const int longest_pause = one_of(300, 2000, 8000);
        disturbed_.clear();
        for (const int end = now_ + trouble_ms; now_ < end;) {
            one_fault();
            now_ += dice_.between(1, longest_pause);
        }
    }

    // Requests that failed are tried again within 10 s, stalls end within 8 s, and who is stopped
    // may wait for an Active_Down_Interval until somebody else is Active.
    void quiet() {
        act(Deed::mend, 0, 0);
        now_ += 10'000 + settling_ms(scene_) / 3;
        act(Deed::mend, 0, 0);  // who was still on its way out starts again
        now_ += 11'000 + settling_ms(scene_) + 5'000;
        act(Deed::expect_health, 0, 0);
    }

    void one_fault() {
        switch (dice_.between(0, 5)) {
            case 0: return disturb_process();
            case 1: return disturb_network();
            case 2: return disturb_link();
            case 3: return disturb_kernel();
            case 4: return disturb_mind();
            case 5: return give_an_order();
        }
    }

    void disturb_process() {
        switch (dice_.between(0, 5)) {
            case 0: return act(Deed::stall, host(), dice_.between(1, 8000));
            case 1: return act(Deed::crash, host(), one_of(0, 1));
            case 2: return act(Deed::stop, host(), 0);
            case 3: return act(Deed::start, host(), 0);
            case 4: return resume_soon();
            case 5: return act(Deed::reload, host(), dice_.between(1, 100));
        }
    }

    // After a crash more often than not, and before anybody could take over.
    void resume_soon() {
        const int victim = host();
        if (one_of(0, 1) == 1) {
            act(Deed::crash, victim, one_of(0, 1));
            now_ += dice_.between(1, 2500);
        }
        act(Deed::resume, victim, 0);
    }

    // Of one router or of all; more often than not, maintenance is over some time later.
    void give_an_order() {
        const int vrid = one_of(0, scene_.blocks[0].vrid, scene_.blocks.back().vrid);
        switch (dice_.between(0, 4)) {
            case 0: return act(Deed::drain, host(), vrid);
            case 1: return act(Deed::drain_by_force, host(), vrid);
            case 2:
            case 3: return act(Deed::undrain, host(), vrid);
            case 4: return act(Deed::handover, host(), vrid);
        }
    }

    void disturb_network() {
        const int everybody = (1 << scene_.hosts.size()) - 1;
        switch (dice_.between(0, 9)) {
            case 9: return act(Deed::lose_family, 0, one_of(0, 4, 6));
            case 0: return act(Deed::lose, 0, one_of(0, 10, 30, 60, 90));
            case 1: return act(Deed::duplicate, 0, one_of(0, 10, 50, 90));
            case 2: return act(Deed::reorder, 0, one_of(0, 10, 50, 100));
            case 3: return act(Deed::delay, 0, one_of(500, 5000, 50'000, 300'000));
            case 4: return act(Deed::cut, host(), host());
            case 5:
            case 6: return act(Deed::isolate, 0, dice_.between(1, everybody - 1));
            case 7:
            case 8: return act(Deed::heal, 0, 0);
        }
    }

    void disturb_link() {
        switch (dice_.between(0, 7)) {
            case 0: return act(Deed::carrier, host(), 0);
            case 1:
            case 2: return act(Deed::carrier, host(), 1);
            case 3: return act(Deed::remove_link, host(), 0);
            case 4:
            case 5: return act(Deed::make_link, host(), 0);
            case 6: return act(Deed::take_own, host(), dice_.between(0, 2));
            case 7: return act(Deed::give_own, host(), dice_.between(0, 2));
        }
    }

    // Somebody who removes an address more than five times a minute is given in to.
    void disturb_kernel() {
        const int victim = host();
        const bool may_take = disturbed_.count(victim) < 2;
        switch (dice_.between(0, 6)) {
            case 0:
                if (!may_take) return;
                disturbed_.insert(victim);
                return act(Deed::take_virtual, victim, dice_.between(0, 5));
            case 1: return act(Deed::give_neighbor, victim, 0);
            case 2:
                if (!may_take) return;
                disturbed_.insert(victim);
                return act(Deed::take_neighbor, victim, 0);
            case 3: return act(Deed::break_kernel, victim, dice_.between(0, 31));
            case 4: return act(Deed::break_kernel, victim, 0);
            case 5: return act(Deed::lose_notifications, victim, 0);
            case 6: return act(Deed::tentative, victim, one_of(0, 1));
        }
    }

    void disturb_mind() {
        if (one_of(0, 1) == 0) return act(Deed::junk, host(), dice_.between(1, 300));
        act(Deed::step_clock, host(), one_of(-86'400, -3600, -1, 1, 3600, 86'400));
    }

    Dice dice_;
    Scene scene_;
    bool has_quiet_hour_ = false;
    int now_ = 0;
    std::multiset<int> disturbed_;
};

}  // namespace

Scene drawn(std::uint64_t seed) { return Drawing{seed}.draw(); }

}  // namespace sim
