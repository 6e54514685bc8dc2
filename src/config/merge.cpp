#include "config/merge.hpp"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>

namespace config {
namespace {

class Merger {
public:
    explicit Merger(Problems& problems) : problems_{problems} {
        all_.name_at = all_.at = {0, 0, 0};
    }

    void add(Value file) {
        all_.is_incomplete = all_.is_incomplete || file.is_incomplete;
        for (Value& setting : file.children) {
            if (setting.name == "version") continue;
            if (setting.kind == Kind::group)
                add_section(std::move(setting));
            else if (is_first(setting, setting.name))
                all_.children.push_back(std::move(setting));
        }
    }

    Value result() && { return std::move(all_); }

private:
    // The entries of a group at the top of a file.
    void add_section(Value part) {
        const auto known = sections_.find(part.name);
        if (known == sections_.end()) {
            if (!is_first(part, part.name)) return;
            sections_.emplace(part.name, all_.children.size());
            Value& section = all_.children.emplace_back(part);
            section.children.clear();
        }
        Value& section = all_.children[sections_.at(part.name)];
        section.is_incomplete = section.is_incomplete || part.is_incomplete;
        for (Value& entry : part.children)
            if (is_first(entry, part.name + "." + entry.name))
                section.children.push_back(std::move(entry));
    }

    // Whether nobody has set this before; says where the first is otherwise.
    bool is_first(const Value& setting, const std::string& path) {
        const auto [first, is_new] = first_places_.emplace(path, setting.name_at);
        if (is_new) return true;
        problems_.error(setting.name_at,
                        fmt::format("'{}' is here a second time; the first is in {}", path,
                                    problems_.name_of(first->second, setting.name_at)),
                        "remove one of them");
        return false;
    }

    Problems& problems_;
    Value all_;
    std::map<std::string, std::size_t> sections_;  // where a section is in `all_`
    std::map<std::string, Place> first_places_;
};

}  // namespace

Value merged(std::vector<Value> files, Problems& problems) {
    Merger merger{problems};
    for (Value& file : files) merger.add(std::move(file));
    return std::move(merger).result();
}

}  // namespace config
