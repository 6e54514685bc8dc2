#include "config/check_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "config/duration.hpp"
#include "config/reading.hpp"
#include "config/url.hpp"
#include "config/values.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_path = 4095;   // Linux: PATH_MAX with its closing NUL
constexpr std::size_t longest_process = 15;  // Linux: TASK_COMM_LEN with its closing NUL
constexpr std::size_t longest_unit = 255;    // systemd: UNIT_NAME_MAX

bool is_control(char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }

bool is_graphic(char c) { return c > ' ' && c != '\x7f'; }

// A text in quotes that has something in it.
std::optional<std::string> read_some_text(const Value& value, std::string_view wanted,
                                          const Context& context) {
    if (value.kind != Kind::string) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    if (!value.string().empty()) return value.string();
    context.problems.error(value.at, fmt::format("'{}' is {}, not empty", context.setting, wanted));
    return std::nullopt;
}

std::optional<std::string> read_program(const Value& value, const Context& context) {
    const auto path = read_path(value, context);
    if (!path || !path->ends_with('/')) return path;
    context.problems.error(value.at, fmt::format("\"{}\" is a directory, not a program", *path));
    return std::nullopt;
}

std::optional<int> read_code(const Value& value, const Context& context) {
    const auto code = read_number(value, {100, 599}, context);
    return code ? std::optional{static_cast<int>(*code)} : std::nullopt;
}

struct PenaltySettings {
    Maybe<std::uint8_t> penalty;
};

std::optional<std::uint8_t> read_penalty(const Value& value, const Context& context) {
    const auto points = read_number(value, {1, 254}, context);
    return points ? std::optional{static_cast<std::uint8_t>(*points)} : std::nullopt;
}

constexpr auto penalty_settings = std::to_array<Setting<PenaltySettings>>({
    {"penalty", store<&PenaltySettings::penalty, read_penalty>, Home::anywhere, Need::required},
});
static_assert(names_of(penalty_settings) == on_fail_keys);

}  // namespace

// ---- every check -----------------------------------------------------------------------------

std::optional<CheckType> read_check_type(const Value& value, const Context& context) {
    static constexpr auto choices = [] {
        std::array<std::pair<std::string_view, CheckType>, check_type_names.size()> table{};
        for (std::size_t i = 0; i < table.size(); ++i)
            table[i] = {check_type_names[i], static_cast<CheckType>(i)};
        return table;
    }();
    return read_choice<CheckType>(value, choices, context);
}

std::optional<base::Duration> read_every(const Value& value, const Context& context) {
    return read_duration_in(value, {50ms, 1h}, context);
}

std::optional<base::Duration> read_timeout(const Value& value, const Context& context) {
    return read_duration_in(value, {10ms, 1h}, context);
}

std::optional<int> read_in_a_row(const Value& value, const Context& context) {
    const auto number = read_number(value, {1, 1000}, context);
    return number ? std::optional{static_cast<int>(*number)} : std::nullopt;
}

std::optional<Check::Start> read_start(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, Check::Start>, 3> choices{
        {{"awaited", Check::Start::awaited},
         {"passed", Check::Start::passed},
         {"failed", Check::Start::failed}}};
    return read_choice<Check::Start>(value, choices, context);
}

std::optional<StatedOnFail> read_on_fail(const Value& value, const Context& context) {
    const std::string wanted = R"("fault", "warn" or { penalty = 60; })";
    if (value.kind == Kind::string) {
        if (value.string() == "fault") return StatedOnFail{on_fail::Fault{}, value.at};
        if (value.string() == "warn") return StatedOnFail{on_fail::Warn{}, value.at};
        context.problems.error(value.at,
                               fmt::format("'on_fail' is {}, not \"{}\"", wanted, value.string()));
        return std::nullopt;
    }
    if (value.kind != Kind::group) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    const std::string where = fmt::format("{}.on_fail", context.where);
    Context inner = context;
    inner.where = where;
    PenaltySettings settings;
    read_group(value, penalty_settings, inner, settings);
    if (!settings.penalty) return std::nullopt;
    return StatedOnFail{on_fail::Penalty{settings.penalty->value}, settings.penalty->at};
}

// ---- programs --------------------------------------------------------------------------------

std::optional<std::vector<std::string>> read_command(const Value& value, const Context& context) {
    if (!is_row(value)) {
        if (value.kind != Kind::string) {
            report_type(value, R"("/path" or [ "/path", "argument" ])", context);
            return std::nullopt;
        }
        const auto program = read_program(value, context);
        return program ? std::optional{std::vector{*program}} : std::nullopt;
    }
    if (value.children.empty() && !value.is_incomplete)
        context.problems.error(value.at, fmt::format("'{}' names no program", context.setting),
                               R"(write [ "/path", "argument" ])");
    std::vector<std::string> words;
    for (const Value& child : value.children) {
        if (child.kind != Kind::string) {
            report_type(child, "made of texts in quotes", context);
            return std::nullopt;
        }
        if (words.empty() && !read_program(child, context)) return std::nullopt;
        words.push_back(child.string());
    }
    return words.empty() || value.is_incomplete ? std::nullopt : std::optional{words};
}

std::optional<std::vector<std::string>> read_shell(const Value& value, const Context& context) {
    const auto line = read_some_text(value, "a line for /bin/sh in quotes", context);
    if (!line) return std::nullopt;
    return std::vector<std::string>{"/bin/sh", "-c", *line};
}

std::optional<std::string> read_user(const Value& value, const Context& context) {
    const auto name = read_some_text(value, "a user's name in quotes", context);
    if (!name) return std::nullopt;
    const bool is_valid =
        std::ranges::all_of(*name, is_graphic) && name->find_first_of(":/") == std::string::npos;
    if (is_valid) return name;
    context.problems.error(value.at, fmt::format("\"{}\" cannot be a user's name", *name));
    return std::nullopt;
}

// ---- what a check looks at -------------------------------------------------------------------

// Relative to what would it be?
std::optional<std::string> read_path(const Value& value, const Context& context) {
    const auto path = read_some_text(value, "a path in quotes", context);
    if (!path) return std::nullopt;
    const bool is_valid = std::ranges::none_of(*path, is_control) && path->size() <= longest_path;
    if (is_valid && path->starts_with('/')) return path;
    context.problems.error(
        value.at,
        is_valid ? fmt::format("\"{}\" is not a whole path", *path) : "this cannot be a path",
        is_valid ? "it begins with '/'" : "");
    return std::nullopt;
}

std::optional<std::string> read_process(const Value& value, const Context& context) {
    const auto name = read_some_text(value, "a process's name in quotes", context);
    if (!name) return std::nullopt;
    const bool is_path = name->find('/') != std::string::npos;
    if (!is_path && name->size() <= longest_process && std::ranges::none_of(*name, is_control))
        return name;
    context.problems.error(
        value.at, fmt::format("\"{}\" cannot be a process's name", *name),
        is_path ? fmt::format("write \"{}\"", name->substr(name->find_last_of('/') + 1))
                : fmt::format("the kernel keeps {} characters; 'ps -e -o comm' shows them",
                              longest_process));
    return std::nullopt;
}

std::optional<probe::File::Want> read_want(const Value& value, const Context& context) {
    using Want = probe::File::Want;
    static constexpr std::array<std::pair<std::string_view, Want>, 3> choices{
        {{"present", Want::present}, {"absent", Want::absent}, {"penalty", Want::penalty}}};
    return read_choice<Want>(value, choices, context);
}

// Not this machine's own address alone: a loopback address is a good target of tcp.
std::optional<base::IpAddress> read_target(const Value& value, const Context& context) {
    if (value.kind == Kind::string) {
        const auto address = base::IpAddress::parse(value.string());
        if (address && address->is_loopback()) return address;
    }
    static constexpr HostWords words{"a target has no prefix length",
                                     "a target is one machine's address"};
    const auto host = read_host(value, words, context);
    return host ? std::optional{host->value} : std::nullopt;
}

std::optional<std::uint16_t> read_port(const Value& value, const Context& context) {
    const auto number = read_number(value, {1, 65535}, context);
    return number ? std::optional{static_cast<std::uint16_t>(*number)} : std::nullopt;
}

std::optional<std::string> read_url(const Value& value, const Context& context) {
    const auto url = read_some_text(value, "a URL such as \"http://127.0.0.1/\"", context);
    if (!url) return std::nullopt;
    const std::string fault = url_fault(*url);
    if (fault.empty()) return url;
    context.problems.error(value.at, fmt::format("\"{}\" is not a URL of http: {}", *url, fault),
                           R"(write it as in "http://127.0.0.1:8080/healthz")");
    return std::nullopt;
}

std::optional<std::vector<int>> read_expect(const Value& value, const Context& context) {
    std::vector<int> codes;
    if (!is_row(value)) {
        const auto code = read_code(value, context);
        return code ? std::optional{std::vector{*code}} : std::nullopt;
    }
    for (const Value& child : value.children) {
        const auto code = read_code(child, context);
        if (!code) return std::nullopt;
        codes.push_back(*code);
    }
    if (codes.empty() && !value.is_incomplete)
        context.problems.error(value.at, "'expect' names no code", "write expect = 200;");
    return codes.empty() ? std::nullopt : std::optional{codes};
}

std::optional<std::string> read_contains(const Value& value, const Context& context) {
    return read_some_text(value, "a text in quotes", context);
}

std::optional<base::InterfaceAddress> read_route_target(const Value& value,
                                                        const Context& context) {
    if (value.kind == Kind::string && value.string() == "default")
        return base::InterfaceAddress::parse("0.0.0.0/0");
    return read_prefix(value, context);
}

// The numbers of linux/rtnetlink.h.
std::optional<std::uint8_t> read_protocol(const Value& value, const Context& context) {
    static constexpr std::array<std::pair<std::string_view, int>, 14> names{{{"kernel", 2},
                                                                             {"boot", 3},
                                                                             {"static", 4},
                                                                             {"ra", 9},
                                                                             {"zebra", 11},
                                                                             {"bird", 12},
                                                                             {"dhcp", 16},
                                                                             {"babel", 42},
                                                                             {"openr", 99},
                                                                             {"bgp", 186},
                                                                             {"isis", 187},
                                                                             {"ospf", 188},
                                                                             {"rip", 189},
                                                                             {"eigrp", 192}}};
    if (value.kind != Kind::string) {
        if (value.kind != Kind::integer) {
            report_type(value, "a name such as \"bgp\", or a number from 0 to 255", context);
            return std::nullopt;
        }
        const auto number = read_number(value, {0, 255}, context);
        return number ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
    }
    const auto number = read_choice<int>(value, names, context);
    return number ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
}

std::optional<std::string> read_unit(const Value& value, const Context& context) {
    const auto name = read_some_text(value, "a unit's name in quotes", context);
    if (!name) return std::nullopt;
    const bool has_kind = name->find('.') != std::string::npos && !name->ends_with('.');
    const bool is_valid = std::ranges::all_of(*name, is_graphic) && name->size() <= longest_unit &&
                          name->find('/') == std::string::npos;
    if (is_valid && has_kind) return name;
    context.problems.error(value.at, fmt::format("\"{}\" cannot be a unit's name", *name),
                           is_valid ? fmt::format("write \"{}.service\"", *name) : "");
    return std::nullopt;
}

// ---- names of others -------------------------------------------------------------------------

std::optional<StatedNames> read_names(const Value& value, const Context& context) {
    if (!is_row(value)) {
        report_type(value, "an array of names such as [ \"a\", \"b\" ]", context);
        return std::nullopt;
    }
    StatedNames names;
    for (const Value& child : value.children) {
        if (child.kind != Kind::string) {
            report_type(child, "an array of names in quotes", context);
            continue;
        }
        const auto first = std::ranges::find(names, child.string(), &Stated<std::string>::value);
        if (first == names.end())
            names.push_back({child.string(), child.at, context.layer});
        else
            context.problems.error(
                child.at,
                fmt::format("\"{}\" is here twice; the first is in {}", child.string(),
                            context.problems.name_of(first->at, child.at)),
                "remove one of them");
    }
    return names;
}

}  // namespace config
