#include "fake_kernel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "wire.hpp"

namespace sim {

namespace {

base::InterfaceAddress parsed(std::string_view address) {
    return base::InterfaceAddress::parse(address).value();
}

base::Result<void> refused(std::string attempt, int error) {
    return base::os_failure(std::move(attempt), error);
}

}  // namespace

// --- what the engine asks for ---

base::Result<void> FakeKernel::listen(const kernel::Link& link, base::Family family) {
    requests_.push_back("listen " + link.name);
    if (faults.listen != 0) return refused("create a raw socket on " + link.name, faults.listen);
    if (device(link.index) == nullptr) return refused("bind to the interface", ENODEV);
    sockets_.insert({link.index, family});
    return {};
}

void FakeKernel::stop_listening(kernel::LinkIndex link, base::Family family) {
    sockets_.erase({link, family});
    claims_.erase({link, family});
}

base::Result<void> FakeKernel::send_advert(const kernel::Link& link, base::ByteView message,
                                           const vrrp::Route& route) {
    const std::string attempt = "send an advert on " + link.name;
    requests_.push_back(fmt::format("advert {}", message[2]));
    if (faults.advert != 0) return refused(attempt, faults.advert);
    if (faults.advert_ipv4 != 0 && route.source.family() == base::Family::ipv4)
        return refused(attempt, faults.advert_ipv4);
    const Device* found = device(link.index);
    if (found == nullptr || !sockets_.contains({link.index, route.source.family()}))
        return refused(attempt, ENODEV);
    if (!found->link.is_up || !found->link.has_carrier) return refused(attempt, ENETDOWN);
    adverts_.push_back({{message.begin(), message.end()}, route, found->link.name});
    return {};
}

base::Result<void> FakeKernel::watch_claims(const kernel::Link& link, base::Family family,
                                            const std::vector<base::IpAddress>& addresses) {
    claims_[{link.index, family}] = {addresses.begin(), addresses.end()};
    return {};
}

kernel::SentFrames FakeKernel::send_frames(const kernel::Link& link,
                                           std::span<const base::Bytes> frames) {
    const std::string attempt = "send an announcement on " + link.name;
    kernel::SentFrames sent;
    constexpr std::size_t ethernet_header = 14;
    for (const base::Bytes& frame : frames) {
        const auto advert = vrrp::parse_ip(base::ByteView{frame}.subspan(ethernet_header));
        if (advert && vrrp::decode(*advert)) {
            if (auto done = send_advert(link, advert->message, advert->route); !done)
                return {sent.count, done.error()};
            ++sent.count;
            continue;
        }
        const base::IpAddress about = announced_address(frame);
        requests_.push_back("arp " + about.text());
        if (is_awaited(about)) announced_early_.push_back(about.text());
        const int error = sent.count >= faults.frames_a_call ? ENOBUFS : faults.frame;
        if (error != 0) {
            sent.error = base::Error{attempt, error, {}};
            return sent;
        }
        frames_.push_back(frame);
        ++sent.count;
    }
    return sent;
}

std::vector<base::Result<void>> FakeKernel::apply(std::span<const kernel::Request> requests) {
    std::vector<base::Result<void>> answers;
    for (const kernel::Request& request : requests) answers.push_back(apply_one(request));
    return answers;
}

base::Result<void> FakeKernel::apply_one(const kernel::Request& request) {
    if (const auto* add_one = std::get_if<kernel::AddAddress>(&request)) return add(add_one->wish);
    if (const auto* renewal = std::get_if<kernel::RenewAddress>(&request))
        return renew(renewal->wish);
    if (const auto* removal = std::get_if<kernel::RemoveAddress>(&request)) return remove(*removal);
    if (const auto* setting = std::get_if<kernel::SetPromotion>(&request)) return set(*setting);
    if (const auto* route = std::get_if<kernel::AddRoute>(&request)) return add(route->wish.route);
    if (const auto* route = std::get_if<kernel::RemoveRoute>(&request)) return remove(route->route);
    if (const auto* rule = std::get_if<kernel::AddRule>(&request)) return add(rule->wish.rule);
    return remove(std::get<kernel::RemoveRule>(request).rule);
}

base::Result<void> FakeKernel::set_filter(const kernel::Refusals& refusals) {
    if (refusals.empty() && filter_.empty()) return {};
    requests_.push_back(fmt::format("filter {}", refusals.size()));
    if (faults.filter != 0) return refused("filter", faults.filter);
    filter_ = refusals;
    return {};
}

void FakeKernel::flush_filter() {
    filter_.clear();
    filter_was_changed_ = true;
}

std::set<std::string> FakeKernel::unaccepted() const {
    std::set<std::string> found;
    for (const kernel::Refusal& refusal : filter_) found.insert(refusal.address.text());
    return found;
}

base::Result<void> FakeKernel::add(const kernel::AddressWish& wish) {
    const std::string attempt = "add " + wish.key.address.text();
    requests_.push_back(attempt);
    ++address_requests_;
    if (faults.add != 0) return refused(attempt, faults.add);
    Device* found = device(wish.key.link);
    if (found == nullptr) return refused(attempt, ENODEV);
    const int error =
        insert(*found, wish.key.address, kernel::our_address_protocol, now_ + ipv6_delay);
    if (error != 0) return refused(attempt, error);
    std::ranges::find(found->addresses, wish.key.address, &Entry::address)->valid_until =
        end_of(wish);
    return {};
}

base::Result<void> FakeKernel::renew(const kernel::AddressWish& wish) {
    const std::string attempt = "renew " + wish.key.address.text();
    requests_.push_back(attempt);
    if (faults.renew != 0) return refused(attempt, faults.renew);
    Device* found = device(wish.key.link);
    if (found == nullptr) return refused(attempt, ENODEV);
    const auto entry = std::ranges::find(found->addresses, wish.key.address, &Entry::address);
    if (entry == found->addresses.end()) return refused(attempt, ENOENT);
    entry->valid_until = end_of(wish);
    return {};
}

base::Result<void> FakeKernel::remove(const kernel::RemoveAddress& removal) {
    const std::string attempt = "remove " + removal.key.address.text();
    requests_.push_back(attempt);
    ++address_requests_;
    if (faults.remove != 0) return refused(attempt, faults.remove);
    Device* found = device(removal.key.link);
    if (found == nullptr) return {};
    const bool promotes = removal.secondaries == kernel::Secondaries::promote;
    // What is not there counts as removed, as in kernel::Writer.
    (void)erase(*found, removal.key.address, promotes ? Promotion::on : found->link.promotion,
                Culprit::engine);
    return {};
}

base::Result<void> FakeKernel::set(const kernel::SetPromotion& setting) {
    const bool is_on = setting.promotion == Promotion::on;
    requests_.emplace_back(is_on ? "promotion on" : "promotion off");
    Device* found = device(setting.link);
    if (found == nullptr) return refused("set promote_secondaries", ENODEV);
    found->link.promotion = setting.promotion;
    return {};
}

base::Result<kernel::Link> FakeKernel::make_macvlan(const kernel::Macvlan& macvlan) {
    const std::string attempt = "make " + macvlan.name;
    requests_.push_back(attempt);
    if (faults.macvlan != 0) return std::unexpected(refused(attempt, faults.macvlan).error());
    if (device(macvlan.name) != nullptr || device(macvlan.parent) == nullptr)
        return std::unexpected(refused(attempt, EEXIST).error());
    const kernel::LinkIndex index{next_index_++};
    Device made{.link = {.index = index,
                         .name = macvlan.name,
                         .mac = macvlan.mac,
                         .alias = macvlan.alias,
                         .macvlan_on = macvlan.parent}};
    tell_link(made);
    return devices_.emplace(index, std::move(made)).first->second.link;
}

base::Result<void> FakeKernel::remove_macvlan(kernel::LinkIndex link) {
    if (const Device* found = device(link)) {
        requests_.push_back("remove " + found->link.name);
        remove_link(std::string{found->link.name});
    }
    return {};
}

base::Result<void> FakeKernel::raise_macvlan(kernel::LinkIndex link) {
    return set_power(link, "raise");
}

base::Result<void> FakeKernel::lower_macvlan(kernel::LinkIndex link) {
    return set_power(link, "lower");
}

base::Result<void> FakeKernel::set_power(kernel::LinkIndex link, const std::string& verb) {
    Device* found = device(link);
    if (found == nullptr) return {};
    requests_.push_back(verb + " " + found->link.name);
    if (faults.macvlan != 0) return refused(verb, faults.macvlan);
    found->link.is_up = found->link.has_carrier = verb == "raise";
    tell_link(*found);
    return {};
}

base::Result<kernel::ArpSettings> FakeKernel::arp_settings(kernel::LinkIndex link) {
    const Device* found = device(link);
    if (found == nullptr) return std::unexpected(refused("read settings", ENODEV).error());
    return found->arp;
}

base::Result<void> FakeKernel::set_arp(kernel::LinkIndex link,
                                       const kernel::ArpSettings& settings) {
    Device* found = device(link);
    if (found == nullptr) return refused("write settings", ENODEV);
    found->arp = settings;
    return {};
}

// --- time ---

void FakeKernel::advance(base::Instant now) {
    now_ = now;
    for (auto& [index, device] : devices_) put_to_use(device);
    while (next_expiry() && *next_expiry() <= now_)
        for (auto& [index, device] : devices_) {
            const auto over = std::ranges::find_if(device.addresses, [&](const Entry& entry) {
                return entry.valid_until && *entry.valid_until <= now_;
            });
            if (over == device.addresses.end()) continue;
            ++expiries_;
            // check_lifetime(): as if somebody had removed it.
            const base::InterfaceAddress gone = over->address;
            (void)erase(device, gone, device.link.promotion, Culprit::somebody);
        }
}

// addrconf_dad_work()
void FakeKernel::put_to_use(Device& device) {
    for (Entry& entry : device.addresses) {
        if (!entry.in_use_at || *entry.in_use_at > now_) continue;
        entry.in_use_at.reset();
        if (!faults.loses_news_of_ipv6) tell_address(device, entry);
    }
}

bool FakeKernel::is_awaited(const base::IpAddress& address) const {
    return std::ranges::any_of(devices_, [&](const auto& known) {
        return std::ranges::any_of(known.second.addresses, [&](const Entry& entry) {
            return entry.address.address() == address && entry.in_use_at;
        });
    });
}

std::optional<base::Instant> FakeKernel::next_change() const {
    std::optional<base::Instant> next = next_expiry();
    for (const auto& [index, device] : devices_)
        for (const Entry& entry : device.addresses) next = base::earlier(next, entry.in_use_at);
    return next;
}

std::optional<base::Instant> FakeKernel::next_expiry() const {
    std::optional<base::Instant> next;
    for (const auto& [index, device] : devices_)
        for (const Entry& entry : device.addresses)
            if (entry.valid_until && (!next || *entry.valid_until < *next))
                next = entry.valid_until;
    return next;
}

// --- what others do to the host ---

void FakeKernel::add_link(const std::string& name) {
    const kernel::LinkIndex index{next_index_++};
    const auto low = static_cast<std::uint8_t>(index.value);
    Device made{.link = {.index = index,
                         .name = name,
                         .mac = {{0x02, 0, 0, 0, 0, low}},
                         .is_up = true,
                         .has_carrier = true,
                         .port_of = {},
                         .promotion = Promotion::off}};
    tell_link(made);
    devices_.emplace(index, std::move(made));
}

void FakeKernel::remove_link(std::string_view name) {
    Device* found = device(name);
    if (found == nullptr) return;
    const kernel::LinkIndex index = found->link.index;
    for (const Entry& entry : found->addresses) tell_gone(*found, entry, Culprit::somebody);
    events_.emplace_back(kernel::event::LinkGone{index});
    ++revision_;
    devices_.erase(index);  // a socket that is bound to it stays open and hears nothing
}

void FakeKernel::rename_link(std::string_view name, const std::string& new_name) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.name = new_name;
    tell_link(*found);
}

void FakeKernel::set_carrier(std::string_view name, Carrier carrier) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.has_carrier = carrier == Carrier::on;
    tell_link(*found);
}

void FakeKernel::set_master(std::string_view name, const std::string& kind) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.port_of = kind;
    tell_link(*found);
}

void FakeKernel::set_mac(std::string_view name, const base::MacAddress& mac) {
    Device* found = device(name);
    if (found == nullptr) return;
    found->link.mac = mac;
    tell_link(*found);
}

void FakeKernel::set_promotion(std::string_view name, Promotion promotion) {
    device(name)->link.promotion = promotion;
}

bool FakeKernel::install(std::string_view link, std::string_view address, std::uint8_t protocol) {
    Device* found = device(link);
    return found != nullptr && insert(*found, parsed(address), protocol) == 0;
}

bool FakeKernel::uninstall(std::string_view link, std::string_view address) {
    Device* found = device(link);
    return found != nullptr &&
           erase(*found, parsed(address), found->link.promotion, Culprit::somebody) == 0;
}

void FakeKernel::set_tentative(std::string_view link, std::string_view address,
                               Tentative tentative) {
    Device* found = device(link);
    if (found == nullptr) return;
    for (Entry& entry : found->addresses) {
        if (entry.address != parsed(address)) continue;
        entry.is_tentative = tentative == Tentative::yes;
        tell_address(*found, entry);
    }
}

// --- what the engine is told ---

kernel::View FakeKernel::dump() const {
    kernel::View view;
    for (const auto& [index, device] : devices_) {
        view.apply(kernel::event::LinkSet{device.link});
        for (const Entry& entry : device.addresses)
            view.apply(kernel::event::AddressSet{{index, entry.address}, entry.facts()});
    }
    for (const kernel::Route& route : routes_) view.apply(kernel::event::RouteSet{route});
    for (const kernel::Rule& rule : rules_) view.apply(kernel::event::RuleSet{rule});
    return view;
}

std::vector<kernel::Event> FakeKernel::take_events() { return std::exchange(events_, {}); }
std::vector<FakeKernel::Sent> FakeKernel::take_adverts() { return std::exchange(adverts_, {}); }
std::vector<base::Bytes> FakeKernel::take_frames() { return std::exchange(frames_, {}); }

void FakeKernel::process_has_ended() {
    sockets_.clear();
    claims_.clear();
    events_.clear();
    filter_was_changed_ = false;
}

// --- facts ---

std::optional<app::Socket> FakeKernel::socket_for(std::string_view link,
                                                  base::ByteView datagram) const {
    const Device* found = device(link);
    if (found == nullptr || !found->link.is_up || !found->link.has_carrier || datagram.empty())
        return std::nullopt;
    const bool is_ipv6 = datagram[0] >> 4 == 6;
    const app::Socket socket{found->link.index, is_ipv6 ? base::Family::ipv6 : base::Family::ipv4};
    if (!is_open(socket)) return std::nullopt;
    const auto split = vrrp::parse_ip(datagram);
    if (!split || split->route.destination.is_multicast()) return socket;
    const bool is_ours = std::ranges::any_of(found->addresses, [&](const Entry& entry) {
        return entry.address.address() == split->route.destination && !entry.is_tentative;
    });
    return is_ours ? std::optional{socket} : std::nullopt;
}

bool FakeKernel::hears_claims(std::string_view link, const base::IpAddress& address) const {
    const auto found = claims_.find({index_of(link), address.family()});
    return found != claims_.end() && found->second.contains(address);
}

bool FakeKernel::has_carrier(std::string_view link) const {
    const Device* found = device(link);
    return found != nullptr && found->link.has_carrier;
}

kernel::LinkIndex FakeKernel::index_of(std::string_view name) const {
    const Device* found = device(name);
    return found == nullptr ? kernel::LinkIndex{0} : found->link.index;
}

bool FakeKernel::has(std::string_view link, std::string_view address) const {
    const Device* found = device(link);
    return found != nullptr && std::ranges::find(found->addresses, parsed(address),
                                                 &Entry::address) != found->addresses.end();
}

std::set<std::string> FakeKernel::marked(std::string_view link) const {
    std::set<std::string> found;
    if (const Device* named = device(link))
        for (const Entry& entry : named->addresses)
            if (entry.protocol == kernel::our_address_protocol) found.insert(entry.address.text());
    return found;
}

std::vector<base::InterfaceAddress> FakeKernel::marked_addresses(std::string_view link) const {
    std::vector<base::InterfaceAddress> found;
    if (const Device* named = device(link))
        for (const Entry& entry : named->addresses)
            if (entry.protocol == kernel::our_address_protocol) found.push_back(entry.address);
    std::ranges::sort(found);
    return found;
}

bool FakeKernel::is_usable(std::string_view link, const base::InterfaceAddress& address) const {
    const Device* found = device(link);
    return found != nullptr && std::ranges::any_of(found->addresses, [&](const Entry& entry) {
               return entry.address == address && !entry.is_tentative && !entry.in_use_at;
           });
}

std::set<std::string> FakeKernel::unmarked(std::string_view link) const {
    std::set<std::string> found;
    if (const Device* named = device(link))
        for (const Entry& entry : named->addresses)
            if (entry.protocol != kernel::our_address_protocol) found.insert(entry.address.text());
    return found;
}

// --- Linux ---

FakeKernel::Device* FakeKernel::device(std::string_view name) {
    return const_cast<Device*>(std::as_const(*this).device(name));
}

const FakeKernel::Device* FakeKernel::device(std::string_view name) const {
    const auto found = std::ranges::find_if(
        devices_, [&](const auto& entry) { return entry.second.link.name == name; });
    return found == devices_.end() ? nullptr : &found->second;
}

FakeKernel::Device* FakeKernel::device(kernel::LinkIndex index) {
    const auto found = devices_.find(index);
    return found == devices_.end() ? nullptr : &found->second;
}

// __inet_insert_ifa(): the first address of a subnet is primary and goes behind the last primary
// one; those that follow are secondary and go to the end.
int FakeKernel::insert(Device& device, const base::InterfaceAddress& address, std::uint8_t protocol,
                       std::optional<base::Instant> in_use_at) {
    Entry made{address, protocol, false};
    if (address.family() == base::Family::ipv6) {
        made.in_use_at = in_use_at;
        return insert_ipv6(device, made);
    }
    auto place = device.addresses.begin();
    for (auto entry = device.addresses.begin(); entry != device.addresses.end(); ++entry) {
        const bool is_ipv4 = entry->address.family() == base::Family::ipv4;
        if (is_ipv4 && !entry->is_secondary) place = std::next(entry);
        if (!entry->address.is_same_subnet(address)) continue;
        if (entry->address == address) return EEXIST;
        made.is_secondary = true;
    }
    if (made.is_secondary) place = device.addresses.end();
    tell_address(device, made);
    device.addresses.insert(place, made);
    return 0;
}

// ipv6_link_dev_addr(): wider scopes first, the newest first within a scope; the IPv6 list stands
// behind the IPv4 one here. An address is there once, whatever its prefix length.
int FakeKernel::insert_ipv6(Device& device, const Entry& made) {
    auto& all = device.addresses;
    const auto is_same = [&](const Entry& entry) {
        return entry.address.address() == made.address.address();
    };
    if (std::ranges::any_of(all, is_same)) return EEXIST;
    const auto is_wider = [](const base::IpAddress& address) {
        return !address.is_link_local_ipv6();
    };
    const bool wide = is_wider(made.address.address());
    const auto place = std::ranges::find_if(all, [&](const Entry& entry) {
        return entry.address.family() == base::Family::ipv6 &&
               (wide || !is_wider(entry.address.address()));
    });
    if (made.in_use_at)
        ++revision_;
    else
        tell_address(device, made);
    all.insert(place, made);
    return 0;
}

// __inet_del_ifa(): with a primary address go its secondaries, unless they are promoted.
int FakeKernel::erase(Device& device, const base::InterfaceAddress& address, Promotion promotion,
                      Culprit culprit) {
    auto& all = device.addresses;
    const auto found = std::ranges::find(all, address, &Entry::address);
    if (found == all.end()) return EADDRNOTAVAIL;
    const Entry gone = *found;
    const auto position = static_cast<std::size_t>(found - all.begin());
    const auto hangs_on_it = [&](const Entry& entry) {
        return entry.is_secondary && entry.address.is_same_subnet(address);
    };
    const bool has_secondaries = address.family() == base::Family::ipv4 && !gone.is_secondary;
    const bool takes_along = has_secondaries && promotion == Promotion::off;
    if (takes_along) {
        for (const Entry& entry : all)
            if (hangs_on_it(entry)) tell_gone(device, entry, culprit);
        std::erase_if(all, hangs_on_it);
    }
    std::erase_if(all, [&](const Entry& entry) { return entry.address == address; });
    tell_gone(device, gone, culprit);
    if (has_secondaries && !takes_along) promote(device, address, position);
    return 0;
}

void FakeKernel::promote(Device& device, const base::InterfaceAddress& subnet, std::size_t after) {
    auto& all = device.addresses;
    const auto is_heir = [&](const Entry& entry) {
        return entry.is_secondary && entry.address.is_same_subnet(subnet);
    };
    const auto heir = std::ranges::find_if(all, is_heir);
    if (heir == all.end()) return;
    Entry promoted = *heir;
    promoted.is_secondary = false;
    if (heir - all.begin() < static_cast<std::ptrdiff_t>(after)) --after;
    all.erase(heir);
    auto place = all.begin() + static_cast<std::ptrdiff_t>(after);
    for (auto entry = place; entry != all.end(); ++entry)
        if (!entry->is_secondary && entry->address.family() == base::Family::ipv4)
            place = std::next(entry);
    all.insert(place, promoted);
    tell_address(device, promoted);
}

void FakeKernel::tell_link(const Device& device) {
    ++revision_;
    events_.emplace_back(kernel::event::LinkSet{device.link});
}

void FakeKernel::tell_address(const Device& device, const Entry& entry) {
    ++revision_;
    events_.emplace_back(
        kernel::event::AddressSet{{device.link.index, entry.address}, entry.facts()});
}

void FakeKernel::tell_gone(const Device& device, const Entry& entry, Culprit culprit) {
    ++revision_;
    events_.emplace_back(kernel::event::AddressGone{{device.link.index, entry.address}});
    if (culprit == Culprit::engine && entry.protocol != kernel::our_address_protocol)
        lost_.push_back(entry.address.text());
}

}  // namespace sim
