#include "ctl/exposition.hpp"

#include <array>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

constexpr std::array<std::string_view, 2> labels{"router", "kind"};

std::string text_of(std::vector<Sample> samples) {
    return exposition_of({"tandem_x_total", MetricType::counter, "Some \\ \"help\".\nMore.", labels,
                          std::move(samples)});
}

const std::string head =
    "# HELP tandem_x_total Some \\\\ \"help\".\\nMore.\n# TYPE tandem_x_total counter\n";

}  // namespace

TEST_GROUP(CtlExposition){};

TEST(CtlExposition, AFamilyIsHelpTypeAndSamplesSortedByLabels) {
    STRCMP_EQUAL((head + "tandem_x_total{router=\"a\",kind=\"y\"} 2\n"
                         "tandem_x_total{router=\"b\",kind=\"x\"} 1\n")
                     .c_str(),
                 text_of({{{"b", "x"}, 1}, {{"a", "y"}, 2}}).c_str());
}

TEST(CtlExposition, LabelValuesAreEscaped) {
    STRCMP_EQUAL((head + "tandem_x_total{router=\"a\\\"b\",kind=\"\\\\c\\nd\"} 1\n").c_str(),
                 text_of({{{"a\"b", "\\c\nd"}, 1}}).c_str());
}

TEST(CtlExposition, NoSeriesIsThereTwice) {
    STRCMP_EQUAL((head + "tandem_x_total{router=\"a\",kind=\"x\"} 1\n").c_str(),
                 text_of({{{"a", "x"}, 1}, {{"a", "x"}, 2}}).c_str());
}

TEST(CtlExposition, NumbersAreWhole) {
    const std::string text =
        text_of({{{"a", "x"}, 1330012}, {{"b", "x"}, 0.218}, {{"c", "x"}, 1772710802.118042}});
    CHECK(
        text.ends_with("tandem_x_total{router=\"a\",kind=\"x\"} 1330012\n"
                       "tandem_x_total{router=\"b\",kind=\"x\"} 0.218\n"
                       "tandem_x_total{router=\"c\",kind=\"x\"} 1772710802.118042\n"));
}

TEST(CtlExposition, AFamilyWithoutSamplesIsLeftOut) { STRCMP_EQUAL("", text_of({}).c_str()); }

TEST(CtlExposition, WithoutLabelsThereAreNoBraces) {
    STRCMP_EQUAL("# HELP x y\n# TYPE x gauge\nx 1\n",
                 exposition_of({"x", MetricType::gauge, "y", {}, {{{}, 1}}}).c_str());
}
