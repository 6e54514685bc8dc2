// IPv6 addresses that the kernel has confirmed, and not put to use yet.
#include "app/reconciler.hpp"

#include <cerrno>

#include "reconciler_support.hpp"

using namespace support;
using app::Upkeep;
using What = app::Upkeep::What;

TEST_GROUP_BASE(Ipv6Addresses, ReconcilerTest){static kernel::AddressWish wish6(){
    return {.key = {eth0().index, with_prefix("2001:db8::1/64")}, .how = {}};
}
void want6() {
    kernel::Desired desired;
    desired.addresses.push_back(wish6());
    reconciler.want(std::move(desired), now);
}
void kernel_notifies() {
    view.apply(kernel::event::AddressSet{wish6().key, {.protocol = kernel::our_address_protocol}});
    reconciler.address_came(wish6().key);
}
}
;

TEST(Ipv6Addresses, OneIsInstalledWhenTheKernelNotifiesAndNotWhenItConfirms) {
    want6();
    CHECK(work_all().empty());
    CHECK(view.present(wish6().key) != nullptr);  // and removed, should nobody want it any more
    CHECK_FALSE(view.is_in_use(wish6().key));
    now += 50ms;
    kernel_notifies();
    const auto told = work_all();
    LONGS_EQUAL(1, told.size());
    CHECK(told.front().what == What::installed);
    CHECK(told.front().object == kernel::Object{wish6().key});
    CHECK(view.is_in_use(wish6().key));
    LONGS_EQUAL(1, count_of_requests());
    now += 10s;
    CHECK(work_all().empty());
}

TEST(Ipv6Addresses, OneThatIsAwaitedIsNotAskedForAgain) {
    want6();
    work_all();
    now += 500ms;
    reconciler.look_again();
    CHECK(work_all().empty());
    want6();
    CHECK(work_all().empty());
    LONGS_EQUAL(1, count_of_requests());
    CHECK(reconciler.deadline(now) == noon + 1s);
}

TEST(Ipv6Addresses, ALostNotificationIsMadeGoodByAnotherRequest) {
    want6();
    work_all();
    now += 1s;
    ports.error = EEXIST;
    const auto told = work_all();
    LONGS_EQUAL(1, told.size());
    CHECK(told.front().what == What::installed);
    CHECK(view.is_in_use(wish6().key));
    LONGS_EQUAL(2, count_of_requests());
    CHECK_FALSE(reconciler.deadline(now).has_value());
}

TEST(Ipv6Addresses, OneThatHadGoneUnnoticedIsAwaitedAgain) {
    want6();
    work_all();
    now += 1s;
    CHECK(work_all().empty());
    LONGS_EQUAL(2, count_of_requests());
    kernel_notifies();
    LONGS_EQUAL(1, work_all().size());
}

TEST(Ipv6Addresses, OneThatIsThereAlreadyAndNotAwaitedIsRefused) {
    ports.error = EEXIST;
    want6();
    CHECK(work_all().front().what == What::refused);
}

TEST(Ipv6Addresses, AnEventOfADumpCountsAsWell) {
    want6();
    work_all();
    view.apply(kernel::event::AddressSet{wish6().key, {.protocol = kernel::our_address_protocol}});
    reconciler.look_again();
    CHECK(work_all().front().what == What::installed);
    kernel_notifies();
    CHECK(work_all().empty());
    CHECK_FALSE(reconciler.deadline(now).has_value());
    now += 1s;
    CHECK(work_all().empty());
    LONGS_EQUAL(1, count_of_requests());
}

TEST(Ipv6Addresses, OneThatIsRemovedWhileItIsAwaitedIsLost) {
    want6();
    work_all();
    view.apply(kernel::event::AddressGone{wish6().key});
    reconciler.look_again();
    const auto told = work_all();
    LONGS_EQUAL(1, told.size());
    CHECK(told.front().what == What::lost);
    LONGS_EQUAL(2, count_of_requests());
    kernel_notifies();
    CHECK(work_all().front().what == What::installed);
}

TEST(Ipv6Addresses, OneThatIsAwaitedAndNotWantedAnyMoreIsRemoved) {
    want6();
    work_all();
    reconciler.want({}, now);
    CHECK(work_all().empty());
    LONGS_EQUAL(1, count_of<kernel::RemoveAddress>());
    CHECK(view.present(wish6().key) == nullptr);
    now += 1s;
    CHECK(work_all().empty());
    LONGS_EQUAL(2, count_of_requests());
}

TEST(Ipv6Addresses, OneThatIsAwaitedIsNotRenewed) {
    kernel::AddressWish leased = wish6();
    leased.how.lease = 10s;
    kernel::Desired desired;
    desired.addresses.push_back(leased);
    reconciler.want(std::move(desired), now);
    work_all();
    now += 500ms;
    reconciler.advert_was_sent(0, 0s, now);
    work_all();
    // A renewal is notified of at once, in use or not.
    LONGS_EQUAL(0, count_of<kernel::RenewAddress>());
    kernel_notifies();
    reconciler.advert_was_sent(0, 0s, now + 1ms);
    work_all();
    LONGS_EQUAL(1, count_of<kernel::RenewAddress>());
}
