// Programs that run for checks and hooks, and the promise that nothing of them is left when they
// have ended.
//
// Where a cgroup can be made each one is born into its own, and the kernel kills all that is in it.
// Elsewhere each one gets a warden (warden.hpp). Knows nothing of what a program is run for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "health/cgroup.hpp"
#include "health/last_line.hpp"
#include "health/probe.hpp"
#include "health/program.hpp"

namespace health {

// How a program has ended, and everything with it that it had started.
struct Ending {
    int status = 0;        // exit status, when no signal ended it
    int signal = 0;        // the signal that ended it; 0: none
    std::string output{};  // the last line of its standard error
};

enum class ChildId : std::uint64_t {};

// Who has started a program.
class ChildOwner {
public:
    virtual ~ChildOwner() = default;
    virtual void on_ended(ChildId child, const Ending& ending, base::Instant now) = 0;
};

class Children final : public Reader {
public:
    // `nest` is a cgroup in which cgroups may be made; without it there are wardens.
    Children(Waker& waker, std::optional<std::string> nest);
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;
    ~Children() override;

    // The owner outlives the program, or disowns it.
    base::Result<ChildId> begin(const Order& order, ChildOwner& owner);
    // SIGTERM now, and SIGKILL to all that is left of it a second later.
    void end(ChildId child, base::Instant now);
    // SIGKILL as soon as look_after() is called; nobody is told.
    void disown(ChildId child);

    // Call after SIGCHLD, and at the deadline.
    void look_after(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;
    void on_ready(int descriptor, base::Instant now) override;

    // Programs of which something still runs.
    [[nodiscard]] std::size_t count() const { return children_.size(); }

private:
    enum class Stage : std::uint8_t { running, asked, killed };
    struct Child {
        pid_t leader;
        ChildOwner* owner;  // none: disowned
        base::Fd error;
        std::optional<Cgroup> cgroup;
        Stage stage = Stage::running;
        std::optional<base::Instant> due{};  // when something is to be done with it
        std::optional<int> wait_status{};    // the leader has ended
        LastLine last_line{};
    };
    using Entry = std::map<ChildId, Child>::iterator;

    base::Result<std::optional<Cgroup>> make_cgroup();
    void reap(base::Instant now);
    void kill(Child& child, base::Instant now);
    [[nodiscard]] static bool is_over(const Child& child);
    void finish(Entry entry, base::Instant now);
    void sweep();
    enum class Amount : std::uint8_t { some, all };
    void read_error(Child& child, Amount amount);

    Waker& waker_;
    std::optional<std::string> nest_;
    std::uint64_t started_ = 0;
    std::map<ChildId, Child> children_;
};

}  // namespace health
