#include "health/message.hpp"

#include <chrono>
#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

void check_survives(const FromRunner& message) {
    const auto read = decode_from_runner(encode(message));
    CHECK_TEXT(read.has_value(), encode(message).c_str());
    CHECK_TEXT(*read == message, encode(message).c_str());
}

void check_survives(const ToRunner& message) {
    const auto read = decode_to_runner(encode(message));
    CHECK_TEXT(read.has_value(), encode(message).c_str());
    CHECK_TEXT(*read == message, encode(message).c_str());
}

CheckMessage check(Kind kind) {
    return {.name = "c",
            .kind = std::move(kind),
            .every = 50ms,
            .timeout = 1s,
            .rise = 2,
            .fall = 3,
            .counts_as = Verdict::failed};
}

// "" when it can be read.
std::string complaint(std::string_view text) {
    const auto read = decode_to_runner(text);
    return read ? "" : read.error().detail;
}

constexpr std::string_view tcp_check =
    R"({"check":{"name":"c","kind":"tcp","every_us":50000,"timeout_us":1000000,"rise":2,"fall":3,)"
    R"("counts_as":"","target":"192.0.2.1","port":80,"interface":""}})";

std::string tcp_check_with(std::string_view from, std::string_view to) {
    std::string text{tcp_check};
    return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_GROUP(Message){};

TEST(Message, WhatTheRunnerSaysSurvives) {
    check_survives(FromRunner{Hello{123}});
    check_survives(FromRunner{Died{"signal 9"}});
    check_survives(
        FromRunner{ResultMessage{7, "haproxy", Verdict::failed, "refused", {}, 12, 3, 300us}});
    check_survives(FromRunner{ResultMessage{7, "load", Verdict::failed, "30", 30, 12, 3, 300us}});
    check_survives(FromRunner{Alive{7, 3, 1}});
    check_survives(FromRunner{HookStarted{42}});
    check_survives(FromRunner{HookEnded{42, 1, 0, false, 17ms, "no such file"}});
    check_survives(FromRunner{HookEnded{42, 0, 9, true, 10s, ""}});
    check_survives(FromRunner{TargetEnded{"tandem-active@lan.target", "not found"}});
    check_survives(FromRunner{JobAnswer{"restart", ""}});
    check_survives(FromRunner{JobAnswer{"", "no bus"}});
    check_survives(FromRunner{Saved{3, ""}});
    check_survives(FromRunner{Saved{3, "No space left on device"}});
}

TEST(Message, WhatTheDaemonSaysSurvives) {
    check_survives(ToRunner{Begin{7}});
    check_survives(ToRunner{Commit{7}});
    check_survives(ToRunner{RunMessage{42,
                                       {"/bin/x", "a b", "\"q\""},
                                       "nobody",
                                       10s,
                                       {{"TANDEM_STATE", "active"}},
                                       "{\"a\":1}\n"}});
    check_survives(ToRunner{KillMessage{42}});
    check_survives(ToRunner{TargetMessage{"a.target", TargetMessage::Want::started}});
    check_survives(ToRunner{TargetMessage{"a.target", TargetMessage::Want::stopped}});
    check_survives(ToRunner{JobQuestion{4242}});
    check_survives(ToRunner{SaveMessage{3, "/var/lib/x", "{\"a\":\"\\n\"}\n"}});
    check_survives(ToRunner{SaveMessage{4, "/var/lib/y", "{}\n", 1000}});
}

TEST(Message, ChecksOfEveryKindSurvive) {
    const auto target = support::address("2001:db8::1");
    const auto prefix = *base::InterfaceAddress::parse("10.0.0.0/8");
    const Kind kinds[] = {kind::Exec{{"/bin/true", "x"}, "nobody"},
                          kind::Process{"haproxy"},
                          kind::File{"/run/x", kind::File::Want::present},
                          kind::File{"/run/x", kind::File::Want::absent},
                          kind::File{"/run/x", kind::File::Want::penalty},
                          kind::Interface{"eth0", 3s, 100ms},
                          kind::Ping{target, "eth0"},
                          kind::Arp{support::address("192.0.2.1"), "eth0"},
                          kind::Tcp{target, 65535, ""},
                          kind::Http{"http://[::1]/x", {200, 204}, "ok", false},
                          kind::Route{prefix, 186, 100},
                          kind::Route{prefix, {}, 254},
                          kind::Unit{"nginx.service"}};
    for (const Kind& kind : kinds) check_survives(ToRunner{check(kind)});
}

TEST(Message, AnUnknownFieldIsIgnored) {
    STRCMP_EQUAL("", complaint(tcp_check_with(R"("port")", R"("hue":[1],"port")")).c_str());
    STRCMP_EQUAL("", complaint(R"({"begin":{"plan":1},"zone":{}})").c_str());
    STRCMP_EQUAL("", complaint(R"({"area":7,"begin":{"plan":1}})").c_str());
}

TEST(Message, WhatIsMissingOrWrongIsNamed) {
    STRCMP_EQUAL("the field port is missing",
                 complaint(tcp_check_with(R"("port":80,)", "")).c_str());
    for (const char* port : {R"("port":0)", R"("port":65536)", R"("port":-1)", R"("port":"80")",
                             R"("port":80.5)", R"("port":18446744073709551615)"})
        STRCMP_EQUAL("the field port is wrong",
                     complaint(tcp_check_with(R"("port":80)", port)).c_str());
    STRCMP_EQUAL("the field target is wrong",
                 complaint(tcp_check_with("192.0.2.1", "localhost")).c_str());
    STRCMP_EQUAL("the field kind is wrong",
                 complaint(tcp_check_with("\"tcp\"", "\"udp\"")).c_str());
    STRCMP_EQUAL("the field counts_as is wrong",
                 complaint(tcp_check_with(R"("counts_as":"")", R"("counts_as":"fine")")).c_str());
    STRCMP_EQUAL("the field every_us is wrong",
                 complaint(tcp_check_with(R"("every_us":50000)", R"("every_us":0)")).c_str());
    STRCMP_EQUAL("the field timeout_us is wrong",
                 complaint(tcp_check_with("1000000", "9223372036854775807")).c_str());
    STRCMP_EQUAL("the field command is wrong",
                 complaint(R"({"run":{"id":1,"command":[]}})").c_str());
}

TEST(Message, WhatIsNoMessageIsRefused) {
    for (const char* text : {"", "{", "[]", "7", "{}", R"({"begin":7})", R"({"hello":{"pid":1}})",
                             "\xff\xfe", R"({"begin":null})"})
        CHECK_TEXT(!complaint(text).empty(), text);
    CHECK_FALSE(decode_from_runner(R"({"died":7})").has_value());
    CHECK_FALSE(decode_from_runner(R"({"hook":{"id":1,"event":"paused"}})").has_value());
}

TEST(Message, TextThatIsNoUtf8IsSentWithReplacements) {
    const auto read = decode_from_runner(encode(FromRunner{Died{"a\xff"}}));
    CHECK(read.has_value());
    STRCMP_EQUAL("a\xef\xbf\xbd", std::get<Died>(*read).how.c_str());
}

TEST(Message, TheWordsOnTheWireAreTheAgreedOnes) {
    STRCMP_EQUAL(
        R"({"result":{"plan":7,"check":"load","verdict":"failed","text":"30","runs":12,"failures":3,"duration_us":300,"penalty":30}})",
        encode(FromRunner{ResultMessage{7, "load", Verdict::failed, "30", 30, 12, 3, 300us}})
            .c_str());
    STRCMP_EQUAL(R"({"hook":{"id":42,"event":"started"}})",
                 encode(FromRunner{HookStarted{42}}).c_str());
}
