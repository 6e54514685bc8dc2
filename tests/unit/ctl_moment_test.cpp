#include "ctl/moment.hpp"

#include <CppUTest/TestHarness.h>

using ctl::unix_seconds;

TEST_GROUP(CtlInstant){};

TEST(CtlInstant, AnInstantIsSecondsSince1970) {
    CHECK(unix_seconds("1970-01-01T00:00:00.000000Z") == 0.0);
    CHECK(unix_seconds("2026-03-05T11:40:02.118042Z") == 1772710802.118042);
    CHECK(unix_seconds("2024-02-29T23:59:59.999999Z") == 1709251199.999999);
}

TEST(CtlInstant, AnyOtherTextIsNone) {
    for (const char* text : {"", "-", "2026-03-05", "2026-03-05T11:40:02Z",
                             "2026-03-05T11:40:02.118042", "2026-03-05 11:40:02.118042Z",
                             "2026-13-05T11:40:02.118042Z", "2026-02-29T11:40:02.118042Z",
                             "2026-03-05T24:40:02.118042Z", "2026-03-05T11:60:02.118042Z",
                             "2o26-03-05T11:40:02.118042Z", "2026-03-05T11:40:02.118042Z "})
        CHECK_TEXT(!unix_seconds(text), text);
}
