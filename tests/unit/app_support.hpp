// What the tests of the app room need: configurations, a scratch directory, and Ports that only
// remember.
#pragma once

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/ports.hpp"
#include "config/config.hpp"
#include "support.hpp"

namespace support {

using namespace std::chrono_literals;

// Far from zero, as CLOCK_BOOTTIME is.
inline constexpr base::Instant noon{std::chrono::hours{12}};

inline base::InterfaceAddress with_prefix(std::string_view text) {
    return base::InterfaceAddress::parse(text).value();
}

inline config::Router router(std::vector<std::string_view> addresses) {
    config::Router made{.name = "lan",
                        .interface = "eth0",
                        .vrid = vrid(51),
                        .priority = priority(100),
                        .preempt = {},
                        .announcement = {},
                        .peers = {},
                        .sources = {},
                        .addresses = {}};
    for (const std::string_view text : addresses) made.addresses.push_back(with_prefix(text));
    return made;
}

inline config::Config config_of(std::vector<config::Router> routers) {
    return {.file = "/etc/tandem/tandem.conf",
            .hash = "7c1e04a2",
            .node = "r1",
            .nodes = {},
            .routers = std::move(routers)};
}

inline kernel::Link eth0() {
    return {.index = kernel::LinkIndex{2},
            .name = "eth0",
            .mac = {{0x02, 0, 0, 0, 0, 0x01}},
            .is_up = true,
            .has_carrier = true};
}

inline kernel::View view_with(const kernel::Link& link,
                              const std::vector<std::string_view>& addresses) {
    kernel::View view;
    view.apply(kernel::event::LinkSet{link});
    for (const std::string_view text : addresses)
        view.apply(kernel::event::AddressSet{{link.index, with_prefix(text)}, {}});
    return view;
}

// For tests that are not about virtual MACs.
struct PortsWithoutMacvlans : app::Ports {
    base::Result<kernel::Link> make_macvlan(const kernel::Macvlan&) override {
        return base::failure("make a macvlan");
    }
    base::Result<void> remove_macvlan(kernel::LinkIndex) override { return {}; }
    base::Result<void> raise_macvlan(kernel::LinkIndex) override { return {}; }
    base::Result<void> lower_macvlan(kernel::LinkIndex) override { return {}; }
    base::Result<void> hear_rivals(const kernel::Link&, base::Family) override { return {}; }
    void stop_hearing_rivals(kernel::LinkIndex) override {}
    base::Result<kernel::ArpSettings> arp_settings(kernel::LinkIndex) override {
        return kernel::ArpSettings{};
    }
    base::Result<void> set_arp(kernel::LinkIndex, const kernel::ArpSettings&) override {
        return {};
    }
};

// Everything succeeds, unless a test names an errno.
struct RememberingPorts final : PortsWithoutMacvlans {
    base::Result<void> listen(const kernel::Link&, base::Family) override {
        return outcome("listen", 0);
    }
    void stop_listening(kernel::LinkIndex, base::Family) override {}
    base::Result<void> watch_sources(const kernel::Link&,
                                     const std::set<base::IpAddress>&) override {
        return {};
    }
    base::Result<void> send_advert(const kernel::Link&, base::ByteView message,
                                   const vrrp::Route&) override {
        last_advert.assign(message.begin(), message.end());
        if (first_advert.empty()) first_advert = last_advert;
        return outcome("send", 0);
    }
    base::Result<void> watch_claims(const kernel::Link&, base::Family,
                                    const std::vector<base::IpAddress>&) override {
        return {};
    }
    kernel::SentFrames send_frames(const kernel::Link&,
                                   std::span<const base::Bytes> frames) override {
        return {frames.size(), std::nullopt};
    }
    std::vector<base::Result<void>> apply(std::span<const kernel::Request> requests) override {
        std::vector<base::Result<void>> answers;
        for (const kernel::Request& request : requests) {
            const bool adds = std::holds_alternative<kernel::AddAddress>(request);
            const std::string what = kernel::text_of(kernel::object_of(request));
            answers.push_back(outcome((adds ? "add " : "change ") + what, adds ? add_error : 0));
        }
        return answers;
    }
    void tell_runner(const health::ToRunner&) override {}
    base::Result<void> set_filter(const kernel::Refusals&) override { return {}; }

    // Each macvlan has the next index, from 100 on; what is asked is remembered as text.
    base::Result<kernel::Link> make_macvlan(const kernel::Macvlan& macvlan) override {
        asked.push_back("make " + macvlan.name);
        if (make_error != 0)
            return std::unexpected(outcome("make " + macvlan.name, make_error).error());
        return kernel::Link{.index = kernel::LinkIndex{next_macvlan++},
                            .name = macvlan.name,
                            .mac = macvlan.mac,
                            .alias = macvlan.alias,
                            .macvlan_on = macvlan.parent};
    }
    base::Result<void> remove_macvlan(kernel::LinkIndex link) override {
        asked.push_back(fmt::format("remove {}", link.value));
        return outcome("remove", remove_error);
    }
    base::Result<void> raise_macvlan(kernel::LinkIndex link) override {
        asked.push_back(fmt::format("raise {}", link.value));
        return outcome("raise", raise_error);
    }
    base::Result<void> lower_macvlan(kernel::LinkIndex link) override {
        asked.push_back(fmt::format("lower {}", link.value));
        return {};
    }
    base::Result<kernel::ArpSettings> arp_settings(kernel::LinkIndex) override { return arp; }
    base::Result<void> set_arp(kernel::LinkIndex, const kernel::ArpSettings& settings) override {
        asked.push_back(
            fmt::format("arp {} {} {}", settings.ignore, settings.filter, settings.announce));
        arp = settings;
        return {};
    }

    int add_error = 0;
    int make_error = 0;
    int remove_error = 0;
    int raise_error = 0;
    int next_macvlan = 100;
    kernel::ArpSettings arp{};
    std::vector<std::string> asked;
    base::Bytes first_advert;
    base::Bytes last_advert;

private:
    static base::Result<void> outcome(std::string attempt, int error) {
        if (error == 0) return {};
        return base::os_failure(std::move(attempt), error);
    }
};

// A directory of this test alone.
class ScratchDirectory {
public:
    ScratchDirectory() {
        std::array<char, 32> name{"/tmp/tandem-test-XXXXXX"};
        if (::mkdtemp(name.data()) == nullptr) std::abort();
        path_ = name.data();
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string file(std::string_view name) const {
        return path_ + "/" + std::string{name};
    }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

// An environment variable for as long as this lives.
class Environment {
public:
    Environment(const char* name, const std::string& value) : name_{name} {
        ::setenv(name, value.c_str(), 1);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;
    ~Environment() { ::unsetenv(name_); }

private:
    const char* name_;
};

}  // namespace support
