// The way from a fork of ours to somebody else's program: nothing of ours goes with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace health {

struct Order {
    std::vector<std::string> command;                  // the first one is a path
    std::string user{};                                // empty: whoever we are
    std::map<std::string, std::string> environment{};  // beside PATH and LANG
    std::string input{};                               // for its standard input
    // Instead of a command: the input becomes this file.
    std::string save_to{};
    // Is appended to it, which begins anew when it would become larger than this.
    std::optional<std::uint64_t> append_up_to{};
};

// As a command: what runs already, whatever has become of its file.
inline constexpr const char* own_program = "/proc/self/exe";

// The exit status of a program that could not be started; its standard error says why.
inline constexpr int not_started = 127;

// To be called in a child of `parent`, with which the program is to die. Standard input and error
// are these descriptors. Says on standard error why it could not, and exits with not_started.
struct Streams {
    int input;
    int error;
};
[[noreturn]] void become(const Order& order, Streams streams, pid_t parent);

}  // namespace health
