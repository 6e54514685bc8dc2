// Whether certain prefixes are in the kernel's routing tables.
//
// Costs nothing while nothing happens to these prefixes, however many routes there are: a filter in
// the kernel keeps away what is about others. What it lets through, and a link or an address that
// goes (Linux drops routes with them and tells nobody), makes their tables be read anew, in slices,
// and not more often than a table's size affords.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "health/links.hpp"
#include "health/message.hpp"
#include "health/netlink.hpp"
#include "health/probe.hpp"

namespace health {

// One route that is looked for, and what is known of it.
struct RouteWatch {
    kind::Route route;
    std::optional<bool> is_there{};  // none: its table has not been read yet
    std::string problem{};           // why its table could not be read
    bool is_seen = false;            // in the reading that goes on
};

class RouteListener {
public:
    virtual ~RouteListener() = default;
    virtual RouteWatch& watch() = 0;
    // The table has been read.
    virtual void on_known() = 0;
};

class Routes final : public Reader, public LinkListener {
public:
    Routes(Waker& waker, Links& links);
    ~Routes() override;

    void join(RouteListener& listener);
    void leave(RouteListener& listener);

    // Begins to read what is to be read. Cheap when there is nothing.
    base::Result<void> refresh(base::Instant now);

    void on_ready(int descriptor, base::Instant now) override;
    void on_link(const std::string& name, Change change, base::Instant now) override;

private:
    // The routes that one dump tells: the kernel leaves out all others.
    struct Table {
        base::Family family;
        std::uint32_t number;
        std::uint8_t protocol;  // 0: any
        bool is_stale = true;
        base::Instant rests_until{};
        base::Instant began{};
        int interruptions = 0;
        std::optional<NetlinkSocket> dump{};
        [[nodiscard]] bool holds(const kind::Route& route) const;
    };
    enum class Slice : std::uint8_t { more, done, interrupted, failed };

    base::Result<void> subscribe();
    void set_filter();
    void read_changes();
    void distrust(std::optional<base::Family> family);
    base::Result<void> wake_at(std::optional<base::Instant> due);
    base::Result<void> begin(Table& table, base::Instant now);
    Slice read_slice(Table& table);
    void match(const Table& table, const nlmsghdr* header);
    void stop(Table& table);
    void end(Table& table, Slice slice, base::Instant now);

    Waker& waker_;
    Links& links_;
    std::optional<NetlinkSocket> changes_;
    base::Fd timer_;
    std::vector<RouteListener*> listeners_;
    std::vector<std::unique_ptr<Table>> tables_;
};

// Whether this message tells of the route: the very prefix, table and protocol, and a type that
// leads somewhere. Pure.
bool is_about(const nlmsghdr* header, const kind::Route& route);

}  // namespace health
