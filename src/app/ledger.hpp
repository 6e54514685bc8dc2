// Sees to it that a file says what holds: the runner writes it, because the daemon never waits for
// a disk. Only the newest text matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/checks.hpp"
#include "base/time.hpp"
#include "health/message.hpp"

namespace app {

class Ledger {
public:
    // Which file, before anything is written.
    void open(std::string path) { path_ = std::move(path); }
    [[nodiscard]] const std::string& path() const { return path_; }
    void write(std::string text);

    // What the runner should be told now.
    [[nodiscard]] std::optional<health::SaveMessage> take_order(base::Instant now);
    // Its answer; and a new runner knows of no order.
    void take(const health::FromRunner& message, base::Instant now);
    // Who is there to write it.
    void note(Care care);

    // The newest text is in the file, or why it is not is known.
    [[nodiscard]] bool is_settled() const { return !is_new_ && !sent_until_; }
    // Empty: the file says what holds.
    [[nodiscard]] const std::string& error() const { return error_; }
    // When something is to be done.
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    void fail(std::string why, base::Instant now);

    std::string path_ = "drained.json";
    std::string text_;
    std::uint64_t id_ = 0;
    bool is_new_ = false;  // the runner has not been told this text
    bool is_unattended_ = false;
    std::optional<base::Instant> sent_until_;  // an answer is waited for
    std::optional<base::Instant> again_at_;
    std::string error_;
};

}  // namespace app
