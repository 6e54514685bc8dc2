// What the tests of the configuration share: a configuration around a line, and problems as lines.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"
#include "config/problems.hpp"

#include <CppUTest/TestHarness.h>

namespace config_test {

// "LINE:COLUMN: error: TEXT [HINT]", as far as there is a line and a hint.
inline std::string line_of(const config::Diagnostic& diagnostic) {
    std::string out;
    if (diagnostic.line > 0) out = fmt::format("{}:{}: ", diagnostic.line, diagnostic.column);
    out += diagnostic.severity == config::Severity::error ? "error: " : "warning: ";
    out += diagnostic.text;
    if (!diagnostic.hint.empty()) out += " [" + diagnostic.hint + "]";
    return out;
}

// One line a problem, in their order.
inline std::string lines_of(const std::vector<config::Diagnostic>& diagnostics) {
    std::string out;
    for (const config::Diagnostic& diagnostic : diagnostics) {
        if (!out.empty()) out += "\n";
        out += line_of(diagnostic);
    }
    return out;
}

inline config::Outcome load_text(const std::string& text, const std::string& node) {
    return config::load_sources({{"main.conf", text}}, {"main.conf", node, "host"});
}

// Two nodes and a router that is right; `settings` stand in line 3, inside the router.
inline std::string with_settings(std::string_view settings) {
    return fmt::format(
        "nodes: {{ r1: {{ priority = 200; }}; r2: {{ priority = 100; }}; }};\n"
        "routers: {{ lan: {{ interface = \"eth1\"; vrid = 10; addresses = [ \"192.0.2.1/24\" ];\n"
        "{}\n"
        "}}; }};\n",
        settings);
}

// The same with `defaults` in line 1.
inline std::string with_defaults(std::string_view defaults, std::string_view settings) {
    return fmt::format("defaults: {{ {} }}; {}", defaults, with_settings(settings));
}

// A router whose required settings are all in `settings`, in line 2.
inline std::string with_router(std::string_view settings) {
    return fmt::format(
        "nodes: {{ r1: {{ priority = 200; }}; r2: {{ priority = 100; }}; }};\n"
        "{}\n",
        fmt::format("routers: {{ lan: {{ {} }}; }};", settings));
}

// The first router of a text without problems, as a node has it.
inline config::Router router_on(const std::string& node, const std::string& text) {
    const auto outcome = load_text(text, node);
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    return outcome.config.value().routers.front();
}

inline config::Router router_with(const std::string& settings) {
    return router_on("r1", with_settings(settings));
}

// Problems of two nodes and the routers given, which begin in line 2.
inline std::string problems_of(const std::string& routers) {
    return lines_of(load_text("nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
                              "routers: {\n" +
                                  routers + "\n};",
                              "r1")
                        .diagnostics);
}

inline std::string router(const std::string& name, const std::string& rest) {
    return name + ": { " + rest + " };\n";
}

struct Case {
    const char* settings;
    const char* problems;
};

// Each line of settings stands in line 3 of a file that is right.
inline void check_problems(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        const auto outcome = load_text(with_settings(one.settings), "r1");
        STRCMP_EQUAL_TEXT(one.problems, lines_of(outcome.diagnostics).c_str(), one.settings);
        CHECK_FALSE(outcome.config.has_value());
    }
}

}  // namespace config_test
