#include "health/body_search.hpp"

#include <string>

#include <CppUTest/TestHarness.h>

using health::BodySearch;

TEST_GROUP(HealthBodySearch){};

TEST(HealthBodySearch, FindsATextWhereverTheBodyIsCut) {
    const std::string body = "status: ok, all is well";
    for (std::size_t first = 0; first <= body.size(); ++first)
        for (std::size_t second = first; second <= body.size(); ++second) {
            BodySearch search{"ok, all"};
            search.begin();
            search.add(body.substr(0, first));
            search.add(body.substr(first, second - first));
            search.add(body.substr(second));
            CHECK(search.is_found());
        }
}

TEST(HealthBodySearch, FindsATextThatBeginsTwice) {
    BodySearch search{"aab"};
    search.begin();
    for (const char* piece : {"a", "a", "a", "b"}) search.add(piece);
    CHECK(search.is_found());
}

TEST(HealthBodySearch, DoesNotFindWhatIsNotThere) {
    BodySearch search{"ready"};
    search.begin();
    for (const char* piece : {"rea", "d", "", "rea", "dx y"}) search.add(piece);
    CHECK(!search.is_found());
}

TEST(HealthBodySearch, AnEmptyTextIsInEveryBody) {
    BodySearch search{""};
    search.begin();
    CHECK(search.is_found());
}

TEST(HealthBodySearch, BeginsAnewWithNothing) {
    BodySearch search{"ready"};
    search.begin();
    search.add("ready");
    CHECK(search.is_found());
    search.begin();
    CHECK(!search.is_found());
    search.add("rea");
    search.begin();
    search.add("dy");
    CHECK(!search.is_found());
}
