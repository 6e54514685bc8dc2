// What is wrong with this router and its pair, computed from facts that somebody else has gathered.
//
// Pure: knows no file, no socket and no clock. A fact that could not be had has no value, and
// nothing is found on its account: a finding is what is known to be so.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/status.hpp"

namespace ctl {

enum class Gravity { remark, problem };
std::string_view name_of(Gravity gravity);

struct Finding {
    std::string_view code;  // of the list in tandemctl(8)
    Gravity gravity;
    std::string router;  // empty, like the family: the whole node
    std::string family;
    std::string text;
    std::string evidence;
    std::string cure;
};

// An advert as it was seen on an interface, whoever is to have it.
struct SeenAdvert {
    std::string source;
    std::string family;
    int vrid = 0;
    int version = 0;
    bool is_multicast = false;
    bool is_outgoing = false;
    std::vector<std::string> addresses;

    auto operator<=>(const SeenAdvert&) const = default;
};
using SeenAdverts = std::map<SeenAdvert, std::int64_t>;

// Who answers for an address on a wire.
struct Answering {
    std::string address;
    std::string mac;
};

// What was seen of one interface while it was listened to.
struct Wire {
    SeenAdverts adverts;
    std::vector<Answering> answering;  // when it was asked for
};

// How late the turns of the daemon were, where it tells.
struct Lateness {
    std::int64_t turns = 0;
    double worst_ms = 0;
};

struct Facts {
    Status before;  // when listening began; the same as `status` without listening
    Status status;
    double listened_seconds = 0;
    std::map<std::string, Wire> wires;              // by interface; those that were listened to
    std::map<std::string, std::int64_t> rp_filter;  // by interface, with "all"
    std::map<std::string, bool> forwarding;         // by family
    std::optional<std::uint64_t> capabilities;      // effective ones of the daemon
    std::string clock_source;                       // empty: not known
    std::set<std::string> other_daemons;            // that put addresses on interfaces, too
    std::optional<Lateness> lateness;
    std::optional<Status> other;  // of the other node
};

// The problems first, each in the order of the routers.
std::vector<Finding> findings_of(const Facts& facts);

// ---- the parts of it ---------------------------------------------------------------------------

// Where findings are collected. A code has its gravity, words and a cure in one table.
class Findings {
public:
    // `cure` empty: the one of the table.
    void add(std::string_view code, const Session* session, std::string evidence,
             std::string cure = {});
    [[nodiscard]] bool has(std::string_view code, const Session& session) const;
    // Whether some evidence says this already.
    [[nodiscard]] bool says(std::string_view words) const;
    [[nodiscard]] std::vector<Finding> in_order() &&;

private:
    std::vector<Finding> all_;
};

// What came and went on the wire against what the daemon has counted.
void look_at_wire(const Facts& facts, const Session& session, Findings& found);
// What the other node tells.
void look_at_other(const Facts& facts, Findings& found);
// The same session before, or on another node.
const Session* same_session(const Status& status, const Session& session);

}  // namespace ctl
