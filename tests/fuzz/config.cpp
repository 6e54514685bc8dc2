// Whatever stands in a configuration file: a Config exactly when there is no error, and no
// problem that only libconfig saw.

#include "config/diagnostic.hpp"
#include "config/load.hpp"
#include "config/outcomes.hpp"
#include "targets.hpp"

namespace fuzz {

Complaint config(base::ByteView input) {
    const std::string text{input.begin(), input.end()};
    const ::config::Request request{.file = "x.conf", .node = "r1", .hostname = "r1"};
    const auto outcome = ::config::load_sources({{"x.conf", text}}, request);
    (void)::config::text_of(outcome.diagnostics);
    (void)::config::outlook_text(outcome.units);
    if (outcome.config.has_value() == ::config::has_errors(outcome.diagnostics))
        return "a configuration with errors, or none without";
    for (const auto& diagnostic : outcome.diagnostics)
        if (diagnostic.text.starts_with("libconfig ")) return diagnostic.text;
    return std::nullopt;
}

}  // namespace fuzz
