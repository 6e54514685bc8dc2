// The interfaces with a virtual MAC: one for each session that has such a MAC, up while it is
// Active and down while it is not, so that nothing from that MAC ever leaves a Backup.
//
// Levels, like the addresses: what should be there follows from the configuration and the states,
// what is there from the kernel. One that somebody has deleted is made again before anybody asks
// whether the session can go on. What is not ours is never touched.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/ports.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "kernel/macvlan.hpp"
#include "kernel/view.hpp"

namespace app {

class VirtualLinks {
public:
    // A session, by its number, gets one if its router has a virtual MAC. One that is there already
    // is the same, whoever had it.
    void want(std::size_t session, const config::Router& router, base::Family family);
    // Nobody wants any from now on; whoever does says so before the next follow().
    void want_none() { before_ = std::exchange(entries_, {}); }

    // Makes what is missing and removes what is ours and has no use any more. What the kernel
    // confirms goes into `view`.
    void follow(kernel::View& view, Ports& ports, base::Instant now);
    // Up for the sessions of which `active` says so, down for the others. Before the addresses:
    // what removing them makes the kernel send must not leave. True when a fault has come or gone.
    bool set_power(const std::vector<bool>& active, kernel::View& view, Ports& ports,
                   base::Instant now);
    // Removes all, and gives the parents their settings back.
    void end(kernel::View& view, Ports& ports, base::Instant now);
    // A link has gone; another one may get its index.
    void forget(kernel::LinkIndex index, Ports& ports);

    struct Standing {
        std::string name;
        base::MacAddress mac;
        std::optional<kernel::LinkIndex> link;  // where it is
        std::string fault;                      // what is wrong with it, in words
    };
    // Null for a session without a virtual MAC.
    [[nodiscard]] const Standing* of(std::size_t session) const;
    // For whom packets are meant that come in on this link: its parent when it is one of ours.
    [[nodiscard]] kernel::LinkIndex parent_of(kernel::LinkIndex link,
                                              const kernel::View& view) const;
    // When something that failed is to be tried again.
    [[nodiscard]] std::optional<base::Instant> deadline() const;
    // What has failed since the last call, in words.
    [[nodiscard]] std::vector<std::string> take_troubles() { return std::exchange(troubles_, {}); }

private:
    struct Retry {
        base::Instant at;
        base::Duration wait;
    };
    struct Entry {
        std::string router;
        base::Family family;
        std::string parent_name;
        Standing standing;
        std::optional<Retry> retry{};
    };

    void follow(Entry& entry, kernel::View& view, Ports& ports, base::Instant now);
    base::Result<void> make(Entry& entry, kernel::LinkIndex parent, kernel::View& view,
                            Ports& ports);
    // Takes one into service that is as it should be.
    base::Result<void> adopt(Entry& entry, const kernel::Link& link, const kernel::View& view,
                             Ports& ports);
    [[nodiscard]] std::optional<kernel::ArpSettings> former_settings(
        kernel::LinkIndex parent, const kernel::View& view) const;
    void remove_strays(kernel::View& view, Ports& ports, base::Instant now);
    // It is what this one wants, and nobody else's.
    [[nodiscard]] static bool fits(const Entry& entry, const kernel::Link& link,
                                   const kernel::View& view);
    [[nodiscard]] bool is_wanted(const kernel::Link& link, const kernel::View& view) const;
    base::Result<void> remove(const kernel::Link& link, kernel::View& view, Ports& ports);
    void failed(Entry& entry, const base::Error& error, base::Instant now);

    std::map<std::size_t, Entry> entries_;
    std::map<std::size_t, Entry> before_;  // until follow(): those of before want_none()
    // What the settings of the parents were before us.
    std::map<kernel::LinkIndex, kernel::ArpSettings> former_;
    std::optional<base::Instant> strays_wait_until_;
    std::vector<std::string> troubles_;
};

}  // namespace app
