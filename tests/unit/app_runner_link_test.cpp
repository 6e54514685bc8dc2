#include "app/runner_link.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>

#include <CppUTest/TestHarness.h>

using app::Care;
using app::RunnerLink;
using health::Channel;

namespace {

struct Ends {
    Channel runner;
    base::Fd keeper;  // what is written there ends the keeper
    base::Fd epoll;
    RunnerLink link;
};

Ends make_ends() {
    auto pair = Channel::make_pair().value();
    std::array<int, 2> pipe{};
    LONGS_EQUAL(0, ::pipe2(pipe.data(), O_CLOEXEC));
    base::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    auto link = RunnerLink::open({std::move(pair.ours), 0, base::Fd{pipe[0]}}, epoll.number());
    return {Channel{std::move(pair.theirs)}, base::Fd{pipe[1]}, std::move(epoll),
            std::move(link).value()};
}

}  // namespace

TEST_GROUP(RunnerLink) {
    Ends ends = make_ends();

    bool wakes() {
        epoll_event any{};
        return ::epoll_wait(ends.epoll.number(), &any, 1, 0) > 0;
    }
    void end_keeper() { LONGS_EQUAL(1, ::write(ends.keeper.number(), ".", 1)); }
};

TEST(RunnerLink, WhatTheRunnerSaysArrives) {
    ends.runner.send(health::encode(health::FromRunner{health::Hello{7}}));
    CHECK_TRUE(wakes());
    const auto messages = ends.link.exchange();
    LONGS_EQUAL(1, messages.size());
    CHECK(messages.front() == health::FromRunner{health::Hello{7}});
    CHECK(ends.link.care() == Care::kept);
    CHECK_FALSE(wakes());
}

TEST(RunnerLink, AKeeperThatEndsIsSeenOnceAndTheRunnerIsHeardStill) {
    end_keeper();
    CHECK_TRUE(wakes());
    CHECK_TRUE(ends.link.exchange().empty());
    CHECK(ends.link.care() == Care::without_keeper);
    CHECK_FALSE(wakes());
    ends.runner.send(health::encode(health::FromRunner{health::Hello{7}}));
    LONGS_EQUAL(1, ends.link.exchange().size());
}

TEST(RunnerLink, WithoutKeeperAndRunnerNobodyIsLeftAndNothingWakesTheLoop) {
    end_keeper();
    ends.runner.send(health::encode(health::FromRunner{health::Hello{7}}));
    {
        const Channel last{std::move(ends.runner)};
    }
    CHECK_TRUE(wakes());
    LONGS_EQUAL(1, ends.link.exchange().size());
    CHECK(ends.link.care() == Care::none);
    CHECK_FALSE(wakes());
    ends.link.tell(health::KillMessage{1});
    CHECK_TRUE(ends.link.exchange().empty());
}
