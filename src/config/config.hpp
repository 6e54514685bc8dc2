// The configuration as a plain value: what the files say, for one node, checked.
//
// config::load() is the only maker. Every value in here is in range, every reference resolves, and
// everything that the files ask for and tandem cannot do has been refused before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "vrrp/types.hpp"

namespace config {

// Whether a stronger Backup takes over from a weaker Active router (RFC 9568 section 6.1,
// Preempt_Mode).
struct Preempt {
    bool enabled = true;
    // How long this node must have been in good health first; 0 for at once.
    base::Duration after{};
    bool operator==(const Preempt&) const = default;
};

// Which checksum form version 3 adverts over IPv4 carry and accept.
enum class Checksum : std::uint8_t {
    automatic,  // accept both, send what the last live peer used, RFC 9568's until one is heard
    rfc9568,
    rfc5798,
};

// Gratuitous ARP for each virtual address: `count` frames when it is claimed, and again `count`
// frames after `again_after`.
struct Announcement {
    std::uint8_t count = 5;
    base::Duration again_after = std::chrono::seconds{5};
    bool operator==(const Announcement&) const = default;
};

// One block of `routers`: a virtual router as it runs on this node.
struct Router {
    std::string name;
    std::string interface;
    vrrp::Vrid vrid;
    vrrp::Version version = vrrp::Version::v3;
    vrrp::Priority priority;
    vrrp::AdvertInterval advertise = vrrp::AdvertInterval::one_second();
    Preempt preempt;
    Checksum checksum = Checksum::automatic;
    Announcement announcement;
    // The address to send from; none means the interface's first own one.
    std::optional<base::IpAddress> source;
    // Advertised, in the order of the file.
    std::vector<base::InterfaceAddress> addresses;
    bool operator==(const Router&) const = default;
};

struct Node {
    std::string name;
    std::string hostname;
    bool operator==(const Node&) const = default;
};

struct Config {
    std::string file;  // the main file's path as it was given
    std::string hash;  // 8 hex digits over the text of all files: equal on nodes that share them
    std::string node;  // the name of this node
    std::vector<Node> nodes;
    std::vector<Router> routers;  // in the order of the files
    bool operator==(const Config&) const = default;
};

}  // namespace config
