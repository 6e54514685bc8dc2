// What tandem-exporter was asked for, as a value.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/outcome.hpp"

namespace ctl {

struct Endpoint {
    std::string address;  // numbers, without brackets
    std::uint16_t port;
};
// "127.0.0.1:9765", "[::1]:9765". No names: what they mean may change.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string text_of(const Endpoint& endpoint);

struct ExporterOptions {
    Endpoint listen{"127.0.0.1", 9765};
    std::string run_dir = "/run/tandem";
};

// The options, or how to end at once: help, a list, or a usage error of one line.
std::expected<ExporterOptions, Outcome> parse_exporter_options(
    const std::vector<std::string>& arguments);

}  // namespace ctl
