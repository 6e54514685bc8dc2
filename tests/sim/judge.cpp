#include "judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vrrp/timing.hpp"

namespace sim {

namespace {

// A refused request is tried again after 10 s at the latest.
constexpr Duration recovery = 10s + 500ms;

bool is_in(HostId id, unsigned mask) { return (mask >> id & 1U) != 0; }

// What a walk itself sends, and configures.
bool is_expected(std::string_view problem) {
    return problem.find("are discarded") != std::string_view::npos ||
           problem.find("; given up for") != std::string_view::npos ||
           problem.find("advertises interval") != std::string_view::npos;
}

bool is_broken(const FakeKernel::Faults& faults) {
    return faults.add != 0 || faults.remove != 0 || faults.listen != 0 || faults.advert != 0 ||
           faults.frame != 0;
}

}  // namespace

Judge::Judge(const Scene& scene, const Lan& lan)
    : scene_{scene},
      lan_{lan},
      start_{lan.now()},
      own_(scene.hosts.size()),
      repaired_(scene.hosts.size()),
      well_(scene.hosts.size()) {
    for (HostId id = 0; id < scene.hosts.size(); ++id)
        for (const std::string& text : own_addresses(scene, id))
            own_[id].push_back(interface_address(text));
}

void Judge::look() {
    for (HostId id = 0; id < lan_.size(); ++id) {
        if (!lan_.kernel(id).lost().empty())
            fail(fmt::format("h{} lost {}", id, lan_.kernel(id).lost().front()));
        if (!lan_.is_running(id) || lan_.turned_at(id) != lan_.now()) continue;
        check_addresses(id);
        check_units(id);
    }
    if (const std::uint64_t now = fingerprint(); now != fingerprint_) {
        fingerprint_ = now;
        divide();
    }
    for (auto& [place, record] : records_) check_place(place, record);
    check_packets();
}

void Judge::expect_health() {
    const auto all = static_cast<Mask>((1U << lan_.size()) - 1);
    for (const BlockPlan& block : scene_.blocks) {
        const auto found = records_.find({all, block.vrid});
        if (found == records_.end() || found->second.settles_at > lan_.now())
            fail(fmt::format("vrid {} is not settled after everything was mended", block.vrid));
    }
    for (HostId id = 0; id < lan_.size() && violation_.empty(); ++id)
        for (const app::Session& session : lan_.engine(id).sessions())
            if (session.shown_state() == app::ShownState::resigning)
                fail(fmt::format("h{}: {} waits for ever to be relieved", id,
                                 session.router().name));
    for (HostId id = 0; id < lan_.size() && violation_.empty(); ++id)
        for (const std::string& problem : lan_.engine(id).problems())
            if (!is_expected(problem)) fail(fmt::format("h{}: {}", id, problem));
}

// --- who hears whom ---

// Changes whenever something does that a part depends on.
std::uint64_t Judge::fingerprint() const {
    std::uint64_t mixed = is_quiet_network() ? 1 : 2;
    if (const auto& family = lan_.link.lost_family) mixed += 2 + 2 * static_cast<unsigned>(*family);
    const auto mix = [&](std::uint64_t fact) {
        mixed = (mixed ^ fact) * 0x9e3779b97f4a7c15 + (mixed >> 29);
    };
    for (HostId id = 0; id < lan_.size(); ++id) {
        mix(lan_.kernel(id).revision());
        for (const BlockPlan& block : scene_.blocks)
            mix(static_cast<std::uint64_t>(standing_in(id, block.vrid)));
        for (HostId other = 0; other < lan_.size(); ++other) mix(lan_.is_cut(id, other) ? 1 : 2);
    }
    return mixed;
}

Judge::Standing Judge::standing_of(HostId id) const {
    const bool speaks = lan_.is_running(id) && !lan_.is_stopping(id) && !lan_.is_stalled(id) &&
                        lan_.kernel(id).has_carrier("eth0");
    if (!speaks) return Standing::absent;
    return is_sound(id) ? Standing::sound : Standing::odd;
}

// Who is drained takes no part, in that router; whoever is about to be, or hands over, may.
Judge::Standing Judge::standing_in(HostId id, int vrid) const {
    const Standing standing = standing_of(id);
    if (standing == Standing::absent) return standing;
    const app::Maintenance& maintenance = lan_.engine(id).maintenance();
    const std::string name = router_name(vrid);
    if (maintenance.errand_of(name) != nullptr) return Standing::odd;
    return maintenance.drain_of(name) != nullptr ? Standing::absent : standing;
}

// It has handed over, and leaves it to the others until it has been Active again.
bool Judge::is_held_back(HostId id, int vrid) const {
    return lan_.engine(id).maintenance().hold_of(router_name(vrid)) != nullptr;
}

bool Judge::is_sound(HostId id) const {
    const FakeKernel& kernel = lan_.kernel(id);
    if (is_broken(kernel.faults) || is_recovering(id) || has_given_up(id)) return false;
    return std::ranges::all_of(own_[id], [&](const base::InterfaceAddress& address) {
        return kernel.is_usable("eth0", address);
    });
}

// A kernel that refused every address for seconds is not trusted again at once.
bool Judge::has_given_up(HostId id) const {
    return std::ranges::any_of(lan_.engine(id).sessions(), [](const app::Session& session) {
        return session.last_transition().reason == "addresses-lost";
    });
}

bool Judge::is_recovering(HostId id) const {
    return repaired_[id] && lan_.now() - *repaired_[id] < recovery;
}

// Nothing is lost, and delays are short next to the shortest interval.
bool Judge::is_quiet_network() const { return lan_.link.loss == 0 && lan_.link.delay_max <= 5ms; }

// A router with both families needs one of them.
bool Judge::is_carried(const BlockPlan& block) const {
    if (!lan_.link.lost_family || block.families == 46) return true;
    return (*lan_.link.lost_family == base::Family::ipv4) == (block.families == 6);
}

// Parts in which everybody is sound and hears everybody, and nobody outside is heard.
std::vector<Judge::Mask> Judge::clean_parts(int vrid) const {
    std::vector<Mask> parts;
    if (!is_quiet_network()) return parts;
    std::vector<Mask> heard(lan_.size());
    Mask sound = 0;
    for (HostId a = 0; a < lan_.size(); ++a) {
        const Standing standing = standing_in(a, vrid);
        if (standing == Standing::sound) sound |= 1U << a;
        if (standing == Standing::absent) continue;
        for (HostId b = 0; b < lan_.size(); ++b)
            if (standing_in(b, vrid) != Standing::absent && !lan_.is_cut(a, b)) heard[b] |= 1U << a;
    }
    for (HostId a = 0; a < lan_.size(); ++a) {
        const Mask part = heard[a];
        if (!is_in(a, part) || (part & sound) != part || (part & ((1U << a) - 1)) != 0) continue;
        bool is_closed = true;
        for (HostId b = 0; b < lan_.size(); ++b)
            if (is_in(b, part) ? heard[b] != part : (heard[b] & part) != 0) is_closed = false;
        if (is_closed) parts.push_back(part);
    }
    return parts;
}

void Judge::note_order(HostId id) {
    std::erase_if(records_, [&](const auto& entry) {
        return is_in(id, entry.first.first) || is_in(id, entry.second.sleepers);
    });
    fingerprint_ = 0;
}

void Judge::divide() {
    std::map<Place, Record> records;
    for (const BlockPlan& block : scene_.blocks) {
        if (!is_carried(block)) continue;
        for (const Mask part : clean_parts(block.vrid)) {
            const Place place{part, block.vrid};
            const auto known = records_.find(place);
            Record& record =
                records.emplace(place, known != records_.end() ? known->second : opened(place))
                    .first->second;
            record.sleepers = still_asleep(part, record.sleepers);
        }
    }
    records_ = std::move(records);
}

// What was settled and loses hosts stays settled when the Active one is not among them; else there
// is an heir as soon as somebody's Active_Down_Interval has passed. Sleepers that come back change
// nothing either.
Judge::Record Judge::opened(Place place) const {
    const auto [part, vrid] = place;
    Record record{.settles_at = lan_.now() + Duration{1ms} * settling_ms(scene_)};
    for (const auto& [known_place, known] : records_) {
        const auto [known_part, known_vrid] = known_place;
        if (known_vrid != vrid || !known.active) continue;
        const bool comes_from_it = (part & ~(known_part | known.sleepers)) == 0;
        const bool keeps_active = is_in(*known.active, part);
        if (comes_from_it && keeps_active) {
            record = known;
            record.sleepers = (known.sleepers | known_part) & ~part;
            return record;
        }
        if ((part & ~known_part) == 0)
            record.nobody_until = lan_.now() + longest_silence(place, *known.active);
    }
    return record;
}

Judge::Mask Judge::still_asleep(Mask part, Mask sleepers) const {
    Mask asleep = 0;
    for (HostId id = 0; id < lan_.size(); ++id) {
        bool is_undisturbed = is_in(id, sleepers) && lan_.is_running(id) && !lan_.is_stopping(id) &&
                              lan_.is_stalled(id) && lan_.kernel(id).has_carrier("eth0") &&
                              is_sound(id);
        for (HostId other = 0; other < lan_.size(); ++other)
            if (is_in(other, part) && (lan_.is_cut(id, other) || lan_.is_cut(other, id)))
                is_undisturbed = false;
        if (is_undisturbed) asleep |= 1U << id;
    }
    return asleep;
}

Duration Judge::longest_silence(Place place, HostId gone) const {
    const auto [part, vrid] = place;
    std::optional<Duration> shortest;
    Duration slack = lan_.link.delay_max + lan_.link.held_back_max + 20ms;
    for (HostId id = 0; id < lan_.size(); ++id) {
        if (!is_in(id, part)) continue;
        const MemberPlan& heir = member(id, vrid);
        const int centiseconds = member(gone, vrid).interval;
        const auto interval = vrrp::AdvertInterval::from(base::Centiseconds{centiseconds}).value();
        const Duration silence = vrrp::active_down_interval(
            heir.version == 2 ? vrrp::Version::v2 : vrrp::Version::v3,
            vrrp::Priority::from_wire(static_cast<std::uint8_t>(heir.priority)), interval);
        shortest = std::min(shortest.value_or(silence), silence);
        slack += Duration{1us} * scene_.hosts[id].latency_us;
    }
    return shortest.value_or(0s) + slack;
}

const MemberPlan& Judge::member(HostId id, int vrid) const { return member_of(scene_, id, vrid); }

// --- elections ---

void Judge::check_place(Place place, Record& record) {
    const bool is_settled = lan_.now() >= record.settles_at;
    const bool needs_one = record.nobody_until && lan_.now() >= *record.nobody_until;
    if (!is_settled && !needs_one) return;
    const std::vector<HostId> actives = actives_of(place);
    if (is_settled) {
        check_settled(place, record, actives);
        return;
    }
    if (actives.empty())
        fail(fmt::format("vrid {}: nobody is active, {} ms after the active one went", place.second,
                         (lan_.now() - *record.nobody_until) / 1ms));
}

void Judge::check_settled(Place place, Record& record, const std::vector<HostId>& actives) {
    const int vrid = place.second;
    if (actives.size() != 1) {
        fail(fmt::format("vrid {}: {} active routers in a healthy part", vrid, actives.size()));
        return;
    }
    if (record.active == actives.front()) return;
    if (record.active) fail(fmt::format("vrid {}: a transition without a cause", vrid));
    record.active = actives.front();
    const bool preempts = block_of(scene_, vrid).preempt == 1;
    for (HostId id = 0; id < lan_.size(); ++id) {
        const int priority = member(id, vrid).priority;
        if (is_in(id, place.first) && (preempts || priority == 255) &&
            priority > member(*record.active, vrid).priority && !is_held_back(id, vrid))
            fail(fmt::format("vrid {}: h{} is active although h{} is stronger", vrid,
                             *record.active, id));
    }
}

std::vector<HostId> Judge::actives_of(Place place) const {
    std::vector<HostId> found;
    for (HostId id = 0; id < lan_.size(); ++id)
        if (is_in(id, place.first) && is_active(id, place.second)) found.push_back(id);
    return found;
}

bool Judge::is_active(HostId id, int vrid) const {
    return std::ranges::any_of(lan_.engine(id).sessions(), [&](const app::Session& session) {
        return session.router().vrid.wire() == vrid &&
               session.shown_state() == app::ShownState::active;
    });
}

// --- hosts ---

// After a turn the kernel has what the sessions want, no more and no less.
void Judge::check_addresses(HostId id) {
    const FakeKernel& kernel = lan_.kernel(id);
    if (!kernel.announced_early().empty())
        fail(fmt::format("h{} has announced {}, for which its kernel did not answer yet", id,
                         kernel.announced_early().front()));
    if (kernel.has_events() || is_broken(kernel.faults) || is_recovering(id)) return;
    std::uint64_t wanting = 1;
    for (const app::Session& session : lan_.engine(id).sessions())
        wanting = wanting << 1 | (session.holds_addresses() ? 1U : 0U);
    const std::pair seen{kernel.revision(), wanting};
    if (well_[id] == seen) return;

    std::vector<base::InterfaceAddress> wanted;
    for (const app::Session& session : lan_.engine(id).sessions())
        if (session.holds_addresses())
            wanted.insert(wanted.end(), session.addresses().begin(), session.addresses().end());
    std::erase_if(wanted, [&](const auto& address) {  // its owner has it
        return kernel.unmarked("eth0").contains(address.text());
    });
    std::ranges::sort(wanted);
    const auto marked = kernel.marked_addresses("eth0");
    if (marked == wanted)
        well_[id] = seen;
    else
        fail(fmt::format("h{} has {} virtual addresses and should have {}", id, marked.size(),
                         wanted.size()));
}

// Both families of a router block are elected as one. When their successor leaves before it has
// relieved them, each is Active again when its own time is over.
void Judge::check_units(HostId id) {
    const auto& sessions = lan_.engine(id).sessions();
    const auto is_one = [](const app::Session& one, const app::Session& other) {
        const bool both_own =
            vrrp::owns_addresses(one.state()) && vrrp::owns_addresses(other.state());
        return both_own || one.shown_state() == other.shown_state();
    };
    for (std::size_t i = 1; i < sessions.size(); ++i)
        if (sessions[i].router().name == sessions[i - 1].router().name &&
            !is_one(sessions[i], sessions[i - 1]))
            fail(fmt::format("h{}: {} is {} in one family and {} in the other", id,
                             sessions[i].router().name, app::name_of(sessions[i - 1].shown_state()),
                             app::name_of(sessions[i].shown_state())));
}

// The schedule, an answer an interval, and a word at each transition or priority 0; each in both
// checksum forms and in version 2, and to every peer, at most.
void Judge::check_packets() {
    constexpr std::size_t forms = 3;
    const std::size_t copies = forms * (lan_.size() - 1);
    std::size_t most = lan_.told().size() * copies;
    for (const BlockPlan& block : scene_.blocks) {
        int fastest = 4095;
        for (HostId id = 0; id < lan_.size(); ++id)
            fastest = std::min(fastest, member(id, block.vrid).interval);
        const auto intervals =
            static_cast<std::size_t>((lan_.now() - start_) / Duration{base::Centiseconds{fastest}});
        const std::size_t families = block.families == 46 ? 2 : 1;
        most +=
            lan_.size() * families * (2 * intervals + 10) * (block.unicast == 1 ? copies : forms);
    }
    if (lan_.adverts().size() > most) fail(fmt::format("{} adverts", lan_.adverts().size()));
}

void Judge::fail(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
}

}  // namespace sim
