#include "kernel/view.hpp"

#include <algorithm>

namespace kernel {

void View::apply(const Event& event) {
    if (const auto* set = std::get_if<event::LinkSet>(&event)) {
        links_.insert_or_assign(set->link.index, set->link);
        return;
    }
    if (const auto* gone = std::get_if<event::LinkGone>(&event)) {
        // The kernel removes the addresses of a link before the link; their events may be lost.
        links_.erase(gone->index);
        order_.erase(gone->index);
        std::erase_if(addresses_,
                      [&](const auto& entry) { return entry.first.link == gone->index; });
        return;
    }
    if (const auto* set = std::get_if<event::AddressSet>(&event)) {
        const bool is_new = addresses_.insert_or_assign(set->key, set->facts).second;
        if (is_new) order_[set->key.link].push_back(set->key.address);
        return;
    }
    const auto& gone = std::get<event::AddressGone>(event);
    addresses_.erase(gone.key);
    std::erase(order_[gone.key.link], gone.key.address);
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

const std::vector<base::InterfaceAddress>& View::addresses_on(LinkIndex link) const {
    static const std::vector<base::InterfaceAddress> none;
    const auto found = order_.find(link);
    return found == order_.end() ? none : found->second;
}

}  // namespace kernel
