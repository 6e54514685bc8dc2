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
    }
    return "untyped";
}

std::string exposition_of(const Family& family) {
    std::map<std::string, double> series;
    for (const Sample& sample : family.samples)
        series.emplace(labels_text(family, sample), sample.value);
    if (series.empty()) return {};
    std::string text =
        fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, escaped(family.help, Place::help),
                    family.name, name_of(family.type));
    for (const auto& [labels, value] : series)
        text += fmt::format("{}{} {}\n", family.name, labels, value);
    return text;
}

}  // namespace ctl
