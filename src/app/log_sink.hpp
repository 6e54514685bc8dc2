// Where log records go: the journal, in its native protocol, or standard error.
//
// Never blocks. sd_journal_send() does: with journald not reading, the eleventh call hangs. What
// cannot be written at once is dropped and counted, and the next line that gets through says how
// many are missing.
#pragma once

#include <cstdint>
#include <string>

#include "base/fd.hpp"
#include "base/log.hpp"

namespace app {

class LogSink {
public:
    // The journal when standard error is connected to it ($JOURNAL_STREAM), standard error
    // otherwise. Records above `level` are not written.
    static LogSink open(base::log::Level level);

    void write(const base::log::Record& record);
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

private:
    LogSink(base::Fd journal, base::log::Level level)
        : journal_{std::move(journal)}, level_{level} {}
    [[nodiscard]] bool try_write(const base::log::Record& record) const;

    base::Fd journal_;
    base::log::Level level_;
    std::uint64_t dropped_ = 0;
    std::uint64_t dropped_untold_ = 0;
};

// The datagram of the journal's native protocol: MESSAGE, PRIORITY, MESSAGE_ID and
// TANDEM_EVENT of an event, and each field as TANDEM_*.
std::string journal_entry(const base::log::Record& record);

}  // namespace app
