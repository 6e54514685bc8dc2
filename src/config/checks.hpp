// What is looked at to know whether this node is well, and what follows when it is not.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace config {

namespace probe {

// A program of the operator's; well when it exits with 0.
struct Exec {
    std::vector<std::string> command;  // the first one is a path; with /bin/sh -c where asked
    std::string user{};                // empty: root
    bool operator==(const Exec&) const = default;
};

// A process of this name runs.
struct Process {
    std::string name;
    bool operator==(const Process&) const = default;
};

struct File {
    enum class Want : std::uint8_t {
        present,
        absent,
        penalty,  // it holds the number; 0 or no file is well
    };
    std::string path;
    Want want = Want::present;
    bool operator==(const File&) const = default;
};

// A link is up and has carrier.
struct Interface {
    std::string interface;
    base::Duration up_for{};    // how long it must have been up to count as up
    base::Duration down_for{};  // how long it must have been down to count as down
    bool operator==(const Interface&) const = default;
};

// An ICMP echo is answered.
struct Ping {
    base::IpAddress target;
    std::string interface{};  // empty: whatever the routing table says
    bool operator==(const Ping&) const = default;
};

// A neighbour answers ARP or Neighbor Solicitation on the link.
struct Arp {
    base::IpAddress target;
    std::string interface;
    bool operator==(const Arp&) const = default;
};

// A connection is accepted.
struct Tcp {
    base::IpAddress target;
    std::uint16_t port;
    std::string interface{};
    bool operator==(const Tcp&) const = default;
};

// An answer with one of these codes.
struct Http {
    std::string url;
    std::vector<int> expect{200};
    std::string contains{};  // in the body; empty: whatever
    bool verify = true;      // the certificate of https
    bool operator==(const Http&) const = default;
};

// A route is in the kernel.
struct Route {
    base::InterfaceAddress to;               // the very prefix
    std::optional<std::uint8_t> protocol{};  // rtnetlink's number; none: any
    std::uint32_t table = 254;               // main
    bool operator==(const Route&) const = default;
};

// A unit of systemd is active.
struct Unit {
    std::string unit;
    bool operator==(const Unit&) const = default;
};

using Kind = std::variant<Exec, Process, File, Interface, Ping, Arp, Tcp, Http, Route, Unit>;

}  // namespace probe

namespace on_fail {
struct Fault {  // the router gives up
    bool operator==(const Fault&) const = default;
};
struct Penalty {  // off its priority; for a file that holds the number, the most it can be
    std::uint8_t points;
    bool operator==(const Penalty&) const = default;
};
struct Warn {  // told and shown, nothing else
    bool operator==(const Warn&) const = default;
};
}  // namespace on_fail
using OnFail = std::variant<on_fail::Fault, on_fail::Penalty, on_fail::Warn>;

struct Check {
    std::string name;
    probe::Kind probe;
    base::Duration every = std::chrono::seconds{1};
    base::Duration timeout = std::chrono::seconds{1};
    int rise = 1;  // successes in a row until it counts as passed
    int fall = 1;  // failures in a row until it counts as failed
    // What it counts as before the first result; none: the router waits for that.
    enum class Start : std::uint8_t { awaited, passed, failed };
    Start start = Start::awaited;
    OnFail on_fail;
    bool operator==(const Check&) const = default;
};

// A program that is told of every change of a router's or a group's state.
struct Notify {
    std::vector<std::string> command;
    std::string user{};  // empty: root
    base::Duration timeout = std::chrono::seconds{10};
    // keepalived's arguments: GROUP|INSTANCE, name, MASTER|BACKUP|FAULT|STOP, priority.
    enum class Form : std::uint8_t { tandem, keepalived };
    Form form = Form::tandem;
    // Whether what comes next waits for it (up to `timeout`): announcements for `prepare`, the
    // hand-over for `drain`.
    bool prepares = false;
    bool drains = false;
    bool operator==(const Notify&) const = default;
};

// A conntrackd beside us, which is told to take over and to hand over the state of connections.
struct Conntrackd {
    std::string config = "/etc/conntrackd/conntrackd.conf";
    std::string socket{};  // empty: as that file says
    base::Duration timeout = std::chrono::seconds{5};
    bool operator==(const Conntrackd&) const = default;
};

// Who has become Active more often than `transitions` times `within` this time holds back: for
// `hold`, then twice as long, up to `most`.
struct Damping {
    int transitions = 5;
    base::Duration within = std::chrono::minutes{1};
    base::Duration hold = std::chrono::seconds{30};
    base::Duration most = std::chrono::minutes{10};
    bool operator==(const Damping&) const = default;
};

// Routers that are Active together or not at all.
struct Group {
    std::string name;
    std::vector<std::string> members;  // in the order of the files
    std::vector<std::string> checks{};
    std::optional<Notify> notify{};
    std::optional<Conntrackd> conntrackd{};
    bool operator==(const Group&) const = default;
};

}  // namespace config
