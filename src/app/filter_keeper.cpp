#include "app/filter_keeper.hpp"

#include <algorithm>
#include <utility>

namespace app {

namespace {

kernel::Refusal refusal_of(const kernel::AddressKey& key) {
    return kernel::Refusal::of(key.address.address(), key.link);
}

}  // namespace

void FilterKeeper::want(const std::vector<kernel::AddressKey>& wanted,
                        std::vector<kernel::AddressKey> leaving,
                        const std::set<kernel::AddressKey>& accepting) {
    rest_.clear();
    for (const kernel::AddressKey& key : wanted) rest_.insert(refusal_of(key));
    // Whatever was wanted until now may still be in the kernel.
    leaving.insert(leaving.end(), leaving_.begin(), leaving_.end());
    for (const kernel::AddressKey& key : wanted_)
        if (!rest_.contains(refusal_of(key))) leaving.push_back(key);
    std::erase_if(leaving, [&](const auto& key) { return accepting.contains(key); });
    wanted_ = wanted;
    kernel::Refusals target = rest_;
    for (const kernel::AddressKey& key : leaving) target.insert(refusal_of(key));
    leaving_ = std::move(leaving);
    if (target == target_) return;
    target_ = std::move(target);
    is_new_ = true;
}

const kernel::Refusals* FilterKeeper::due(const kernel::View& view, base::Instant now) {
    const auto is_gone = [&](const kernel::AddressKey& key) {
        const kernel::AddressFacts* facts = view.address(key);
        return facts == nullptr || !facts->is_ours();
    };
    const bool was_leaving = !leaving_.empty();
    while (!leaving_.empty() && is_gone(leaving_.back())) leaving_.pop_back();
    if (was_leaving && leaving_.empty() && target_ != rest_) {
        target_ = rest_;
        is_new_ = true;
    }
    if (!is_needed()) return nullptr;
    // Another set of addresses cannot wait: they are about to be added.
    if (!is_new_ && now < last_try_ + wait_) return nullptr;
    return &target_;
}

FilterKeeper::Outcome FilterKeeper::take(const base::Result<void>& answer, base::Instant now) {
    last_try_ = now;
    is_new_ = false;
    const bool was_refused = error_.has_value();
    if (answer) {
        is_certain_ = true;
        wait_ = least_gap;
        error_.reset();
        return was_refused ? Outcome::recovered : Outcome::written;
    }
    wait_ = was_refused ? std::min(2 * wait_, longest_wait) : first_wait;
    error_ = answer.error().text();
    return was_refused ? Outcome::refused_again : Outcome::refused;
}

std::optional<base::Instant> FilterKeeper::deadline(base::Instant now) const {
    if (is_new_) return now;
    if (!is_needed()) return std::nullopt;
    return last_try_ + wait_;
}

}  // namespace app
