#include "app/kernel_reader.hpp"

#include <cerrno>

#include <CppUTest/TestHarness.h>

using app::KernelReader;
using kernel::LinkIndex;

using namespace std::chrono_literals;

namespace {

constexpr base::Instant start{1h};

kernel::View some_view() {
    kernel::View view;
    view.apply(kernel::event::AddressSet{
        {LinkIndex{7}, base::InterfaceAddress::parse("192.0.2.1/24").value()}, {}});
    return view;
}

kernel::Monitor::Changes one_change() { return {{kernel::event::LinkGone{LinkIndex{7}}}, false}; }
kernel::Monitor::Changes no_change() { return {}; }
kernel::Monitor::Changes overrun() { return {{}, true}; }
const auto lost = base::os_failure("read link and address changes", EIO);

}  // namespace

TEST_GROUP(KernelReader) {
    KernelReader reader;
    int dumps = 0;

    KernelReader::Reading read(KernelReader::Changes changes, base::Instant now) {
        const auto dump = [this]() -> base::Result<kernel::View> {
            ++dumps;
            return some_view();
        };
        return reader.read(std::move(changes), dump, now);
    }
    KernelReader::Reading read_in_vain(KernelReader::Changes changes, base::Instant now) {
        const auto dump = [this]() -> base::Result<kernel::View> {
            ++dumps;
            return base::failure("read all", "they changed while they were read");
        };
        return reader.read(std::move(changes), dump, now);
    }
};

TEST(KernelReader, BeginsWithADumpThatIsNoAudit) {
    CHECK_FALSE(reader.is_complete());
    CHECK(reader.deadline() <= start);
    const auto first = read(one_change(), start);
    CHECK(first.view.has_value());
    CHECK_FALSE(first.is_audit);
    CHECK(first.events.empty());  // the dump is newer
    CHECK(reader.is_complete());
}

TEST(KernelReader, ThenTellsChanges) {
    (void)read(no_change(), start);
    const auto next = read(one_change(), start + 1s);
    CHECK_FALSE(next.view.has_value());
    LONGS_EQUAL(1, next.events.size());
    LONGS_EQUAL(1, dumps);
}

TEST(KernelReader, AuditsOnceAMinute) {
    (void)read(no_change(), start);
    CHECK(reader.deadline() == start + 60s);
    CHECK_FALSE(read(no_change(), start + 60s - 1ns).view.has_value());
    const auto audit = read(one_change(), start + 60s);
    CHECK(audit.view.has_value());
    CHECK_TRUE(audit.is_audit);
    CHECK(reader.deadline() == start + 120s);
}

TEST(KernelReader, AnAuditThatFailsLosesNoChange) {
    (void)read(no_change(), start);
    const auto failed = read_in_vain(one_change(), start + 60s);
    CHECK_FALSE(failed.view.has_value());
    LONGS_EQUAL(1, failed.events.size());
    CHECK(reader.is_complete());
    // Nor does what follows, until it succeeds.
    LONGS_EQUAL(1, read_in_vain(one_change(), start + 60s + 1ms).events.size());
    LONGS_EQUAL(1, read_in_vain(one_change(), start + 61s).events.size());
    LONGS_EQUAL(1, read_in_vain(one_change(), start + 62s).events.size());
    CHECK_TRUE(read(one_change(), start + 63s).is_audit);
}

TEST(KernelReader, AnAuditThatFailsIsToldAndTriedAgainLater) {
    (void)read(no_change(), start);
    const auto failed = read_in_vain(no_change(), start + 60s);
    LONGS_EQUAL(1, failed.told.size());
    CHECK(failed.told.front().level == base::log::Level::warning);
    CHECK(reader.deadline() == start + 61s);
    dumps = 0;
    (void)read_in_vain(no_change(), start + 61s - 1ns);
    LONGS_EQUAL(0, dumps);
    CHECK(read_in_vain(no_change(), start + 61s).told.empty());  // once a minute
    LONGS_EQUAL(1, dumps);
}

TEST(KernelReader, AnOverrunMeansADumpAtOnceThatIsNoAudit) {
    (void)read(no_change(), start);
    const auto anew = read(overrun(), start + 1s);
    CHECK(anew.view.has_value());
    CHECK_FALSE(anew.is_audit);
    LONGS_EQUAL(1, anew.told.size());
    STRCMP_CONTAINS("netlink overrun", anew.told.front().message.c_str());
}

// The kernel drops notifications while a dump is being read: the queue says so after it.
TEST(KernelReader, AnOverrunDuringADumpMeansAnother) {
    (void)read(overrun(), start);
    CHECK(read(overrun(), start).view.has_value());
    LONGS_EQUAL(2, dumps);
    CHECK_FALSE(read(no_change(), start).view.has_value());
    LONGS_EQUAL(2, dumps);
}

TEST(KernelReader, ADumpThatIsNeededIsTriedAgainUntilItSucceeds) {
    (void)read(no_change(), start);
    const auto failed = read_in_vain(overrun(), start + 1s);
    CHECK_FALSE(failed.view.has_value());
    CHECK_FALSE(reader.is_complete());
    LONGS_EQUAL(2, failed.told.size());
    CHECK(failed.told.back().level == base::log::Level::error);
    CHECK(reader.deadline() == start + 1100ms);
    // Changes meanwhile are of no use without what was lost before them.
    const auto meanwhile = read_in_vain(one_change(), start + 1050ms);
    CHECK(meanwhile.events.empty());
    CHECK(meanwhile.told.empty());
    CHECK(read_in_vain(no_change(), start + 1100ms).told.empty());  // once a minute
    const auto whole = read(no_change(), start + 1200ms);
    CHECK(whole.view.has_value());
    CHECK_FALSE(whole.is_audit);
}

TEST(KernelReader, WhatCannotBeReadIsAsGoodAsLost) {
    (void)read(no_change(), start);
    const auto anew = read(lost, start + 1s);
    CHECK(anew.view.has_value());
    CHECK_FALSE(anew.is_audit);
    STRCMP_CONTAINS("read link and address changes", anew.told.front().message.c_str());
}
