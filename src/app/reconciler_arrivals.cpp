// What the kernel confirms, and the IPv6 addresses that it has confirmed and not put to use yet.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "app/reconciler.hpp"

namespace app {

namespace {

using namespace std::chrono_literals;

// The work queue takes microseconds, and on a busy machine a fifth of a second. After this the
// notification has been lost.
constexpr base::Duration patience_for_news = 1s;

// What the kernel has done, when the request was about a route or a rule.
std::optional<kernel::RouteEvent> route_event_of(const kernel::Request& request) {
    if (const auto* add = std::get_if<kernel::AddRoute>(&request))
        return kernel::event::RouteSet{add->wish.route};
    if (const auto* removal = std::get_if<kernel::RemoveRoute>(&request))
        return kernel::event::RouteGone{removal->route};
    if (const auto* add = std::get_if<kernel::AddRule>(&request))
        return kernel::event::RuleSet{add->wish.rule};
    if (const auto* removal = std::get_if<kernel::RemoveRule>(&request))
        return kernel::event::RuleGone{removal->rule};
    return std::nullopt;
}

}  // namespace

// What the kernel has just confirmed; its own event follows with the rest.
void Reconciler::confirm(const kernel::Request& request, Arrival arrival, kernel::View& view,
                         base::Instant now) {
    if (const auto* add = std::get_if<kernel::AddAddress>(&request)) {
        const kernel::AddressKey& key = add->wish.key;
        const bool is_under_way =
            arrival == Arrival::expected && key.address.family() == base::Family::ipv6;
        view.apply(kernel::event::AddressSet{
            key, {.protocol = kernel::our_address_protocol, .is_tentative = is_under_way}});
        if (is_under_way) await(key, now);
    } else if (const auto* removal = std::get_if<kernel::RemoveAddress>(&request)) {
        awaited_.erase(removal->key);
        const auto routes_before = view.own_routes().revision();
        view.apply(kernel::event::AddressGone{removal->key});
        // Routes of another router may have gone along.
        if (view.own_routes().revision() != routes_before) must_plan_ = true;
    } else if (const auto* setting = std::get_if<kernel::SetPromotion>(&request)) {
        view.set_promotion(setting->link, setting->promotion);
        if (setting->promotion == kernel::Promotion::on)
            protected_.insert(setting->link);
        else
            protected_.erase(setting->link);
    } else if (const auto event = route_event_of(request)) {
        view.apply(*event);
    }
}

void Reconciler::await(const kernel::AddressKey& key, base::Instant now) {
    const auto [entry, is_new] = awaited_.try_emplace(key, now + patience_for_news);
    if (is_new) overdue_at_ = base::earlier(overdue_at_, entry->second);
}

void Reconciler::address_came(const kernel::AddressKey& key) {
    if (awaited_.erase(key) > 0) arrived_.push_back(key);
}

std::vector<Upkeep> Reconciler::take_arrived() {
    std::vector<Upkeep> told;
    for (const kernel::AddressKey& key : std::exchange(arrived_, {}))
        if (const auto owner = desired_.owner_of(key); owner && held_.insert(key).second)
            told.push_back({Upkeep::What::installed, key, owner});
    return told;
}

// Refused as there already, it is in use by now, and nobody has told us.
bool Reconciler::was_there_before(const kernel::Request& request, const base::Error& error) {
    const auto* add = std::get_if<kernel::AddAddress>(&request);
    return add != nullptr && error.os_error == EEXIST && awaited_.erase(add->wish.key) > 0;
}

bool Reconciler::is_awaited(const kernel::Object& object) const {
    const auto* key = std::get_if<kernel::AddressKey>(&object);
    return key != nullptr && awaited_.contains(*key);
}

// The answer tells whether it is there.
void Reconciler::ask_for_overdue(base::Instant now) {
    if (!overdue_at_ || now < *overdue_at_) return;
    overdue_at_.reset();
    std::erase_if(awaited_,
                  [&](const auto& entry) { return desired_.find(entry.first) == nullptr; });
    for (auto& [key, until] : awaited_) {
        if (until <= now) {
            queue_.emplace_back(kernel::AddAddress{*desired_.find(key)});
            until = now + patience_for_news;
        }
        overdue_at_ = base::earlier(overdue_at_, until);
    }
}

}  // namespace app
