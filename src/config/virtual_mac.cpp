#include "config/virtual_mac.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

#include "config/effective.hpp"
#include "config/values.hpp"

namespace config {
namespace {

// Linux allows 15; the interface for IPv6 has two more.
constexpr std::size_t longest_name = 13;
constexpr std::string_view ipv6_suffix = ".6";

struct VirtualMacSettings {
    Maybe<std::string> name;
    Maybe<Transmit> transmit;
};

std::optional<std::string> read_name(const Value& value, const Context& context) {
    const auto name = read_interface(value, context);
    if (!name || name->size() <= longest_name) return name;
    context.problems.error(
        value.at,
        fmt::format("'name' is at most {} characters, not {}", longest_name, name->size()),
        fmt::format("the interface for IPv6 has \"{}\" added", ipv6_suffix));
    return std::nullopt;
}

constexpr std::array<Setting<VirtualMacSettings>, 2> vmac_settings{{
    {"name", store<&VirtualMacSettings::name, read_name>},
    {"transmit", store<&VirtualMacSettings::transmit, read_transmit>},
}};
static_assert(names_of(vmac_settings) == vmac_keys);

// ---- rules ----------------------------------------------------------------------------------

// The owner's addresses are those of its interface, which answers for them with its own MAC.
void check_owner(const RouterSettings& settings, Problems& problems) {
    if (!virtual_mac_of(settings) || !is_owner(settings)) return;
    problems.error(settings.vmac->at,
                   fmt::format("the owner ({}) has the addresses on its own interface, with that "
                               "one's MAC",
                               problems.name_of(settings.owner->at, settings.vmac->at)),
                   "remove owner, or write vmac = false;");
}

// Unicast adverts go through the kernel's own routing, from the interface's MAC.
void check_transmit(const RouterSettings& settings, Problems& problems) {
    if (!virtual_mac_of(settings) || transport_of(settings) != Transport::unicast) return;
    const auto& transmit = settings.vmac->value.transmit;
    const bool is_asked = transmit && transmit->value == Transmit::virtual_mac;
    if (!is_asked || transmit->layer == Layer::defaults) return;
    problems.error(transmit->at, "unicast adverts always come from the interface's own MAC",
                   "remove it, or write transmit = \"base\";");
}

// The interfaces of one node: who uses which, and who would make which.
class Names {
public:
    Names(const std::vector<RouterDraft>& routers, Problems& problems) : problems_{problems} {
        for (const RouterDraft& router : routers)
            if (router.settings.interface)
                used_.try_emplace(router.settings.interface->value, &router);
    }

    void add(const RouterDraft& router, const std::string& name) {
        const Place& at = router.settings.vmac->at;
        if (const auto used = used_.find(name); used != used_.end())
            problems_.error(at,
                            fmt::format("'vmac' of router '{}' would make an interface {}, which "
                                        "router '{}' uses",
                                        router.name, name, used->second->name),
                            cure);
        const auto [first, is_new] = made_.try_emplace(name, &router);
        if (is_new) return;
        problems_.error(
            at,
            fmt::format("'vmac' of router '{}' would make an interface {}, and so does that of "
                        "router '{}' ({})",
                        router.name, name, first->second->name,
                        problems_.name_of(first->second->settings.vmac->at, at)),
            cure);
    }

private:
    static constexpr const char* cure = "write vmac = { name = \"...\"; }; in one of them";
    std::map<std::string, const RouterDraft*> used_;
    std::map<std::string, const RouterDraft*> made_;
    Problems& problems_;
};

}  // namespace

std::optional<StatedVirtualMac> read_vmac(const Value& value, const Context& context) {
    if (value.kind == Kind::boolean) return StatedVirtualMac{value.boolean(), {}, {}};
    if (value.kind != Kind::group) {
        report_type(value, "true, false or { name = \"...\"; transmit = \"...\"; }", context);
        return std::nullopt;
    }
    const std::string where = fmt::format("{}.vmac", context.where);
    Context inner = context;
    inner.where = where;
    VirtualMacSettings settings;
    read_group(value, vmac_settings, inner, settings);
    return StatedVirtualMac{true, settings.name, settings.transmit};
}

std::optional<VirtualMac> virtual_mac_of(const RouterSettings& settings) {
    if (!settings.vmac || !settings.vmac->value.is_on || !settings.vrid) return std::nullopt;
    const auto& [is_on, name, transmit] = settings.vmac->value;
    const int vrid = settings.vrid->value.wire();
    return VirtualMac{
        .ipv4_link = name ? name->value : fmt::format("vrrp4.{}", vrid),
        .ipv6_link =
            name ? fmt::format("{}{}", name->value, ipv6_suffix) : fmt::format("vrrp6.{}", vrid),
        .transmit = transmit ? transmit->value : Transmit::virtual_mac,
    };
}

void check_virtual_macs(const std::vector<RouterDraft>& routers, Problems& problems) {
    Names names{routers, problems};
    for (const RouterDraft& router : routers) {
        check_owner(router.settings, problems);
        check_transmit(router.settings, problems);
        const auto made = virtual_mac_of(router.settings);
        if (!made) continue;
        for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
            if (has_family(router.settings, family)) names.add(router, made->link(family));
    }
}

}  // namespace config
