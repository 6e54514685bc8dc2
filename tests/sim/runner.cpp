#include "runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <sstream>

#include "draw.hpp"
#include "walk.hpp"

namespace sim {

namespace {

constexpr std::uint64_t failures_max = 5;

std::string contents_of(std::istream& in) {
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::optional<std::uint64_t> number_in(const std::string& text) {
    std::istringstream in{text};
    std::uint64_t number = 0;
    if (text.empty() || text.front() == '-' || !(in >> number) || !in.eof()) return std::nullopt;
    return number;
}

// A violation without its numbers.
std::string kind_of(std::string violation) {
    std::erase_if(violation, [](char c) { return c >= '0' && c <= '9'; });
    return violation;
}

int show(const Scene& scene) {
    const std::string report = report_on(scene);
    std::fputs(report.c_str(), stdout);
    return violation_in(scene).empty() ? 0 : 1;
}

int replay(const std::string& file) {
    std::ifstream in{file};
    const auto scene = parsed(contents_of(file == "-" ? std::cin : in));
    if (scene) return show(*scene);
    std::fprintf(stderr, "%s: %s\n", file.c_str(), scene.error().c_str());
    return 2;
}

void tell_failure(std::uint64_t seed, const std::string& violation) {
    const std::string report = report_on(shortened(drawn(seed)));
    fmt::print(
        "seed {}: {}\n--- the same with fewer actions ---\n{}"
        "--- the whole of it: build/sim-tests walk --show {}\n",
        seed, violation, report, seed);
}

int walk_seeds(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t stride = std::clamp<std::uint64_t>(count / 20, 100, 1000);
    std::vector<std::uint64_t> failed;
    std::uint64_t done = 0;
    for (; done < count && failed.size() < failures_max; ++done) {
        if (done > 0 && done % stride == 0) {
            fmt::print("{} of {} seeds\n", done, count);
            std::fflush(stdout);
        }
        const std::uint64_t seed = first + done;
        const std::string violation = violation_in(drawn(seed));
        if (violation.empty()) continue;
        failed.push_back(seed);
        tell_failure(seed, violation);
    }
    if (!failed.empty()) fmt::print("failed: seeds {}\n", fmt::join(failed, ", "));
    fmt::print("{} seeds, {} failed\n", done, failed.size());
    return failed.empty() ? 0 : 1;
}

}  // namespace

std::string violation_in(const Scene& scene) {
    Walk walk{scene, Lan::Tracing::off};
    walk.run();
    return walk.violation();
}

// Leaves out runs of actions, half as long each time (Zeller's ddmin without its complements).
Scene shortened(Scene scene) {
    const std::string kind = kind_of(violation_in(scene));
    int attempts = 400;
    for (std::size_t length = scene.actions.size() / 2; length > 0; length /= 2) {
        for (std::size_t at = 0; at + length <= scene.actions.size() && attempts > 0; --attempts) {
            Scene candidate = scene;
            const auto from = candidate.actions.begin() + static_cast<std::ptrdiff_t>(at);
            candidate.actions.erase(from, from + static_cast<std::ptrdiff_t>(length));
            if (kind_of(violation_in(candidate)) != kind)
                at += length;
            else
                scene = std::move(candidate);
        }
    }
    Walk walk{scene, Lan::Tracing::off};
    const Instant start = walk.lan().now();
    walk.run();
    const auto end = (walk.lan().now() - start) / 1ms + 5000;
    scene.end_ms = std::min(scene.end_ms, static_cast<int>(end));
    return scene;
}

std::string report_on(const Scene& scene) {
    Walk walk{scene, Lan::Tracing::on};
    walk.run();
    const std::string& violation = walk.violation();
    return fmt::format("{}--- {}the last that happened ---\n{}--- {}\n", text_of(scene),
                       walk.lan().recent_trace().size() < walk.lan().trace().size() ? "" : "all: ",
                       walk.lan().recent_trace(),
                       violation.empty() ? "nothing is violated" : violation);
}

std::expected<std::vector<Regression>, std::string> regressions(const std::string& file) {
    std::ifstream in{file};
    if (!in) return std::unexpected(file + ": cannot be read");
    std::vector<Regression> found;
    std::map<std::string, std::string> texts;
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line.starts_with('#')) continue;
        if (line.starts_with("scene "))
            found.push_back({line.substr(6), {}, {}});
        else if (found.empty())
            return std::unexpected(file + ": no scene begins before: " + line);
        else if (line.starts_with("because "))
            found.back().reason = line.substr(8);
        else
            texts[found.back().name] += line + '\n';
    }
    for (Regression& regression : found) {
        const auto scene = parsed(texts[regression.name]);
        if (!scene) return std::unexpected(regression.name + ": " + scene.error());
        if (regression.reason.empty()) return std::unexpected(regression.name + ": no reason");
        regression.scene = *scene;
    }
    return found;
}

int walk_command(const std::vector<std::string>& arguments) {
    std::uint64_t first = 1;
    std::uint64_t count = 1000;
    for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        const std::string& option = arguments[i];
        const auto number = number_in(arguments[i + 1]);
        if (option == "--replay") return replay(arguments[i + 1]);
        if (option == "--show" && number) return show(drawn(*number));
        if (option == "--first" && number)
            first = *number;
        else if (option == "--seeds" && number)
            count = *number;
        else
            return walk_command({"?"});
    }
    if (arguments.size() % 2 == 0) return walk_seeds(first, count);
    std::fputs("usage: walk [--seeds N] [--first N] | --show SEED | --replay FILE\n", stderr);
    return 2;
}

}  // namespace sim
