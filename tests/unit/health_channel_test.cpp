#include "health/channel.hpp"

#include <sys/socket.h>

#include <string>

#include <fmt/format.h>

#include "health/message.hpp"

#include <CppUTest/TestHarness.h>

using health::Channel;

namespace {

struct Ends {
    static Ends make() {
        auto pair = Channel::make_pair().value();
        return {Channel{std::move(pair.ours)}, Channel{std::move(pair.theirs)}};
    }
    Channel ours;
    Channel theirs;
};

void shrink(const Channel& channel) {
    const int size = 4096;
    LONGS_EQUAL(0, ::setsockopt(channel.descriptor(), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
}

// Sends until something has to be kept; how many were sent.
int fill(Channel& channel) {
    int sent = 0;
    while (!channel.is_waiting()) channel.send(fmt::format("message {}", ++sent));
    return sent;
}

}  // namespace

TEST_GROUP(Channel) { Ends ends = Ends::make(); };

TEST(Channel, MessagesKeepTheirBoundsAndOrder) {
    ends.ours.send("one");
    ends.ours.send("two");
    STRCMP_EQUAL("one", ends.theirs.receive()->c_str());
    STRCMP_EQUAL("two", ends.theirs.receive()->c_str());
    CHECK_FALSE(ends.theirs.receive().has_value());
    CHECK_FALSE(ends.theirs.is_closed());
}

TEST(Channel, WhatDoesNotFitIsKeptAndSentInOrder) {
    shrink(ends.ours);
    const int sent = fill(ends.ours);
    ends.ours.send("last");
    for (int i = 1; i <= sent; ++i) {
        ends.ours.flush();
        STRCMP_EQUAL(fmt::format("message {}", i).c_str(), ends.theirs.receive()->c_str());
    }
    ends.ours.flush();
    CHECK_FALSE(ends.ours.is_waiting());
    STRCMP_EQUAL("last", ends.theirs.receive()->c_str());
}

TEST(Channel, OfOneNameTheNewestIsKept) {
    shrink(ends.ours);
    const int sent = fill(ends.ours);
    ends.ours.send_newest("haproxy", "failed");
    ends.ours.send_newest("nginx", "failed");
    ends.ours.send_newest("haproxy", "passed");
    for (int i = 1; i < sent; ++i) CHECK(ends.theirs.receive().has_value());
    ends.ours.flush();
    CHECK(ends.theirs.receive().has_value());
    STRCMP_EQUAL("passed", ends.theirs.receive()->c_str());
    STRCMP_EQUAL("failed", ends.theirs.receive()->c_str());
    CHECK_FALSE(ends.theirs.receive().has_value());
}

TEST(Channel, AnEndThatIsClosedIsNoticed) {
    ends.theirs = Channel{base::Fd{}};
    CHECK_FALSE(ends.ours.receive().has_value());
    CHECK(ends.ours.is_closed());
    ends.ours.send("to nobody");
    CHECK_FALSE(ends.ours.is_waiting());
}

TEST(Channel, WhatIsTooLargeIsNotSentAndDoesNotStopTheRest) {
    ends.ours.send(std::string(health::message_size + 1, 'x'));
    ends.ours.send(std::string(health::message_size, 'y'));
    LONGS_EQUAL(health::message_size, ends.theirs.receive()->size());
    LONGS_EQUAL(1, ends.ours.lost());
}

TEST(Channel, WhatIsTooLargeToBeReceivedIsDropped) {
    const std::string large(health::message_size + 1, 'x');
    CHECK(::send(ends.ours.descriptor(), large.data(), large.size(), 0) > 0);
    ends.ours.send("after it");
    STRCMP_EQUAL("after it", ends.theirs.receive()->c_str());
    LONGS_EQUAL(1, ends.theirs.lost());
}

TEST(Channel, NothingIsKeptWithoutBounds) {
    shrink(ends.ours);
    fill(ends.ours);
    for (int i = 0; i < 10'000; ++i) ends.ours.send("more");
    CHECK(ends.ours.lost() > 0);
}
