#include "base/trusted_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include <CppUTest/TestHarness.h>

using base::open_trusted;

namespace {

// A tree of its own below a directory that nobody but root can write: /tmp would be refused.
class Tree {
public:
    Tree() {
        CHECK_TEXT(::geteuid() == 0, "this test changes owners, and needs root");
        ::umask(022);
        top_ = "/run/tandem-trust-" + std::to_string(::getpid());
        std::filesystem::create_directories(top_ + "/hooks");
        file("hooks/run", 0755);
    }
    ~Tree() { std::filesystem::remove_all(top_); }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    void file(const std::string& name, mode_t mode) const {
        const base::Fd made{::open((*this / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode)};
        CHECK(made.is_open());
        mode_of(name, mode);
    }
    void mode_of(const std::string& name, mode_t mode) const {
        LONGS_EQUAL(0, ::chmod((*this / name).c_str(), mode));
    }
    void owner_of(const std::string& name, uid_t user) const {
        LONGS_EQUAL(0, ::lchown((*this / name).c_str(), user, static_cast<gid_t>(-1)));
    }
    void link(const std::string& target, const std::string& name) const {
        LONGS_EQUAL(0, ::symlink(target.c_str(), (*this / name).c_str()));
    }
    std::string operator/(const std::string& name) const { return top_ + "/" + name; }
    // What is said of a path, with the place of the tree left out; "" when it is trusted.
    [[nodiscard]] std::string complaint(const std::string& name, uid_t user = 0) const {
        const auto opened = open_trusted(*this / name, {user});
        if (opened) return "";
        std::string text = opened.error().text();
        while (text.find(top_) != std::string::npos)
            text.replace(text.find(top_), top_.size(), "@");
        return text;
    }

private:
    std::string top_;
};

constexpr uid_t somebody = 4711;

}  // namespace

TEST_GROUP(TrustedFile) { Tree tree; };

TEST(TrustedFile, WhatOnlyRootCanWriteIsOpened) {
    const auto opened = open_trusted(tree / "hooks/run", {});
    CHECK(opened.has_value());
    CHECK(opened->is_open());
    STRCMP_EQUAL("", tree.complaint("hooks/../hooks/./run").c_str());
}

TEST(TrustedFile, WhoMayWriteTheFileIsNamed) {
    tree.mode_of("hooks/run", 0775);
    STRCMP_EQUAL("run @/hooks/run: it is writable by its group; chmod go-w @/hooks/run",
                 tree.complaint("hooks/run").c_str());
    tree.mode_of("hooks/run", 0757);
    STRCMP_EQUAL("run @/hooks/run: it is writable by everybody; chmod go-w @/hooks/run",
                 tree.complaint("hooks/run").c_str());
}

TEST(TrustedFile, ADirectoryOnTheWayCounts) {
    tree.mode_of("hooks", 0775);
    STRCMP_EQUAL("run @/hooks/run: @/hooks is writable by its group; chmod go-w @/hooks",
                 tree.complaint("hooks/run").c_str());
}

TEST(TrustedFile, AStickyDirectoryIsNotEnough) {
    tree.mode_of("hooks", 01777);
    CHECK(!tree.complaint("hooks/run").empty());
}

TEST(TrustedFile, AnotherOwnerIsRefusedUnlessTrusted) {
    tree.owner_of("hooks/run", somebody);
    STRCMP_EQUAL(
        "run @/hooks/run: it belongs to user 4711, who could change it; chown root "
        "@/hooks/run",
        tree.complaint("hooks/run").c_str());
    STRCMP_EQUAL("", tree.complaint("hooks/run", somebody).c_str());
    CHECK(!tree.complaint("hooks/run", somebody + 1).empty());
}

TEST(TrustedFile, WhatALinkLeadsThroughCounts) {
    std::filesystem::create_directory(tree / "open");
    tree.file("open/run", 0755);
    tree.mode_of("open", 0777);
    tree.link("../open/run", "hooks/relative");
    tree.link(tree / "open/run", "hooks/absolute");
    tree.link(tree / "hooks/run", "good");
    const char* said = "@/open is writable by everybody; chmod go-w @/open";
    STRCMP_CONTAINS(said, tree.complaint("hooks/relative").c_str());
    STRCMP_CONTAINS(said, tree.complaint("hooks/absolute").c_str());
    STRCMP_EQUAL("", tree.complaint("good").c_str());
}

TEST(TrustedFile, ALinkInADirectoryOfOthersCountsThoughItLeadsToAGoodPlace) {
    std::filesystem::create_directory(tree / "open");
    tree.link(tree / "hooks/run", "open/run");
    tree.mode_of("open", 0777);
    CHECK(!tree.complaint("open/run").empty());
    tree.mode_of("open", 0755);
    tree.owner_of("open/run", somebody);
    STRCMP_CONTAINS("belongs to user 4711", tree.complaint("open/run").c_str());
}

TEST(TrustedFile, LinksThatLeadInACircleEnd) {
    tree.link("round", "round");
    CHECK(!tree.complaint("round").empty());
}

TEST(TrustedFile, WhatCannotBeRunIsRefused) {
    tree.file("hooks/text", 0644);
    STRCMP_EQUAL("run @/hooks/text: it is not executable; chmod +x @/hooks/text",
                 tree.complaint("hooks/text").c_str());
    STRCMP_EQUAL("run @/hooks: it is not a file", tree.complaint("hooks").c_str());
    STRCMP_EQUAL("run @/none: No such file or directory", tree.complaint("none").c_str());
    CHECK_FALSE(open_trusted("hooks/run", {}).has_value());
}
