// What the daemon and its runner say to each other: values, and the JSON that they travel as.
//
// One message is one datagram. A field that is not known is ignored, one that is missing, of the
// wrong type or out of range makes the message malformed: it is never a default. Knows no socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "health/hysteresis.hpp"

namespace health {

// No message is larger than this.
inline constexpr std::size_t message_size = 128UL * 1024;

// ---- from the runner ---------------------------------------------------------------------------

// A new runner, which wants a plan.
struct Hello {
    pid_t pid;
    bool operator==(const Hello&) const = default;
};

// The runner has died; the keeper says so, and starts another.
struct Died {
    std::string how;  // "signal 9", "status 1", "silent for 5 s"
    bool operator==(const Died&) const = default;
};

// What a check has come to.
struct ResultMessage {
    std::uint64_t plan;
    std::string check;
    Verdict verdict;
    std::string text;              // what was seen, for people
    std::optional<int> penalty{};  // only of a file that holds one, while it is not 0
    std::uint64_t runs = 0;
    std::uint64_t failures = 0;
    base::Duration duration{};  // of the last run
    bool operator==(const ResultMessage&) const = default;
};

// Once a second.
struct Alive {
    std::uint64_t plan;
    std::uint64_t running;  // children: checks and hooks
    std::uint64_t queued;   // checks that are due and wait for one of them to end
    bool operator==(const Alive&) const = default;
};

// A hook has been started.
struct HookStarted {
    std::uint64_t id;
    bool operator==(const HookStarted&) const = default;
};

// A hook has ended, and so has all that it had started. It may never have been started: then
// `status` is 127 and `output` says why.
struct HookEnded {
    std::uint64_t id;
    int status = 0;  // its exit status, when no signal ended it
    int signal = 0;  // the signal that ended it; 0: none
    bool timed_out = false;
    base::Duration duration{};
    std::string output{};  // the last line of its standard error, at most 200 octets
    bool operator==(const HookEnded&) const = default;
};

// The answer to TargetMessage.
struct TargetEnded {
    std::string unit;
    std::string error{};  // empty: done
    bool operator==(const TargetEnded&) const = default;
};

// The answer to JobQuestion.
struct JobAnswer {
    std::string type{};   // "restart", "stop", ...; empty: none, or it is not known
    std::string error{};  // why it is not
    bool operator==(const JobAnswer&) const = default;
};

// The answer to SaveMessage.
struct Saved {
    std::uint64_t id;
    std::string error{};  // empty: it is on the disk
    bool operator==(const Saved&) const = default;
};

using FromRunner = std::variant<Hello, Died, ResultMessage, Alive, HookStarted, HookEnded,
                                TargetEnded, JobAnswer, Saved>;

// ---- to the runner -----------------------------------------------------------------------------

// A plan follows: checks, then Commit. It replaces the one before as a whole.
struct Begin {
    std::uint64_t plan;
    bool operator==(const Begin&) const = default;
};
struct Commit {
    std::uint64_t plan;
    bool operator==(const Commit&) const = default;
};

// What a check looks at.
namespace kind {
struct Exec {
    std::vector<std::string> command;  // never empty
    std::string user{};                // empty: whoever the runner is
    bool operator==(const Exec&) const = default;
};
struct Process {
    std::string process;
    bool operator==(const Process&) const = default;
};
struct File {
    enum class Want : std::uint8_t { present, absent, penalty };
    std::string path;
    Want want = Want::present;
    bool operator==(const File&) const = default;
};
struct Interface {
    std::string interface;
    base::Duration up_for{};
    base::Duration down_for{};
    bool operator==(const Interface&) const = default;
};
struct Ping {
    base::IpAddress target;
    std::string interface{};  // empty: whatever the routing table says
    bool operator==(const Ping&) const = default;
};
struct Arp {
    base::IpAddress target;
    std::string interface;
    bool operator==(const Arp&) const = default;
};
struct Tcp {
    base::IpAddress target;
    std::uint16_t port;
    std::string interface{};  // empty: whatever the routing table says
    bool operator==(const Tcp&) const = default;
};
struct Http {
    std::string url;
    std::vector<int> expect;
    std::string contains{};  // empty: whatever
    bool verify = true;
    bool operator==(const Http&) const = default;
};
struct Route {
    base::InterfaceAddress to;
    std::optional<std::uint8_t> protocol{};  // none: any
    std::uint32_t table = 254;
    bool operator==(const Route&) const = default;
};
struct Unit {
    std::string unit;
    bool operator==(const Unit&) const = default;
};
}  // namespace kind
using Kind = std::variant<kind::Exec, kind::Process, kind::File, kind::Interface, kind::Ping,
                          kind::Arp, kind::Tcp, kind::Http, kind::Route, kind::Unit>;

struct CheckMessage {
    std::string name;
    Kind kind;
    base::Duration every;
    base::Duration timeout;
    int rise = 1;
    int fall = 1;
    // What the daemon takes it for now; none: nothing yet, and the first result counts at once.
    std::optional<Verdict> counts_as{};
    bool operator==(const CheckMessage&) const = default;
};

// Run a hook.
struct RunMessage {
    std::uint64_t id;
    std::vector<std::string> command;  // never empty
    std::string user{};                // empty: whoever the runner is
    base::Duration timeout;
    std::map<std::string, std::string> environment{};
    std::string input{};  // for its standard input
    bool operator==(const RunMessage&) const = default;
};

// End a hook before its time.
struct KillMessage {
    std::uint64_t id;
    bool operator==(const KillMessage&) const = default;
};

// Start or stop a unit of systemd.
struct TargetMessage {
    enum class Want : std::uint8_t { started, stopped };
    std::string unit;
    Want want;
    bool operator==(const TargetMessage&) const = default;
};

// Which job has systemd for the unit of this process?
struct JobQuestion {
    pid_t pid;
    bool operator==(const JobQuestion&) const = default;
};

// Write a small file as a whole: whoever reads it finds the old text or the new one. Or append to
// one, which begins anew when it would become larger than this.
struct SaveMessage {
    std::uint64_t id;
    std::string path;
    std::string text;
    std::optional<std::uint64_t> append_up_to{};
    bool operator==(const SaveMessage&) const = default;
};

using ToRunner = std::variant<Begin, CheckMessage, Commit, RunMessage, KillMessage, TargetMessage,
                              JobQuestion, SaveMessage>;

// ---- as text -----------------------------------------------------------------------------------

std::string encode(const FromRunner& message);
std::string encode(const ToRunner& message);
// An error names the field that is wrong.
base::Result<FromRunner> decode_from_runner(std::string_view text);
base::Result<ToRunner> decode_to_runner(std::string_view text);

// "passed", "failed"
std::string_view name_of(Verdict verdict);
// "exec", "process", ...: as the configuration names it.
std::string_view name_of(const Kind& kind);

}  // namespace health
