// When the virtual addresses of one session are announced: RFC 9568 section 6.4 asks for once, at
// promotion; frames get lost, so there are bursts.
//
// A level as well: an address that is in the kernel of an Active router has a schedule, one that is
// not has none. So an address that was restored is announced like one that was claimed.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "config/config.hpp"

namespace app {

class Announcer {
public:
    explicit Announcer(const config::Announcement& policy) : policy_{policy} {}

    // It is in the kernel now: a new one starts with a burst at once.
    void present(const base::IpAddress& address, base::Instant now);
    // Everything present in a burst from now on: a weaker router has claimed the addresses, and
    // what it still has to announce comes after our first frame. Or our MAC has changed.
    void repeat(base::Instant now);
    // The address has left the kernel; when it is present again, that is new.
    void forget(const base::IpAddress& address) { schedules_.erase(address); }
    void clear() { schedules_.clear(); }

    // At most `limit` addresses whose time has come, each of which moves on in its schedule.
    std::vector<base::IpAddress> take_due(base::Instant now, std::size_t limit);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    struct Schedule {
        base::Instant next;
        int frames_left;                      // of this burst, the next frame included
        std::optional<base::Instant> second;  // when the second burst starts
    };
    // False when the schedule has ended.
    [[nodiscard]] bool advance(Schedule& schedule) const;

    config::Announcement policy_;
    std::map<base::IpAddress, std::optional<Schedule>> schedules_;  // none: announced, at rest
};

}  // namespace app
