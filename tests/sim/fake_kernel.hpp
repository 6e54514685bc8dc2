// What one simulated host runs on: the Ports of the engine, and so much of Linux behind them as
// tandem can see. Links with carrier, IPv4 addresses with the rules of net/ipv4/devinet.c (primary,
// secondary, promote_secondaries), IPv6 addresses with those of net/ipv6/addrconf.c (by scope, the
// newest first; tentative; confirmed before they are in use), marks (IFA_PROTO), notifications in
// order.
//
// It believes nothing and decides nothing. Requests fail when a test says so; others (an
// administrator, a DHCP client) may change the host as they like.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/engine.hpp"
#include "app/ports.hpp"

namespace sim {

enum class Carrier { off, on };
using kernel::Promotion;
enum class Tentative { no, yes };

class FakeKernel final : public app::Ports {
public:
    // --- what the engine asks for ---

    base::Result<void> listen(const kernel::Link& link, base::Family family) override;
    void stop_listening(kernel::LinkIndex link, base::Family family) override;
    // This kernel delivers them anyhow.
    base::Result<void> watch_sources(const kernel::Link& /*link*/,
                                     const std::set<base::IpAddress>& /*sources*/) override {
        return {};
    }
    base::Result<void> send_advert(const kernel::Link& link, base::ByteView message,
                                   const vrrp::Route& route) override;
    base::Result<void> watch_claims(const kernel::Link& link, base::Family family,
                                    const std::vector<base::IpAddress>& addresses) override;
    kernel::SentFrames send_frames(const kernel::Link& link,
                                   std::span<const base::Bytes> frames) override;
    std::vector<base::Result<void>> apply(std::span<const kernel::Request> requests) override;

    base::Result<void> set_filter(const kernel::Refusals& refusals) override;
    base::Result<kernel::Link> make_macvlan(const kernel::Macvlan& macvlan) override;
    base::Result<void> remove_macvlan(kernel::LinkIndex link) override;
    base::Result<void> raise_macvlan(kernel::LinkIndex link) override;
    base::Result<void> lower_macvlan(kernel::LinkIndex link) override;
    // This kernel takes nothing away from the parent.
    base::Result<void> hear_rivals(const kernel::Link& /*macvlan*/,
                                   base::Family /*family*/) override {
        return {};
    }
    void stop_hearing_rivals(kernel::LinkIndex /*link*/) override {}
    base::Result<kernel::ArpSettings> arp_settings(kernel::LinkIndex link) override;
    base::Result<void> set_arp(kernel::LinkIndex link,
                               const kernel::ArpSettings& settings) override;

    void tell_runner(const health::ToRunner& message) override { told_runner_.push_back(message); }
    // What the runner was told since the last call, in order.
    [[nodiscard]] std::vector<health::ToRunner> take_told_runner() {
        return std::exchange(told_runner_, {});
    }

    // Requests fail with these errno values as long as they are not 0.
    struct Faults {
        int add = 0;
        int remove = 0;
        int renew = 0;
        int listen = 0;
        int advert = 0;
        int advert_ipv4 = 0;  // those of this family only
        int frame = 0;
        std::size_t frames_a_call = 1000;  // one that gets more takes so many of them: ENOBUFS
        int add_route = 0;
        int filter = 0;
        int macvlan = 0;
        bool loses_news_of_ipv6 = false;  // an address is in use, and nobody is notified
    };
    Faults faults;
    // From the confirmation of an IPv6 address until the work queue of the kernel puts it to use.
    base::Duration ipv6_delay = std::chrono::microseconds{100};

    // --- time ---

    // The kernel's own clock: what is not renewed in time goes (valid_lft); what was confirmed is
    // put to use.
    void advance(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> next_change() const;

    // --- what others do to the host ---

    // Up, with carrier; a new index each time.
    void add_link(const std::string& name);
    void remove_link(std::string_view name);
    void rename_link(std::string_view name, const std::string& new_name);
    void set_carrier(std::string_view name, Carrier carrier);
    // Makes it a port of a link of this kind; of none when that is empty.
    void set_master(std::string_view name, const std::string& kind);
    void set_mac(std::string_view name, const base::MacAddress& mac);
    void set_promotion(std::string_view name, Promotion promotion);
    // "ADDRESS/LENGTH" with a mark; false when it is there already.
    bool install(std::string_view link, std::string_view address, std::uint8_t protocol);
    bool uninstall(std::string_view link, std::string_view address);
    // Routes and rules of ours, as somebody else makes and removes them.
    void install(const kernel::Route& route);
    void install(const kernel::Rule& rule);
    bool uninstall(const kernel::Route& route);
    bool uninstall(const kernel::Rule& rule);
    // As Linux does it: the routes of the link go without a word.
    void set_down(std::string_view name);
    void set_up(std::string_view name);
    // nft flush ruleset.
    void flush_filter();
    // Duplicate address detection of an IPv6 address that is there: begins, or has found nothing.
    void set_tentative(std::string_view link, std::string_view address, Tentative tentative);

    // --- what the engine is told ---

    [[nodiscard]] kernel::View dump() const;
    [[nodiscard]] std::vector<kernel::Event> take_events();
    [[nodiscard]] bool has_events() const { return !events_.empty() || filter_was_changed_; }
    [[nodiscard]] bool take_filter_change() { return std::exchange(filter_was_changed_, false); }

    // --- what goes onto the wire ---

    struct Sent {
        base::Bytes message;
        vrrp::Route route;
        std::string link;
    };
    [[nodiscard]] std::vector<Sent> take_adverts();
    [[nodiscard]] std::vector<base::Bytes> take_frames();

    // --- facts ---

    // The socket that a datagram on this link reaches: carrier, membership or own address.
    [[nodiscard]] std::optional<app::Socket> socket_for(std::string_view link,
                                                        base::ByteView datagram) const;
    [[nodiscard]] bool is_open(const app::Socket& socket) const {
        return sockets_.contains(socket);
    }
    [[nodiscard]] bool has_carrier(std::string_view link) const;
    [[nodiscard]] kernel::LinkIndex index_of(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view link, std::string_view address) const;
    // The addresses of the link that carry our mark, as text.
    [[nodiscard]] std::set<std::string> marked(std::string_view link) const;
    [[nodiscard]] std::set<std::string> unmarked(std::string_view link) const;
    // All with our protocol, as text.
    [[nodiscard]] std::vector<std::string> routes() const;
    [[nodiscard]] std::vector<std::string> rules() const;
    // The same as values, in order.
    [[nodiscard]] std::vector<base::InterfaceAddress> marked_addresses(std::string_view link) const;
    // Whether it is there and not tentative.
    [[nodiscard]] bool is_usable(std::string_view link,
                                 const base::InterfaceAddress& address) const;
    // Changes whenever an address or a link does.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }
    // What the host takes nothing for, as text.
    [[nodiscard]] std::set<std::string> unaccepted() const;
    // Addresses without our mark that went because of a request of the engine.
    [[nodiscard]] const std::vector<std::string>& lost() const { return lost_; }
    // Addresses that were announced when the kernel did not answer for them, as text.
    [[nodiscard]] const std::vector<std::string>& announced_early() const {
        return announced_early_;
    }
    // Leases that have ended.
    [[nodiscard]] std::size_t expiries() const { return expiries_; }
    // Every request in order, as text: "add 192.0.2.1/24", "remove ...", "advert 0", "arp ...",
    // "listen eth0", "filter 3".
    [[nodiscard]] const std::vector<std::string>& requests() const { return requests_; }
    // Whether a claim of the address on this link is let through.
    [[nodiscard]] bool hears_claims(std::string_view link, const base::IpAddress& address) const;
    [[nodiscard]] std::size_t open_sockets() const { return sockets_.size(); }
    [[nodiscard]] std::size_t address_requests() const { return address_requests_; }

    // The process has ended: its sockets are closed, nobody reads notifications.
    void process_has_ended();
    // The sockets for adverts; some may stay open when their process has ended.
    [[nodiscard]] const std::set<app::Socket>& sockets() const { return sockets_; }
    void keep_open(const std::set<app::Socket>& sockets) { sockets_ = sockets; }

private:
    struct Entry {
        base::InterfaceAddress address;
        std::uint8_t protocol;
        bool is_secondary;
        bool is_tentative = false;
        std::optional<base::Instant> valid_until{};
        std::optional<base::Instant> in_use_at{};  // none: it is
        [[nodiscard]] kernel::AddressFacts facts() const {
            return {
                .protocol = protocol, .is_secondary = is_secondary, .is_tentative = is_tentative};
        }
    };
    struct Device {
        kernel::Link link;
        kernel::ArpSettings arp{};
        std::vector<Entry> addresses{};  // in the order of the kernel's lists, of both families
    };
    enum class Culprit { somebody, engine };

    [[nodiscard]] std::optional<base::Instant> next_expiry() const;
    [[nodiscard]] std::optional<base::Instant> end_of(const kernel::AddressWish& wish) const {
        return wish.how.lease ? std::optional{now_ + *wish.how.lease} : std::nullopt;
    }
    base::Result<void> add(const kernel::AddressWish& wish);
    base::Result<void> renew(const kernel::AddressWish& wish);
    base::Result<void> remove(const kernel::RemoveAddress& removal);
    base::Result<void> set(const kernel::SetPromotion& setting);
    base::Result<void> add(const kernel::Route& route);
    base::Result<void> add(const kernel::Rule& rule);
    base::Result<void> remove(const kernel::Route& route);
    base::Result<void> remove(const kernel::Rule& rule);
    base::Result<void> apply_one(const kernel::Request& request);
    Device* device(std::string_view name);
    [[nodiscard]] const Device* device(std::string_view name) const;
    Device* device(kernel::LinkIndex index);
    int insert(Device& device, const base::InterfaceAddress& address, std::uint8_t protocol,
               std::optional<base::Instant> in_use_at = {});
    void put_to_use(Device& device);
    [[nodiscard]] bool is_awaited(const base::IpAddress& address) const;
    int erase(Device& device, const base::InterfaceAddress& address, Promotion promotion,
              Culprit culprit);
    int insert_ipv6(Device& device, const Entry& made);
    void promote(Device& device, const base::InterfaceAddress& subnet, std::size_t after);
    base::Result<void> set_power(kernel::LinkIndex link, const std::string& verb);
    void tell_link(const Device& device);
    void tell_address(const Device& device, const Entry& entry);
    void tell_gone(const Device& device, const Entry& entry, Culprit culprit);

    base::Instant now_{};
    std::map<kernel::LinkIndex, Device> devices_;
    std::set<kernel::Route> routes_;  // of ours
    std::set<kernel::Rule> rules_;
    int next_index_ = 2;  // 1 is the loopback interface
    std::set<app::Socket> sockets_;
    std::map<app::Socket, std::set<base::IpAddress>> claims_;
    std::vector<kernel::Event> events_;
    std::vector<Sent> adverts_;
    std::vector<base::Bytes> frames_;
    std::vector<std::string> requests_;
    std::uint64_t revision_ = 0;
    std::size_t address_requests_ = 0;
    std::size_t expiries_ = 0;
    std::vector<std::string> lost_;
    std::vector<std::string> announced_early_;
    kernel::Refusals filter_;
    bool filter_was_changed_ = false;
    std::vector<health::ToRunner> told_runner_;
};

}  // namespace sim
