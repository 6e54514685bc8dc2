#include "vrrp/unit.hpp"

#include <algorithm>

namespace vrrp {

std::optional<Instant> takeover_at(std::span<const State> members) {
    std::optional<Instant> last;
    for (const State& member : members) {
        const auto* backup = std::get_if<state::Backup>(&member);
        if (backup == nullptr) return std::nullopt;
        last = last ? std::max(*last, backup->active_down_at) : backup->active_down_at;
    }
    return last;
}

std::optional<Instant> deadline(std::span<const State> members) {
    if (const auto takeover = takeover_at(members)) return takeover;
    std::optional<Instant> first;
    for (const State& member : members)
        if (const auto due = deadline(member); due && (!first || *due < *first)) first = due;
    return first;
}

bool is_split(std::span<const State> members) {
    const auto owning = std::ranges::count_if(members, owns_addresses);
    return owning > 0 && owning < std::ssize(members);
}

}  // namespace vrrp
