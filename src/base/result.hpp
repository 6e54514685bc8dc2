// Errors as values: what was attempted, and why it failed.
//
// An Error names the attempt ("add 192.0.2.1/24 to eth1"), not the function that failed; the
// caller that can do something about it decides, and app/ tells it once.
#pragma once

#include <expected>
#include <string>
#include <system_error>
#include <utility>

namespace base {

struct Error {
    std::string attempt;  // what we tried to do, in words
    int os_error = 0;     // errno, or 0 when the kernel was not involved
    std::string detail;   // why, when errno does not say it

    // "attempt: reason", as it is shown to people.
    [[nodiscard]] std::string text() const {
        std::string out = attempt;
        if (!detail.empty()) out += ": " + detail;
        if (os_error != 0) out += ": " + std::generic_category().message(os_error);
        return out;
    }
};

template <typename T>
using Result = std::expected<T, Error>;

// Call directly after the failed system call, before errno can change.
inline std::unexpected<Error> os_failure(std::string attempt, int os_error) {
    return std::unexpected(Error{std::move(attempt), os_error, {}});
}

inline std::unexpected<Error> failure(std::string attempt, std::string detail = {}) {
    return std::unexpected(Error{std::move(attempt), 0, std::move(detail)});
}

}  // namespace base

#define TANDEM_JOIN2(a, b) a##b
#define TANDEM_JOIN(a, b) TANDEM_JOIN2(a, b)
#define TANDEM_TRY(temporary, target, ...)                                \
    auto temporary = (__VA_ARGS__);                                       \
    if (!temporary) return std::unexpected(std::move(temporary).error()); \
    target = *std::move(temporary)

// TRY(auto x, attempt()): the value, or return the attempt's error from this function.
#define TRY(target, ...) TANDEM_TRY(TANDEM_JOIN(result_, __LINE__), target, __VA_ARGS__)
// TRY_DO(attempt()): the same for a Result<void>.
#define TRY_DO(...)                                                                          \
    do {                                                                                     \
        if (auto result_ = (__VA_ARGS__); !result_) return std::unexpected(result_.error()); \
    } while (false)
