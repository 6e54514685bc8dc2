#include "health/process_table.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant start{1000s};

// A child of a name with blanks and a parenthesis, as some have.
class Sleeper {
public:
    Sleeper() : name_{"a) (" + std::to_string(::getpid() % 100000)} {
        pid_ = ::fork();
        if (pid_ != 0) return;
        ::prctl(PR_SET_NAME, name_.c_str());
        ::kill(::getpid(), SIGSTOP);  // its name can be seen now
        while (true) ::pause();
    }
    ~Sleeper() { end(); }
    Sleeper(const Sleeper&) = delete;
    Sleeper& operator=(const Sleeper&) = delete;
    void wait_for_name() const { ::waitpid(pid_, nullptr, WUNTRACED); }
    void kill() const { ::kill(pid_, SIGKILL); }
    void end() {
        if (pid_ <= 0) return;
        kill();
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] pid_t pid() const { return pid_; }

private:
    std::string name_;
    pid_t pid_;
};

bool is_ready(const base::Fd& descriptor, int milliseconds) {
    pollfd waited{descriptor.number(), POLLIN, 0};
    return ::poll(&waited, 1, milliseconds) == 1;
}

}  // namespace

TEST_GROUP(ProcessTable) {
    Sleeper sleeper;
    ProcessTable table;
    void setup() override { sleeper.wait_for_name(); }
};

TEST(ProcessTable, AProcessIsFoundByItsName) {
    const auto found = table.find(sleeper.name(), start);
    CHECK(found.has_value());
    LONGS_EQUAL(sleeper.pid(), found->process);
    CHECK_FALSE(table.find("no process has this name", start).has_value());
}

TEST(ProcessTable, OneIsFoundByTheProgramThatWasStarted) {
    const auto names = names_of(::getpid());
    CHECK(names.has_value());
    CHECK(names->program.find('/') == std::string::npos);
    CHECK(table.find(names->program, start).has_value());
}

TEST(ProcessTable, ItsDescriptorIsReadyWhenItEnds) {
    const auto found = table.find(sleeper.name(), start);
    CHECK_FALSE(is_ready(found->descriptor, 0));
    sleeper.kill();
    CHECK(is_ready(found->descriptor, 5000));
}

TEST(ProcessTable, AZombieDoesNotRun) {
    const auto found = table.find(sleeper.name(), start);
    sleeper.kill();
    CHECK(is_ready(found->descriptor, 5000));
    CHECK_FALSE(names_of(sleeper.pid()).has_value());
    CHECK_FALSE(table.find(sleeper.name(), start).has_value());
    CHECK_FALSE(table.find(sleeper.name(), start + 1s).has_value());
}
