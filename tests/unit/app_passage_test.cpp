#include "app/passage.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "app/succession.hpp"

#include <CppUTest/TestHarness.h>

using app::Arrival;
using app::Luggage;

namespace {

// A descriptor with this in it.
int memory(const std::string& text) {
    const int descriptor = ::memfd_create("test", MFD_CLOEXEC);
    LONGS_EQUAL(text.size(), ::write(descriptor, text.data(), text.size()));
    return descriptor;
}

// One that an execve() does not close.
int inherited() { return ::memfd_create("test", 0); }

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }
bool closes_at_exec(int descriptor) { return (::fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0; }

}  // namespace

TEST_GROUP(Passage){};

TEST(Passage, WhoeverArrivesFindsTheDescriptorsAndTheBody) {
    const int runner = inherited();
    const int control = inherited();
    const int socket = inherited();
    const int from = memory("tandem runner=" + std::to_string(runner) +
                            " keeper_end=-1 control=" + std::to_string(control) +
                            " advert-3-ipv4=" + std::to_string(socket) + "\nwhat is known");
    auto arrival = app::arrive(from);
    CHECK(arrival.has_value());
    LONGS_EQUAL(runner, arrival->runner.socket.number());
    CHECK_FALSE(arrival->runner.keeper_end.is_open());
    LONGS_EQUAL(control, arrival->control.number());
    STRCMP_EQUAL("advert-3-ipv4", arrival->sockets.at(0).name.c_str());
    LONGS_EQUAL(socket, arrival->sockets[0].descriptor.number());
    STRCMP_EQUAL("what is known", arrival->body.c_str());
    CHECK(closes_at_exec(runner) && closes_at_exec(control) && closes_at_exec(socket));
    CHECK_FALSE(is_open(from));
}

TEST(Passage, WhatMakesNoSenseIsAnError) {
    for (const char* text : {"", "tandem", "something\n", "tandem \n", "tandem control=0x\n"})
        CHECK_FALSE(app::arrive(memory(text)).has_value());
    CHECK_FALSE(app::arrive(999).has_value());
}

TEST(Passage, AProgramThatCannotBeExecutedChangesNothing) {
    const int runner = memory("x");
    const base::Error error = app::go_on_as(
        "/nowhere/tandemd", {"tandemd"},
        {.runner = runner, .keeper_end = -1, .control = -1, .sockets = {}, .body = ""});
    STRCMP_CONTAINS("/nowhere/tandemd", error.text().c_str());
    CHECK(closes_at_exec(runner));
    ::close(runner);
}

TEST(Passage, ASuccessionComesBackAsItWent) {
    app::Succession left;
    left.ticket = 7;
    left.sources = {{"/etc/tandem/tandem.conf", "nodes = {};\n"}};
    left.hash = "feedbeef";
    left.started = {base::Instant{std::chrono::hours{1}}, {}};
    left.engine.record = "{}";
    const auto found = app::succession_in(app::text_of(left));
    CHECK(found.has_value());
    LONGS_EQUAL(7, found->ticket);
    STRCMP_EQUAL("nodes = {};\n", found->sources.at(0).text->c_str());
    STRCMP_EQUAL("feedbeef", found->hash.c_str());
    CHECK(found->started.now == left.started.now);
    STRCMP_EQUAL("{}", found->engine.record.c_str());
    CHECK_FALSE(app::succession_in("{}").has_value());
    CHECK_FALSE(app::succession_in("no").has_value());
}
