#include "health/cgroup.hpp"

#include <string>

#include <CppUTest/TestHarness.h>

using health::cgroup_path;

namespace {

constexpr const char* unified =
    "24 1 0:22 / / rw - ext4 /dev/vda rw\n"
    "29 24 0:25 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr const char* hybrid =
    "33 31 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
    "38 31 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr const char* part = "29 24 0:25 /machine/box /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

}  // namespace

TEST_GROUP(Cgroup){};

TEST(Cgroup, ItsPathIsThatOfTheMountAndOurs) {
    STRCMP_EQUAL("/sys/fs/cgroup/system.slice/tandemd.service",
                 cgroup_path(unified, "0::/system.slice/tandemd.service\n")->c_str());
}

TEST(Cgroup, OfSeveralHierarchiesVersion2Counts) {
    STRCMP_EQUAL("/sys/fs/cgroup/unified/a",
                 cgroup_path(hybrid, "4:memory:/b\n1:name=systemd:/c\n0::/a\n")->c_str());
}

TEST(Cgroup, TheRootIsTheMountPoint) {
    STRCMP_EQUAL("/sys/fs/cgroup/unified", cgroup_path(hybrid, "0::/\n")->c_str());
}

TEST(Cgroup, OfAPartThatIsMountedOnlyTheRestCounts) {
    STRCMP_EQUAL("/sys/fs/cgroup/run", cgroup_path(part, "0::/machine/box/run\n")->c_str());
    STRCMP_EQUAL("/sys/fs/cgroup", cgroup_path(part, "0::/machine/box\n")->c_str());
    CHECK_FALSE(cgroup_path(part, "0::/machine/boxer\n").has_value());
    CHECK_FALSE(cgroup_path(part, "0::/machine\n").has_value());
}

TEST(Cgroup, WithoutVersion2ThereIsNone) {
    CHECK_FALSE(cgroup_path("24 1 0:22 / / rw - ext4 /dev/vda rw\n", "0::/a\n").has_value());
    CHECK_FALSE(cgroup_path(unified, "4:memory:/a\n").has_value());
    CHECK_FALSE(cgroup_path("", "").has_value());
}

TEST(Cgroup, OneThatCannotBeMadeIsAnError) {
    CHECK_FALSE(health::Cgroup::make("/proc/none").has_value());
}
