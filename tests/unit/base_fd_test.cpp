#include "base/fd.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <concepts>
#include <type_traits>
#include <utility>

#include <CppUTest/TestHarness.h>

using base::Fd;

static_assert(!std::copyable<Fd>);
static_assert(std::is_nothrow_move_constructible_v<Fd>);
static_assert(std::is_nothrow_move_assignable_v<Fd>);
static_assert(!std::convertible_to<int, Fd>);

namespace {

int open_number() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open_in_kernel(int number) { return ::fcntl(number, F_GETFD) >= 0; }

}  // namespace

TEST_GROUP(Descriptor){};

TEST(Descriptor, IsClosedAtTheEndOfItsLife) {
    const int number = open_number();
    {
        const Fd fd{number};
        CHECK_TRUE(is_open_in_kernel(number));
    }
    CHECK_FALSE(is_open_in_kernel(number));
}

TEST(Descriptor, IsNothingUntilItHasANumber) {
    CHECK_FALSE(Fd{}.is_open());
    LONGS_EQUAL(-1, Fd{}.number());
    CHECK_FALSE(Fd{-1}.is_open());
}

TEST(Descriptor, KeepsItsNumber) {
    const int number = open_number();
    const Fd fd{number};
    LONGS_EQUAL(number, fd.number());
    CHECK_TRUE(fd.is_open());
}

TEST(Descriptor, MovesToANewOwner) {
    Fd first{open_number()};
    const int number = first.number();
    const Fd second{std::move(first)};
    LONGS_EQUAL(number, second.number());
    CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what is left is the question
    CHECK_TRUE(is_open_in_kernel(number));
}

TEST(Descriptor, ClosesWhatItOwnedWhenItTakesAnother) {
    Fd owner{open_number()};
    Fd other{open_number()};
    const int old_number = owner.number();
    const int new_number = other.number();
    owner = std::move(other);
    CHECK_FALSE(is_open_in_kernel(old_number));
    CHECK_TRUE(is_open_in_kernel(new_number));
    LONGS_EQUAL(new_number, owner.number());
}

TEST(Descriptor, SurvivesAMoveToItself) {
    Fd fd{open_number()};
    Fd& same = fd;
    fd = std::move(same);
    CHECK_TRUE(fd.is_open());
    CHECK_TRUE(is_open_in_kernel(fd.number()));
}

TEST(Descriptor, IsClosedOnceOnly) {
    Fd fd{open_number()};
    const int number = fd.number();
    fd.reset();
    const Fd reused{open_number()};  // the kernel gives the lowest free number
    LONGS_EQUAL(number, reused.number());
    fd.reset();
    CHECK_TRUE(is_open_in_kernel(number));
}

TEST(Descriptor, MayBeNumberZero) {
    const int standard_input = ::dup(STDIN_FILENO);
    const Fd other{open_number()};
    ::dup2(other.number(), STDIN_FILENO);
    Fd zero{STDIN_FILENO};
    const bool was_open = zero.is_open();
    zero.reset();
    const bool is_open = is_open_in_kernel(STDIN_FILENO);
    if (standard_input >= 0) ::dup2(standard_input, STDIN_FILENO);
    if (standard_input >= 0) ::close(standard_input);
    CHECK_TRUE(was_open);
    CHECK_FALSE(is_open);
}
