#include "app/delivery.hpp"

#include <CppUTest/TestHarness.h>

using app::Delivery;

TEST_GROUP(Delivery){};

TEST(Delivery, ComesBackAsItWent) {
    const Delivery sent{.is_valid = true,
                        .diagnostics = "a warning\n",
                        .sources = {{"/etc/a.conf", "text \"quoted\"\n"}, {"/etc/b.conf", ""}},
                        .hash = "0123abcd",
                        .program = "1.0 2:3"};
    const auto got = app::decode_delivery(app::encode(sent));
    CHECK(got.has_value());
    CHECK(got->is_valid);
    STRCMP_EQUAL("a warning\n", got->diagnostics.c_str());
    LONGS_EQUAL(2, got->sources.size());
    STRCMP_EQUAL("/etc/a.conf", got->sources[0].path.c_str());
    STRCMP_EQUAL("text \"quoted\"\n", got->sources[0].text->c_str());
    STRCMP_EQUAL("0123abcd", got->hash.c_str());
    STRCMP_EQUAL("1.0 2:3", got->program.c_str());
}

TEST(Delivery, WhatIsNotOneIsAnError) {
    for (const char* text :
         {"", "{", "[]", "{}", R"({"valid":true})",
          R"({"valid":1,"diagnostics":"","program":"","hash":"","sources":[]})",
          R"({"valid":true,"diagnostics":"","program":"","hash":"","sources":{}})",
          R"({"valid":true,"diagnostics":"","program":"","hash":"","sources":[{"path":"x"}]})"})
        CHECK_FALSE(app::decode_delivery(text).has_value());
}

TEST(Delivery, AProgramIsTheSameAsLongAsItsFileIs) {
    STRCMP_EQUAL(app::program_identity().c_str(), app::program_identity().c_str());
}
