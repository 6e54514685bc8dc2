#include "health/reactor.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "health/clock.hpp"

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

class NoReader final : public Reader {
public:
    void on_ready(int, base::Instant) override {}
};

class NoProbe final : public Probe {
public:
    std::optional<Outcome> start(base::Instant) override { return std::nullopt; }
    std::optional<Outcome> on_ready(int, base::Instant) override { return std::nullopt; }
    Outcome give_up(base::Instant) override { return {.is_well = false, .text = ""}; }
};

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        LONGS_EQUAL(0, ::pipe2(ends.data(), O_CLOEXEC));
        reader = base::Fd{ends[0]};
        writer = base::Fd{ends[1]};
    }
    void write() const { LONGS_EQUAL(1, ::write(writer.number(), "x", 1)); }
    base::Fd reader;
    base::Fd writer;
};

}  // namespace

TEST_GROUP(Reactor) {
    base::Result<Reactor> reactor = Reactor::open();
    NoReader reader;
    NoProbe probe;
    Pipe pipe;
    std::size_t ready() { return reactor->wait(read_clock()).size(); }
};

TEST(Reactor, ADescriptorThatIsReadyIsNamedWithItsOwner) {
    reactor->watch(pipe.reader.number(), EPOLLIN, reader);
    LONGS_EQUAL(0, ready());
    pipe.write();
    LONGS_EQUAL(1, ready());
    CHECK(reactor->target(pipe.reader.number()) == Reactor::Target{&reader});
}

TEST(Reactor, EventsAndOwnerCanBeChanged) {
    pipe.write();
    reactor->watch(pipe.reader.number(), EPOLLIN, reader);
    reactor->watch(pipe.reader.number(), 0, probe);
    LONGS_EQUAL(0, ready());
    CHECK(reactor->target(pipe.reader.number()) == Reactor::Target{&probe});
}

TEST(Reactor, WhatIsNotWatchedIsNobodys) {
    pipe.write();
    reactor->watch(pipe.reader.number(), EPOLLIN, reader);
    reactor->unwatch(pipe.reader.number());
    reactor->unwatch(pipe.reader.number());
    LONGS_EQUAL(0, ready());
    CHECK(reactor->target(pipe.reader.number()) == Reactor::Target{});
}

TEST(Reactor, ANumberThatIsUsedAgainIsWatchedAnew) {
    reactor->watch(pipe.reader.number(), EPOLLIN, reader);
    const int number = pipe.reader.number();
    Pipe other;
    pipe.reader.reset();  // without a word
    LONGS_EQUAL(number, ::dup2(other.reader.number(), number));
    const base::Fd again{number};
    reactor->watch(number, EPOLLIN, probe);
    other.write();
    LONGS_EQUAL(1, ready());
}

TEST(Reactor, ItWaitsUntilTheDeadlineAndNotLonger) {
    const base::Instant deadline = read_clock() + 30ms;
    CHECK(reactor->wait(deadline).empty());
    CHECK(read_clock() >= deadline);
    CHECK(reactor->wait(deadline).empty());  // passed already
    CHECK(reactor->wait(base::Instant{}).empty());
}

TEST(Reactor, WishesOfAProbeThatIsGoneAreForgotten) {
    reactor->look_now(probe);
    reactor->finish(probe, {.is_well = true, .text = ""});
    reactor->forget(probe);
    CHECK(reactor->take_hurried().empty());
    CHECK(reactor->take_finished().empty());
    reactor->look_now(probe);
    LONGS_EQUAL(1, reactor->take_hurried().size());
    CHECK(reactor->take_hurried().empty());
}
