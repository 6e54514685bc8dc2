#include "ctl/exporter.hpp"

#include "ctl/metrics.hpp"

namespace ctl {

namespace {

constexpr std::string_view plain = "text/plain; charset=utf-8";
constexpr std::string_view prometheus_text = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

std::string Collector::text() {
    const std::lock_guard one_at_a_time{mutex_};
    if (collected_ && surroundings_.now() - *collected_ < freshness) return text_;
    Scrape scrape = scrape_of(surroundings_.ask());
    tell(scrape.failure);
    text_ = std::move(scrape.text);
    // After the answer: a daemon that hangs is not asked again by each who has waited meanwhile.
    collected_ = surroundings_.now();
    return text_;
}

void Collector::tell(const std::optional<Failure>& failure) {
    const std::string trouble = failure ? failure->text : std::string{};
    if (trouble == trouble_) return;
    trouble_ = trouble;
    surroundings_.tell(trouble.empty() ? "tandemd answers again" : trouble);
}

Reply reply_to(std::string_view method, std::string_view path, Collector& collector) {
    if (method != "GET" && method != "HEAD") return {405, plain, "only GET and HEAD\n"};
    if (path == "/metrics") return {200, prometheus_text, collector.text()};
    if (path == "/") return {200, plain, "tandem-exporter: the metrics are at /metrics\n"};
    return {404, plain, "not found; the metrics are at /metrics\n"};
}

}  // namespace ctl
