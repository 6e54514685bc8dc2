// The text format of Prometheus, version 0.0.4: a family of samples as lines.
//
// Knows nothing of VRRP. Whatever label values hold, the text is well-formed, and no series is in
// it twice: of two samples with the same labels the first one counts.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

enum class MetricType { counter, gauge, histogram };
std::string_view name_of(MetricType type);

// How many values lie up to each bound and above the one before it.
struct Buckets {
    std::vector<double> bounds{};
    std::vector<double> counts{};  // one more: what lies above the last bound
    double sum = 0;                // of all values
};

struct Sample {
    std::vector<std::string> label_values;  // in the order of the family's labels
    double value = 0;
    Buckets buckets{};  // of a histogram, which has no value
};

struct Family {
    std::string_view name;
    MetricType type;
    std::string_view help;
    std::span<const std::string_view> labels;
    std::vector<Sample> samples;
};

// HELP, TYPE and the samples, sorted by their labels. Empty for a family without samples.
std::string exposition_of(const Family& family);

}  // namespace ctl
