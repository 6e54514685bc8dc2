// Whatever a netlink socket gives: what is read from it makes sense, and a View of it agrees with
// itself.

#include <algorithm>

#include "kernel/filter.hpp"
#include "kernel/monitor.hpp"
#include "kernel/view.hpp"
#include "targets.hpp"

namespace fuzz {
namespace {

bool is_sound(const kernel::Event& event) {
    const auto* set = std::get_if<kernel::event::LinkSet>(&event);
    return set == nullptr || set->link.name.find('\0') == std::string::npos;
}

Complaint check_view(const kernel::View& view) {
    for (const auto& [key, facts] : view.addresses()) {
        const auto& on_link = view.own_addresses_on(key.link);
        if (std::ranges::count(on_link, key.address) != (facts.is_ours() ? 0 : 1))
            return "an address that is not ours is not listed once on its link";
        if (view.address(key) == nullptr || *view.address(key) != facts)
            return "an address has other facts when it is asked for";
    }
    return std::nullopt;
}

}  // namespace

Complaint netlink(base::ByteView input) {
    // Where the kernel puts them: aligned, and with an end that the sanitizer guards.
    const base::Bytes buffer{input.begin(), input.end()};
    kernel::View view;
    for (const kernel::Event& event : kernel::parse_messages(buffer)) {
        if (!is_sound(event)) return "a name has a NUL in it";
        view.apply(event);
    }
    // Both are of netfilter; neither may read past the end.
    (void)kernel::is_filter_changed(buffer, 1);
    (void)kernel::owner_of(buffer);
    return check_view(view);
}

}  // namespace fuzz
