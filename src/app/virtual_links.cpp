#include "app/virtual_links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "vrrp/frame.hpp"

namespace app {

namespace {

constexpr base::Duration first_wait = std::chrono::milliseconds{100};
constexpr base::Duration longest_wait = std::chrono::seconds{10};

// Another one of ours on the same parent that says as well what its settings were.
bool has_sibling(const kernel::Link& link, const kernel::View& view) {
    return std::ranges::any_of(view.links(), [&](const auto& entry) {
        const kernel::Link& other = entry.second;
        return other.index != link.index && other.is_ours() &&
               other.macvlan_on == link.macvlan_on && kernel::former_settings(other.alias);
    });
}

// As a process before us has written it down.
std::optional<kernel::ArpSettings> written_settings(kernel::LinkIndex parent,
                                                    const kernel::View& view) {
    for (const auto& [index, link] : view.links()) {
        if (!link.is_ours() || link.macvlan_on != parent) continue;
        if (auto former = kernel::former_settings(link.alias)) return former;
    }
    return std::nullopt;
}

}  // namespace

void VirtualLinks::want(std::size_t session, const config::Router& router, base::Family family) {
    if (!router.virtual_mac) return;
    Standing standing{.name = router.virtual_mac->link(family),
                      .mac = vrrp::virtual_mac(family, router.vrid),
                      .link = std::nullopt,
                      .fault = {}};
    Entry wanted{router.name, family, router.interface, std::move(standing)};
    const auto same = std::ranges::find_if(before_, [&](const auto& entry) {
        const Entry& known = entry.second;
        return known.standing.name == wanted.standing.name &&
               known.standing.mac == wanted.standing.mac && known.parent_name == wanted.parent_name;
    });
    if (same != before_.end()) {
        wanted.standing = std::move(same->second.standing);
        wanted.retry = same->second.retry;
        before_.erase(same);
    }
    entries_.emplace(session, std::move(wanted));
}

// --- there or not ---

void VirtualLinks::follow(kernel::View& view, Ports& ports, base::Instant now) {
    before_.clear();
    remove_strays(view, ports, now);
    for (auto& [session, entry] : entries_) follow(entry, view, ports, now);
}

void VirtualLinks::follow(Entry& entry, kernel::View& view, Ports& ports, base::Instant now) {
    Standing& standing = entry.standing;
    const kernel::Link* parent = view.link(entry.parent_name);
    const kernel::Link* link = view.link(standing.name);
    const bool is_its = link != nullptr && link->mac == standing.mac;
    if (standing.link && (!is_its || link->index != *standing.link)) standing.link.reset();
    if (parent == nullptr) {
        standing.fault.clear();
        entry.retry.reset();
        return;
    }
    if (link != nullptr && !link->is_ours()) {
        standing.link.reset();
        entry.retry.reset();
        standing.fault = fmt::format("interface {} is there and is not tandem's", standing.name);
        return;
    }
    if (standing.link || (entry.retry && now < entry.retry->at)) return;
    // A stray that waits for its removal, or that of a router which leaves.
    if (link != nullptr && !fits(entry, *link, view)) return;
    const auto done = link != nullptr ? adopt(entry, *link, view, ports)
                                      : make(entry, parent->index, view, ports);
    if (!done) return failed(entry, done.error(), now);
    standing.fault.clear();
    entry.retry.reset();
}

// The alias of the link says what the parent's settings were before they are changed.
base::Result<void> VirtualLinks::make(Entry& entry, kernel::LinkIndex parent, kernel::View& view,
                                      Ports& ports) {
    auto former = former_settings(parent, view);
    if (!former) {
        TRY(auto settings, ports.arp_settings(parent));
        former = settings;
    }
    TRY(auto made,
        ports.make_macvlan({.name = entry.standing.name,
                            .parent = parent,
                            .mac = entry.standing.mac,
                            .alias = kernel::macvlan_alias(entry.router, entry.family, *former)}));
    view.apply(kernel::event::LinkSet{made});
    return adopt(entry, made, view, ports);
}

base::Result<void> VirtualLinks::adopt(Entry& entry, const kernel::Link& link,
                                       const kernel::View& view, Ports& ports) {
    const kernel::LinkIndex parent = *link.macvlan_on;
    if (const auto former = former_settings(parent, view)) former_.try_emplace(parent, *former);
    TRY_DO(ports.set_arp(parent, kernel::parent_settings));
    TRY_DO(ports.hear_rivals(link, entry.family));
    entry.standing.link = link.index;
    return {};
}

std::optional<kernel::ArpSettings> VirtualLinks::former_settings(kernel::LinkIndex parent,
                                                                 const kernel::View& view) const {
    if (const auto known = former_.find(parent); known != former_.end()) return known->second;
    return written_settings(parent, view);
}

// Also what a process before us has left half made.
void VirtualLinks::remove_strays(kernel::View& view, Ports& ports, base::Instant now) {
    if (strays_wait_until_ && now < *strays_wait_until_) return;
    strays_wait_until_.reset();
    std::vector<kernel::Link> strays;
    for (const auto& [index, link] : view.links())
        if (link.is_ours() && !is_wanted(link, view)) strays.push_back(link);
    for (const kernel::Link& stray : strays) {
        const auto removed = remove(stray, view, ports);
        if (removed) continue;
        troubles_.push_back(removed.error().text());
        strays_wait_until_ = now + longest_wait;
    }
}

bool VirtualLinks::is_wanted(const kernel::Link& link, const kernel::View& view) const {
    return std::ranges::any_of(entries_,
                               [&](const auto& item) { return fits(item.second, link, view); });
}

bool VirtualLinks::fits(const Entry& entry, const kernel::Link& link, const kernel::View& view) {
    const kernel::Link* parent = view.link(entry.parent_name);
    return entry.standing.name == link.name && entry.standing.mac == link.mac &&
           parent != nullptr && parent->index == link.macvlan_on &&
           kernel::former_settings(link.alias).has_value();
}

// The settings first: once the last alias is gone nobody knows what they were.
base::Result<void> VirtualLinks::remove(const kernel::Link& link, kernel::View& view,
                                        Ports& ports) {
    const kernel::LinkIndex index = link.index;
    const kernel::LinkIndex parent = *link.macvlan_on;
    const bool is_last = !has_sibling(link, view);
    const auto former = former_settings(parent, view);
    if (is_last && former && view.link(parent) != nullptr) TRY_DO(ports.set_arp(parent, *former));
    TRY_DO(ports.remove_macvlan(index));
    if (is_last) former_.erase(parent);
    view.apply(kernel::event::LinkGone{index});
    for (auto& [session, entry] : entries_)
        if (entry.standing.link == index) entry.standing.link.reset();
    return {};
}

void VirtualLinks::end(kernel::View& view, Ports& ports, base::Instant now) {
    if (!entries_.empty()) strays_wait_until_.reset();
    entries_.clear();
    remove_strays(view, ports, now);
}

void VirtualLinks::forget(kernel::LinkIndex index, Ports& ports) {
    former_.erase(index);
    ports.stop_hearing_rivals(index);
    for (auto& [session, entry] : entries_)
        if (entry.standing.link == index) entry.standing.link.reset();
}

// --- up or down ---

bool VirtualLinks::set_power(const std::vector<bool>& active, kernel::View& view, Ports& ports,
                             base::Instant now) {
    bool has_changed = false;
    for (auto& [session, entry] : entries_) {
        Standing& standing = entry.standing;
        const kernel::Link* link = standing.link ? view.link(*standing.link) : nullptr;
        if (link == nullptr || (entry.retry && now < entry.retry->at)) continue;
        const bool was_well = standing.fault.empty();
        const bool wants_up = active[session];
        if (was_well && link->is_up == wants_up) continue;
        kernel::Link changed = *link;
        changed.is_up = changed.has_carrier = wants_up;
        const auto done = link->is_up == wants_up ? base::Result<void>{}
                          : wants_up              ? ports.raise_macvlan(link->index)
                                                  : ports.lower_macvlan(link->index);
        if (done) {
            standing.fault.clear();
            entry.retry.reset();
            view.apply(kernel::event::LinkSet{changed});
        } else {
            failed(entry, done.error(), now);
            // Whoever cannot have it must not try for every takeover.
            entry.retry->at = now + longest_wait;
        }
        has_changed = has_changed || was_well != standing.fault.empty();
    }
    return has_changed;
}

// --- facts ---

void VirtualLinks::failed(Entry& entry, const base::Error& error, base::Instant now) {
    const base::Duration wait =
        entry.retry ? std::min(2 * entry.retry->wait, longest_wait) : first_wait;
    entry.retry = Retry{now + wait, wait};
    if (entry.standing.fault != error.text()) troubles_.push_back(error.text());
    entry.standing.fault = error.text();
}

const VirtualLinks::Standing* VirtualLinks::of(std::size_t session) const {
    const auto found = entries_.find(session);
    return found == entries_.end() ? nullptr : &found->second.standing;
}

kernel::LinkIndex VirtualLinks::parent_of(kernel::LinkIndex link, const kernel::View& view) const {
    for (const auto& [session, entry] : entries_) {
        if (entry.standing.link != link) continue;
        const kernel::Link* found = view.link(link);
        return found != nullptr && found->macvlan_on ? *found->macvlan_on : link;
    }
    return link;
}

std::optional<base::Instant> VirtualLinks::deadline() const {
    std::optional<base::Instant> next = strays_wait_until_;
    for (const auto& [session, entry] : entries_)
        if (entry.retry) next = base::earlier(next, entry.retry->at);
    return next;
}

}  // namespace app
