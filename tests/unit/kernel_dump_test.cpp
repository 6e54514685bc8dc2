// progress_of() over endings made by hand, and dump() with a real kernel whose answers are spoilt
// on the way.
#include "kernel/dump.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include <CppUTest/TestHarness.h>

using namespace kernel;

namespace {

base::Bytes message(int type, int flags = NLM_F_MULTI, std::int32_t error = 0) {
    nlmsghdr header{};
    header.nlmsg_len = NLMSG_LENGTH(sizeof(error));
    header.nlmsg_type = static_cast<std::uint16_t>(type);
    header.nlmsg_flags = static_cast<std::uint16_t>(flags);
    base::Bytes bytes(header.nlmsg_len);
    std::memcpy(bytes.data(), &header, sizeof(header));
    std::memcpy(bytes.data() + NLMSG_HDRLEN, &error, sizeof(error));
    return bytes;
}

base::Bytes operator+(base::Bytes first, const base::Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

const base::Bytes an_address = message(RTM_NEWADDR);
const base::Bytes done = message(NLMSG_DONE);

// Reads from the kernel, and does something to the first so many answers.
struct SpoiltReader {
    int spoilt;
    std::function<ssize_t(std::span<std::uint8_t>)> how;
    int reads = 0;
    int spoils = 0;

    Receive receive() {
        return [this](int socket, std::span<std::uint8_t> buffer) -> ssize_t {
            ++reads;
            const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (spoils == spoilt) return size;
            ++spoils;
            return how(buffer.first(static_cast<std::size_t>(size)));
        };
    }
};

ssize_t interrupted(std::span<std::uint8_t> answer) {
    nlmsghdr header{};
    std::memcpy(&header, answer.data(), sizeof(header));
    header.nlmsg_flags |= NLM_F_DUMP_INTR;
    std::memcpy(answer.data(), &header, sizeof(header));
    return static_cast<ssize_t>(answer.size());
}

ssize_t failing_with(int error) {
    errno = error;
    return -1;
}

bool has_loopback(const base::Result<View>& view) {
    return view && view->link("lo") != nullptr && view->link("lo")->index == LinkIndex{1};
}

}  // namespace

TEST_GROUP(DumpProgress){};

TEST(DumpProgress, ADumpEndsWithItsLastMessage) {
    CHECK(progress_of(an_address) == Progress::unfinished);
    CHECK(progress_of(an_address + done) == Progress::done);
    CHECK(progress_of(done) == Progress::done);
    CHECK(progress_of({}) == Progress::unfinished);
}

// The kernel marks the first message after the change, wherever it is.
TEST(DumpProgress, AMarkOfAnInterruptedDumpCountsInEveryMessage) {
    const int marked = NLM_F_MULTI | NLM_F_DUMP_INTR;
    for (const base::Bytes& messages :
         {message(RTM_NEWADDR, marked), message(RTM_NEWADDR, marked) + done,
          an_address + message(RTM_NEWADDR, marked), an_address + message(NLMSG_DONE, marked)}) {
        const auto progress = progress_of(messages);
        CHECK_FALSE(progress.has_value());
        LONGS_EQUAL(EINTR, progress.error());
    }
}

TEST(DumpProgress, ARefusalIsItsErrno) {
    LONGS_EQUAL(EPERM, progress_of(message(NLMSG_ERROR, 0, -EPERM)).error());
}

TEST(DumpProgress, ADumpThatFailsAfterItsFirstMessageIsNotDone) {
    LONGS_EQUAL(ENOMEM,
                progress_of(an_address + message(NLMSG_DONE, NLM_F_MULTI, -ENOMEM)).error());
}

TEST(DumpProgress, ATruncatedEndIsNone) {
    for (std::size_t size = 0; size < done.size(); ++size)
        CHECK(progress_of({done.data(), size}) == Progress::unfinished);
}

TEST_GROUP(Dump){};

TEST(Dump, GivesWhatTheKernelHas) { CHECK(has_loopback(dump())); }

TEST(Dump, AnInterruptedOneIsBegunAgainAndWhole) {
    SpoiltReader untouched{0, interrupted};
    CHECK(has_loopback(dump(untouched.receive())));
    SpoiltReader reader{1, interrupted};
    CHECK(has_loopback(dump(reader.receive())));
    LONGS_EQUAL(1, reader.spoils);
    CHECK(reader.reads > untouched.reads);
}

TEST(Dump, OneThatLostAPartIsBegunAgainAndWhole) {
    SpoiltReader reader{2, [](auto) { return failing_with(ENOBUFS); }};
    CHECK(has_loopback(dump(reader.receive())));
    LONGS_EQUAL(2, reader.spoils);
}

TEST(Dump, WhatIsInterruptedAgainAndAgainIsGivenUp) {
    SpoiltReader reader{1000, interrupted};
    const auto view = dump(reader.receive());
    CHECK_FALSE(view.has_value());
    STRCMP_EQUAL(
        "read links, addresses, routes and rules from the kernel: they changed while they were "
        "read",
        view.error().text().c_str());
    LONGS_EQUAL(3, reader.reads);
}

TEST(Dump, WhatIsLostAgainAndAgainIsGivenUpWithItsErrno) {
    SpoiltReader reader{1000, [](auto) { return failing_with(ENOBUFS); }};
    LONGS_EQUAL(ENOBUFS, dump(reader.receive()).error().os_error);
    LONGS_EQUAL(3, reader.reads);
}

TEST(Dump, AnotherErrorEndsItAtOnce) {
    SpoiltReader reader{1000, [](auto) { return failing_with(EBADF); }};
    LONGS_EQUAL(EBADF, dump(reader.receive()).error().os_error);
    LONGS_EQUAL(1, reader.reads);
}
