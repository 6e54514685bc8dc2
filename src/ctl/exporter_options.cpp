#include "ctl/exporter_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/address.hpp"
#include "base/version.hpp"
#include "ctl/metrics.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

constexpr std::string_view help_text = R"(usage: tandem-exporter [OPTION...]

Serves the metrics of tandemd, the VRRP failover daemon, to Prometheus.

Options:
      --listen ADDRESS:PORT  where to serve http (default: 127.0.0.1:9765); IPv6 as [::1]:9765
      --run-dir DIR          run-time directory of tandemd (default: /run/tandem)
      --list-metrics         name, type and labels of every metric, and end
  -h, --help                 this text
      --version              the version of tandem-exporter

See tandem-exporter(8).
)";

std::unexpected<Outcome> usage_error(std::string_view text) {
    return std::unexpected(
        Outcome{ExitCode::usage,
                {},
                fmt::format("tandem-exporter: {}; see tandem-exporter --help\n", text)});
}

std::unexpected<Outcome> finished(std::string text) {
    return std::unexpected(Outcome{ExitCode::ok, std::move(text), {}});
}

std::optional<std::uint16_t> port_of(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, port);
    if (error != std::errc{} || stopped != end || port == 0) return std::nullopt;
    return port;
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool has_brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (has_brackets) host = host.substr(1, host.size() - 2);
    const auto address = base::IpAddress::parse(host);
    const auto port = port_of(text.substr(colon + 1));
    // Without brackets, the last part of an IPv6 address could as well be the port.
    if (!address || !port || has_brackets != (address->family() == base::Family::ipv6))
        return std::nullopt;
    return Endpoint{address->text(), *port};
}

std::string text_of(const Endpoint& endpoint) {
    const bool is_ipv6 = endpoint.address.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", endpoint.address, endpoint.port)
                   : fmt::format("{}:{}", endpoint.address, endpoint.port);
}

std::expected<ExporterOptions, Outcome> parse_exporter_options(
    const std::vector<std::string>& arguments) {
    CLI::App app;
    ExporterOptions options;
    std::string listen = text_of(options.listen);
    bool shows_version = false;
    bool lists_metrics = false;
    app.allow_windows_style_options(false);
    app.set_help_flag("-h,--help");
    app.add_flag("--version", shows_version);
    app.add_flag("--list-metrics", lists_metrics);
    app.add_option("--listen", listen)->take_last();
    app.add_option("--run-dir", options.run_dir)->take_last();
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};  // as CLI11 wants it
    try {
        app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        return finished(std::string{help_text});
    } catch (const CLI::ParseError& error) {
        return usage_error(printable(error.what()));
    }
    if (shows_version) return finished(fmt::format("tandem-exporter {}\n", base::version));
    if (lists_metrics) return finished(metric_list());
    const auto endpoint = parse_endpoint(listen);
    if (!endpoint)
        return usage_error(
            fmt::format("--listen {}: not ADDRESS:PORT, such as 127.0.0.1:9765 or "
                        "[::1]:9765",
                        printable(listen)));
    options.listen = *endpoint;
    return options;
}

}  // namespace ctl
