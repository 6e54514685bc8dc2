#include "app/filter_keeper.hpp"

#include <cerrno>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using app::FilterKeeper;
using kernel::AddressKey;
using kernel::LinkIndex;
using kernel::Refusals;

using namespace std::chrono_literals;

namespace {

AddressKey key(std::string_view address) {
    return {LinkIndex{3}, base::InterfaceAddress::parse(address).value()};
}

Refusals refusals(std::initializer_list<const char*> addresses) {
    Refusals made;
    for (const char* address : addresses)
        made.insert(kernel::Refusal::of(base::IpAddress::parse(address).value(), LinkIndex{3}));
    return made;
}

const base::Result<void> done{};
const base::Result<void> refused = base::os_failure("filter", EBUSY);

struct Kernel {
    kernel::View view;
    void add(const AddressKey& key, std::uint8_t protocol = kernel::our_address_protocol) {
        view.apply(kernel::event::AddressSet{key, {.protocol = protocol}});
    }
    void remove(const AddressKey& key) { view.apply(kernel::event::AddressGone{key}); }
};

constexpr base::Instant start{1h};

}  // namespace

TEST_GROUP(AppFilterKeeper) {
    FilterKeeper keeper;
    Kernel kernel;

    // What it writes now, and that succeeds.
    Refusals written(base::Instant now) {
        const Refusals* due = keeper.due(kernel.view, now);
        CHECK_TRUE(due != nullptr);
        const Refusals copy = *due;
        CHECK(keeper.take(done, now) == FilterKeeper::Outcome::written);
        return copy;
    }
    bool is_quiet(base::Instant now) { return keeper.due(kernel.view, now) == nullptr; }
};

TEST(AppFilterKeeper, NothingIsWrittenWhileNothingIsWanted) {
    keeper.want({}, {});
    CHECK_TRUE(is_quiet(start));
    CHECK_FALSE(keeper.deadline(start).has_value());
}

TEST(AppFilterKeeper, WhatADeadProcessLeftIsRemovedAlthoughNothingIsWanted) {
    keeper.doubt();
    CHECK_TRUE(written(start).empty());
    CHECK_TRUE(is_quiet(start + 1h));
}

TEST(AppFilterKeeper, WhatIsWantedIsWrittenOnce) {
    keeper.want({key("192.0.2.1/24"), key("fe80::1/64")}, {});
    CHECK(keeper.deadline(start) == start);
    CHECK(written(start) == refusals({"192.0.2.1", "fe80::1"}));
    keeper.want({key("192.0.2.1/24"), key("fe80::1/64")}, {});
    CHECK_TRUE(is_quiet(start + 1h));
    CHECK_FALSE(keeper.deadline(start).has_value());
}

TEST(AppFilterKeeper, AnAddressIsRefusedUntilItIsGone) {
    const AddressKey stays = key("192.0.2.1/24");
    const AddressKey leaves = key("192.0.2.2/24");
    keeper.want({stays, leaves}, {});
    CHECK(written(start) == refusals({"192.0.2.1", "192.0.2.2"}));
    kernel.add(stays);
    kernel.add(leaves);
    keeper.want({stays}, {leaves});
    CHECK_TRUE(is_quiet(start + 1s));
    kernel.remove(leaves);
    CHECK(written(start + 2s) == refusals({"192.0.2.1"}));
    CHECK_TRUE(is_quiet(start + 3s));
}

TEST(AppFilterKeeper, WhatWasWantedIsRefusedUntilItIsGoneWhoeverHasForgottenIt) {
    const AddressKey address = key("192.0.2.1/24");
    keeper.want({address}, {});
    CHECK(written(start) == refusals({"192.0.2.1"}));
    kernel.add(address);
    keeper.want({}, {});  // its link was renamed, so nobody knows where it is
    CHECK_TRUE(is_quiet(start + 1s));
    kernel.remove(address);
    CHECK_TRUE(written(start + 2s).empty());
}

TEST(AppFilterKeeper, TheHostsOwnAddressIsRefusedOnlyWhileItIsAVirtualOne) {
    const AddressKey address = key("192.0.2.1/24");
    kernel.add(address, 0);
    keeper.want({address}, {});
    CHECK(written(start) == refusals({"192.0.2.1"}));
    keeper.want({}, {address});
    CHECK_TRUE(written(start + 1s).empty());
}

TEST(AppFilterKeeper, WhatIsDoubtfulIsWrittenAgainAndNotWithoutEnd) {
    keeper.want({key("192.0.2.1/24")}, {});
    (void)written(start);
    keeper.doubt();
    CHECK_TRUE(is_quiet(start + 10ms));
    const auto due = keeper.deadline(start + 10ms);
    CHECK_TRUE(due.has_value());
    CHECK(*due > start + 10ms && *due <= start + 200ms);
    CHECK(written(*due) == refusals({"192.0.2.1"}));
    CHECK_FALSE(keeper.deadline(*due).has_value());
}

TEST(AppFilterKeeper, ARefusalIsTriedAgainLaterEachTimeAndKnownMeanwhile) {
    keeper.want({key("192.0.2.1/24")}, {});
    base::Instant now = start;
    CHECK(keeper.due(kernel.view, now) != nullptr);
    CHECK(keeper.take(refused, now) == FilterKeeper::Outcome::refused);
    STRCMP_CONTAINS("filter: ", keeper.error()->c_str());
    base::Duration before{};
    for (int i = 0; i < 12; ++i) {
        const base::Instant next = keeper.deadline(now).value();
        CHECK_TRUE(next - now >= before && next - now <= 10s);
        CHECK_TRUE(is_quiet(next - 1ns));
        before = next - now;
        now = next;
        CHECK(keeper.due(kernel.view, now) != nullptr);
        CHECK(keeper.take(refused, now) == FilterKeeper::Outcome::refused_again);
    }
    CHECK(before == 10s);
    now = keeper.deadline(now).value();
    CHECK(keeper.due(kernel.view, now) != nullptr);
    CHECK(keeper.take(done, now) == FilterKeeper::Outcome::recovered);
    CHECK(keeper.error() == nullptr);
    CHECK_TRUE(is_quiet(now + 1h));
}

TEST(AppFilterKeeper, AnotherSetDoesNotWaitForTheNextTry) {
    keeper.want({key("192.0.2.1/24")}, {});
    (void)keeper.due(kernel.view, start);
    (void)keeper.take(refused, start);
    keeper.want({key("192.0.2.1/24"), key("192.0.2.2/24")}, {});
    CHECK(keeper.due(kernel.view, start + 1ms) != nullptr);
}
