// What must hold on the LAN, whatever happens.
//
// The judge sees everything at once, which no router can. It divides the LAN into parts: hosts that
// hear each other and nobody else. What a part must do depends on what is wrong with it and since
// when; what a host does with its addresses must be right after each of its turns.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lan.hpp"
#include "scene.hpp"

namespace sim {

class Judge {
public:
    Judge(const Scene& scene, const Lan& lan);

    // After every event.
    void look();
    // After everything was mended and had its time: nothing is left to be told.
    void expect_health();
    // The kernel of this host is as it should be again, now.
    void note_repair(HostId id) { repaired_[id] = lan_.now(); }
    // An operator wants something of it: what was settled there may change.
    void note_order(HostId id);
    void note_storm() { fail("a storm: too much happens for the time that passes"); }
    // What did not hold first, in words; empty when all is well.
    [[nodiscard]] const std::string& violation() const { return violation_; }

private:
    // How a host stands towards the others.
    enum class Standing : std::uint8_t {
        absent,  // says nothing: no process, on its way out, stalled, no carrier
        odd,     // something is wrong with it; it may or may not take part
        sound,
    };
    using Mask = unsigned;
    // A block in a part without faults: the hosts of the mask, the VRID.
    using Place = std::pair<Mask, int>;
    // What is known of it from the moment on when it became that.
    struct Record {
        Instant settles_at;                     // from then on one is Active, always the same
        std::optional<Instant> nobody_until{};  // from then on at least one is
        std::optional<HostId> active{};         // once it is settled
        // Backups that were held up since then and nothing else: when they go on, they hear what
        // they have missed before they believe that nobody is there.
        Mask sleepers = 0;
    };

    [[nodiscard]] std::uint64_t fingerprint() const;
    [[nodiscard]] Standing standing_of(HostId id) const;
    [[nodiscard]] Standing standing_in(HostId id, int vrid) const;
    [[nodiscard]] bool is_held_back(HostId id, int vrid) const;
    [[nodiscard]] bool is_sound(HostId id) const;
    [[nodiscard]] bool has_given_up(HostId id) const;
    [[nodiscard]] bool is_recovering(HostId id) const;
    [[nodiscard]] bool is_quiet_network() const;
    [[nodiscard]] bool is_carried(const BlockPlan& block) const;
    [[nodiscard]] std::vector<Mask> clean_parts(int vrid) const;
    void divide();
    [[nodiscard]] Mask still_asleep(Mask part, Mask sleepers) const;
    [[nodiscard]] Record opened(Place place) const;
    [[nodiscard]] Duration longest_silence(Place place, HostId gone) const;
    [[nodiscard]] const MemberPlan& member(HostId id, int vrid) const;

    void check_place(Place place, Record& record);
    void check_settled(Place place, Record& record, const std::vector<HostId>& actives);
    [[nodiscard]] std::vector<HostId> actives_of(Place place) const;
    [[nodiscard]] bool is_active(HostId id, int vrid) const;
    void check_addresses(HostId id);
    void check_units(HostId id);
    void check_packets();
    void fail(std::string what);

    const Scene& scene_;
    const Lan& lan_;
    Instant start_;
    std::vector<std::vector<base::InterfaceAddress>> own_;  // by host
    std::uint64_t fingerprint_ = 0;
    std::map<Place, Record> records_;
    std::vector<std::optional<Instant>> repaired_;
    // Where check_addresses() found all well last: the kernel's revision, who wanted addresses.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> well_;
    std::string violation_;
};

}  // namespace sim
