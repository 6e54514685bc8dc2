// Which texts are URLs that a check can ask, and what is said of the others.
#include "config/url.hpp"

#include <string>
#include <utility>
#include <vector>

#include <CppUTest/TestHarness.h>

using config::url_fault;

TEST_GROUP(ConfigUrl){};

TEST(ConfigUrl, WhatCanBeAskedHasNoFault) {
    for (const char* url :
         {"http://127.0.0.1/", "https://192.0.2.1", "http://192.0.2.1:1", "http://[::1]/",
          "https://[2001:db8::1]:65535/a?b=c:d#e", "http://[fe80::1%25eth0]/", "http://name",
          "http://a-b.example.net.:80/x:y/[z]", "http://user:secret@192.0.2.1:80/",
          "http://192.0.2.1?x=http://y:z/", "http://1a/", "http://unix:/run/x.sock:/healthz"})
        STRCMP_EQUAL_TEXT("", url_fault(url).c_str(), url);
}

TEST(ConfigUrl, WhatCannotIsToldWhy) {
    const std::vector<std::pair<const char*, const char*>> cases{
        {"127.0.0.1:80/", "it begins with http:// or https://"},
        {"HTTP//a", "it begins with http:// or https://"},
        {"http://", "it names no host"},
        {"http:///x", "it names no host"},
        {"http://:80/", "it names no host"},
        {"http://user@/", "it names no host"},
        {"http://a b/", "a blank, or what is not ASCII, is written as %20 and the like"},
        {"http://a/\xc3\xbc", "a blank, or what is not ASCII, is written as %20 and the like"},
        {"http://a:/", "its port is 1 to 65535, not \"\""},
        {"http://a:0/", "its port is 1 to 65535, not \"0\""},
        {"http://a:65536/", "its port is 1 to 65535, not \"65536\""},
        {"http://a:99999999999/", "its port is 1 to 65535, not \"99999999999\""},
        {"http://a:-80/", "its port is 1 to 65535, not \"-80\""},
        {"http://a:80x/", "its port is 1 to 65535, not \"80x\""},
        {"https://unix:/run/x.sock", "its port is 1 to 65535, not \"\""},
        {"http://unix:run/x.sock", "its socket has no whole path"},
        {"http://127.0.0.256/", "\"127.0.0.256\" is not an address"},
        {"http://127.1/", "\"127.1\" is not an address"},
        {"http://80/", "\"80\" is not an address"},
        {"http://a..b/", "\"a..b\" is neither an address nor a name"},
        {"http://.a/", "\".a\" is neither an address nor a name"},
        {"http://a,b/", "\"a,b\" is neither an address nor a name"},
        {"http://http://a/", "its port is 1 to 65535, not \"\""},
        {"http://[::1/", "its '[' is never closed"},
        {"http://[127.0.0.1]/", "\"[127.0.0.1]\" is not an IPv6 address"},
        {"http://[::g]/", "\"[::g]\" is not an IPv6 address"},
        {"http://[fe80::1%]/", "\"[fe80::1%]\" is not an IPv6 address"},
        {"http://[::1]80/", "nothing but a port follows ']', not \"80\""},
        {"http://[::1]:0/", "its port is 1 to 65535, not \"0\""},
        {"http://2001:db8::1/", "an IPv6 address stands in brackets: \"[2001:db8::1]\""},
    };
    for (const auto& [url, fault] : cases) STRCMP_EQUAL_TEXT(fault, url_fault(url).c_str(), url);
}
