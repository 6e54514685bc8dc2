// What tandemctl ends with: an exit code, what goes to stdout and what goes to stderr.
//
// Verbs return one of these and perform no output themselves; main.cpp is the only writer.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace ctl {

enum class ExitCode { ok = 0, failed = 1, usage = 2, unreachable = 3, not_permitted = 4 };

// Why there is nothing to show. The text has no "tandemctl: " in front and no newline.
struct Failure {
    ExitCode code = ExitCode::failed;
    std::string text;
};

template <typename T>
using Expected = std::expected<T, Failure>;

inline std::unexpected<Failure> fail(ExitCode code, std::string text) {
    return std::unexpected(Failure{code, std::move(text)});
}

struct Outcome {
    ExitCode code = ExitCode::ok;
    std::string out;  // data
    std::string err;  // messages for people
};

inline Outcome outcome_of(const Failure& failure) {
    return Outcome{failure.code, {}, "tandemctl: " + failure.text + "\n"};
}

}  // namespace ctl
