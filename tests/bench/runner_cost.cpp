// A runner without a daemon: gives it a plan, and tells what that has cost.
//
//   build/runner-cost SECONDS <FILE     a check a line, as the daemon sends it: {"check": {"name":
//   ...}}
//
// After half a second, in which every check has begun, processor time is counted.
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <vector>

#include "health/channel.hpp"
#include "health/clock.hpp"
#include "health/message.hpp"
#include "health/runner.hpp"

namespace {

using health::Channel;
using health::FromRunner;
using health::ToRunner;

int run(Channel::Pair pair) {
    pair.ours.reset();
    std::array<int, 2> pulse{};
    if (::pipe(pulse.data()) < 0) return 1;
    auto runner = health::Runner::open(
        {.socket = std::move(pair.theirs), .pulse = base::Fd{pulse[1]}, .nest = std::nullopt});
    if (!runner) {
        std::cerr << runner.error().text() << "\n";
        return 1;
    }
    (*runner)->run();
    return 0;
}

// What a process has used of the processor.
double processor_ms(pid_t process) {
    std::ifstream file{fmt::format("/proc/{}/schedstat", process)};
    double nanoseconds = 0;
    file >> nanoseconds;
    return nanoseconds / 1e6;
}

// The newest results, by check.
class Results {
public:
    void listen(Channel& channel, base::Instant until) {
        while (health::read_clock() < until && !channel.is_closed()) {
            channel.flush();
            pollfd ready{.fd = channel.descriptor(), .events = POLLIN, .revents = 0};
            ::poll(&ready, 1, 20);
            while (const auto text = channel.receive()) {
                ++messages_;
                const auto message = health::decode_from_runner(*text);
                if (!message) continue;
                if (const auto* result = std::get_if<health::ResultMessage>(&*message))
                    newest_.insert_or_assign(result->check, *result);
            }
        }
    }
    [[nodiscard]] std::uint64_t looks() const {
        std::uint64_t sum = 0;
        for (const auto& [name, result] : newest_) sum += result.runs;
        return sum;
    }
    [[nodiscard]] std::size_t failed() const {
        std::size_t count = 0;
        for (const auto& [name, result] : newest_)
            count += result.verdict == health::Verdict::failed ? 1U : 0U;
        return count;
    }
    [[nodiscard]] std::size_t messages() const { return messages_; }
    [[nodiscard]] std::size_t checks() const { return newest_.size(); }

private:
    std::map<std::string, health::ResultMessage> newest_;
    std::size_t messages_ = 0;
};

// The same plan again is answered with what each check has come to.
void send_plan(Channel& channel, std::uint64_t number, const std::vector<std::string>& checks) {
    channel.send(health::encode(ToRunner{health::Begin{number}}));
    for (const std::string& check : checks) channel.send(check);
    channel.send(health::encode(ToRunner{health::Commit{number}}));
}

int measure(Channel channel, pid_t runner, base::Duration time) {
    using namespace std::chrono_literals;
    std::vector<std::string> checks;
    for (std::string line; std::getline(std::cin, line);) checks.push_back(line);
    Results results;
    results.listen(channel, health::read_clock() + 100ms);
    send_plan(channel, 1, checks);
    results.listen(channel, health::read_clock() + 500ms);
    send_plan(channel, 2, checks);
    results.listen(channel, health::read_clock() + 200ms);

    const std::uint64_t looks = results.looks();
    const std::size_t messages = results.messages();
    const double processor = processor_ms(runner);
    const base::Instant began = health::read_clock();
    results.listen(channel, began + time);
    const double used = processor_ms(runner) - processor;
    const double passed = base::milliseconds(health::read_clock() - began);
    const std::size_t told = results.messages() - messages;
    send_plan(channel, 3, checks);
    results.listen(channel, health::read_clock() + 200ms);
    fmt::print(R"({{"checks": {}, "failed": {}, "looks_a_second": {:.0f}, "messages": {}, )"
               R"("percent_of_a_core": {:.2f}}})"
               "\n",
               results.checks(), results.failed(),
               static_cast<double>(results.looks() - looks) * 1e3 / passed, told,
               used * 100 / passed);
    return results.checks() == checks.size() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::chrono::duration<double> seconds{argc == 2 ? std::atof(argv[1]) : 0};
    if (seconds.count() <= 0) {
        std::cerr << "usage: runner-cost SECONDS <FILE (a check a line)\n";
        return 2;
    }
    auto pair = Channel::make_pair();
    if (!pair) {
        std::cerr << pair.error().text() << "\n";
        return 1;
    }
    const pid_t runner = ::fork();
    if (runner == 0) return run(std::move(*pair));
    pair->theirs.reset();
    const int result = measure(Channel{std::move(pair->ours)}, runner,
                               std::chrono::duration_cast<base::Duration>(seconds));
    ::waitpid(runner, nullptr, 0);  // its channel is closed
    return result;
}
