// What Prometheus is told: a table of metrics, each a function of the status.
//
// One more metric is one more line of the table in metrics.cpp, and of tandem-exporter(8).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ctl/exposition.hpp"
#include "ctl/metric_samples.hpp"
#include "ctl/outcome.hpp"
#include "ctl/status.hpp"

namespace ctl {

struct Metric {
    std::string_view name;
    MetricType type;
    std::span<const std::string_view> labels;
    Samples (*samples)(const Status& status);
    std::string_view help;
};

// Sorted by name.
std::span<const Metric> metrics();

// All of them, with tandem_up 1.
std::string metrics_text(const Status& status);

// What there is to say of a daemon that does not answer: tandem_up 0, and nothing else. Whoever
// keeps the last states instead shows a dead router as Active.
std::string metrics_text_of_nobody();

// A line a metric: "NAME TYPE LABEL,LABEL", "-" without labels.
std::string metric_list();

// The text for the daemon's answer to a status request, and why that is "nobody" if it is.
struct Scrape {
    std::string text;
    std::optional<Failure> failure;
};
Scrape scrape_of(const Expected<std::string>& answer);

}  // namespace ctl
