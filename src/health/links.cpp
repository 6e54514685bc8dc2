#include "health/links.hpp"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <unordered_set>

namespace health {

namespace {

constexpr const char* attempt = "read the links of this machine";

// How the daemon marks its virtual addresses (IFA_PROTO). While they move, another machine may hold
// them already: a question that came from one would teach the neighbours a wrong place for it.
constexpr std::uint8_t virtual_addresses = 112;

// How many reads of the kernel a turn may have: a flood of changes is no reason to stop looking.
constexpr int reads_per_turn = 64;

struct Seen {
    base::InterfaceAddress address;
    bool may_ask;  // it may be the sender of a question
};

std::optional<Seen> address_in(const nlmsghdr* header) {
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    const auto attributes = base::attributes_of<IFA_PROTO + 1>(header, sizeof(ifaddrmsg));
    // IFA_ADDRESS is the peer's on a point-to-point link.
    const nlattr* local =
        attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    if (local == nullptr) return std::nullopt;
    const auto octets = base::IpAddress::from_octets(base::octets_of(local));
    if (!octets) return std::nullopt;
    const auto address = base::InterfaceAddress::from(*octets, info->ifa_prefixlen);
    if (!address) return std::nullopt;

    const nlattr* protocol = attributes[IFA_PROTO];
    const bool is_virtual = protocol != nullptr && base::octets_of(protocol).size() == 1 &&
                            mnl_attr_get_u8(protocol) == virtual_addresses;
    const nlattr* wide_flags = attributes[IFA_FLAGS];
    const std::uint32_t flags = wide_flags != nullptr && base::octets_of(wide_flags).size() == 4
                                    ? mnl_attr_get_u32(wide_flags)
                                    : info->ifa_flags;
    const bool is_doubted = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
    return Seen{.address = *address, .may_ask = !is_virtual && !is_doubted};
}

}  // namespace

Links::~Links() { close(); }

void Links::close() {
    if (changes_) waker_.unwatch(changes_->descriptor());
    changes_.reset();
    is_current_ = false;
}

base::Result<void> Links::prepare(base::Instant now) {
    if (is_current_) return {};
    if (!changes_) {
        TRY(NetlinkSocket socket,
            NetlinkSocket::subscribe({RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR}, {},
                                     attempt));
        changes_ = std::move(socket);
        waker_.watch(changes_->descriptor(), EPOLLIN, *this);
    }
    for (int attempts = 0; attempts < 3 && !is_current_; ++attempts) {
        TRY(const Dump end, dump(now));
        is_current_ = end == Dump::whole;
    }
    if (!is_current_) return base::failure(attempt, "they changed while they were read");
    return {};
}

// Notifications that come meanwhile stay queued and are applied on top, which is harmless: the last
// one about a link or an address states all of it.
base::Result<Links::Dump> Links::dump(base::Instant now) {
    for (auto& [index, link] : links_) link.addresses.clear();
    std::unordered_set<int> seen;
    Dump end = Dump::whole;
    for (const std::uint16_t type : {RTM_GETLINK, RTM_GETADDR}) {
        TRY(NetlinkSocket socket, NetlinkSocket::dump({.type = type}, attempt));
        bool is_over = false;
        while (!is_over) {
            if (socket.read() != NetlinkRead::messages)
                return base::failure(attempt, "the kernel did not tell all of them");
            for_each_message(socket.messages(), [&](const nlmsghdr* header) {
                if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) end = Dump::interrupted;
                if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
                    is_over = true;
                if (header->nlmsg_type == RTM_NEWLINK)
                    seen.insert(
                        static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header))->ifi_index);
                take(header, now);
            });
        }
    }
    if (end == Dump::interrupted) return end;  // some may have been passed over
    std::vector<int> gone;
    for (const auto& [index, link] : links_)
        if (!seen.contains(index)) gone.push_back(index);
    for (const int index : gone) forget(index, now);
    return end;
}

const Link* Links::find(const std::string& name) const {
    const auto index = indexes_.find(name);
    if (index == indexes_.end()) return nullptr;
    return &links_.at(index->second);
}

void Links::on_ready(int /*descriptor*/, base::Instant now) {
    for (int reads = 0; reads < reads_per_turn; ++reads) {
        switch (changes_->read()) {
            case NetlinkRead::nothing: return;
            case NetlinkRead::overrun: return begin_anew(now);
            case NetlinkRead::failed: close(); return begin_anew(now);
            case NetlinkRead::messages:
                for_each_message(changes_->messages(),
                                 [&](const nlmsghdr* header) { take(header, now); });
                break;
        }
    }
}

// What is queued is older than what was lost, and would undo what is read now. It is finite: until
// the queue is empty the kernel adds nothing to it.
void Links::begin_anew(base::Instant now) {
    is_current_ = false;
    const auto is_more = [this] {
        const NetlinkRead read = changes_->read();
        return read == NetlinkRead::messages || read == NetlinkRead::overrun;
    };
    while (changes_ && is_more()) {
    }
    // What cannot be read now is tried again when somebody asks.
    if (prepare(now)) tell_all(now);
}

// Nobody knows what else was lost.
void Links::tell_all(base::Instant now) {
    for (const auto& [index, link] : links_)
        tell(link.name, LinkListener::Change::address_gone, now);
}

void Links::take(const nlmsghdr* header, base::Instant now) {
    switch (header->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK: return take_link(header, now);
        case RTM_NEWADDR:
        case RTM_DELADDR: return take_address(header, now);
        default: return;  // a number from the kernel, not an enum of ours
    }
}

void Links::take_link(const nlmsghdr* header, base::Instant now) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(ifinfomsg)) return;
    const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
    // A bridge reports its ports in messages of its own family (AF_BRIDGE); RTM_DELLINK there means
    // that the link left the bridge, not that it is gone.
    if (info->ifi_family != AF_UNSPEC) return;
    if (header->nlmsg_type == RTM_DELLINK) return forget(info->ifi_index, now);
    const auto attributes = base::attributes_of<IFLA_IFNAME + 1>(header, sizeof(ifinfomsg));
    const nlattr* name = attributes[IFLA_IFNAME];
    if (name == nullptr || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0) return;

    Link& link = links_[info->ifi_index];
    const bool is_renamed = !link.name.empty() && link.name != mnl_attr_get_str(name);
    if (is_renamed) {
        const std::string before = link.name;
        indexes_.erase(before);
        tell(before, LinkListener::Change::state, now);
    }
    const bool is_enabled = (info->ifi_flags & IFF_UP) != 0;
    const Carrier carrier =
        is_enabled && (info->ifi_flags & IFF_RUNNING) != 0 ? Carrier::up : Carrier::down;
    const bool is_news =
        link.index == 0 || is_renamed || link.is_enabled != is_enabled || link.carrier != carrier;
    link.index = info->ifi_index;
    link.name = mnl_attr_get_str(name);
    link.hardware_type = info->ifi_type;
    const base::ByteView hardware = attributes[IFLA_ADDRESS] != nullptr
                                        ? base::octets_of(attributes[IFLA_ADDRESS])
                                        : base::ByteView{};
    link.hardware.assign(hardware.begin(), hardware.end());
    link.is_enabled = is_enabled;
    link.carrier = carrier;
    indexes_[link.name] = link.index;
    if (is_news) tell(link.name, LinkListener::Change::state, now);
}

void Links::take_address(const nlmsghdr* header, base::Instant now) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(ifaddrmsg)) return;
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    const auto link = links_.find(static_cast<int>(info->ifa_index));
    if (link == links_.end()) return;
    const bool is_added = header->nlmsg_type == RTM_NEWADDR;
    const auto seen = address_in(header);
    if (!seen) return;
    std::erase(link->second.addresses, seen->address);
    if (is_added && seen->may_ask) link->second.addresses.push_back(seen->address);
    tell(link->second.name,
         is_added ? LinkListener::Change::address_added : LinkListener::Change::address_gone, now);
}

void Links::forget(int index, base::Instant now) {
    const auto found = links_.find(index);
    if (found == links_.end()) return;
    const std::string name = found->second.name;
    links_.erase(found);
    // Another link may have taken the name before we were told that this one is gone.
    if (const auto named = indexes_.find(name); named != indexes_.end() && named->second == index)
        indexes_.erase(named);
    tell(name, LinkListener::Change::state, now);
}

void Links::tell(const std::string& name, LinkListener::Change change, base::Instant now) {
    for (LinkListener* listener : listeners_) listener->on_link(name, change, now);
}

base::Result<int> index_of(Links& links, const std::string& name, base::Instant now) {
    if (name.empty()) return 0;
    TRY_DO(links.prepare(now));
    const Link* link = links.find(name);
    if (link == nullptr) return base::failure(fmt::format("no interface is called {}", name));
    return link->index;
}

}  // namespace health
