#include "ctl/metrics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

// The sample with what it does not have, so that every metric has a sample.
std::string complete() {
    std::string text = with(healthy, R"("log_dropped":0)",
                            R"("loop":{"turns":9,"late_turns":2,"worst_late_ms":12.5},)"
                            R"("log_dropped":4,"discarded":{"vrid-errors":5},)"
                            R"("reloads":{"done":2,"failed":1,"last_succeeded":false},)"
                            R"("runner":{"deaths":1,"trouble":null},)"
                            R"("checks":[{"name":"proxy","state":"failed","runs":9,"failures":2,)"
                            R"("duration_ms":12.5},{"name":"gateway","state":"awaited","runs":0,)"
                            R"("failures":0,"duration_ms":0.0}],)"
                            R"("units":[{"name":"edge","kind":"group","drained":)"
                            R"({"since":"2026-03-05T11:40:02.118042Z","until":null}}])");
    text = with(text, R"("priority":{"base":200,"effective":80})",
                R"("preferred":false,"priority":{"base":200,"effective":80})");
    text = with(text, R"("name":"transit","interface":"bond0.120","vrid":111,"family":"ipv4")",
                R"("name":"transit","interface":"bond0.120","vrid":111,"family":"ipv6")");
    text = with(text, R"("ttl-errors":1})", R"("ttl-errors":1},"noted":{"interval-errors":7})");
    text = with(text, R"("last_seen_ms":40.2,)",
                R"("last_seen_ms":40.2,"margin":{"worst_gap_ms":1003.0,"limit_ms":3218.75,)"
                R"("gaps":{"bounds_ms":[250,1050],"counts":[2,40,1],"count":43,)"
                R"("sum_ms":41500.5}},)");
    text = with(text, R"("restored":3,)", R"("restored":3,"near_failovers":2,)");
    return with(text, R"("counters":{"sent":1330012)",
                R"("conditions":[{"kind":"k","text":"t"},{"kind":"k","text":"u"}],)"
                R"("counters":{"claims_heard":6,"announcements_put_off":8,"sent":1330012)");
}

std::string scraped(const std::string& answer) {
    const Scrape scrape = scrape_of(answer);
    CHECK_FALSE(scrape.failure.has_value());
    return scrape.text;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream{text};
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

void has_line(const std::string& text, const std::string& line) {
    const auto lines = lines_of(text);
    CHECK_TEXT(std::ranges::find(lines, line) != lines.end(), (line + "\n" + text).c_str());
}

void has_no(const std::string& text, const char* part) {
    CHECK_TEXT(text.find(part) == std::string::npos, part);
}

}  // namespace

TEST_GROUP(CtlMetrics){};

TEST(CtlMetrics, TheTableIsSortedAndNamesAreInForm) {
    std::string previous;
    for (const Metric& metric : metrics()) {
        const std::string name{metric.name};
        CHECK_TEXT(previous < name, name.c_str());
        previous = name;
        CHECK_TEXT(name.starts_with("tandem_"), name.c_str());
        CHECK_TEXT(name.ends_with("_total") == (metric.type == MetricType::counter), name.c_str());
        CHECK_TEXT(metric.help.ends_with('.'), name.c_str());
    }
}

TEST(CtlMetrics, EveryMetricHasItsLabelsAndOneHelp) {
    const auto status = read_status(*parse_answer(complete()));
    const auto lines = lines_of(scraped(complete()));
    for (const Metric& metric : metrics()) {
        const Samples samples = metric.samples(*status);
        CHECK_TEXT(!samples.empty(), std::string{metric.name}.c_str());
        for (const Sample& sample : samples)
            LONGS_EQUAL_TEXT(metric.labels.size(), sample.label_values.size(),
                             std::string{metric.name}.c_str());
        const std::string help = "# HELP " + std::string{metric.name} + " ";
        LONGS_EQUAL(1, std::ranges::count_if(
                           lines, [&](const std::string& line) { return line.starts_with(help); }));
    }
}

TEST(CtlMetrics, NoSeriesIsThereTwice) {
    // A daemon that says everything twice.
    std::string twice = complete();
    const auto begin = twice.find(R"("routers":[)") + 11;
    const std::string routers = twice.substr(begin, twice.rfind("]}") - begin);
    twice.insert(begin, routers + ",");
    std::set<std::string> series;
    for (const std::string& line : lines_of(scraped(twice)))
        if (!line.starts_with('#'))
            CHECK_TEXT(series.insert(line.substr(0, line.rfind(' '))).second, line.c_str());
    STRCMP_EQUAL(scraped(complete()).c_str(), scraped(twice).c_str());
}

TEST(CtlMetrics, GapsAreAHistogram) {
    const std::string text = scraped(complete());
    has_line(text, "# TYPE tandem_advert_gap_seconds histogram");
    const std::string name = "tandem_advert_gap_seconds";
    const std::string labels = R"(router="lan",family="ipv4")";
    const auto bucket = [&](const char* bound, const char* count) {
        has_line(text, name + "_bucket{" + labels + ",le=\"" + bound + "\"} " + count);
    };
    bucket("0.25", "2");
    bucket("1.05", "42");
    bucket("+Inf", "43");
    has_line(text, name + "_sum{" + labels + "} 41.5005");
    has_line(text, name + "_count{" + labels + "} 43");
    has_line(text, "tandem_near_failovers_total{" + labels + "} 2");
}

TEST(CtlMetrics, TheNode) {
    const std::string text = scraped(complete());
    has_line(text, "tandem_up 1");
    has_line(text, R"(tandem_build_info{version="0.1.0"} 1)");
    has_line(text, R"(tandem_config_info{hash="7c1e04a2",node="r1"} 1)");
    has_line(text, "tandem_event_loop_lag_seconds 0.0125");
    has_line(text, "tandem_event_loop_late_total 2");
    has_line(text, "tandem_log_dropped_total 4");
    has_line(text, R"(tandem_adverts_unattributed_total{reason="vrid-errors"} 5)");
    has_line(text, R"(tandem_reloads_total{result="done"} 2)");
    has_line(text, R"(tandem_reloads_total{result="failed"} 1)");
    has_line(text, "tandem_last_reload_successful 0");
    has_line(text, "tandem_runner_deaths_total 1");
    has_line(text, "tandem_problems 0");
    has_line(text, "tandem_realtime 1");
    has_line(text, "tandem_uptime_seconds 1042.5");
    has_line(text, R"(tandem_drain_start_timestamp_seconds{unit="edge"} 1772710802.118042)");
}

TEST(CtlMetrics, ARouterIsInOneState) {
    const std::string text = scraped(complete());
    const std::string lan = R"({router="lan",interface="eth1",vrid="10",family="ipv4")";
    has_line(text, "tandem_router_active" + lan + "} 1");
    has_line(text, "tandem_router_state" + lan + R"(,state="active"} 1)");
    for (const char* state : {"init", "backup", "resigning", "waiting", "fault", "drained"})
        has_line(text, "tandem_router_state" + lan + ",state=\"" + state + "\"} 0");
    has_line(text, R"(tandem_router_active{router="transit",interface="bond0.120",vrid="111",)"
                   R"(family="ipv6"} 0)");
}

TEST(CtlMetrics, WhoResignsStillHasTheAddresses) {
    const std::string text =
        scraped(with(healthy, R"("state":"active")", R"("state":"resigning")"));
    has_line(text,
             R"(tandem_router_active{router="lan",interface="eth1",vrid="10",family="ipv4"} 1)");
}

TEST(CtlMetrics, AStateOfTheFutureIsOneMoreSeries) {
    const std::string text = scraped(with(healthy, R"("state":"active")", R"("state":"asleep")"));
    const std::string lan = R"({router="lan",interface="eth1",vrid="10",family="ipv4")";
    has_line(text, "tandem_router_state" + lan + R"(,state="asleep"} 1)");
    has_line(text, "tandem_router_state" + lan + R"(,state="active"} 0)");
}

TEST(CtlMetrics, ARouterInNumbers) {
    const std::string text = scraped(complete());
    const std::string lan = R"({router="lan",family="ipv4")";
    has_line(text, "tandem_adverts_sent_total" + lan + "} 1330012");
    has_line(text, "tandem_adverts_received_total" + lan + "} 4211");
    has_line(text, "tandem_adverts_priority_zero_received_total" + lan + "} 1");
    has_line(text, "tandem_adverts_discarded_total" + lan + R"(,reason="ttl-errors"} 1)");
    has_line(text, "tandem_adverts_noted_total" + lan + R"(,reason="interval-errors"} 7)");
    has_line(text, "tandem_address_claims_total" + lan + "} 6");
    has_line(text, "tandem_address_restored_total" + lan + "} 3");
    has_line(text, "tandem_announcements_put_off_total" + lan + "} 8");
    has_line(text, "tandem_router_transitions_total" + lan + "} 2");
    has_line(text, "tandem_router_conditions" + lan + R"(,kind="k"} 2)");
    has_line(text, "tandem_router_addresses" + lan + R"(,kind="wanted"} 2)");
    has_line(text, "tandem_active_down_interval_seconds" + lan + "} 3.21875");
    has_line(text, "tandem_advert_interval_seconds" + lan + "} 1");
    has_line(text, "tandem_router_last_transition_timestamp_seconds" + lan + "} 1772442847.300112");
    has_line(text, R"(tandem_router_priority{router="transit",family="ipv6",kind="base"} 200)");
    has_line(text, R"(tandem_router_priority{router="transit",family="ipv6",kind="effective"} 80)");
    has_line(text, R"(tandem_router_preferred{router="transit"} 0)");
}

TEST(CtlMetrics, AnnouncementsAreOfTheirFamily) {
    const std::string text = scraped(complete());
    has_line(text, R"(tandem_garp_sent_total{router="lan"} 10)");
    has_line(text, R"(tandem_na_sent_total{router="transit"} 0)");
    has_no(text, R"(tandem_na_sent_total{router="lan"})");
}

TEST(CtlMetrics, PeersAndChecks) {
    const std::string text = scraped(complete());
    const std::string peer = R"({router="lan",family="ipv4",peer="192.0.2.3"})";
    has_line(text, "tandem_peer_priority" + peer + " 100");
    has_line(text, "tandem_peer_last_seen_timestamp_seconds" + peer + " 1772710802.078042");
    has_line(text, R"(tandem_check_up{check="proxy"} 0)");
    has_line(text, R"(tandem_check_runs_total{check="proxy",result="passed"} 7)");
    has_line(text, R"(tandem_check_runs_total{check="proxy",result="failed"} 2)");
    has_line(text, R"(tandem_check_duration_seconds{check="proxy"} 0.0125)");
    // The first result of this one is awaited.
    has_no(text, R"(tandem_check_up{check="gateway"})");
    has_no(text, R"(tandem_check_duration_seconds{check="gateway"})");
}

TEST(CtlMetrics, WhatIsNotToldIsNotThere) {
    const std::string text = scraped(R"({"schema":1,"routers":[{"name":"lan","vrid":"ten"}]})");
    STRCMP_EQUAL(
        "# HELP tandem_up Whether tandemd answered on its control socket.\n"
        "# TYPE tandem_up gauge\n"
        "tandem_up 1\n",
        text.c_str());
}

TEST(CtlMetrics, NamesFromFilesDoNotBreakTheText) {
    const std::string text = scraped(with(healthy, R"("name":"lan")", R"("name":"l\"a\\n\n")"));
    has_line(text, R"(tandem_garp_sent_total{router="l\"a\\n\\n"} 10)");
}

TEST(CtlMetrics, WhoDoesNotAnswerIsDownAndNothingElse) {
    for (const Expected<std::string>& answer :
         {Expected<std::string>{fail(ExitCode::unreachable, "nobody is there")},
          Expected<std::string>{"{}"}, Expected<std::string>{R"({"schema":1,"error":"no"})"},
          Expected<std::string>{R"({"schema":1})"}}) {
        const Scrape scrape = scrape_of(answer);
        CHECK(scrape.failure.has_value());
        STRCMP_EQUAL(
            "# HELP tandem_up Whether tandemd answered on its control socket.\n"
            "# TYPE tandem_up gauge\n"
            "tandem_up 0\n",
            scrape.text.c_str());
    }
}

TEST(CtlMetrics, TheListHasALineForEach) {
    const auto lines = lines_of(metric_list());
    LONGS_EQUAL(metrics().size(), lines.size());
    has_line(metric_list(), "tandem_up gauge -");
    has_line(metric_list(), "tandem_router_active gauge router,interface,vrid,family");
    has_line(metric_list(), "tandem_check_runs_total counter check,result");
}
