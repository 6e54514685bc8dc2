#include "walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "wire.hpp"

namespace sim {

namespace {

// Somebody's address on this host, in the subnet of a virtual one.
std::string neighbor_of(HostId id) { return fmt::format("10.1.0.{}/24", 50 + id); }

std::optional<base::Family> family_of(int number) {
    if (number == 0) return std::nullopt;
    return number == 4 ? base::Family::ipv4 : base::Family::ipv6;
}

config::Checksum checksum_of(const MemberPlan& member) {
    switch (member.checksum) {
        case 9568: return config::Checksum::rfc9568;
        case 5798: return config::Checksum::rfc5798;
    }
    return config::Checksum::automatic;
}

}  // namespace

Walk::Walk(Scene scene, Lan::Tracing tracing)
    : scene_{std::move(scene)}, lan_{scene_.seed}, start_{lan_.now()}, judge_{scene_, lan_} {
    lan_.tracing = tracing;
    lan_.steps_max = 5'000'000;
    make_hosts();
}

void Walk::make_hosts() {
    for (std::size_t i = 0; i < scene_.hosts.size(); ++i) {
        std::vector<config::Router> routers;
        for (const MemberPlan& member : scene_.members)
            if (member.host == static_cast<int>(i)) routers.push_back(router_of(member));
        const HostPlan& plan = scene_.hosts[i];
        const HostId id = lan_.add_at("", std::move(routers));
        restore_link(id);
        lan_.pace(id) = {.latency_max = Duration{1us} * plan.latency_us,
                         .request_cost = 20us,
                         .turn_cost = 50us,
                         .packets_a_turn = static_cast<std::size_t>(plan.packets)};
    }
}

config::Router Walk::router_of(const MemberPlan& member) const {
    const BlockPlan& block = block_of(scene_, member.vrid);
    const std::vector<std::string> texts = virtual_addresses(block);
    config::Router made = with_addresses(router(100), {texts.begin(), texts.end()});
    made.priority = vrrp::Priority::from_wire(static_cast<std::uint8_t>(member.priority));
    made.name = router_name(block.vrid);
    made.vrid = vrrp::Vrid::from(block.vrid).value();
    made.version = member.version == 2 ? vrrp::Version::v2 : vrrp::Version::v3;
    made.speaks_v2_too = member.version == 23;
    made.checksum = checksum_of(member);
    made.damping.reset();  // whoever is disturbed so often would hold back, rightly
    made.preempt = {.enabled = block.preempt == 1, .after = Duration{1ms} * block.after_ms};
    made = with_interval(made, member.interval);
    if (block.unicast == 0) return made;
    made.transport = config::Transport::unicast;
    const auto mine = own_addresses(scene_, static_cast<std::size_t>(member.host));
    made.sources = {interface_address(mine[0]).address(), interface_address(mine[1]).address()};
    for (HostId peer = 0; peer < scene_.hosts.size(); ++peer) {
        const auto own = own_addresses(scene_, peer);
        for (const std::string_view text : {own[0], own[1]})
            made.peers.push_back(interface_address(text).address());
    }
    return made;
}

void Walk::run() {
    for (const Action& action : scene_.actions) {
        run_until(start_ + Duration{1ms} * action.at_ms);
        if (!violation().empty()) return;
        perform(action);
        judge_.look();
    }
    run_until(start_ + Duration{1ms} * scene_.end_ms);
}

void Walk::run_until(Instant end) {
    while (violation().empty() && lan_.step(end)) judge_.look();
    if (lan_.stormed()) judge_.note_storm();
    if (violation().empty() && lan_.now() < end) lan_.run_for(end - lan_.now());
}

// --- what happens ---

void Walk::perform(const Action& action) {
    switch (action.deed) {
        case Deed::crash:
        case Deed::start:
        case Deed::resume:
        case Deed::stop:
        case Deed::reload:
        case Deed::stall:
        case Deed::step_clock: return disturb_process(action);
        case Deed::drain:
        case Deed::drain_by_force:
        case Deed::undrain:
        case Deed::handover: return give_an_order(action);
        case Deed::lose:
        case Deed::duplicate:
        case Deed::reorder:
        case Deed::delay:
        case Deed::lose_family:
        case Deed::cut:
        case Deed::isolate:
        case Deed::heal: return disturb_network(action);
        case Deed::carrier:
        case Deed::remove_link:
        case Deed::make_link:
        case Deed::take_own:
        case Deed::give_own:
        case Deed::tentative: return disturb_link(action);
        case Deed::take_virtual:
        case Deed::give_neighbor:
        case Deed::take_neighbor:
        case Deed::break_kernel:
        case Deed::lose_notifications: return disturb_kernel(action);
        case Deed::junk: return inject_junk(action);
        case Deed::mend: return mend();
        case Deed::expect_health: return judge_.expect_health();
    }
}

void Walk::disturb_process(const Action& action) {
    const auto id = static_cast<HostId>(action.host);
    const bool is_running = lan_.is_running(id);
    if (action.deed == Deed::crash && is_running && action.value == 0) lan_.crash(id);
    if (action.deed == Deed::crash && is_running && action.value == 1) lan_.crash_with_sockets(id);
    if (action.deed == Deed::resume && !is_running) lan_.resume(id);
    if (action.deed == Deed::start && !is_running) lan_.start(id);
    if (action.deed == Deed::stop && is_running) lan_.stop(id);
    if (action.deed == Deed::reload) reload(id, action.value);
    if (action.deed == Deed::stall) lan_.stall(id, Duration{1ms} * action.value);
    if (action.deed == Deed::step_clock) lan_.step_clock(id, Duration{1s} * action.value);
}

// Nothing that anybody could notice within the walk, but another configuration.
void Walk::reload(HostId id, int number) {
    config::Config config = lan_.config(id);
    for (config::Router& router : config.routers)
        router.announcement.refresh = 60s + Duration{1ms} * number;
    lan_.reload(id, std::move(config));
}

void Walk::give_an_order(const Action& action) {
    using Instruction = app::Instruction;
    const bool is_drain = action.deed == Deed::drain || action.deed == Deed::drain_by_force;
    Instruction instruction{.verb = is_drain                       ? Instruction::Verb::drain
                                    : action.deed == Deed::undrain ? Instruction::Verb::undrain
                                                                   : Instruction::Verb::handover};
    if (action.value != 0) instruction.name = router_name(action.value);
    if (action.deed == Deed::drain_by_force) instruction.force = Instruction::Force::yes;
    order(static_cast<HostId>(action.host), instruction);
}

// It may be refused.
void Walk::order(HostId id, const app::Instruction& instruction) {
    if (!lan_.is_running(id)) return;
    if (lan_.instruct(id, instruction)) judge_.note_order(id);
}

void Walk::disturb_network(const Action& action) {
    lan_.note(fmt::format("network: {} {} {}", name_of(action.deed), action.host, action.value));
    const double share = 0.01 * action.value;
    if (action.deed == Deed::lose) lan_.link.loss = share;
    if (action.deed == Deed::duplicate) lan_.link.duplication = share;
    if (action.deed == Deed::reorder) lan_.link.reordering = share;
    if (action.deed == Deed::delay) lan_.link.delay_max = Duration{1us} * action.value;
    if (action.deed == Deed::lose_family) lan_.link.lost_family = family_of(action.value);
    if (action.deed == Deed::heal) lan_.heal();
    if (action.deed == Deed::cut)
        lan_.cut(static_cast<HostId>(action.host), static_cast<HostId>(action.value));
    if (action.deed != Deed::isolate) return;
    std::set<HostId> island;
    for (HostId id = 0; id < lan_.size(); ++id)
        if ((action.value >> id & 1) != 0) island.insert(id);
    lan_.heal();
    lan_.partition(island);
}

void Walk::disturb_link(const Action& action) {
    const auto id = static_cast<HostId>(action.host);
    FakeKernel& kernel = lan_.kernel(id);
    lan_.note(fmt::format("h{} kernel: {} {}", id, name_of(action.deed), action.value));
    const auto own = own_addresses(scene_, id);
    const std::string& address = own[static_cast<std::size_t>(action.value) % own.size()];
    if (action.deed == Deed::carrier)
        kernel.set_carrier("eth0", action.value == 1 ? Carrier::on : Carrier::off);
    if (action.deed == Deed::remove_link) kernel.remove_link("eth0");
    if (action.deed == Deed::take_own) kernel.uninstall("eth0", address);
    if (action.deed == Deed::give_own) kernel.install("eth0", address, 0);
    if (action.deed == Deed::tentative)
        kernel.set_tentative("eth0", own[1], action.value == 1 ? Tentative::yes : Tentative::no);
    if (action.deed == Deed::make_link) restore_link(id);
}

void Walk::restore_link(HostId id) {
    FakeKernel& kernel = lan_.kernel(id);
    if (kernel.index_of("eth0").value == 0) kernel.add_link("eth0");
    const bool promotes = scene_.hosts[id].promotion == 1;
    kernel.set_promotion("eth0", promotes ? Promotion::on : Promotion::off);
    for (const std::string& address : own_addresses(scene_, id)) kernel.install("eth0", address, 0);
}

void Walk::disturb_kernel(const Action& action) {
    const auto id = static_cast<HostId>(action.host);
    FakeKernel& kernel = lan_.kernel(id);
    lan_.note(fmt::format("h{} kernel: {} {}", id, name_of(action.deed), action.value));
    if (action.deed == Deed::take_virtual) {
        std::vector<std::string> all;
        for (const BlockPlan& block : scene_.blocks)
            for (std::string& address : virtual_addresses(block)) all.push_back(std::move(address));
        kernel.uninstall("eth0", all[static_cast<std::size_t>(action.value) % all.size()]);
    }
    if (action.deed == Deed::give_neighbor) kernel.install("eth0", neighbor_of(id), 0);
    if (action.deed == Deed::take_neighbor) kernel.uninstall("eth0", neighbor_of(id));
    if (action.deed == Deed::lose_notifications) lan_.lose_notifications(id);
    if (action.deed == Deed::break_kernel) break_kernel(id, action.value);
}

void Walk::break_kernel(HostId id, int kinds) {
    const auto error = [&](int kind, int number) { return (kinds >> kind & 1) * number; };
    judge_.note_repair(id);  // also when it stays broken: what fails now is tried again later
    lan_.kernel(id).faults = {.add = error(0, ENOBUFS),
                              .remove = error(1, ENOBUFS),
                              .listen = error(2, EMFILE),
                              .advert = error(3, ENOBUFS),
                              .frame = error(4, ENOBUFS)};
}

// Sums that do not fit, messages that are cut short: never so that they count for our VRID.
void Walk::inject_junk(const Action& action) {
    const auto id = static_cast<HostId>(action.host);
    lan_.note(fmt::format("h{} gets {} datagrams of junk", id, action.value));
    Dice dice = Dice::of({scene_.seed, id, static_cast<std::uint64_t>(action.at_ms)});
    for (int i = 0; i < action.value; ++i) {
        const auto priority = static_cast<std::uint8_t>(dice.between(1, 255));
        const bool is_ipv6 = dice.between(0, 3) == 0;
        const std::size_t header = is_ipv6 ? 40 : 20;
        base::Bytes junk =
            is_ipv6 ? packet({.source = "fe80::99", .priority = priority, .addresses = {"fe80::1"}})
                    : packet({.priority = priority});
        const auto size = static_cast<int>(junk.size() - header);
        junk[header + static_cast<std::size_t>(dice.between(2, size - 1))] ^=
            static_cast<std::uint8_t>(dice.between(1, 255));
        if (dice.between(0, 3) == 0)
            junk.resize(header + static_cast<std::size_t>(dice.between(1, size - 1)));
        lan_.inject(id, std::move(junk));
    }
}

void Walk::mend() {
    lan_.heal();
    lan_.link = LinkModel{};
    for (HostId id = 0; id < lan_.size(); ++id) {
        break_kernel(id, 0);
        restore_link(id);
        lan_.kernel(id).set_carrier("eth0", Carrier::on);
        lan_.kernel(id).set_tentative("eth0", own_addresses(scene_, id)[1], Tentative::no);
        if (!lan_.is_running(id)) lan_.start(id);
        order(id, {.verb = app::Instruction::Verb::undrain});
    }
    lan_.note("everything is mended");
}

}  // namespace sim
