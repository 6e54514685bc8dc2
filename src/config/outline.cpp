#include "config/outline.hpp"

#include <algorithm>
#include <charconv>

namespace config {
namespace {

std::string value_text(const Entry& entry);

std::string settings_text(const Entry& group) {
    std::string out;
    for (const Entry& child : group.children) out += child.name + "=" + value_text(child) + ";\n";
    return out;
}

std::string value_text(const Entry& entry) {
    switch (entry.kind) {
        case Kind::boolean:
        case Kind::integer:
        case Kind::real:
        case Kind::string: return std::string{entry.raw};
        case Kind::group: return "{" + settings_text(entry) + "}";
        case Kind::array:
        case Kind::list: break;
    }
    std::string out;
    for (const Entry& child : entry.children) {
        if (!out.empty()) out += ",";
        out += value_text(child);
    }
    return entry.kind == Kind::array ? "[" + out + "]" : "(" + out + ")";
}

}  // namespace

const Entry* Entry::find(std::string_view path) const {
    const Entry* entry = this;
    while (!path.empty()) {
        const std::string_view step = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(step.size() + 1, path.size()));
        const std::vector<Entry>& inside = entry->children;
        std::size_t index = 0;
        const auto parsed = std::from_chars(step.data(), step.data() + step.size(), index);
        const bool is_index = parsed.ec == std::errc{} && entry->kind != Kind::group;
        const auto found =
            is_index ? inside.begin() + static_cast<std::ptrdiff_t>(std::min(index, inside.size()))
                     : std::ranges::find(inside, step, &Entry::name);
        if (found == inside.end()) return nullptr;
        entry = &*found;
    }
    return entry;
}

std::string mended_text(const Entry& root) { return settings_text(root); }

}  // namespace config
