// All that an engine knows and nobody else does: what the process that goes on in its place has to
// be told. As a value, and as text with a version.
//
// What the kernel, the files and the runner can say once more is not in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks.hpp"
#include "app/clock.hpp"
#include "app/damper.hpp"
#include "app/drain_file.hpp"
#include "app/hook_queue.hpp"
#include "app/maintenance.hpp"
#include "app/session.hpp"
#include "base/result.hpp"
#include "vrrp/machine.hpp"

namespace app {

// Another one than before whenever an older program would misread the text. Whoever is given one
// that it does not know starts as after a crash (engine_resume.cpp).
inline constexpr int snapshot_version = 1;

struct SessionSnapshot {
    // Which one: what names it on the wire.
    std::string interface;
    base::Family family = base::Family::ipv4;
    std::uint8_t vrid = 0;
    Session::Standing standing;
};

struct UnitSnapshot {
    std::string name;
    bool is_group = false;
    bool was_active = false;
    std::optional<Phase> told{};
    Damper::History damper{};
    // Of its hook queues, by what they are about.
    struct Hooks {
        HookQueue::Subject::Kind kind;
        std::string name;
        std::optional<Phase> phase;
    };
    std::vector<Hooks> hooks{};
};

struct CheckSnapshot {
    std::string name;
    std::optional<health::Verdict> verdict{};
    std::string text{};
    int penalty = 0;
    base::Instant since{};
    std::uint64_t runs = 0;
    std::uint64_t failures = 0;
    base::Duration duration{};
};

struct HoldSnapshot {
    std::string unit;
    Hold hold;
};

struct Snapshot {
    std::vector<SessionSnapshot> sessions{};  // by number, as the record has them
    std::vector<UnitSnapshot> units{};
    std::vector<CheckSnapshot> checks{};
    std::uint64_t plan = 0;  // of the checks, that the runner has
    KeptDrains drains{};
    std::vector<HoldSnapshot> holds{};
    std::uint64_t last_operation = 0;
    std::vector<int> protected_links{};       // Reconciler::protected_links()
    std::map<int, base::Instant> heard_on{};  // when something of VRRP came last, by link
    std::uint64_t next_hook = 1;
    std::string record{};  // record_json()
};

std::string text_of(const Snapshot& snapshot);
// An error says what is wrong with it.
base::Result<Snapshot> snapshot_in(std::string_view text);

}  // namespace app
