#include "health/routes.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "health/raw_socket.hpp"
#include "health/route_filter.hpp"

namespace health {

namespace {

constexpr const char* subscribe_attempt = "subscribe to changes of routes";
constexpr int reads_per_turn = 64;
constexpr int reads_per_slice = 4;
// A table that changes all the time: what three readings did not find is not there.
constexpr int most_interruptions = 3;
// Reading may take this part of the time.
constexpr int rest_factor = 10;

// The kernel's word at the end of a dump, or instead of one.
int error_in(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(int)) return 0;
    return -*static_cast<const int*>(mnl_nlmsg_get_payload(header));
}

bool leads_somewhere(std::uint8_t type) {
    return type != RTN_BLACKHOLE && type != RTN_UNREACHABLE && type != RTN_PROHIBIT &&
           type != RTN_THROW;
}

std::uint32_t table_in(const rtmsg* body, const nlattr* table) {
    if (table == nullptr || base::octets_of(table).size() != sizeof(std::uint32_t))
        return body->rtm_table;
    return mnl_attr_get_u32(table);
}

}  // namespace

bool is_about(const nlmsghdr* header, const kind::Route& route) {
    if (header->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(header) < sizeof(rtmsg))
        return false;
    const auto* body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    const int family = route.to.family() == base::Family::ipv4 ? AF_INET : AF_INET6;
    if (body->rtm_family != family || body->rtm_dst_len != route.to.prefix_length()) return false;
    if (route.protocol && body->rtm_protocol != *route.protocol) return false;
    // A clone is the kernel's memory of one destination (a redirect, an MTU).
    if (!leads_somewhere(body->rtm_type) || (body->rtm_flags & RTM_F_CLONED) != 0) return false;
    const auto attributes = base::attributes_of<RTA_TABLE + 1>(header, sizeof(rtmsg));
    if (table_in(body, attributes[RTA_TABLE]) != route.table) return false;
    if (attributes[RTA_DST] == nullptr) return route.to.prefix_length() == 0;
    const auto to = base::IpAddress::from_octets(base::octets_of(attributes[RTA_DST]));
    return to && *to == route.to.address();
}

bool Routes::Table::holds(const kind::Route& route) const {
    return route.to.family() == family && route.table == number &&
           route.protocol.value_or(0) == protocol;
}

Routes::Routes(Waker& waker, Links& links) : waker_{waker}, links_{links} { links_.join(*this); }

Routes::~Routes() {
    links_.leave(*this);
    if (changes_) waker_.unwatch(changes_->descriptor());
    if (timer_.is_open()) waker_.unwatch(timer_.number());
    for (const auto& table : tables_) stop(*table);
}

void Routes::join(RouteListener& listener) {
    listeners_.push_back(&listener);
    set_filter();
    const kind::Route& route = listener.watch().route;
    const auto held = [&](const auto& table) { return table->holds(route); };
    const auto found = std::ranges::find_if(tables_, held);
    if (found != tables_.end()) {
        // What is being read now has perhaps passed its place: begin anew.
        stop(**found);
        (*found)->is_stale = true;
        (*found)->rests_until = {};
        return;
    }
    tables_.push_back(std::make_unique<Table>(Table{.family = route.to.family(),
                                                    .number = route.table,
                                                    .protocol = route.protocol.value_or(0)}));
}

void Routes::leave(RouteListener& listener) {
    std::erase(listeners_, &listener);
    set_filter();
    std::erase_if(tables_, [&](const auto& table) {
        const auto wants = [&](RouteListener* other) { return table->holds(other->watch().route); };
        if (std::ranges::any_of(listeners_, wants)) return false;
        stop(*table);
        return true;
    });
}

void Routes::stop(Table& table) {
    if (table.dump) waker_.unwatch(table.dump->descriptor());
    table.dump.reset();
}

void Routes::set_filter() {
    if (!changes_) return;
    std::vector<base::InterfaceAddress> prefixes;
    for (RouteListener* listener : listeners_) prefixes.push_back(listener->watch().route.to);
    auto filter = route_filter(std::move(prefixes));
    // Without it more is heard than is needed; one that lets too little through is worse.
    if (!attach_filter(changes_->descriptor(), filter, subscribe_attempt))
        ::setsockopt(changes_->descriptor(), SOL_SOCKET, SO_DETACH_FILTER, nullptr, 0);
}

base::Result<void> Routes::subscribe() {
    auto nothing = route_filter({});
    TRY(NetlinkSocket socket,
        NetlinkSocket::subscribe({RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_NEXTHOP}, nothing,
                                 subscribe_attempt));
    changes_ = std::move(socket);
    set_filter();
    waker_.watch(changes_->descriptor(), EPOLLIN, *this);
    return {};
}

base::Result<void> Routes::refresh(base::Instant now) {
    TRY_DO(links_.prepare(now));
    if (!changes_) {
        TRY_DO(subscribe());
        distrust(std::nullopt);
    }
    std::optional<base::Instant> due;
    for (const auto& table : tables_) {
        if (!table->is_stale || table->dump) continue;
        if (now >= table->rests_until)
            TRY_DO(begin(*table, now));
        else
            due = base::earlier(due, table->rests_until);
    }
    return wake_at(due);
}

// What is stale is read when its table has rested, though nobody asks.
base::Result<void> Routes::wake_at(std::optional<base::Instant> due) {
    if (!due) return {};
    if (!timer_.is_open()) {
        timer_ = base::Fd{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
        if (!timer_.is_open()) return base::os_failure("make a timer for routes", errno);
        waker_.watch(timer_.number(), EPOLLIN, *this);
    }
    const auto since = due->time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
    itimerspec when{};
    when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
    ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &when, nullptr);
    return {};
}

base::Result<void> Routes::begin(Table& table, base::Instant now) {
    const std::uint8_t family = table.family == base::Family::ipv4 ? AF_INET : AF_INET6;
    TRY(NetlinkSocket socket, NetlinkSocket::dump({.type = RTM_GETROUTE,
                                                   .family = family,
                                                   .protocol = table.protocol,
                                                   .table = table.number},
                                                  fmt::format("read table {}", table.number)));
    for (RouteListener* listener : listeners_)
        if (table.holds(listener->watch().route)) listener->watch().is_seen = false;
    table.dump = std::move(socket);
    table.began = now;
    // What changes from now on, perhaps behind the reader's back, makes it stale again.
    table.is_stale = false;
    waker_.watch(table.dump->descriptor(), EPOLLIN, *this);
    return {};
}

void Routes::on_ready(int descriptor, base::Instant now) {
    if (descriptor == timer_.number()) {
        std::uint64_t ticks = 0;
        [[maybe_unused]] const ssize_t size = ::read(descriptor, &ticks, sizeof(ticks));
        static_cast<void>(refresh(now));  // what fails is tried again when somebody asks
        return;
    }
    if (changes_ && descriptor == changes_->descriptor()) {
        read_changes();
        // A socket that failed is opened again when somebody asks.
        static_cast<void>(refresh(now));
        return;
    }
    const auto reads = [&](const auto& table) {
        return table->dump && table->dump->descriptor() == descriptor;
    };
    const auto table = std::ranges::find_if(tables_, reads);
    if (table == tables_.end()) return;
    const Slice slice = read_slice(**table);
    if (slice != Slice::more) end(**table, slice, now);
}

void Routes::read_changes() {
    for (int reads = 0; reads < reads_per_turn; ++reads) {
        switch (changes_->read()) {
            case NetlinkRead::nothing: return;
            case NetlinkRead::overrun: distrust(std::nullopt); break;
            case NetlinkRead::failed:
                waker_.unwatch(changes_->descriptor());
                changes_.reset();
                return;
            case NetlinkRead::messages:
                for_each_message(changes_->messages(), [&](const nlmsghdr* header) {
                    if (header->nlmsg_type == RTM_DELNEXTHOP) return distrust(std::nullopt);
                    const auto* body = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
                    distrust(body->rtm_family == AF_INET ? base::Family::ipv4 : base::Family::ipv6);
                });
                break;
        }
    }
}

void Routes::on_link(const std::string& /*name*/, Change change, base::Instant now) {
    if (change == Change::address_added) return;
    distrust(std::nullopt);
    if (changes_) static_cast<void>(refresh(now));  // what fails is tried again when somebody asks
}

void Routes::distrust(std::optional<base::Family> family) {
    for (const auto& table : tables_)
        if (!family || table->family == *family) table->is_stale = true;
}

Routes::Slice Routes::read_slice(Table& table) {
    Slice slice = Slice::more;
    for (int reads = 0; reads < reads_per_slice && slice == Slice::more; ++reads) {
        const NetlinkRead read = table.dump->read();
        if (read == NetlinkRead::nothing) return Slice::more;
        if (read != NetlinkRead::messages) return Slice::failed;
        for_each_message(table.dump->messages(), [&](const nlmsghdr* header) {
            if ((header->nlmsg_flags & NLM_F_DUMP_INTR) != 0) slice = Slice::interrupted;
            const bool is_last =
                header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR;
            if (!is_last) return match(table, header);
            const int error = error_in(header);
            // A table without routes does not exist.
            if (error != 0 && error != ENOENT) slice = Slice::failed;
            if (slice == Slice::more) slice = Slice::done;
        });
    }
    return slice;
}

void Routes::match(const Table& table, const nlmsghdr* header) {
    for (RouteListener* listener : listeners_) {
        RouteWatch& watch = listener->watch();
        if (!watch.is_seen && table.holds(watch.route) && is_about(header, watch.route))
            watch.is_seen = true;
    }
}

void Routes::end(Table& table, Slice slice, base::Instant now) {
    stop(table);
    table.interruptions = slice == Slice::interrupted ? table.interruptions + 1 : 0;
    const bool is_over = table.interruptions == 0 || table.interruptions >= most_interruptions;
    if (slice != Slice::done) table.is_stale = true;
    if (is_over) {
        table.interruptions = 0;
        table.rests_until = now + rest_factor * (now - table.began);
    }
    for (RouteListener* listener : listeners_) {
        RouteWatch& watch = listener->watch();
        if (!table.holds(watch.route)) continue;
        if (!is_over && !watch.is_seen) continue;  // it may have been passed over
        watch.is_there.reset();
        if (slice != Slice::failed) watch.is_there = watch.is_seen;
        watch.problem = slice == Slice::failed ? "the kernel did not tell its routes" : "";
        listener->on_known();
    }
    // A reading that was interrupted, and what has changed meanwhile.
    static_cast<void>(refresh(now));
}

}  // namespace health
