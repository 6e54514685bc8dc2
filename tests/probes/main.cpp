// Looks with the probes of a few checks for a while, and prints a line of JSON for each outcome,
// and one for what it has cost.
//
//   build/probe SECONDS CHECK...     each as the daemon sends it: {"check": {"name": ...}}
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "health/clock.hpp"
#include "loop.hpp"

namespace {

double processor_ms() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

base::Result<void> add(probes::Loop& loop, const char* text) {
    TRY(const auto message, health::decode_to_runner(text));
    const auto* check = std::get_if<health::CheckMessage>(&message);
    if (check == nullptr) return base::failure("read a check", "it is another message");
    return loop.add(*check);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::cerr << "usage: probe SECONDS CHECK...\n";
        return 2;
    }
    const std::chrono::duration<double> seconds{std::atof(argv[1])};
    probes::Loop loop;
    for (int i = 2; i < argc; ++i) {
        if (const auto added = add(loop, argv[i]); !added) {
            std::cerr << added.error().text() << "\n";
            return 1;
        }
    }
    loop.run_until(health::read_clock() + std::chrono::duration_cast<base::Duration>(seconds));
    std::puts(fmt::format(R"({{"processor_ms": {:.1f}, "longest_turn_ms": {:.1f}}})",
                          processor_ms(), base::milliseconds(loop.longest_turn()))
                  .c_str());
    return 0;
}
