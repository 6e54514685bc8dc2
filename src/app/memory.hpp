// What one process leaves to the next about a session, so that this one can go on where that one
// ended. Pure values; where they are kept is state_file.hpp, what follows from them is
// engine_resume.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.hpp"
#include "base/time.hpp"
#include "config/config.hpp"

namespace app {

struct Memory {
    enum class Role : std::uint8_t {
        other,
        active,  // and its last advert was one of an Active router
    };
    // How far its hooks are.
    enum class Told : std::uint8_t {
        other,
        active,  // they know that it is
    };

    // Which session it is.
    std::string router;
    std::string interface;
    base::Family family = base::Family::ipv4;
    std::uint8_t vrid = 0;
    std::uint64_t settings = 0;  // settings_of()
    // How it was.
    Role role = Role::other;
    Told told = Told::other;
    base::Instant since{};        // in that role
    base::Instant last_advert{};  // when its last one was sent

    bool operator==(const Memory&) const = default;
    [[nodiscard]] bool is_of(const config::Router& router, base::Family family) const;
};

// What makes up a session in the configuration: who hears it and what it claims. Two sessions with
// the same sum are the same to everybody on the LAN, but for their priority, which may change.
std::uint64_t settings_of(const config::Router& router, base::Family family);

}  // namespace app
