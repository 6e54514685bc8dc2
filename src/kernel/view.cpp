#include "kernel/view.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kernel {

bool View::apply(const Event& event) {
    if (const auto* set = std::get_if<event::LinkSet>(&event)) return set_link(set->link);
    if (const auto* set = std::get_if<event::ForwardingSet>(&event)) {
        const auto known = links_.find(set->index);
        if (known == links_.end()) return false;
        return std::exchange(known->second.forwards_ipv6, set->forwards_ipv6) != set->forwards_ipv6;
    }
    if (const auto* gone = std::get_if<event::LinkGone>(&event)) return remove_link(gone->index);
    if (const auto* set = std::get_if<event::AddressSet>(&event)) return set_address(*set);
    if (const auto* gone = std::get_if<event::AddressGone>(&event))
        return remove_address(gone->key);
    return own_routes_.apply(std::get<RouteEvent>(event));
}

bool View::set_link(Link link) {
    if (!link.is_up) own_routes_.lose_link(link.index);
    const auto [known, is_new] = links_.try_emplace(link.index, link);
    if (is_new) return true;
    if (!link.forwards_ipv6) link.forwards_ipv6 = known->second.forwards_ipv6;
    // Linux notifies nobody of an alias for a link that is down: what comes after we have given
    // it one may be the news that it was made, from before.
    if (known->second.is_ours() && link.is_unfinished()) {
        link.alias = known->second.alias;
        link.group = known->second.group;
    }
    if (known->second == link) return false;
    known->second = std::move(link);
    return true;
}

bool View::remove_address(const AddressKey& key) {
    const auto known = addresses_.find(key);
    if (known == addresses_.end()) return false;
    if (!known->second.is_ours()) std::erase(order_[key.link], key.address);
    addresses_.erase(known);
    if (!own_routes_.routes().empty()) take_routes_along(key);
    return true;
}

// The same address may stand elsewhere, with another length or on another link.
void View::take_routes_along(const AddressKey& gone) {
    const auto is_same = [&](const auto& entry) {
        return entry.first.address.address() == gone.address.address();
    };
    if (std::ranges::none_of(addresses_, is_same)) own_routes_.lose_source(gone.address.address());
    const auto is_ipv4 = [](const auto& entry) {
        return entry.first.address.family() == base::Family::ipv4;
    };
    if (gone.address.family() == base::Family::ipv4 &&
        std::ranges::none_of(addresses_of(gone.link), is_ipv4))
        own_routes_.lose_ipv4_of(gone.link);
}

void View::set_promotion(LinkIndex link, Promotion promotion) {
    const auto known = links_.find(link);
    if (known != links_.end()) known->second.promotion = promotion;
}

bool View::set_address(const event::AddressSet& set) {
    const auto [known, is_new] = addresses_.try_emplace(set.key, set.facts);
    if (!is_new && known->second == set.facts) return false;
    const bool was_own = !is_new && !known->second.is_ours();
    known->second = set.facts;
    if (was_own == !set.facts.is_ours()) return true;
    std::vector<base::InterfaceAddress>& order = order_[set.key.link];
    if (was_own)
        std::erase(order, set.key.address);
    else
        order.push_back(set.key.address);
    return true;
}

// The kernel removes the addresses of a link before the link; their events may be lost.
bool View::remove_link(LinkIndex index) {
    own_routes_.lose_link(index);
    order_.erase(index);
    const auto range = addresses_of(index);
    addresses_.erase(range.begin(), range.end());
    return links_.erase(index) > 0;
}

AddressKey View::least_key(LinkIndex link) {
    return {link, *base::InterfaceAddress::from(base::IpAddress{}, 0)};
}

AddressKey View::greatest_key(LinkIndex link) {
    std::array<std::uint8_t, 16> ones{};
    ones.fill(0xff);
    return {link, *base::InterfaceAddress::from(*base::IpAddress::from_octets(ones), 128)};
}

const Link* View::link(std::string_view name) const {
    const auto found =
        std::ranges::find_if(links_, [&](const auto& entry) { return entry.second.name == name; });
    return found == links_.end() ? nullptr : &found->second;
}

const Link* View::link(LinkIndex index) const {
    const auto found = links_.find(index);
    return found == links_.end() ? nullptr : &found->second;
}

const AddressFacts* View::address(const AddressKey& key) const {
    const auto found = addresses_.find(key);
    return found == addresses_.end() ? nullptr : &found->second;
}

const AddressFacts* View::present(const AddressKey& key) const {
    if (key.address.family() == base::Family::ipv4) return address(key);
    const base::IpAddress& wanted = key.address.address();
    const auto found = addresses_.lower_bound({key.link, *base::InterfaceAddress::from(wanted, 0)});
    const bool is_there = found != addresses_.end() && found->first.link == key.link &&
                          found->first.address.address() == wanted;
    return is_there ? &found->second : nullptr;
}

bool View::is_in_use(const AddressKey& key) const {
    const AddressFacts* facts = present(key);
    return facts != nullptr && !(facts->is_ours() && facts->is_tentative);
}

bool View::is_own_source(const base::IpAddress& address, LinkIndex link) const {
    const auto shortest = *base::InterfaceAddress::from(address, 0);
    const auto has_it = [&](LinkIndex index) {
        auto found = addresses_.lower_bound({index, shortest});
        for (; found != addresses_.end() && found->first.link == index &&
               found->first.address.address() == address;
             ++found)
            if (!found->second.is_ours()) return true;
        return false;
    };
    if (address.is_link_local_ipv6()) return has_it(link);
    return std::ranges::any_of(links_, [&](const auto& entry) { return has_it(entry.first); });
}

const std::vector<base::InterfaceAddress>& View::own_addresses_on(LinkIndex link) const {
    static const std::vector<base::InterfaceAddress> none;
    const auto found = order_.find(link);
    return found == order_.end() ? none : found->second;
}

}  // namespace kernel
