// What is wrong between this session and another router, from when it is first seen until it has
// not been seen for a while. A condition names the other side; it decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"

namespace app {

enum class ConditionKind : std::uint8_t {
    another_active,        // two routers advertise at the same time
    duplicate_source,      // another router sends from our address
    interval_differs,      // its Advertisement_Interval is not ours
    version_differs,       // it speaks another version of VRRP
    address_list_differs,  // its virtual addresses are not ours
    transport_differs,     // it sends multicast and we unicast, or the reverse
    rejected,              // its adverts are discarded for another reason
};
std::string_view name_of(ConditionKind kind);

struct Condition {
    ConditionKind kind;
    base::IpAddress with;
    std::string text;  // for people, with the values of both sides and the cure
    base::Instant since;
    base::Instant ends_at;  // unless it is seen again before
};

class Conditions {
public:
    // It is so now, and is believed to be for `span` after this. True when that is news.
    bool hold(ConditionKind kind, const base::IpAddress& with, std::string text, base::Instant now,
              base::Duration span);
    // Takes out those that were not seen again.
    std::vector<Condition> take_ended(base::Instant now);
    [[nodiscard]] const std::vector<Condition>& all() const { return conditions_; }
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    // Bounded: whoever forges adverts can invent senders without end.
    static constexpr std::size_t most = 32;
    std::vector<Condition> conditions_;
};

}  // namespace app
