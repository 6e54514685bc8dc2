#include "kernel/route.hpp"

#include <fmt/format.h>

#include <string_view>

namespace kernel {

namespace {

std::string table_name(std::uint32_t table) {
    switch (table) {
        case 253: return "default";
        case 254: return "main";
        case 255: return "local";
        default: return fmt::to_string(table);  // a number from the kernel, not an enum of ours
    }
}

std::string_view prefix_of(RouteType type) {
    switch (type) {
        case RouteType::unicast: return "";
        case RouteType::blackhole: return "blackhole ";
        case RouteType::unreachable: return "unreachable ";
        case RouteType::prohibit: return "prohibit ";
        case RouteType::throw_away: return "throw ";
    }
    return "";
}

}  // namespace

std::string Route::text() const {
    std::string out{prefix_of(type)};
    const bool is_default = place.to.prefix_length() == 0 && type == RouteType::unicast;
    out += is_default ? "default" : place.to.text();
    if (via) out += " via " + via->text();
    if (link && !via) out += fmt::format(" interface {}", link->value);
    if (source) out += " src " + source->text();
    if (place.table != 254) out += " table " + table_name(place.table);
    if (place.metric != 0) out += fmt::format(" metric {}", place.metric);
    return out;
}

bool fulfils(const Route& actual, const Route& wanted) {
    if (wanted.link) return actual == wanted;
    Route anywhere = actual;
    anywhere.link.reset();
    return anywhere == wanted;
}

std::string Rule::text() const {
    std::string out = fmt::format("{}: from {}", priority, from ? from->text() : "all");
    if (to) out += " to " + to->text();
    if (fwmask != 0)
        out += fwmask == ~0U ? fmt::format(" fwmark {:#x}", fwmark)
                             : fmt::format(" fwmark {:#x}/{:#x}", fwmark, fwmask);
    if (!iif.empty()) out += " iif " + iif;
    return out + " lookup " + table_name(table);
}

}  // namespace kernel
