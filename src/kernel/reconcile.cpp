#include "kernel/reconcile.hpp"

#include <algorithm>

namespace kernel {

namespace {

// Addresses that must survive the removal of `key` and hang on it as secondaries. Ours that are on
// their way out as well do not count: the kernel may take them along.
bool has_secondaries_to_keep(const AddressKey& key, const Desired& desired, const View& actual) {
    const AddressFacts& facts = *actual.address(key);
    if (key.address.family() != base::Family::ipv4 || facts.is_secondary) return false;
    return std::ranges::any_of(actual.addresses(), [&](const auto& entry) {
        const auto& [other, other_facts] = entry;
        const bool stays = !other_facts.is_ours() || desired.contains(other);
        return other.link == key.link && other != key && stays && other_facts.is_secondary &&
               other.address.is_same_subnet(key.address);
    });
}

}  // namespace

Plan reconcile(const Desired& desired, const View& actual) {
    Plan plan;
    // Secondaries first: one that is still there when its primary goes would be promoted, and take
    // what stays along at its own removal.
    for (const bool secondaries : {true, false}) {
        for (const auto& [key, facts] : actual.addresses()) {
            const bool is_stray = facts.is_ours() && !desired.contains(key);
            if (!is_stray || facts.is_secondary != secondaries) continue;
            const bool at_risk = has_secondaries_to_keep(key, desired, actual);
            plan.remove.push_back(
                {key, at_risk ? Secondaries::promote : Secondaries::none_at_risk});
        }
    }
    for (const AddressKey& key : desired)
        if (actual.address(key) == nullptr) plan.add.push_back(key);
    return plan;
}

}  // namespace kernel
