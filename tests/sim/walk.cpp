#include "walk.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "wire.hpp"

namespace sim {

namespace {

// Two in the subnet of the hosts, one in a subnet of its own: primary there.
const std::vector<std::string_view> virtual_addresses{"192.0.2.1/24", "192.0.2.2/24",
                                                      "10.1.0.1/24"};
const std::set<std::string> virtual_texts{virtual_addresses.begin(), virtual_addresses.end()};
constexpr std::string_view neighbor = "10.1.0.50/24";  // somebody's, in the subnet of ours

// What the walk itself sends, and configures.
bool is_expected(std::string_view problem) {
    return problem.find("are discarded") != std::string_view::npos ||
           problem.find("advertises interval") != std::string_view::npos;
}

}  // namespace

Walk::Walk(std::uint64_t seed) : random_{seed}, lan_{seed}, start_{lan_.now()} { make_hosts(); }

void Walk::make_hosts() {
    static constexpr std::array<std::int32_t, 4> intervals{10, 50, 100, 200};
    const int count = random(2, 4);
    const std::int32_t common = intervals[static_cast<std::size_t>(random(0, 3))];
    const bool differ = random(0, 3) == 0;
    const bool preempt = random(0, 3) != 0;
    for (int i = 0; i < count; ++i) {
        const std::int32_t interval =
            differ ? intervals[static_cast<std::size_t>(random(0, 3))] : common;
        slowest_ = std::max(slowest_, interval);
        fastest_ = std::min(fastest_, interval);
        config::Router made = with_addresses(router(random(1, 254)), virtual_addresses);
        made = with_preempt(with_interval(made, interval), {.enabled = preempt});
        const HostId id = lan_.add({made});
        lan_.pace(id) = {.latency_max = 200us,
                         .request_cost = 20us,
                         .turn_cost = 50us,
                         .packets_a_turn = random(0, 1) == 0 ? 256U : 4U};
        lan_.kernel(id).set_promotion("eth0", random(0, 1) == 0 ? Promotion::off : Promotion::on);
    }
    lan_.steps_max = 2'000'000;
    kernel_is_faulty_.resize(lan_.size());
}

void Walk::run() {
    for (int round = 0; round < 3 && violation_.empty(); ++round) {
        trouble(30s);
        mend_everything();
        quiet();
    }
}

// --- faults ---

void Walk::trouble(Duration span) {
    settled_since_.reset();
    settled_on_.reset();
    const Instant end = lan_.now() + span;
    while (lan_.now() < end && violation_.empty()) {
        one_fault();
        run_checked(Duration{1ms} * random(1, 3000));
    }
}

void Walk::one_fault() {
    const HostId id = random_host();
    switch (random(0, 3)) {
        case 0: return disturb_process(id);
        case 1: return disturb_network(id);
        case 2: return disturb_kernel(id);
        case 3: return inject_junk(id);
    }
}

void Walk::disturb_process(HostId id) {
    switch (random(0, 4)) {
        case 0: lan_.stall(id, Duration{1ms} * random(1, 8000)); return;
        case 1:
            if (lan_.is_running(id)) lan_.crash(id);
            return;
        case 2:
            if (lan_.is_running(id)) lan_.stop(id);
            return;
        case 3:
        case 4:
            if (!lan_.is_running(id)) lan_.start(id);
            return;
    }
}

void Walk::disturb_network(HostId id) {
    switch (random(0, 6)) {
        case 0: lan_.link.loss = 0.1 * random(0, 9); return;
        case 1: lan_.link.duplication = 0.1 * random(0, 9); return;
        case 2: lan_.cut(id, random_host()); return;
        case 3: lan_.partition({id}); return;
        case 4: lan_.heal(); return;
        case 5: lan_.kernel(id).set_carrier("eth0", Carrier::off); return;
        case 6: lan_.kernel(id).set_carrier("eth0", Carrier::on); return;
    }
}

void Walk::disturb_kernel(HostId id) {
    FakeKernel& kernel = lan_.kernel(id);
    switch (random(0, 7)) {
        case 0:
            kernel.uninstall("eth0", virtual_addresses[static_cast<std::size_t>(random(0, 2))]);
            return;
        case 1: kernel.install("eth0", neighbor, 0); return;
        case 2: kernel.uninstall("eth0", neighbor); return;
        case 3:
            kernel.faults = {.add = random(0, 1) * ENOBUFS,
                             .remove = random(0, 1) * ENOBUFS,
                             .listen = random(0, 1) * EMFILE,
                             .advert = random(0, 1) * ENOBUFS,
                             .frame = random(0, 1) * ENOBUFS};
            kernel_is_faulty_[id] = true;
            return;
        case 4: kernel.faults = {}; return;
        case 5: lan_.lose_notifications(id); return;
        case 6: kernel.remove_link("eth0"); return;
        case 7:
            if (kernel.index_of("eth0").value == 0) kernel.add_link("eth0");
            kernel.install("eth0", fmt::format("192.0.2.{}/24", 11 + id), 0);
            return;
    }
}

void Walk::inject_junk(HostId id) {
    for (int i = random(1, 300); i > 0; --i) {
        base::Bytes junk = packet({.priority = static_cast<std::uint8_t>(random(1, 255))});
        // Never the VRID, nor so that the sum still fits.
        junk[static_cast<std::size_t>(random(22, 31))] ^= static_cast<std::uint8_t>(random(1, 255));
        if (random(0, 3) == 0) junk.resize(static_cast<std::size_t>(random(21, 31)));
        lan_.inject(id, std::move(junk));
    }
}

void Walk::mend_everything() {
    lan_.heal();
    lan_.link.loss = 0;
    lan_.link.duplication = 0;
    for (HostId id = 0; id < lan_.size(); ++id) {
        FakeKernel& kernel = lan_.kernel(id);
        kernel.faults = {};
        if (kernel.index_of("eth0").value == 0) kernel.add_link("eth0");
        kernel.set_carrier("eth0", Carrier::on);
        kernel.install("eth0", fmt::format("192.0.2.{}/24", 11 + id), 0);
        if (!lan_.is_running(id)) lan_.start(id);
    }
    lan_.note("everything is mended");
}

// --- what must hold ---

// Requests that failed are tried again within 10 s, stalls end within 8 s, and then an election
// takes its time: an Active_Down_Interval for silence, another one for preemption.
Duration Walk::bound() const { return 10s + 2 * 4 * Duration{base::Centiseconds{slowest_}} + 1s; }

void Walk::quiet() {
    run_checked(10s);
    for (HostId id = 0; id < lan_.size(); ++id)
        if (!lan_.is_running(id)) lan_.start(id);  // was still on its way out
    run_checked(bound());
    kernel_is_faulty_.assign(lan_.size(), false);
    settled_since_ = lan_.now();
    two_since_.reset();
    run_checked(20s);
}

void Walk::run_checked(Duration span) {
    const Instant end = lan_.now() + span;
    while (violation_.empty() && lan_.step(end)) check_all();
    if (lan_.stormed()) fail("a storm");
    if (violation_.empty()) lan_.run_for(end - lan_.now());
}

void Walk::check_all() {
    for (HostId id = 0; id < lan_.size(); ++id)
        if (lan_.is_running(id) && lan_.turned_at(id) == lan_.now()) check_addresses(id);
    for (HostId id = 0; id < lan_.size(); ++id)
        if (!lan_.kernel(id).lost().empty())
            fail(fmt::format("h{} lost {}", id, lan_.kernel(id).lost().front()));
    if (settled_since_) check_actives();
    check_packets();
}

// After a turn: an Active router has all, any other has none.
void Walk::check_addresses(HostId id) {
    const FakeKernel& kernel = lan_.kernel(id);
    if (kernel_is_faulty_[id] || kernel.has_events()) return;
    const auto marked = kernel.marked("eth0");
    if (lan_.is_active(id) && marked != virtual_texts)
        fail(fmt::format("h{} is active and has {} addresses", id, marked.size()));
    if (!lan_.is_active(id) && !marked.empty())
        fail(fmt::format("h{} is {} and has {}", id, lan_.state(id), *marked.begin()));
}

void Walk::check_actives() {
    const auto actives = lan_.actives();
    if (actives.size() != 1) {
        fail(fmt::format("{} active routers in a healthy LAN", actives.size()));
        return;
    }
    if (settled_on_ && *settled_on_ != *actives.begin()) fail("a transition without a cause");
    settled_on_ = *actives.begin();
    for (HostId id = 0; id < lan_.size(); ++id)
        for (const std::string& problem : lan_.engine(id).problems())
            if (!is_expected(problem)) fail(fmt::format("h{}: {}", id, problem));
}

// The schedule, an answer an interval, and a word at each transition or priority 0.
void Walk::check_packets() {
    const auto intervals =
        static_cast<std::size_t>((lan_.now() - start_) / Duration{base::Centiseconds{fastest_}});
    const std::size_t most = lan_.size() * (2 * intervals + 10) + lan_.told().size();
    if (lan_.adverts().size() > most) fail(fmt::format("{} adverts", lan_.adverts().size()));
}

void Walk::fail(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
}

int Walk::random(int low, int high) {
    return std::uniform_int_distribution<int>{low, high}(random_);
}

}  // namespace sim
