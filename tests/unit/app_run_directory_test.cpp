#include "app/run_directory.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::RunDirectory;

namespace {

// What a claim in another process gave: its error, or nothing. `name` is what that process is
// called. Locks of fcntl(2) are between processes, hence the fork.
std::string error_in_child(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) < 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        const auto claimed = RunDirectory::claim(path);
        const std::string text = claimed ? "" : claimed.error().text();
        const ssize_t written = ::write(ends[1], text.data(), text.size());
        ::_exit(written < 0 ? 1 : 0);
    }
    ::close(ends[1]);
    const base::Fd reader{ends[0]};
    std::array<char, 1024> buffer{};
    const ssize_t size = ::read(reader.number(), buffer.data(), buffer.size());
    ::waitpid(child, nullptr, 0);
    return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace

TEST_GROUP(RunDirectory) {
    ScratchDirectory scratch;
    std::string path = scratch.file("run");
};

TEST(RunDirectory, IsMadeReadableForAllAndWritableForUs) {
    const mode_t previous = ::umask(0022);
    CHECK(RunDirectory::claim(path).has_value());
    ::umask(previous);
    struct stat status{};
    LONGS_EQUAL(0, ::stat(path.c_str(), &status));
    LONGS_EQUAL(0755, status.st_mode & 07777);
    LONGS_EQUAL(0, ::stat((path + "/lock").c_str(), &status));
    LONGS_EQUAL(0600, status.st_mode & 07777);
}

TEST(RunDirectory, MayExistAlready) {
    CHECK(RunDirectory::claim(scratch.path()).has_value());
    STRCMP_EQUAL((scratch.path() + "/control.sock").c_str(),
                 RunDirectory::claim(scratch.path())->file("control.sock").c_str());
}

TEST(RunDirectory, ASecondDaemonIsToldWhoRunsThere) {
    const auto claimed = RunDirectory::claim(path);
    CHECK(claimed.has_value());
    std::array<char, 17> name{};
    ::prctl(PR_GET_NAME, name.data());
    const std::string expected = fmt::format(
        "claim the run directory {}: {} (pid {}) is running there; stop it, or choose another "
        "with --run-dir",
        path, name.data(), ::getpid());
    STRCMP_EQUAL(expected.c_str(), error_in_child(path).c_str());
}

TEST(RunDirectory, IsFreeAgainWhenItsHolderEnds) {
    {
        const auto claimed = RunDirectory::claim(path);
    }
    STRCMP_EQUAL("", error_in_child(path).c_str());
    CHECK(RunDirectory::claim(path).has_value());
}

TEST(RunDirectory, ADirectoryThatCannotBeMadeIsNamed) {
    const std::string nowhere = scratch.file("missing/run");
    STRCMP_EQUAL(("make the run directory " + nowhere + ": No such file or directory").c_str(),
                 RunDirectory::claim(nowhere).error().text().c_str());
}

TEST(RunDirectory, FilesAreMadeAndMadeAnew) {
    const auto claimed = RunDirectory::claim(path);
    CHECK(claimed.has_value());
    CHECK(claimed->write("a.conf", "a longer text\n").has_value());
    STRCMP_EQUAL((path + "/a.conf").c_str(), claimed->write("a.conf", "text\n")->c_str());
    std::ifstream file{path + "/a.conf"};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    STRCMP_EQUAL("text\n", text.c_str());
    STRCMP_CONTAINS("write", claimed->write("no/a.conf", "").error().text().c_str());
}

TEST(RunDirectory, ALockThatIsALinkIsNotFollowed) {
    const std::string target = scratch.file("precious");
    LONGS_EQUAL(0, ::symlink(target.c_str(), scratch.file("lock").c_str()));
    CHECK_FALSE(RunDirectory::claim(scratch.path()).has_value());
    CHECK_FALSE(std::filesystem::exists(target));
}
