// When the virtual addresses of one session are announced: RFC 9568 section 6.4 asks for once, at
// promotion; frames get lost, so there are bursts, and a slow refresh for as long as it lasts.
//
// A level as well: an address that is in the kernel of an Active router has a schedule, one that is
// not has none. So an address that was restored is announced like one that was claimed.
//
// A question costs O(log n) of the addresses: there may be thousands, and turns every few
// milliseconds. No clock, no chance: the same calls give the same frames.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "config/config.hpp"

namespace app {

// The first frame about an address that was claimed goes before everything else: until then its
// neighbours send to the old place.
enum class Urgency : std::uint8_t { first, later };

class Announcer {
public:
    explicit Announcer(const config::Announcement& policy) : policy_{policy} {}

    // In the kernel now: a burst that begins at once, a second one, then the refresh. Nothing when
    // it was present already.
    void present(const base::IpAddress& address, base::Instant now);
    // The neighbours know already, from a program before this one: only the refresh is due.
    void assume(const base::IpAddress& address, base::Instant now);
    // Those of which all neighbours know by now: nothing but the refresh is to come.
    [[nodiscard]] std::vector<base::IpAddress> announced() const;
    // The address has left the kernel; when it is present again, that is new.
    void forget(const base::IpAddress& address);
    void clear();
    // From the next frame or burst on.
    void set_policy(const config::Announcement& policy) { policy_ = policy; }
    [[nodiscard]] bool is_present(const base::IpAddress& address) const {
        return schedules_.contains(address);
    }

    // Everything present in a burst from now on: a weaker router has claimed the addresses, and
    // what it still has to announce comes after our first frame. Or the link, or our MAC, was not
    // what it is now. What waits to be sent keeps its place, so that repetitions that come faster
    // than frames may leave starve nobody.
    void repeat(base::Instant now);
    // Somebody else claims the address: one frame against it, a second after the last such one at
    // the earliest. So ours is the last word however long it claims. False when the address is not
    // present.
    bool answer(const base::IpAddress& address, base::Instant now);

    [[nodiscard]] bool has_due(Urgency urgency, base::Instant now) const;
    // The address whose time came first, which moves on in its schedule.
    std::optional<base::IpAddress> take(Urgency urgency, base::Instant now);
    // The frame about it did not leave: it is due again then.
    void put_back(const base::IpAddress& address, Urgency urgency, base::Instant at);

    [[nodiscard]] std::optional<base::Instant> deadline() const;

    // Why nothing is due. What has come due meanwhile is, once no reason is left.
    enum class Silence : std::uint8_t {
        preparing,  // a `prepare` hook has not ended
        leaving,    // the neighbours shall listen to the successor
    };
    void hold(Silence why) { silences_[static_cast<std::size_t>(why)] = true; }
    void release(Silence why) { silences_[static_cast<std::size_t>(why)] = false; }

private:
    struct Schedule {
        Urgency urgency;
        base::Instant next;   // of the next frame, or of the next burst when none are left
        std::uint64_t order;  // among those of one instant
        int frames_left;      // of this burst, the next frame included
        std::optional<base::Instant> second;  // when the second burst starts
        std::uint64_t repetition;             // the last one that it took part in
        std::optional<base::Instant> answered;
        bool is_queued;
    };
    using Schedules = std::map<base::IpAddress, Schedule>;
    struct Place {
        base::Instant at;
        std::uint64_t order;
        base::IpAddress address;
        auto operator<=>(const Place&) const = default;
    };
    using Queue = std::set<Place>;
    // A repetition on its way through the schedules, a few with each frame.
    struct Sweep {
        base::Instant since;
        base::IpAddress next;
        std::size_t left;
    };

    Queue& queue_of(Urgency urgency) { return queues_[static_cast<std::size_t>(urgency)]; }
    [[nodiscard]] const Queue& queue_of(Urgency urgency) const {
        return queues_[static_cast<std::size_t>(urgency)];
    }
    void enqueue(const base::IpAddress& address, Schedule& schedule, base::Instant at);
    void dequeue(const base::IpAddress& address, Schedule& schedule);
    void advance(const base::IpAddress& address, Schedule& schedule, base::Instant now);
    void sweep();
    void repeat_one(const base::IpAddress& address, Schedule& schedule, base::Instant since);
    [[nodiscard]] bool is_held() const { return silences_[0] || silences_[1]; }
    [[nodiscard]] base::Duration refresh_of(const base::IpAddress& address) const;

    config::Announcement policy_;
    Schedules schedules_;
    std::array<Queue, 2> queues_;
    std::optional<Sweep> sweep_;
    std::array<bool, 2> silences_{};
    std::uint64_t order_ = 0;
    std::uint64_t repetition_ = 0;
};

}  // namespace app
