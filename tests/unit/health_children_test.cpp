#include "health/children.hpp"

#include <signal.h>

#include <chrono>
#include <map>
#include <string>

#include "health/clock.hpp"
#include "health/descendants.hpp"
#include "health/hooks.hpp"
#include "health/reactor.hpp"

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

Order shell(const std::string& text) {
    Order order;
    order.command = {"/bin/sh", "-c", text};
    return order;
}

class Owner final : public ChildOwner {
public:
    void on_ended(ChildId child, const Ending& ending, base::Instant) override {
        endings.emplace(child, ending);
    }
    std::map<ChildId, Ending> endings;
};

// What a runner is for its children, without signals: it looks every few milliseconds.
struct Home {
    base::Result<Reactor> opened = Reactor::open();
    Reactor& reactor = *opened;
    Children children{reactor, {}};

    void turn() {
        const auto ready = reactor.wait(read_clock() + 5ms);
        const base::Instant now = read_clock();
        for (const int descriptor : ready) {
            const Reactor::Target target = reactor.target(descriptor);
            if (auto* const* reader = std::get_if<Reader*>(&target))
                (*reader)->on_ready(descriptor, now);
        }
        children.look_after(now);
    }
    template <typename Condition>
    bool is_soon(Condition condition) {
        const base::Instant end = read_clock() + 20s;
        while (read_clock() < end && !condition()) turn();
        return condition();
    }
};

}  // namespace

TEST_GROUP(Children) {
    Home home;
    Owner owner;
    Ending ending_of(const Order& order) {
        const auto child = home.children.begin(order, owner);
        CHECK(child.has_value());
        CHECK(home.is_soon([&] { return owner.endings.contains(*child); }));
        return owner.endings.at(*child);
    }
};

TEST(Children, AnEndingSaysHowAndWhy) {
    const Ending failed = ending_of(shell("echo first >&2; echo why >&2; exit 3"));
    LONGS_EQUAL(3, failed.status);
    LONGS_EQUAL(0, failed.signal);
    STRCMP_EQUAL("why", failed.output.c_str());
    const Ending killed = ending_of(shell("kill -9 $$"));
    LONGS_EQUAL(SIGKILL, killed.signal);
    LONGS_EQUAL(0, home.children.count());
}

TEST(Children, InputAndEnvironmentAreGiven) {
    Order order = shell("read line; echo \"$line $NAME\" >&2");
    order.input = "hello\n";
    order.environment.emplace("NAME", "you");
    STRCMP_EQUAL("hello you", ending_of(order).output.c_str());
}

TEST(Children, WhatCannotBeStartedSaysWhy) {
    Order order;
    order.command.emplace_back("/none/such");
    const Ending ending = ending_of(order);
    LONGS_EQUAL(not_started, ending.status);
    STRCMP_CONTAINS("No such file", ending.output.c_str());
}

TEST(Children, OneThatIgnoresSigtermIsKilledASecondLater) {
    const auto child = home.children.begin(shell("trap '' TERM; sleep 100; sleep 100"), owner);
    for (int i = 0; i < 20; ++i) home.turn();
    home.children.end(*child, read_clock());
    for (int i = 0; i < 20; ++i) home.turn();
    CHECK(owner.endings.empty());
    CHECK(home.is_soon([&] { return owner.endings.contains(*child); }));
    LONGS_EQUAL(SIGKILL, owner.endings.at(*child).signal);
}

TEST(Children, NobodyIsToldOfOneThatIsDisowned) {
    const auto child = home.children.begin(shell("sleep 100"), owner);
    CHECK(child.has_value());
    home.children.disown(*child);
    CHECK(home.is_soon([&] { return home.children.count() == 0; }));
    CHECK(owner.endings.empty());
}

TEST(Children, NothingIsLeftWhenTheyAreGone) {
    {
        Home other;
        CHECK(other.children.begin(shell("sleep 100 & sleep 100"), owner).has_value());
        for (int i = 0; i < 10; ++i) other.turn();
    }
    CHECK(children_of(::getpid()).empty());
}

TEST_GROUP(Hooks) {
    Home home;
    Hooks hooks{home.children};
    std::vector<FromRunner> reports;

    HookEnded ended() {
        CHECK(home.is_soon([&] {
            hooks.on_time(read_clock());
            for (auto& report : hooks.take_reports()) reports.push_back(std::move(report));
            return !reports.empty() && std::holds_alternative<HookEnded>(reports.back());
        }));
        return std::get<HookEnded>(reports.back());
    }
    static RunMessage hook(const std::string& text, base::Duration timeout) {
        return {.id = 42, .command = shell(text).command, .timeout = timeout};
    }
};

TEST(Hooks, StartAndEndAreReported) {
    hooks.run(hook("exit 4", 10s), read_clock());
    const HookEnded end = ended();
    CHECK(reports.front() == FromRunner{HookStarted{42}});
    LONGS_EQUAL(42, end.id);
    LONGS_EQUAL(4, end.status);
    CHECK_FALSE(end.timed_out);
    LONGS_EQUAL(0, hooks.count());
}

TEST(Hooks, OneThatTakesTooLongIsEnded) {
    hooks.run(hook("sleep 100; true", 100ms), read_clock());
    CHECK(hooks.deadline().has_value());
    const HookEnded end = ended();
    CHECK(end.timed_out);
    LONGS_EQUAL(SIGTERM, end.signal);
}

TEST(Hooks, OneThatIsKilledHasNotTimedOut) {
    hooks.run(hook("sleep 100; true", 100s), read_clock());
    hooks.kill({7}, read_clock());
    LONGS_EQUAL(1, hooks.count());
    CHECK(hooks.deadline().has_value());
    hooks.kill({42}, read_clock());
    CHECK_FALSE(ended().timed_out);
}
