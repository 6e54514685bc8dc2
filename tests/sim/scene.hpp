// A walk as a value: who is on the LAN, and what happens to them when.
//
// Everything that a seed decides stands in here, so a walk can be printed, shortened, recorded in
// regressions.txt and walked again: a recorded scene means the same after the drawing of scenes
// from seeds has changed, which a seed does not. Plain numbers, because it is a file format.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

struct HostPlan {
    int packets = 256;     // that a turn reads from each socket
    int promotion = 0;     // the sysctl promote_secondaries
    int latency_us = 200;  // from being ready to running, at most
    int ipv6 = 11;         // the end of its IPv6 addresses; may sort unlike those of IPv4
    bool operator==(const HostPlan&) const = default;
};

// A block of `routers` that all hosts share.
struct BlockPlan {
    int vrid = 51;
    int families = 4;  // 4, 6 or 46
    int unicast = 0;
    int preempt = 1;
    int after_ms = 0;
    bool operator==(const BlockPlan&) const = default;
};

// What one host says about a block.
struct MemberPlan {
    int host = 0;
    int vrid = 51;
    int version = 3;     // 2, 3 or 23
    int priority = 100;  // 255: the addresses are its own
    int interval = 100;  // centiseconds
    int checksum = 0;    // 9568 and 5798 are strict
    bool operator==(const MemberPlan&) const = default;
};

enum class Deed : std::uint8_t {
    crash,  // 1: somebody keeps its sockets open
    start,
    resume,  // a start that knows what the process before was
    stop,
    reload,              // of a configuration that does the same
    drain,               // the router with VRID `value`, or all for 0
    drain_by_force,      // the same, also when nobody takes over
    undrain,             // the same
    handover,            // the same
    stall,               // for `value` milliseconds
    step_clock,          // by `value` seconds
    lose,                // `value` percent of all datagrams
    duplicate,           // the same
    reorder,             // the same
    delay,               // by up to `value` microseconds
    lose_family,         // everything of family `value` (4, 6, 0 for none)
    cut,                 // from the host to host `value`
    isolate,             // the hosts of the bit mask `value` from the others
    heal,                // all cuts
    carrier,             // 0 or 1
    remove_link,         //
    make_link,           // with the host's own addresses
    take_own,            // own address number `value` of the host
    give_own,            //
    tentative,           // 1: address detection of the link-local address begins; 0: it ends
    take_virtual,        // somebody removes virtual address number `value`
    give_neighbor,       // somebody adds an address in the subnet of a virtual one
    take_neighbor,       //
    break_kernel,        // requests of the kinds in the bit mask `value` fail
    lose_notifications,  //
    junk,                // `value` datagrams that do not count
    mend,                // every fault of every host and of the network
    expect_health,       // all is well now, and nothing is left to be told
};

struct Action {
    int at_ms = 0;
    Deed deed = Deed::mend;
    int host = 0;
    int value = 0;
    bool operator==(const Action&) const = default;
};

struct Scene {
    std::uint64_t seed = 0;  // of what happens to single datagrams
    std::vector<HostPlan> hosts{};
    std::vector<BlockPlan> blocks{};
    std::vector<MemberPlan> members{};
    std::vector<Action> actions{};  // in order
    int end_ms = 0;
    bool operator==(const Scene&) const = default;
};

// How long an election may take once nothing is wrong any more: a few Active_Down_Intervals (one
// for silence, one for preemption, one for a peer that knows the other checksum form only) and the
// wait before a preemption.
int settling_ms(const Scene& scene);

// The addresses of a host: IPv4, IPv6 link-local, IPv6 global, then those that it owns.
std::vector<std::string> own_addresses(const Scene& scene, std::size_t host);
// What a block claims. IPv4: two in the subnet of the hosts, one in a subnet of its own.
std::vector<std::string> virtual_addresses(const BlockPlan& block);
// Of a block, on every host.
std::string router_name(int vrid);
const BlockPlan& block_of(const Scene& scene, int vrid);
const MemberPlan& member_of(const Scene& scene, std::size_t host, int vrid);

std::string_view name_of(Deed deed);
// One line a thing; parsed() reads it back.
std::string text_of(const Scene& scene);
// The error names the line.
std::expected<Scene, std::string> parsed(std::string_view text);

}  // namespace sim
