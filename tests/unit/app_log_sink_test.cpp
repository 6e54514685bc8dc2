#include "app/log_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::LogSink;
using base::log::Level;
using base::log::Record;

namespace {

// Standard error is a pipe as long as this lives.
class CapturedStderr {
public:
    CapturedStderr() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0) std::abort();
        reader_ = base::Fd{ends[0]};
        saved_ = base::Fd{::dup(STDERR_FILENO)};
        ::dup2(ends[1], STDERR_FILENO);
        ::close(ends[1]);
    }
    CapturedStderr(const CapturedStderr&) = delete;
    CapturedStderr& operator=(const CapturedStderr&) = delete;
    ~CapturedStderr() { ::dup2(saved_.number(), STDERR_FILENO); }

    [[nodiscard]] std::string text() const {
        std::string all;
        std::array<char, 4096> buffer{};
        ssize_t size = 0;
        while ((size = ::read(reader_.number(), buffer.data(), buffer.size())) > 0)
            all.append(buffer.data(), static_cast<std::size_t>(size));
        return all;
    }
    // Until nothing more goes in.
    static void fill() {
        const std::string page(4096, '.');
        while (::write(STDERR_FILENO, page.data(), page.size()) > 0) {
        }
    }

private:
    base::Fd reader_;
    base::Fd saved_;
};

std::string written(Level level, const Record& record) {
    const CapturedStderr captured;
    LogSink::open(level).write(record);
    return captured.text();
}

}  // namespace

TEST_GROUP(JournalEntry){};

TEST(JournalEntry, HasTheMessageThePriorityAndAFieldForEachField) {
    const Record record{Level::notice, "lan is active", {{"router", "lan"}, {"why", "a b"}}};
    STRCMP_EQUAL(
        "MESSAGE=lan is active router=lan why=\"a b\"\n"
        "PRIORITY=5\n"
        "SYSLOG_IDENTIFIER=tandemd\n"
        "TANDEM_ROUTER=lan\n"
        "TANDEM_WHY=a b\n",
        app::journal_entry(record).c_str());
}

TEST(JournalEntry, AnEventHasTheIdentifierAndTheNameOfItsKind) {
    const Record record{Level::warning, "check x failed", {}, base::EventKind::check_failed};
    STRCMP_EQUAL(
        "MESSAGE=check x failed\n"
        "PRIORITY=4\n"
        "SYSLOG_IDENTIFIER=tandemd\n"
        "MESSAGE_ID=90b9c8025dab4dcdb04b76acdc0ddb09\n"
        "TANDEM_EVENT=check-failed\n",
        app::journal_entry(record).c_str());
}

TEST(JournalEntry, AValueWithALineBreakHasItsLengthInFront) {
    const std::string entry = app::journal_entry({Level::error, "x", {{"text", "a\nb"}}});
    const std::string expected{"TANDEM_TEXT\n\x03\0\0\0\0\0\0\0a\nb\n", 24};
    CHECK(entry.ends_with(expected));
}

TEST(JournalEntry, ALineBreakCannotForgeAField) {
    const std::string entry = app::journal_entry({Level::error, "x\nPRIORITY=0", {}});
    CHECK(entry.starts_with("MESSAGE\n"));
}

TEST_GROUP(LogSink){};

TEST(LogSink, ALineOnStandardErrorHasTheLevelInFront) {
    STRCMP_EQUAL(
        "<5>lan is active router=lan\n",
        written(Level::info, {Level::notice, "lan is active", {{"router", "lan"}}}).c_str());
    STRCMP_EQUAL("<3>broken\n", written(Level::info, {Level::error, "broken", {}}).c_str());
}

TEST(LogSink, ValuesAreQuotedWhereTheyNeedIt) {
    const Record record{Level::info, "m", {{"a", "x y"}, {"b", ""}, {"c", "q\"\n"}, {"d", "1"}}};
    STRCMP_EQUAL("<6>m a=\"x y\" b=\"\" c=\"q\\\"\\n\" d=1\n",
                 written(Level::info, record).c_str());
}

TEST(LogSink, RecordsAboveTheLevelAreNotWritten) {
    STRCMP_EQUAL("", written(Level::notice, {Level::info, "detail", {}}).c_str());
    STRCMP_EQUAL("<7>detail\n", written(Level::debug, {Level::debug, "detail", {}}).c_str());
}

TEST(LogSink, ALongLineIsCutSoThatItCannotBlock) {
    const std::string line = written(Level::info, {Level::info, std::string(100'000, 'x'), {}});
    LONGS_EQUAL(4096, line.size());
    CHECK(line.ends_with("x\n"));
}

TEST(LogSink, WhatCannotBeWrittenIsCountedAndTheNextLineSaysSo) {
    const CapturedStderr captured;
    LogSink sink = LogSink::open(Level::info);
    CapturedStderr::fill();
    sink.write({Level::info, "lost", {}});
    sink.write({Level::info, "lost too", {}});
    LONGS_EQUAL(2, sink.dropped());
    (void)captured.text();
    sink.write({Level::info, "found", {}});
    STRCMP_EQUAL("<4>log lines were dropped count=2\n<6>found\n", captured.text().c_str());
    sink.write({Level::info, "and so on", {}});
    STRCMP_EQUAL("<6>and so on\n", captured.text().c_str());
    LONGS_EQUAL(2, sink.dropped());
}

// Some other process's journal stream, inherited: ours is not connected to it.
TEST(LogSink, AJournalStreamThatIsNotOurStandardErrorIsIgnored) {
    const Environment stream{"JOURNAL_STREAM", "1:2"};
    STRCMP_EQUAL("<6>here\n", written(Level::info, {Level::info, "here", {}}).c_str());
}
