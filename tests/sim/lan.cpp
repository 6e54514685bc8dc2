#include "lan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/snapshot.hpp"
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

HostId Lan::add_wide(int links, config::Config config) {
    const HostId id = hosts_.size();
    Host& host = hosts_.emplace_back();
    host.config = std::move(config);
    host.config.node = fmt::format("h{}", id);
    for (int number = 0; number < links; ++number) {
        const std::string name = fmt::format("eth{}", number);
        host.kernel.add_link(name);
        host.kernel.install(name, fmt::format("192.0.{}.{}/24", 2 + number, 11 + id), 0);
    }
    start(id);
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
    for (Host& host : hosts_) {
        host.kernel.advance(now_);
        run_runner(host);
    }
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
    const bool is_ready = host.must_dump || host.must_reload || host.must_stop != app::Stop::no ||
                          host.kernel.has_events() || host.has_packets() || !host.claims.empty() ||
                          !host.runner.empty();
    const auto deadline = is_ready ? std::optional{now_} : host.deadline;
    if (!deadline) return std::nullopt;
    return std::max(*deadline, host.free_at);
}

std::optional<Instant> Lan::next_instant() const {
    std::optional<Instant> next;
    if (!in_flight_.empty()) next = in_flight_.begin()->first;
    for (const Host& host : hosts_)
        for (const auto& event : {wake_of(host), host.kernel.next_change(), host.runner_due()})
            if (event && (!next || *event < *next)) next = event;
    return next;
}

void Lan::deliver_due() {
    while (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
        Flight flight = std::move(in_flight_.begin()->second);
        in_flight_.erase(in_flight_.begin());
        deliver(flight.to, flight.lan, std::move(flight.datagram));
    }
}

void Lan::deliver(HostId id, const std::string& lan, base::Bytes datagram) {
    Host& host = hosts_[id];
    const auto key = host.kernel.socket_for(lan, datagram);
    if ((!host.engine && !host.keeps_sockets) || !key) return;
    const bool was_asleep = !host.has_packets();
    std::deque<app::Packet>& socket = host.sockets[*key];
    if (socket.size() >= host.pace.socket_capacity) return;
    socket.push_back({key->link, std::move(datagram), now_});
    // Asleep until now: the scheduler takes a moment.
    if (was_asleep && host.pace.latency_max > 0s)
        host.free_at =
            std::max(host.free_at, now_ + dice_of(id, id).between(0s, host.pace.latency_max));
}

kernel::WallClock Lan::wall_of(const Host& host) const {
    return kernel::WallClock{std::chrono::duration_cast<kernel::WallClock::duration>(
        start_of_wall_time + now_.time_since_epoch() + host.clock_offset)};
}

void Lan::turn(HostId id) {
    Host& host = hosts_[id];
    app::Inputs inputs;
    inputs.wall = wall_of(host);
    inputs.stop = std::exchange(host.must_stop, app::Stop::no);
    if (std::exchange(host.must_reload, false)) inputs.config = host.config;
    inputs.kernel = host.kernel.take_events();
    inputs.filter_was_changed = host.kernel.take_filter_change();
    const bool is_audit = std::exchange(host.must_audit, false);
    if (std::exchange(host.must_dump, false) || is_audit) {
        inputs.kernel.clear();
        inputs.view = host.kernel.dump();
        inputs.is_audit = is_audit;
    }
    read_sockets(host, inputs);
    host.reads_all = false;
    inputs.claims = std::exchange(host.claims, {});
    inputs.runner = std::exchange(host.runner, {});
    inputs.care = host.care;
    const std::size_t requests = host.kernel.address_requests();
    keep_records(id, host.engine->turn(std::move(inputs), now_));
    if (auto memories = host.engine->memories(); !memories.empty())
        host.memories = std::move(memories);
    read_orders(host);
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
        const std::size_t most = host.reads_all ? socket.size() + 1 : host.pace.packets_a_turn;
        const std::size_t count = std::min(socket.size(), most);
        for (std::size_t i = 0; i < count; ++i) {
            inputs.packets.push_back(std::move(socket.front()));
            socket.pop_front();
        }
        if (count == most) inputs.horizons[key] = inputs.packets.back().arrived;
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
        if (sent.route.source.family() != link.lost_family) put_on_wire(id, sent.link, packet);
    }
    for (const base::Bytes& frame : hosts_[id].kernel.take_frames())
        announcements_.push_back({now_, id, announced_address(frame)});
}

void Lan::put_on_wire(HostId from, const std::string& lan, const base::Bytes& datagram) {
    if (dead_lans_.contains(lan)) return;
    for (HostId to = 0; to < hosts_.size(); ++to) {
        if (to == from || is_cut(from, to)) continue;
        Dice dice = dice_of(from, to);
        if (dice.chance(link.loss)) continue;
        fly(from, {to, lan, datagram}, dice);
        if (dice.chance(link.duplication)) fly(from, {to, lan, datagram}, dice);
    }
}

void Lan::fly(HostId from, const Flight& flight, Dice& dice) {
    const Instant arrival = now_ + dice.between(link.delay_min, link.delay_max);
    if (dice.chance(link.reordering)) {
        in_flight_.emplace(arrival + dice.between(0s, link.held_back_max), flight);
        return;
    }
    Instant& last = last_arrival_[{from, flight.to}];
    last = std::max(last, arrival);
    in_flight_.emplace(last, flight);
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

void Lan::crash_with_sockets(HostId id) {
    Host& host = hosts_[id];
    const auto queued = host.sockets;
    const auto open = host.kernel.sockets();
    crash(id);
    host.sockets = queued;
    host.kernel.keep_open(open);
    host.keeps_sockets = true;
}

void Lan::resume(HostId id) {
    Host& host = hosts_[id];
    const auto memories = host.memories;
    const auto queued = host.sockets;
    const auto open = host.keeps_sockets ? host.kernel.sockets() : std::set<app::Socket>{};
    start(id);
    note(fmt::format("h{} knows what it was", id));
    host.sockets = queued;
    host.kernel.keep_open(open);
    host.reads_all = true;
    host.memories = memories;
    host.engine->recall(memories, open, now_);
}

void Lan::start(HostId id) {
    Host& host = hosts_[id];
    note(fmt::format("h{} starts", id));
    host.kernel.process_has_ended();
    host.keeps_sockets = false;
    host.memories.clear();
    host.sockets.clear();
    host.must_stop = app::Stop::no;
    host.is_stopping = false;
    host.must_dump = true;
    host.stalled_until = now_;
    host.free_at = now_;
    host.hooks.clear();
    host.hook_ends.clear();
    host.runner = {health::Hello{1}};
    host.has_runner = true;
    host.care = app::Care::kept;
    host.findings.clear();
    host.has_plan = false;
    host.next_sign_of_life = now_ + 1s;
    host.engine.emplace(host.config, host.kernel, now_);
    restore(host);
}

void Lan::restore(Host& host) {
    app::KeptDrains kept{.path = "drained.json"};
    if (!host.disk.text.empty()) kept.drains = app::drains_in(host.disk.text).value();
    host.engine->restore(kept, {now_, wall_of(host)});
}

std::expected<std::uint64_t, std::string> Lan::instruct(HostId id,
                                                        const app::Instruction& instruction) {
    note(fmt::format("h{} is told: {} {}", id, app::name_of(instruction.verb), instruction.name));
    Host& host = hosts_[id];
    const auto operation = host.engine->instruct(instruction, {now_, wall_of(host)});
    host.deadline = host.engine->deadline();
    return operation;
}

void Lan::reload(HostId id, std::vector<config::Router> routers) {
    config::Config config = hosts_[id].config;
    config.routers = std::move(routers);
    reload(id, std::move(config));
}

void Lan::reload(HostId id, config::Config config) {
    config.node = hosts_[id].config.node;
    hosts_[id].config = std::move(config);
    hosts_[id].must_reload = hosts_[id].engine.has_value();
}

// The sockets stay, and so does the runner. What the old one knew goes through the text that the
// new one reads.
bool Lan::upgrade(HostId id) {
    Host& host = hosts_[id];
    if (!host.engine || !host.engine->reason_against_pause().empty()) return false;
    const app::Time time{now_, wall_of(host)};
    const std::string text = app::text_of(host.engine->snapshot(time));
    host.engine.reset();
    host.engine.emplace(host.config, host.kernel, now_);
    host.engine->restore(app::snapshot_in(text).value(), time);
    host.must_audit = true;
    host.deadline = now_;
    return true;
}

void Lan::stop(HostId id, app::Stop how) {
    note(fmt::format("h{} is told to stop{}", id, how == app::Stop::at_once ? " at once" : ""));
    hosts_[id].must_stop = how;
    hosts_[id].is_stopping = true;
}

void Lan::partition(const std::set<HostId>& island) {
    for (HostId a = 0; a < hosts_.size(); ++a)
        for (HostId b = 0; b < hosts_.size(); ++b)
            if (island.contains(a) != island.contains(b)) cut(a, b);
}

void Lan::inject(HostId to, base::Bytes datagram) {
    in_flight_.emplace(now_, Flight{to, "eth0", std::move(datagram)});
}

// --- the runner ---

// Only who has checks hears of the runner: the others would wake up for nothing.
std::optional<Instant> Lan::Host::runner_due() const {
    if (!engine || !has_runner) return std::nullopt;
    std::optional<Instant> due;
    if (!config.checks.empty()) due = next_sign_of_life;
    if (!hook_ends.empty() && (!due || hook_ends.front() < *due)) due = hook_ends.front();
    return due;
}

void Lan::run_runner(Host& host) {
    if (!host.engine || !host.has_runner) return;
    if (!host.config.checks.empty() && host.next_sign_of_life <= now_) {
        host.runner.emplace_back(health::Alive{host.plan, 0, 0});
        host.next_sign_of_life = now_ + 1s;
    }
    while (!host.hook_ends.empty() && host.hook_ends.front() <= now_) {
        host.runner.emplace_back(health::HookEnded{.id = host.hooks.front().id});
        host.hooks.pop_front();
        host.hook_ends.pop_front();
    }
}

void Lan::read_orders(Host& host) {
    for (health::ToRunner& message : host.kernel.take_told_runner()) {
        if (const auto* begin = std::get_if<health::Begin>(&message)) {
            host.plan = begin->plan;
            host.has_plan = true;
        }
        if (!host.has_plan) continue;
        // As the real one: what it has found already it says again under each plan.
        if (std::holds_alternative<health::Commit>(message) && host.has_runner)
            for (auto& [name, finding] : host.findings) {
                finding.plan = host.plan;
                host.runner.emplace_back(finding);
            }
        if (const auto* target = std::get_if<health::TargetMessage>(&message))
            host.targets.emplace_back(
                target->want == health::TargetMessage::Want::started ? "started" : "stopped");
        if (const auto* save = std::get_if<health::SaveMessage>(&message)) {
            if (host.disk.error.empty()) host.disk.text = save->text;
            host.runner.emplace_back(health::Saved{save->id, host.disk.error});
        }
        if (auto* run = std::get_if<health::RunMessage>(&message)) {
            host.hooks.push_back(std::move(*run));
            if (hook_time >= 0s) host.hook_ends.push_back(now_ + hook_time);
        }
    }
}

void Lan::find(HostId id, const std::string& check, Finding finding, int penalty) {
    const bool has_passed = finding == Finding::passed;
    const health::ResultMessage result{
        .plan = hosts_[id].plan,
        .check = check,
        .verdict = has_passed ? health::Verdict::passed : health::Verdict::failed,
        .text = has_passed ? "well" : "not well",
        .penalty = penalty != 0 ? std::optional{penalty} : std::nullopt};
    hosts_[id].findings.insert_or_assign(check, result);
    runner_says(id, result);
}

void Lan::runner_says(HostId id, const health::FromRunner& message) {
    if (std::holds_alternative<health::Hello>(message)) {
        hosts_[id].findings.clear();
        hosts_[id].has_plan = false;
        hosts_[id].hooks.clear();
        hosts_[id].hook_ends.clear();
    }
    hosts_[id].runner.push_back(message);
}

void Lan::end_hook(HostId id, int status) {
    Host& host = hosts_[id];
    host.runner.emplace_back(health::HookEnded{.id = host.hooks.front().id, .status = status});
    host.hooks.pop_front();
}

void Lan::revive_runner(HostId id) {
    hosts_[id].has_runner = true;
    hosts_[id].next_sign_of_life = now_;
    runner_says(id, health::Hello{2});
}

void Lan::lose_runner(HostId id, app::Care left) {
    Host& host = hosts_[id];
    host.care = left;
    host.has_runner = left != app::Care::none;
    host.deadline = now_;
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
