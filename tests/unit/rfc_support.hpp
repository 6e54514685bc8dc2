// The routers and adverts that the tests of the RFCs' sentences (rfc*_test.cpp) speak about. Each
// line `proves:` names the sentences of tests/rfc_sentences.txt that the test below it shows;
// `make rfc` compares the two.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "support.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/checksum.hpp"
#include "vrrp/machine.hpp"
#include "vrrp/receive.hpp"
#include "vrrp/timing.hpp"

namespace rfc {

using namespace std::chrono_literals;

// --- the machine ---

inline constexpr vrrp::Instant now{1h};
inline constexpr auto one_second = vrrp::AdvertInterval::one_second();
inline constexpr auto tenth = support::centiseconds(10);

inline const vrrp::IpAddress lower_address = support::address("192.0.2.127");
inline const vrrp::IpAddress our_address = support::address("192.0.2.128");
inline const vrrp::IpAddress higher_address = support::address("192.0.2.129");

// A preempting router that sends once a second.
inline vrrp::Params router(int priority, vrrp::Version version = vrrp::Version::v3) {
    return {.version = version,
            .priority = support::priority(priority),
            .interval = one_second,
            .source = our_address,
            .preempt_from = vrrp::Instant{}};
}

inline vrrp::Params without_preemption(vrrp::Params router) {
    router.preempt_from = std::nullopt;
    return router;
}

inline vrrp::Params with_interval(vrrp::Params router, vrrp::AdvertInterval interval) {
    router.interval = interval;
    return router;
}

inline vrrp::event::Received advert(int priority, vrrp::AdvertInterval interval = one_second) {
    return {.source = lower_address, .priority = support::priority(priority), .interval = interval};
}

inline vrrp::event::Received advert_from(const vrrp::IpAddress& source, int priority) {
    vrrp::event::Received received = advert(priority);
    received.source = source;
    return received;
}

// Half a second before their timers fire.
inline constexpr vrrp::state::Backup backup{now + 500ms, one_second};
inline constexpr vrrp::state::Active active{now + 500ms};

inline vrrp::Step after(const vrrp::Params& params, const vrrp::State& state,
                        const vrrp::Event& event) {
    return vrrp::step(params, state, event, now);
}
inline vrrp::Step after_startup(const vrrp::Params& params) {
    return after(params, vrrp::state::Initialize{}, vrrp::event::Startup{});
}
// A Backup whose Active_Down_Timer fires now.
inline vrrp::Step after_silence(const vrrp::Params& params) {
    return after(params, vrrp::state::Backup{now, tenth}, vrrp::event::Deadline{});
}

inline bool is_initialize(const vrrp::Step& step) {
    return std::holds_alternative<vrrp::state::Initialize>(step.next);
}
inline bool is_backup(const vrrp::Step& step) {
    return std::holds_alternative<vrrp::state::Backup>(step.next);
}
inline bool is_active(const vrrp::Step& step) {
    return std::holds_alternative<vrrp::state::Active>(step.next);
}
// The running timer as the time that it has left.
inline std::optional<vrrp::Duration> timer(const vrrp::Step& step) {
    const auto deadline = vrrp::deadline(step.next);
    return deadline ? std::optional{*deadline - now} : std::nullopt;
}
// Active_Adver_Interval of a router that is a Backup now.
inline std::optional<vrrp::AdvertInterval> learned(const vrrp::Step& step) {
    const auto* state = std::get_if<vrrp::state::Backup>(&step.next);
    return state != nullptr ? std::optional{state->active_interval} : std::nullopt;
}
inline bool sends(const vrrp::Step& step, int priority) {
    return step.advert == support::priority(priority);
}

// --- the wire ---

inline const vrrp::Route over_ipv4{support::address("192.0.2.251"), support::address("224.0.0.18")};
inline const vrrp::Route over_ipv6{support::address("fe80::fb"), support::address("ff02::12")};

inline const std::vector<vrrp::IpAddress> ipv4_addresses{support::address("192.0.2.2"),
                                                         support::address("192.0.2.1")};
inline const std::vector<vrrp::IpAddress> ipv6_addresses{support::address("fe80::1"),
                                                         support::address("2001:db8::1")};

inline vrrp::Advert version3(const std::vector<vrrp::IpAddress>& addresses) {
    return {.version = vrrp::Version::v3,
            .vrid = support::vrid(10),
            .priority = support::priority(100),
            .interval = one_second,
            .addresses = addresses};
}

inline vrrp::Advert version2() {
    vrrp::Advert advert = version3(ipv4_addresses);
    advert.version = vrrp::Version::v2;
    return advert;
}

inline const vrrp::Route& route_of(const vrrp::Advert& advert) {
    const bool ipv6 =
        !advert.addresses.empty() && advert.addresses.front().family() == vrrp::Family::ipv6;
    return ipv6 ? over_ipv6 : over_ipv4;
}

inline base::Bytes message_of(const vrrp::Advert& advert,
                              vrrp::ChecksumDialect dialect = vrrp::ChecksumDialect::rfc9568) {
    return vrrp::encode(advert, route_of(advert), dialect);
}

// The message after a change that is not a fault of its sum. For IPv4: no pseudo-header.
inline base::Bytes with_right_sum(base::Bytes message) {
    message[6] = message[7] = 0;
    const std::uint16_t sum = vrrp::internet_checksum(message);
    message[6] = static_cast<std::uint8_t>(sum >> 8);
    message[7] = static_cast<std::uint8_t>(sum);
    return message;
}

// The message with another octet and a sum that is right again.
inline base::Bytes with_octet(base::Bytes message, std::size_t offset, int value) {
    message.at(offset) = static_cast<std::uint8_t>(value);
    return with_right_sum(std::move(message));
}

// What comes from the wire, and the router that it comes to: friends, until a test changes one.
struct Arrival {
    base::Bytes message;
    vrrp::Route route;
    vrrp::Expectation expected;
    std::uint8_t ttl = 255;

    [[nodiscard]] std::expected<vrrp::Accepted, vrrp::Discard> result() const {
        const auto decoded = vrrp::decode({route, ttl, message});
        if (!decoded) return std::unexpected(decoded.error());
        return vrrp::accept(*decoded, route.source, expected);
    }
    // "accept", or the counter under which the packet is discarded.
    [[nodiscard]] std::string verdict() const {
        const auto outcome = result();
        return outcome ? "accept" : std::string{name_of(outcome.error())};
    }
    [[nodiscard]] bool has_note(vrrp::Note note) const {
        const auto outcome = result();
        return outcome && outcome->notes.test(static_cast<std::size_t>(note));
    }
};

// `sent` arrives at a router that has the same configuration.
inline Arrival arrival_of(const vrrp::Advert& sent) {
    return {.message = message_of(sent),
            .route = route_of(sent),
            .expected = {.version = sent.version,
                         .interval = sent.interval,
                         .addresses = sent.addresses,
                         .authentication = sent.authentication}};
}

inline Arrival arrival_of(const vrrp::Advert& sent, const base::Bytes& message) {
    Arrival arrival = arrival_of(sent);
    arrival.message = message;
    return arrival;
}

}  // namespace rfc
