// The readers of octets that others wrote, each as a function of such octets.
//
// A target says what did not hold, or nothing; what it calls may only crash where there is a
// mistake. The same functions run under libFuzzer (fuzzer.cpp) and over the corpus (replay.cpp).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace fuzz {

using Complaint = std::optional<std::string>;

// An IP datagram, through parse_ip(), decode() and accept(); what was decoded is encoded again.
Complaint datagram(base::ByteView input);
// An advertisement's fields, through encode() and back.
Complaint fields(base::ByteView input);
// What a netlink socket gives, through kernel::parse_messages() and into a kernel::View.
Complaint netlink(base::ByteView input);
// An Ethernet frame, through vrrp::parse_claim().
Complaint claim(base::ByteView input);
// A configuration file's text, through config::load_sources(). Opens no file.
Complaint config(base::ByteView input);
// A request line of the control socket, through app::respond().
Complaint control(base::ByteView input);
// A datagram between runner and daemon, through health::decode_from_runner() and _to_runner(), and
// back.
Complaint message(base::ByteView input);

// The name is that of the corpus, too.
struct Target {
    std::string_view name;
    Complaint (*run)(base::ByteView input);
};
inline constexpr std::array targets{Target{"datagram", datagram}, Target{"fields", fields},
                                    Target{"netlink", netlink},   Target{"claim", claim},
                                    Target{"config", config},     Target{"control", control},
                                    Target{"message", message}};

constexpr const Target* find_target(std::string_view name) {
    for (const Target& target : targets)
        if (target.name == name) return &target;
    return nullptr;
}

}  // namespace fuzz
