// What virtual MACs add to a turn: whether a session has its interface, adverts that come from its
// MAC, and the interface's way up and down.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "app/engine.hpp"
#include "vrrp/frame.hpp"

namespace app {

namespace {

constexpr std::size_t longest_ip_header = 40;

}  // namespace

// The addresses and the announcements of a session with a virtual MAC belong to that one's
// interface. Adverts are still received, and their source still found, on the router's own.
void Engine::add_virtual_link(const Session& session, Readiness& readiness) const {
    const VirtualLinks::Standing* standing = virtual_links_.of(session.number);
    if (standing == nullptr) return;
    readiness.mac = standing->mac;
    readiness.virtual_link = standing->link;
    if (!standing->fault.empty())
        readiness.blockers.push_back({Blocker::Kind::virtual_link, standing->fault});
    else if (!standing->link)
        readiness.blockers.push_back({Blocker::Kind::virtual_link,
                                      fmt::format("interface {} is not there", standing->name)});
}

base::Result<void> Engine::send(const Session& session, const kernel::Link& link,
                                const Session::Due::Copy& copy) {
    const config::Router& router = session.router();
    const auto& mac = session.readiness().mac;
    const bool is_from_virtual_mac =
        mac && router.virtual_mac &&
        router.virtual_mac->transmit == config::Transmit::virtual_mac &&
        copy.route.destination.is_multicast() &&
        copy.message.size() + longest_ip_header <= vrrp::longest_datagram_in_frame;
    if (!is_from_virtual_mac) return ports_.send_advert(link, copy.message, copy.route);
    const std::array frame{vrrp::advert_frame(*mac, copy.message, copy.route)};
    kernel::SentFrames sent = ports_.send_frames(link, frame);
    if (!sent.error) return {};
    sent.error->attempt = fmt::format("send an advert from {} on {}", mac->text(), link.name);
    return std::unexpected(std::move(*sent.error));
}

// After the adverts and before the addresses.
void Engine::power_links(base::Instant now) {
    std::vector<bool> active;
    for (const Session& session : sessions_)
        active.push_back(session.wants_addresses() && !session.is_mute(now));
    if (virtual_links_.set_power(active, view_, ports_, now)) must_follow_ = true;
    tell_link_troubles();
}

void Engine::end_links(base::Instant now) {
    if (!stopping_since_) return;
    const bool has_addresses = std::ranges::any_of(
        view_.addresses(), [](const auto& entry) { return entry.second.is_ours(); });
    if (has_addresses) return;
    virtual_links_.end(view_, ports_, now);
    tell_link_troubles();
}

void Engine::tell_link_troubles() {
    for (std::string& trouble : virtual_links_.take_troubles())
        records_.push_back({base::log::Level::error,
                            "interface of a virtual MAC failed; trying again",
                            {{"error", std::move(trouble)}},
                            base::EventKind::request_refused});
}

}  // namespace app
