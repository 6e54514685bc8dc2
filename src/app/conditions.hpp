// What is wrong between this session and another router or machine, from when it is first seen
// until it has not been seen for a while. A condition names the other side, or the address that it
// is about; it decides nothing.
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
    address_claimed,       // a machine answers for one of our addresses while we hold it
    rejected,              // its adverts are discarded for another reason
};
std::string_view name_of(ConditionKind kind);

struct Condition {
    ConditionKind kind;
    base::IpAddress with;
    std::string text;  // for people, with the values of both sides and the cure
    base::Instant since;
    base::Instant ends_at;  // unless it is seen again before
    bool was_told = false;
};

class Conditions {
public:
    // It is still so: believed for `span` after this. False when it is not known yet.
    bool extend(ConditionKind kind, const base::IpAddress& with, base::Instant now,
                base::Duration span);
    // It is so now. Does nothing when there is no room for another one of its kind.
    void begin(ConditionKind kind, const base::IpAddress& with, std::string text, base::Instant now,
               base::Duration span);
    [[nodiscard]] bool has_room(ConditionKind kind) const;
    // Its beginning was told, and so will be its end.
    void note_told(ConditionKind kind, const base::IpAddress& with);
    // Takes out those that were not seen again.
    std::vector<Condition> take_ended(base::Instant now);
    [[nodiscard]] const std::vector<Condition>& all() const { return conditions_; }
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    // Bounded, and each kind for itself: whoever forges adverts can invent senders without end, and
    // must not hide the other kinds by that.
    static constexpr std::size_t most_of_a_kind = 8;
    Condition* find(ConditionKind kind, const base::IpAddress& with);
    std::vector<Condition> conditions_;
};

}  // namespace app
