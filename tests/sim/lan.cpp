#include "lan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "wire.hpp"

namespace sim {

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

// --- time ---

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
    const bool is_ready =
        host.must_dump || host.must_stop || host.kernel.has_events() || !host.socket.empty();
    const auto deadline = is_ready ? std::optional{now_} : host.engine->deadline();
    if (!deadline) return std::nullopt;
    return std::max(*deadline, host.free_at);
}

std::optional<Instant> Lan::next_instant() const {
    std::optional<Instant> next;
    if (!in_flight_.empty()) next = in_flight_.begin()->first;
    for (const Host& host : hosts_)
        if (const auto wake = wake_of(host); wake && (!next || *wake < *next)) next = wake;
    return next;
}

void Lan::deliver_due() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
        Flight flight = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        deliver(hosts_[flight.to], std::move(flight.datagram));
    }
}

void Lan::deliver(Host& host, base::Bytes datagram) {
    if (!host.engine || !host.kernel.hears("eth0", datagram)) return;
    if (host.socket.size() >= host.pace.socket_capacity) return;
    host.socket.push_back({host.kernel.index_of("eth0"), std::move(datagram), now_});
    // Asleep until now: the scheduler takes a moment.
    if (host.socket.size() == 1 && host.pace.latency_max > 0s)
        host.free_at = std::max(host.free_at, now_ + random_between(0s, host.pace.latency_max));
}

void Lan::turn(HostId id) {
    Host& host = hosts_[id];
    app::Inputs inputs;
    inputs.stop = std::exchange(host.must_stop, false);
    inputs.kernel = host.kernel.take_events();
    if (std::exchange(host.must_dump, false)) {
        inputs.kernel.clear();
        inputs.view = host.kernel.dump();
    }
    read_socket(host, inputs);
    const std::size_t requests = host.kernel.address_requests();
    keep_records(id, host.engine->turn(std::move(inputs), now_));
    transmit(id);
    const auto worked = static_cast<Duration::rep>(host.kernel.address_requests() - requests);
    host.turned_at = now_;
    host.free_at =
        std::max(host.free_at, now_ + host.pace.turn_cost + worked * host.pace.request_cost);
    if (host.engine->is_finished()) {
        note(fmt::format("h{} has ended", id));
        host.engine.reset();
        host.kernel.process_has_ended();
    }
}

// As app::LinuxPorts does it: a bounded number, and a horizon when that many came.
void Lan::read_socket(Host& host, app::Inputs& inputs) const {
    const std::size_t count = std::min(host.socket.size(), host.pace.packets_a_turn);
    for (std::size_t i = 0; i < count; ++i) {
        inputs.packets.push_back(std::move(host.socket.front()));
        host.socket.pop_front();
    }
    if (count == host.pace.packets_a_turn)
        inputs.horizons[{inputs.packets.back().link, base::Family::ipv4}] =
            inputs.packets.back().arrived;
}

void Lan::keep_records(HostId id, std::vector<base::log::Record> records) {
    for (base::log::Record& record : records) {
        note(fmt::format("h{} {}", id, record.text()));
        told_.push_back({now_, id, std::move(record)});
    }
}

void Lan::transmit(HostId id) {
    for (const FakeKernel::Sent& sent : hosts_[id].kernel.take_adverts()) {
        const base::Bytes packet = datagram({.source = sent.route.source}, sent.message);
        const auto parsed = vrrp::decode(*vrrp::parse_ipv4(packet));
        adverts_.push_back({now_, id, parsed->vrid, parsed->priority.wire(), parsed->dialect});
        note(fmt::format("h{} sends vrid={} priority={}", id, parsed->vrid,
                         parsed->priority.wire()));
        broadcast(id, packet);
    }
    for (const base::Bytes& frame : hosts_[id].kernel.take_frames())
        announcements_.push_back({now_, id, announced_address(frame)});
}

void Lan::broadcast(HostId from, const base::Bytes& datagram) {
    for (HostId to = 0; to < hosts_.size(); ++to) {
        if (to == from || cuts_.contains({from, to}) || chance(link.loss)) continue;
        fly(from, to, datagram);
        if (chance(link.duplication)) fly(from, to, datagram);
    }
}

void Lan::fly(HostId from, HostId to, const base::Bytes& datagram) {
    Instant& last = last_arrival_[{from, to}];
    last = std::max(last, now_ + random_between(link.delay_min, link.delay_max));
    in_flight_.emplace(last, Flight{to, datagram});
}

// --- faults ---

void Lan::stall(HostId id, Duration span) {
    note(fmt::format("h{} stalls for {} ms", id, span / 1ms));
    hosts_[id].free_at = std::max(hosts_[id].free_at, now_ + span);
}

void Lan::crash(HostId id) {
    note(fmt::format("h{} crashes", id));
    hosts_[id].engine.reset();
    hosts_[id].socket.clear();
    hosts_[id].kernel.process_has_ended();
}

void Lan::start(HostId id) {
    Host& host = hosts_[id];
    note(fmt::format("h{} starts", id));
    host.kernel.process_has_ended();
    host.socket.clear();
    host.must_stop = false;
    host.must_dump = true;
    host.free_at = now_;
    host.engine.emplace(host.config, host.kernel, now_);
}

void Lan::stop(HostId id) {
    note(fmt::format("h{} is told to stop", id));
    hosts_[id].must_stop = true;
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
    const Duration since_start = now_ - Instant{1h};
    trace_ += fmt::format("{:>12.6f} {}\n", base::milliseconds(since_start) / 1000, text);
}

std::string Lan::recent_trace() const {
    constexpr std::size_t enough = 6000;
    return trace_.size() <= enough ? trace_ : trace_.substr(trace_.size() - enough);
}

Duration Lan::random_between(Duration low, Duration high) {
    return Duration{
        std::uniform_int_distribution<Duration::rep>{low.count(), high.count()}(random_)};
}

bool Lan::chance(double probability) {
    return probability > 0 && std::bernoulli_distribution{probability}(random_);
}

}  // namespace sim
