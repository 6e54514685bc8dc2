#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/outcomes.hpp"

namespace config {
namespace {

constexpr std::size_t most_lines = 40;
constexpr std::size_t most_names = 5;

std::string joined(const std::vector<std::string>& names, std::string_view last) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? fmt::format(" {} ", last) : ", ";
        out += names[i];
    }
    return out;
}

std::string text_of(const Verdict& verdict, const Unit& unit) {
    switch (verdict.kind) {
        case Verdict::Kind::one: return unit.nodes[verdict.node];
        case Verdict::Kind::nobody: return "nobody";
        case Verdict::Kind::tie: return "a tie: the greater source address";
        case Verdict::Kind::split: return "split: not all members on the same node";
    }
    return {};
}

const std::vector<std::size_t>& alike(const Outlook& outlook, std::size_t check) {
    return *std::ranges::find_if(outlook.alike,
                                 [&](const auto& checks) { return checks.front() == check; });
}

// "haproxy or frontend fails", and for two: "haproxy fails on gw1 and uplink on gw2".
std::string names_of(const Unit& unit, const Outlook& outlook, std::size_t check) {
    std::vector<std::string> names;
    for (const std::size_t one : alike(outlook, check)) names.push_back(unit.checks[one].name);
    return joined(names, "or");
}

std::string text_of(const Outlook::Line& line, const Unit& unit, const Outlook& outlook) {
    const Failure& first = line.failures.front();
    if (line.failures.size() == 1)
        return fmt::format("{}: {}", unit.nodes[first.node], names_of(unit, outlook, first.check));
    const Failure& second = line.failures.back();
    const std::string& node = unit.nodes[first.node];
    if (first.node == second.node && first.check == second.check)
        return fmt::format("{}: two of {}", node, names_of(unit, outlook, first.check));
    const std::string rest = first.node == second.node ? "" : unit.nodes[second.node] + ": ";
    return fmt::format("{}: {} + {}{}", node, names_of(unit, outlook, first.check), rest,
                       names_of(unit, outlook, second.check));
}

// In two columns, the second one where the longest line of the first ends.
std::string table_of(const std::vector<Outlook::Line>& lines, const Unit& unit,
                     const Outlook& outlook) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Outlook::Line& line : lines) {
        if (rows.size() == most_lines) break;
        rows.emplace_back(text_of(line, unit, outlook), text_of(line.verdict, unit));
    }
    std::size_t width = 0;
    for (const auto& [failure, verdict] : rows)
        if (failure.size() <= 72) width = std::max(width, failure.size());
    std::string out;
    for (const auto& [failure, verdict] : rows)
        out += fmt::format("    {:<{}}  -> {}\n", failure, width, verdict);
    if (lines.size() > rows.size())
        out += fmt::format("    and {} more lines\n", lines.size() - rows.size());
    return out;
}

std::string text_of(const Outlook& outlook, const Unit& unit) {
    std::string out = fmt::format("  nothing fails -> {}\n", text_of(outlook.at_rest, unit));
    if (outlook.single.empty())
        out += "  no single failure changes that\n";
    else
        out += "  one check fails:\n" + table_of(outlook.single, unit, outlook);
    if (!outlook.pairs.empty())
        out += "  two fail, and it is not as with one of them:\n" +
               table_of(outlook.pairs, unit, outlook);
    if (outlook.other_pairs > 0)
        out += fmt::format("  {}{} {}: as with one of them\n", outlook.other_pairs,
                           outlook.pairs.empty() ? "" : " other",
                           outlook.other_pairs == 1 ? "pair" : "pairs");
    return out;
}

std::string body_of(const Unit& unit) {
    const auto outlook = outlook_of(unit);
    return outlook ? text_of(*outlook, unit) : "  too many nodes and checks for a table\n";
}

std::string title_of(const std::vector<std::string>& units) {
    if (units.size() <= most_names) return joined(units, "and");
    return fmt::format("{} and {} more", fmt::join(units.begin(), units.begin() + most_names, ", "),
                       units.size() - most_names);
}

}  // namespace

std::string outlook_text(const std::vector<Unit>& units) {
    std::vector<std::string> bodies;
    std::map<std::string, std::vector<std::string>> names;
    for (const Unit& unit : units) {
        if (unit.checks.empty() || unit.nodes.size() < 2) continue;
        std::string body = body_of(unit);
        if (!names.contains(body)) bodies.push_back(body);
        names[body].push_back(unit.name);
    }
    std::string out;
    for (const std::string& body : bodies)
        out += fmt::format("\nWho is Active for {}:\n{}", title_of(names[body]), body);
    return out;
}

}  // namespace config
