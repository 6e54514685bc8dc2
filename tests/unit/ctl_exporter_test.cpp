#include "ctl/exporter.hpp"

#include <vector>

#include <CppUTest/TestHarness.h>

#include "ctl/exporter_options.hpp"
#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;
using namespace std::chrono_literals;

TEST_GROUP(CtlExporter) {
    Expected<std::string> answer = healthy;
    Collector::Clock::time_point now{};
    int asked = 0;
    std::vector<std::string> told;
    Collector collector{{.ask =
                             [this] {
                                 ++asked;
                                 return answer;
                             },
                         .now = [this] { return now; },
                         .tell = [this](const std::string& line) { told.push_back(line); }}};

    std::string scrape() { return reply_to("GET", "/metrics", collector).body; }
};

TEST(CtlExporter, MetricsAreText004) {
    const Reply reply = reply_to("GET", "/metrics", collector);
    LONGS_EQUAL(200, reply.status);
    STRCMP_EQUAL("text/plain; version=0.0.4; charset=utf-8",
                 std::string{reply.content_type}.c_str());
    CHECK(reply.body.find("\ntandem_up 1\n") != std::string::npos);
}

TEST(CtlExporter, OtherPathsAndMethodsAskNobody) {
    LONGS_EQUAL(200, reply_to("GET", "/", collector).status);
    LONGS_EQUAL(404, reply_to("GET", "/metrics/", collector).status);
    LONGS_EQUAL(404, reply_to("GET", "/metricsx", collector).status);
    LONGS_EQUAL(405, reply_to("POST", "/metrics", collector).status);
    LONGS_EQUAL(405, reply_to("OPTIONS", "*", collector).status);
    LONGS_EQUAL(0, asked);
}

TEST(CtlExporter, TheDaemonIsAskedAtMostTwiceASecond) {
    for (int i = 0; i < 10; ++i) (void)scrape();
    LONGS_EQUAL(1, asked);
    now += 499ms;
    (void)scrape();
    LONGS_EQUAL(1, asked);
    now += 1ms;
    answer = with(healthy, R"("log_dropped":0)", R"("log_dropped":9)");
    CHECK(scrape().find("\ntandem_log_dropped_total 9\n") != std::string::npos);
    LONGS_EQUAL(2, asked);
}

TEST(CtlExporter, ADaemonThatIsGoneIsDownAndThatIsToldOnce) {
    (void)scrape();
    answer = fail(ExitCode::unreachable, "nobody is there");
    for (int i = 0; i < 3; ++i) {
        now += 1s;
        CHECK(scrape().ends_with("\ntandem_up 0\n"));
    }
    answer = healthy;
    now += 1s;
    CHECK(scrape().find("\ntandem_up 1\n") != std::string::npos);
    LONGS_EQUAL(2, told.size());
    STRCMP_EQUAL("nobody is there", told[0].c_str());
    STRCMP_EQUAL("tandemd answers again", told[1].c_str());
}

TEST(CtlExporter, AnEndpointIsAnAddressAndAPort) {
    STRCMP_EQUAL("127.0.0.1:9765", text_of(*parse_endpoint("127.0.0.1:9765")).c_str());
    STRCMP_EQUAL("[::1]:1", text_of(*parse_endpoint("[::1]:1")).c_str());
    STRCMP_EQUAL("2001:db8::1", parse_endpoint("[2001:DB8:0::1]:80")->address.c_str());
    for (const char* text : {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                             "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x", "localhost:80",
                             "::1:80", "[::1]", "[::1]80", "[127.0.0.1]:80", "[]:80"})
        CHECK_TEXT(!parse_endpoint(text), text);
}

TEST(CtlExporter, OptionsAndTheirRefusals) {
    const auto options = parse_exporter_options({"--listen", "[::1]:99", "--run-dir", "/x"});
    STRCMP_EQUAL("[::1]:99", text_of(options->listen).c_str());
    STRCMP_EQUAL("/x", options->run_dir.c_str());
    STRCMP_EQUAL("127.0.0.1:9765", text_of(parse_exporter_options({})->listen).c_str());
    for (const std::vector<std::string>& wrong :
         {std::vector<std::string>{"--listen", "x"}, {"--listen"}, {"--lisen", "x"}, {"x"}})
        LONGS_EQUAL(ExitCode::usage, parse_exporter_options(wrong).error().code);
    CHECK(parse_exporter_options({"--list-metrics"}).error().out.find("tandem_up gauge -\n") !=
          std::string::npos);
}
