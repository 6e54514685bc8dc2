#include "ctl/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace ctl {

namespace {

// Help and label values escape the same, but for quotation marks, which end a label value only.
enum class Place { help, label_value };

std::string escaped(std::string_view text, Place place) {
    std::string out;
    for (const char each : text) {
        if (each == '\n') {
            out += "\\n";
            continue;
        }
        if (each == '\\' || (each == '"' && place == Place::label_value)) out += '\\';
        out += each;
    }
    return out;
}

// `labels` as a set, with one more in it.
std::string with_label(std::string_view labels, std::string_view more) {
    if (labels.empty()) return fmt::format("{{{}}}", more);
    labels.remove_suffix(1);
    return fmt::format("{},{}}}", labels, more);
}

std::string histogram_text(std::string_view name, std::string_view labels, const Buckets& buckets) {
    std::string text;
    double count = 0;
    for (std::size_t i = 0; i < buckets.counts.size(); ++i) {
        count += buckets.counts[i];
        const std::string bound =
            i < buckets.bounds.size() ? fmt::format("{}", buckets.bounds[i]) : "+Inf";
        text += fmt::format("{}_bucket{} {}\n", name,
                            with_label(labels, fmt::format("le=\"{}\"", bound)), count);
    }
    return text +
           fmt::format("{0}_sum{1} {2}\n{0}_count{1} {3}\n", name, labels, buckets.sum, count);
}

std::string labels_text(const Family& family, const Sample& sample) {
    std::string text;
    const std::size_t count = std::min(family.labels.size(), sample.label_values.size());
    for (std::size_t i = 0; i < count; ++i)
        text += fmt::format("{}{}=\"{}\"", text.empty() ? "{" : ",", family.labels[i],
                            escaped(sample.label_values[i], Place::label_value));
    return text.empty() ? text : text + "}";
}

}  // namespace

std::string_view name_of(MetricType type) {
    switch (type) {
        case MetricType::counter: return "counter";
        case MetricType::gauge: return "gauge";
        case MetricType::histogram: return "histogram";
    }
    return "untyped";
}

std::string exposition_of(const Family& family) {
    std::map<std::string, const Sample*> series;
    for (const Sample& sample : family.samples)
        series.emplace(labels_text(family, sample), &sample);
    if (series.empty()) return {};
    std::string text =
        fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, escaped(family.help, Place::help),
                    family.name, name_of(family.type));
    for (const auto& [labels, sample] : series)
        text += family.type == MetricType::histogram
                    ? histogram_text(family.name, labels, sample->buckets)
                    : fmt::format("{}{} {}\n", family.name, labels, sample->value);
    return text;
}

}  // namespace ctl
