#include "app/state_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;
using app::Memory;
using app::StateFile;

namespace {

constexpr const char* boot = "0c0ffee0-0000-4000-8000-000000000001";

Memory memory(std::string router, base::Instant last_advert) {
    return {.router = std::move(router),
            .interface = "eth0",
            .family = base::Family::ipv6,
            .vrid = 51,
            .settings = 0x1234567890abcdefU,
            .role = Memory::Role::active,
            .told = Memory::Told::active,
            .since = base::Instant{5s},
            .last_advert = last_advert};
}

base::Bytes octets_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

}  // namespace

TEST_GROUP(StateFile) {
    std::string folder = "/tmp/tandem-state-XXXXXX";
    std::string path;

    void setup() override {
        CHECK(::mkdtemp(folder.data()) != nullptr);
        path = folder + "/state";
    }
    void teardown() override {
        ::unlink(path.c_str());
        ::unlink((path + ".new").c_str());
        ::rmdir(folder.c_str());
    }
    [[nodiscard]] StateFile made(const std::vector<Memory>& memories) const {
        return StateFile::make(path, boot, memories, 4).value();
    }
    [[nodiscard]] std::vector<Memory> read() const {
        return app::memories_of_file(path, boot).value();
    }
};

TEST(StateFile, ReadsBackWhatWasKept) {
    const std::vector memories{memory("lan", base::Instant{7s}), memory("wan", base::Instant{8s})};
    const StateFile file = made(memories);
    CHECK(read() == memories);
}

TEST(StateFile, TheNewestCounts) {
    StateFile file = made({});
    for (int i = 1; i <= 5; ++i) {
        const std::vector now{memory("lan", base::Instant{1s} + i * 1s)};
        file.keep(now);
        CHECK(read() == now);
    }
}

TEST(StateFile, KnowsNothingOfASessionThatIsNoMore) {
    StateFile file = made({memory("lan", base::Instant{7s}), memory("wan", base::Instant{8s})});
    file.keep(std::vector{memory("lan", base::Instant{9s})});
    const auto known = read();
    LONGS_EQUAL(2, known.size());
    CHECK(known[1].role == Memory::Role::other);
}

TEST(StateFile, IsNotThereAtTheFirstStart) { CHECK(read().empty()); }

TEST(StateFile, OfAnotherBootSaysNothing) {
    const StateFile file = made({memory("lan", base::Instant{7s})});
    CHECK(app::memories_of_file(path, "another")->empty());
    CHECK(app::memories_of_file(path, "")->empty());
}

TEST(StateFile, KeepsNoMoreThanItHasRoomFor) {
    std::vector<Memory> many;
    for (int i = 0; i < 9; ++i) many.push_back(memory("r" + std::to_string(i), {}));
    const StateFile file = made(many);
    LONGS_EQUAL(4, read().size());
}

// A slot that is not whole leaves what was true before it; nothing else is ever read.
TEST(StateFile, DamageOfAnyOctetIsNeverBelieved) {
    const std::vector first{memory("lan", base::Instant{7s})};
    const std::vector second{memory("lan", base::Instant{8s})};
    StateFile file = made(first);
    file.keep(second);
    const base::Bytes whole = octets_of(path);
    LONGS_EQUAL(64 + 4 * 256, whole.size());
    for (std::size_t place = 0; place < whole.size(); ++place)
        for (const int bit : {0, 3, 7}) {
            base::Bytes damaged = whole;
            damaged[place] ^= static_cast<std::uint8_t>(1U << bit);
            const auto read_back = app::memories_in(damaged, boot);
            CHECK(!read_back || *read_back == first || *read_back == second);
        }
}

TEST(StateFile, DamageOfBothSlotsLeavesNothing) {
    StateFile file = made({memory("lan", base::Instant{7s})});
    file.keep(std::vector{memory("lan", base::Instant{8s})});
    base::Bytes damaged = octets_of(path);
    damaged[64 + 10] ^= 1;
    damaged[64 + 128 + 10] ^= 1;
    CHECK(app::memories_in(damaged, boot)->empty());
}

TEST(StateFile, EveryLengthButTheRightOneIsToldAsDamage) {
    const StateFile file = made({memory("lan", base::Instant{7s})});
    const base::Bytes whole = octets_of(path);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(!app::memories_in(base::ByteView{whole}.first(size), boot).has_value());
}

TEST(StateFile, AnotherVersionIsTold) {
    const StateFile file = made({});
    base::Bytes other = octets_of(path);
    other[8] = 2;
    CHECK(!app::memories_in(other, boot).has_value());
}

TEST(StateFile, IsNotMadeWhereItCannotBeAndLeavesNoOldOne) {
    {
        const StateFile file = made({memory("lan", base::Instant{7s})});
    }
    CHECK(::mkdir((path + ".new").c_str(), 0700) == 0);  // in its way
    CHECK(!StateFile::make(path, boot, {}, 4).has_value());
    ::rmdir((path + ".new").c_str());
    CHECK(read().empty());
}

TEST(StateFile, SomethingElseInItsPlaceIsTold) {
    CHECK(::mkdir(path.c_str(), 0700) == 0);
    CHECK(!app::memories_of_file(path, boot).has_value());
    ::rmdir(path.c_str());
}
