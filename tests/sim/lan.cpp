#include "lan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire.hpp"

namespace sim {

namespace {
constexpr Duration start_of_wall_time = 20'000 * 24h;  // some day in 2024
}

HostId Lan::add(std::vector<config::Router> routers) {
    return add_at(fmt::format("192.0.2.{}/24", 11 + hosts_.size()), std::move(routers));
}

HostId Lan::add_at(std::string_view address, std::vector<config::Router> routers) {
    const HostId id = hosts_.size();
    Host& host = hosts_.emplace_back();
    host.config = {.file = "sim.conf",
                   .hash = "00000000",
                   .node = fmt::format("h{}", id),
                   .nodes = {},
                   .routers = std::move(routers)};
    host.kernel.add_link("eth0");
    if (!address.empty()) host.kernel.install("eth0", address, 0);
    start(id);
    return id;
}

HostId Lan::add_dual(std::vector<config::Router> routers) {
    const HostId id = add(std::move(routers));
    for (const std::string_view prefix : {"fe80::", "2001:db8::"})
        hosts_[id].kernel.install("eth0", fmt::format("{}{}/64", prefix, 11 + id), 0);
    return id;
}

void Lan::claim(HostId heard_by, const vrrp::Claim& claim) {
    Host& host = hosts_[heard_by];
    if (host.engine && host.kernel.hears_claims("eth0", claim.address))
        host.claims.push_back({host.kernel.index_of("eth0"), claim});
}

// --- time ---

bool Lan::Host::has_packets() const {
    return std::ranges::any_of(sockets, [](const auto& entry) { return !entry.second.empty(); });
}

void Lan::run_for(Duration span) {
    const Instant end = now_ + span;
    while (step(end)) {
    }
    if (!stormed()) now_ = end;
}

bool Lan::step(Instant end) {
    const auto next = next_instant();
    if (!next || *next > end || stormed()) return false;
    now_ = std::max(now_, *next);
    for (Host& host : hosts_) host.kernel.advance(now_);
    deliver_due();
    for (HostId id = 0; id < hosts_.size(); ++id) {
        const auto wake = wake_of(hosts_[id]);
        if (!wake || *wake > now_) continue;
        turn(id);
        ++steps_;
    }
    return true;
}

std::optional<Instant> Lan::wake_of(const Host& host) const {
    if (!host.engine) return std::nullopt;
    const bool is_ready = host.must_dump || host.must_stop || host.kernel.has_events() ||
                          host.has_packets() || !host.claims.empty();
    const auto deadline = is_ready ? std::optional{now_} : host.deadline;
    if (!deadline) return std::nullopt;
    return std::max(*deadline, host.free_at);
}

std::optional<Instant> Lan::next_instant() const {
    std::optional<Instant> next;
    if (!in_flight_.empty()) next = in_flight_.begin()->first;
    for (const Host& host : hosts_)
        for (const auto& event : {wake_of(host), host.kernel.next_expiry()})
            if (event && (!next || *event < *next)) next = event;
    return next;
}

void Lan::deliver_due() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
        Flight flight = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        deliver(flight.to, std::move(flight.datagram));
    }
}

void Lan::deliver(HostId id, base::Bytes datagram) {
    Host& host = hosts_[id];
    const auto key = host.kernel.socket_for("eth0", datagram);
    if (!host.engine || !key) return;
    const bool was_asleep = !host.has_packets();
    std::deque<app::Packet>& socket = host.sockets[*key];
    if (socket.size() >= host.pace.socket_capacity) return;
    socket.push_back({key->link, std::move(datagram), now_});
    // Asleep until now: the scheduler takes a moment.
    if (was_asleep && host.pace.latency_max > 0s)
        host.free_at =
            std::max(host.free_at, now_ + dice_of(id, id).between(0s, host.pace.latency_max));
}

void Lan::turn(HostId id) {
    Host& host = hosts_[id];
    app::Inputs inputs;
    inputs.wall = kernel::WallClock{std::chrono::duration_cast<kernel::WallClock::duration>(
        start_of_wall_time + now_.time_since_epoch() + host.clock_offset)};
    inputs.stop = std::exchange(host.must_stop, false);
    inputs.kernel = host.kernel.take_events();
    inputs.filter_was_changed = host.kernel.take_filter_change();
    if (std::exchange(host.must_dump, false)) {
        inputs.kernel.clear();
        inputs.view = host.kernel.dump();
    }
    read_sockets(host, inputs);
    inputs.claims = std::exchange(host.claims, {});
    const std::size_t requests = host.kernel.address_requests();
    keep_records(id, host.engine->turn(std::move(inputs), now_));
    transmit(id);
    const auto worked = static_cast<Duration::rep>(host.kernel.address_requests() - requests);
    host.turned_at = now_;
    host.deadline = host.engine->deadline();
    host.free_at =
        std::max(host.free_at, now_ + host.pace.turn_cost + worked * host.pace.request_cost);
    if (host.engine->is_finished()) {
        note(fmt::format("h{} has ended", id));
        host.engine.reset();
        host.is_stopping = false;
        host.kernel.process_has_ended();
    }
    std::erase_if(host.sockets,
                  [&](const auto& entry) { return !host.kernel.is_open(entry.first); });
}

// As app::LinuxPorts does it: a bounded number of each socket, and a horizon when that many came.
void Lan::read_sockets(Host& host, app::Inputs& inputs) const {
    for (auto& [key, socket] : host.sockets) {
        const std::size_t count = std::min(socket.size(), host.pace.packets_a_turn);
        for (std::size_t i = 0; i < count; ++i) {
            inputs.packets.push_back(std::move(socket.front()));
            socket.pop_front();
        }
        if (count == host.pace.packets_a_turn) inputs.horizons[key] = inputs.packets.back().arrived;
    }
}

void Lan::keep_records(HostId id, std::vector<base::log::Record> records) {
    for (base::log::Record& record : records) {
        if (tracing == Tracing::on) note(fmt::format("h{} {}", id, record.text()));
        told_.push_back({now_, id, std::move(record)});
    }
}

void Lan::transmit(HostId id) {
    for (const FakeKernel::Sent& sent : hosts_[id].kernel.take_adverts()) {
        const base::Bytes packet = datagram(
            {.source = sent.route.source, .destination = sent.route.destination}, sent.message);
        const auto parsed = vrrp::decode(*vrrp::parse_ip(packet)).value();
        adverts_.push_back({now_, id, parsed.vrid, parsed.priority.wire(), parsed.dialect,
                            parsed.version, sent.route});
        if (tracing == Tracing::on)
            note(fmt::format("h{} sends vrid={} priority={} to {}", id, parsed.vrid,
                             parsed.priority.wire(), sent.route.destination.text()));
        if (sent.route.source.family() != link.lost_family) put_on_wire(id, packet);
    }
    for (const base::Bytes& frame : hosts_[id].kernel.take_frames())
        announcements_.push_back({now_, id, announced_address(frame)});
}

void Lan::put_on_wire(HostId from, const base::Bytes& datagram) {
    for (HostId to = 0; to < hosts_.size(); ++to) {
        if (to == from || is_cut(from, to)) continue;
        Dice dice = dice_of(from, to);
        if (dice.chance(link.loss)) continue;
        fly(from, to, datagram, dice);
        if (dice.chance(link.duplication)) fly(from, to, datagram, dice);
    }
}

void Lan::fly(HostId from, HostId to, const base::Bytes& datagram, Dice& dice) {
    const Instant arrival = now_ + dice.between(link.delay_min, link.delay_max);
    if (dice.chance(link.reordering)) {
        in_flight_.emplace(arrival + dice.between(0s, link.held_back_max), Flight{to, datagram});
        return;
    }
    Instant& last = last_arrival_[{from, to}];
    last = std::max(last, arrival);
    in_flight_.emplace(last, Flight{to, datagram});
}

Dice Lan::dice_of(HostId from, HostId to) {
    auto& [at, count] = throws_[{from, to}];
    count = at == now_ ? count + 1 : 0;
    at = now_;
    return Dice::of(
        {seed_, from, to, static_cast<std::uint64_t>(now_.time_since_epoch().count()), count});
}

// --- faults ---

void Lan::stall(HostId id, Duration span) {
    note(fmt::format("h{} stalls for {} ms", id, span / 1ms));
    Host& host = hosts_[id];
    host.stalled_until = std::max(host.stalled_until, now_ + span);
    host.free_at = std::max(host.free_at, host.stalled_until);
}

void Lan::step_clock(HostId id, Duration step) {
    note(fmt::format("h{}: the wall clock steps by {} s", id, step / 1s));
    hosts_[id].clock_offset += step;
}

void Lan::crash(HostId id) {
    note(fmt::format("h{} crashes", id));
    Host& host = hosts_[id];
    host.engine.reset();
    host.is_stopping = false;
    host.stalled_until = now_;
    host.sockets.clear();
    host.kernel.process_has_ended();
}

void Lan::start(HostId id) {
    Host& host = hosts_[id];
    note(fmt::format("h{} starts", id));
    host.kernel.process_has_ended();
    host.sockets.clear();
    host.must_stop = false;
    host.is_stopping = false;
    host.must_dump = true;
    host.stalled_until = now_;
    host.free_at = now_;
    host.engine.emplace(host.config, host.kernel, now_);
}

void Lan::stop(HostId id) {
    note(fmt::format("h{} is told to stop", id));
    hosts_[id].must_stop = true;
    hosts_[id].is_stopping = true;
}

void Lan::partition(const std::set<HostId>& island) {
    for (HostId a = 0; a < hosts_.size(); ++a)
        for (HostId b = 0; b < hosts_.size(); ++b)
            if (island.contains(a) != island.contains(b)) cut(a, b);
}

void Lan::inject(HostId to, base::Bytes datagram) {
    in_flight_.emplace(now_, Flight{to, std::move(datagram)});
}

// --- facts ---

const app::Session& Lan::session(HostId id) const { return hosts_[id].engine->sessions().front(); }

std::string Lan::state(HostId id) const {
    return is_running(id) ? std::string{app::name_of(session(id).shown_state())} : "off";
}

std::set<HostId> Lan::actives() const {
    std::set<HostId> found;
    for (HostId id = 0; id < hosts_.size(); ++id)
        if (is_active(id)) found.insert(id);
    return found;
}

std::size_t Lan::count_adverts(HostId from) const {
    return static_cast<std::size_t>(std::ranges::count(adverts_, from, &SentAdvert::host));
}

std::size_t Lan::count_announcements(HostId from) const {
    return static_cast<std::size_t>(
        std::ranges::count(announcements_, from, &SentAnnouncement::host));
}

std::size_t Lan::count_told(HostId host, std::string_view message) const {
    return static_cast<std::size_t>(std::ranges::count_if(told_, [&](const Told& told) {
        return told.host == host && told.record.message == message;
    }));
}

void Lan::note(std::string_view text) {
    if (tracing == Tracing::off) return;
    const Duration since_start = now_ - Instant{1h};
    trace_ += fmt::format("{:>12.6f} {}\n", base::milliseconds(since_start) / 1000, text);
}

std::string Lan::recent_trace() const {
    constexpr std::size_t enough = 6000;
    if (trace_.size() <= enough) return trace_;
    return trace_.substr(trace_.find('\n', trace_.size() - enough) + 1);
}

}  // namespace sim
