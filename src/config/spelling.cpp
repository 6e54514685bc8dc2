#include "config/spelling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace config {
namespace {

constexpr std::size_t shortest_beginning = 3;

// Letters to change, remove, insert or swap with their neighbour (optimal string alignment). Only
// the last two rows of the table are kept.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({changed, last[j] + 1, row[j - 1] + 1});
            const bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        before_last.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view name,
                                        std::span<const std::string_view> known) {
    for (const std::string_view candidate : known)
        if (name.size() >= shortest_beginning && candidate.starts_with(name)) return candidate;
    std::optional<std::string_view> best;
    std::size_t limit = name.size() <= 3 ? 1 : 2;
    for (const std::string_view candidate : known) {
        const std::size_t letters = distance(name, candidate);
        if (letters > limit || letters >= candidate.size() || (best && letters == limit)) continue;
        best = candidate;
        limit = letters;
    }
    return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> known) {
    const auto best = nearest(name, known);
    return best ? fmt::format("; did you mean '{}'?", *best) : "";
}

}  // namespace config
