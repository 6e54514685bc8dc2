#include "app/reloader.hpp"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include <CppUTest/TestHarness.h>

using app::Delivery;
using app::Edition;
using app::Reloader;

using namespace std::chrono_literals;

namespace {

constexpr base::Instant start{1h};

std::vector<config::Source> files(const std::string& addresses) {
    return {{"/etc/tandem/tandem.conf",
             "nodes = { r1 = { priority = 100; }; };\n"
             "routers = { lan = { interface = \"eth0\"; vrid = 51; addresses = [" +
                 addresses + "]; }; };\n"}};
}

Edition edition(const std::string& addresses) {
    const auto sources = files(addresses);
    auto outcome = config::load_sources(sources, {"/etc/tandem/tandem.conf", "r1", "r1"});
    return {std::move(outcome.config.value()), sources};
}

const std::string one = "\"192.0.2.1/24\"";
const std::string two = "\"192.0.2.1/24\", \"192.0.2.2/24\"";

}  // namespace

TEST_GROUP(Reloader) {
    std::string folder;
    base::Instant now = start;

    void setup() override {
        std::string pattern = "/tmp/reloader-XXXXXX";
        folder = ::mkdtemp(pattern.data());
    }
    void teardown() override { std::filesystem::remove_all(folder); }

    Reloader make() {
        return Reloader{{.request = {"/etc/tandem/tandem.conf", "r1", "r1"},
                         .program = "/usr/sbin/tandemd",
                         .directory = folder,
                         .identity = "this"},
                        edition(one)};
    }
    // What the check of the order that was taken last has found.
    void finish(Reloader & reloader, const health::RunMessage& order, const Delivery& found) {
        std::ofstream{order.command[5]} << app::encode(found);
        reloader.take({health::HookEnded{.id = order.id, .status = found.is_valid ? 0 : 1}}, now);
    }
    Delivery valid(const std::string& addresses, const std::string& program = "this") {
        return {.is_valid = true,
                .diagnostics = "",
                .sources = files(addresses),
                .hash = "feedbeef",
                .program = program};
    }
    Reloader::Ticket reload(Reloader & reloader, const Delivery& found,
                            Reloader::Order wanted = {}) {
        const auto ticket = reloader.order(std::move(wanted));
        const auto order = reloader.take_order(now);
        finish(reloader, order.value(), found);
        return ticket.value();
    }
    static bool is_done(const Reloader& reloader, Reloader::Ticket ticket) {
        return reloader.result(ticket)->state == Reloader::Result::State::done;
    }
    static bool has_failed(const Reloader& reloader, Reloader::Ticket ticket) {
        return reloader.result(ticket)->state == Reloader::Result::State::failed;
    }
};

TEST(Reloader, HasTheFilesCheckedByTheProgramAndPutsThemInForce) {
    Reloader reloader = make();
    const auto ticket = reloader.order({});
    CHECK(reloader.deadline() <= now);
    const auto order = reloader.take_order(now);
    STRCMP_EQUAL("/usr/sbin/tandemd", order->command[0].c_str());
    STRCMP_EQUAL("--check", order->command[1].c_str());
    CHECK_FALSE(reloader.take_config().has_value());
    finish(reloader, *order, valid(two));
    CHECK(is_done(reloader, *ticket));
    LONGS_EQUAL(1, reloader.result(*ticket)->changes.size());
    const auto config = reloader.take_config();
    LONGS_EQUAL(2, config->routers[0].addresses.size());
    STRCMP_EQUAL("feedbeef", config->hash.c_str());
    CHECK_FALSE(reloader.take_config().has_value());
    CHECK_FALSE(std::filesystem::exists(order->command[5]));
}

TEST(Reloader, WhatIsWrongChangesNothing) {
    Reloader reloader = make();
    const auto ticket = reload(reloader, {.is_valid = false,
                                          .diagnostics = "x:1:1: error: no",
                                          .sources = {},
                                          .hash = "",
                                          .program = "this"});
    CHECK(has_failed(reloader, ticket));
    STRCMP_EQUAL("x:1:1: error: no", reloader.result(ticket)->text.c_str());
    CHECK_FALSE(reloader.take_config().has_value());
    CHECK_FALSE(reloader.can_roll_back());
}

TEST(Reloader, WhatSaysItIsValidIsReadOnceMore) {
    Reloader reloader = make();
    const auto ticket = reload(reloader, valid("\"not an address\""));
    CHECK(has_failed(reloader, ticket));
    CHECK_FALSE(reloader.take_config().has_value());
}

TEST(Reloader, ACheckThatDiesHasFailedWithItsWords) {
    Reloader reloader = make();
    const auto ticket = reloader.order({});
    const auto order = reloader.take_order(now);
    reloader.take({health::HookEnded{.id = order->id, .signal = 11}}, now);
    CHECK(has_failed(reloader, *ticket));
    STRCMP_CONTAINS("signal 11", reloader.result(*ticket)->text.c_str());
}

TEST(Reloader, OneAfterTheOther) {
    Reloader reloader = make();
    const auto first = reloader.order({});
    const auto order = reloader.take_order(now);
    const auto second = reloader.order({});
    // Both will read the same files.
    CHECK(second == reloader.order({}));
    CHECK(first != second);
    CHECK_FALSE(reloader.take_order(now).has_value());
    finish(reloader, *order, valid(two));
    CHECK(reloader.take_order(now).has_value());
}

TEST(Reloader, TooManyAreRefused) {
    Reloader reloader = make();
    for (int i = 0; i < 16; ++i)
        CHECK(
            reloader.order({.purpose = Reloader::Purpose::preview, .file = "/" + std::to_string(i)})
                .has_value());
    CHECK_FALSE(reloader.order({.purpose = Reloader::Purpose::preview, .file = "/x"}).has_value());
}

TEST(Reloader, AnotherRunnerIsAskedAgainAndNoneIsTold) {
    Reloader reloader = make();
    const auto ticket = reloader.order({});
    CHECK(reloader.take_order(now).has_value());
    reloader.take({health::Hello{7}}, now);
    CHECK(reloader.take_order(now).has_value());
    reloader.lose_runner();
    CHECK(has_failed(reloader, *ticket));
    const auto later = reloader.order({});
    CHECK(reloader.take_order(now).has_value());
    now += 36s;
    reloader.expire(now);
    CHECK(has_failed(reloader, *later));
}

TEST(Reloader, ReloadsAreCountedAndPreviewsAreNot) {
    Reloader reloader = make();
    const Delivery wrong{.is_valid = false,
                         .diagnostics = "x:1:1: error: no",
                         .sources = {},
                         .hash = "",
                         .program = "this"};
    const Reloader::Order preview{.purpose = Reloader::Purpose::preview, .file = "/x"};
    CHECK(reloader.tally().has_last_succeeded);
    (void)reload(reloader, wrong);
    LONGS_EQUAL(1, reloader.tally().failed);
    CHECK_FALSE(reloader.tally().has_last_succeeded);
    (void)reload(reloader, valid(two), preview);
    CHECK_FALSE(reloader.tally().has_last_succeeded);
    (void)reload(reloader, valid(two));
    (void)reload(reloader, wrong, preview);
    LONGS_EQUAL(1, reloader.tally().done);
    LONGS_EQUAL(1, reloader.tally().failed);
    CHECK(reloader.tally().has_last_succeeded);
}

TEST(Reloader, APreviewSaysWhatWouldHappenAndNoMore) {
    Reloader reloader = make();
    const auto ticket = reload(reloader, valid(two),
                               {.purpose = Reloader::Purpose::preview, .file = "/tmp/new.conf"});
    CHECK(is_done(reloader, ticket));
    STRCMP_CONTAINS("adds address", reloader.result(ticket)->changes[0].c_str());
    CHECK_FALSE(reloader.take_config().has_value());
}

TEST(Reloader, WhatIsNotConfirmedComesBack) {
    Reloader reloader = make();
    (void)reload(reloader, valid(two), {.confirm_within = 60s});
    (void)reloader.take_config();
    CHECK(reloader.deadline() == now + 60s);
    now += 60s;
    reloader.expire(now);
    LONGS_EQUAL(1, reloader.take_config()->routers[0].addresses.size());
    CHECK_FALSE(reloader.confirm().empty());
    CHECK_FALSE(reloader.unconfirmed_until().has_value());
}

TEST(Reloader, WhatIsConfirmedStaysAndCanStillBeTakenBack) {
    Reloader reloader = make();
    (void)reload(reloader, valid(two), {.confirm_within = 60s});
    (void)reloader.take_config();
    CHECK(reloader.confirm().empty());
    now += 100s;
    reloader.expire(now);
    CHECK_FALSE(reloader.take_config().has_value());
    CHECK(reloader.roll_back().empty());
    LONGS_EQUAL(1, reloader.take_config()->routers[0].addresses.size());
    CHECK_FALSE(reloader.roll_back().empty());
}

TEST(Reloader, TwoTrialsInARowGoBackToBeforeTheFirst) {
    Reloader reloader = make();
    (void)reload(reloader, valid(two), {.confirm_within = 60s});
    (void)reload(reloader, valid("\"192.0.2.3/24\""), {.confirm_within = 60s});
    now += 60s;
    reloader.expire(now);
    STRCMP_EQUAL("192.0.2.1/24", reloader.take_config()->routers[0].addresses[0].text().c_str());
}

TEST(Reloader, AnotherProgramOnTheDiskGoesOnInItsPlace) {
    Reloader reloader = make();
    const auto ticket = reload(reloader, valid(two, "newer"));
    CHECK(reloader.take_upgrade() == ticket);
    CHECK_FALSE(reloader.take_config().has_value());
    CHECK(reloader.result(ticket)->state == Reloader::Result::State::waiting);
}

TEST(Reloader, ButNotForATrial) {
    Reloader reloader = make();
    (void)reload(reloader, valid(two, "newer"), {.confirm_within = 60s});
    CHECK_FALSE(reloader.take_upgrade().has_value());
    CHECK(reloader.take_config().has_value());
    const auto ticket = reload(reloader, valid(two, "newer"));
    CHECK(has_failed(reloader, ticket));
}
