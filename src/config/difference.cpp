#include "config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace config {

namespace {

std::int64_t milliseconds(const vrrp::AdvertInterval& interval) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(interval.value()).count();
}

std::string place_of(const Router& router) {
    return fmt::format("VRID {} on {}", router.vrid.wire(), router.interface);
}

bool is_same_place(const Router& one, const Router& other) {
    return one.interface == other.interface && one.vrid == other.vrid;
}

const Router* find(const Config& config, const Router& wanted) {
    const auto found = std::ranges::find_if(
        config.routers, [&](const Router& router) { return is_same_place(router, wanted); });
    return found == config.routers.end() ? nullptr : &*found;
}

template <typename Named>
const Named* named(const std::vector<Named>& all, const std::string& name) {
    const auto found = std::ranges::find(all, name, &Named::name);
    return found == all.end() ? nullptr : &*found;
}

std::set<base::Family> families_of(const Router& router) {
    std::set<base::Family> families;
    for (const auto& address : router.addresses) families.insert(address.family());
    return families;
}

// The changes of one virtual router that is in both.
class RouterChanges {
public:
    RouterChanges(const Router& before, const Router& after) : before_{before}, after_{after} {}

    std::vector<Change> all() {
        if (before_.name != after_.name)
            add(fmt::format("is called {} now, and was {}", after_.name, before_.name));
        if (before_.priority != after_.priority)
            add(fmt::format("priority {} becomes {}", before_.priority.wire(),
                            after_.priority.wire()),
                Consequence::election);
        if (before_.advertise != after_.advertise)
            add(fmt::format("advert interval {} ms becomes {} ms", milliseconds(before_.advertise),
                            milliseconds(after_.advertise)));
        add_families();
        add_addresses(before_.addresses, after_.addresses, "address");
        add_addresses(before_.more_addresses, after_.more_addresses, "address of more_addresses");
        add_versions();
        if (before_.virtual_mac != after_.virtual_mac)
            add("virtual_mac changes: the addresses move between MAC addresses");
        add_settings();
        return std::move(changes_);
    }

private:
    void add(std::string text, Consequence consequence = Consequence::none) {
        changes_.push_back({after_.name, std::move(text), consequence});
    }

    // Whoever speaks a version that is spoken no longer takes this router for dead.
    void add_versions() {
        const auto speaks = [](const Router& router, vrrp::Version version) {
            return router.version == version ||
                   (router.speaks_v2_too && version == vrrp::Version::v2);
        };
        const auto text = [&](const Router& router) {
            if (router.speaks_v2_too) return "versions 2 and 3";
            return router.version == vrrp::Version::v2 ? "version 2" : "version 3";
        };
        if (before_.version == after_.version && before_.speaks_v2_too == after_.speaks_v2_too)
            return;
        std::string change =
            fmt::format("speaks VRRP {}, and spoke {}", text(after_), text(before_));
        for (const vrrp::Version version : {vrrp::Version::v2, vrrp::Version::v3})
            if (speaks(before_, version) && !speaks(after_, version))
                return add(fmt::format("{}: a peer that knows only version {} does not hear it",
                                       change, static_cast<int>(version)),
                           Consequence::election);
        add(std::move(change));
    }

    void add_families() {
        const auto had = families_of(before_);
        const auto has = families_of(after_);
        for (const base::Family family : {base::Family::ipv4, base::Family::ipv6}) {
            if (had.contains(family) && !has.contains(family))
                add(fmt::format("leaves the virtual router in {}", base::name_of(family)),
                    Consequence::departure);
            if (!had.contains(family) && has.contains(family))
                add(fmt::format("has {} as well, active where the other family is",
                                base::name_of(family)));
        }
        if (before_.families != after_.families)
            add("its families are elected in another way", Consequence::election);
    }

    void add_addresses(const std::vector<base::InterfaceAddress>& before,
                       const std::vector<base::InterfaceAddress>& after, std::string_view what) {
        const std::set<base::InterfaceAddress> had{before.begin(), before.end()};
        const std::set<base::InterfaceAddress> has{after.begin(), after.end()};
        for (const auto& address : after)
            if (!had.contains(address)) add(fmt::format("adds {} {}", what, address.text()));
        for (const auto& address : before)
            if (!has.contains(address)) add(fmt::format("removes {} {}", what, address.text()));
        if (had == has && before != after) add("lists its addresses in another order");
    }

    template <typename Member>
    void add_setting(Member Router::* member, std::string_view name) {
        if (before_.*member != after_.*member) add(fmt::format("`{}` changes", name));
    }

    void add_settings() {
        add_setting(&Router::authentication, "auth");
        add_setting(&Router::preempt, "preempt");
        add_setting(&Router::checksum, "checksum");
        add_setting(&Router::announcement, "garp");
        add_setting(&Router::transport, "transport");
        add_setting(&Router::peers, "peers");
        add_setting(&Router::least_ttl, "ttl");
        add_setting(&Router::requires_link_local_first, "link_local_first");
        add_setting(&Router::accepts, "accept");
        add_setting(&Router::sources, "source");
        add_setting(&Router::placements, "addresses");
        add_setting(&Router::lease, "lease");
        add_setting(&Router::up_for, "up_for");
        add_setting(&Router::routes, "routes");
        add_setting(&Router::rules, "rules");
        add_setting(&Router::checks, "checks");
        add_setting(&Router::notify, "notify");
        add_setting(&Router::damping, "damping");
        add_setting(&Router::has_target, "target");
    }

    const Router& before_;
    const Router& after_;
    std::vector<Change> changes_;
};

void add_groups(const Config& before, const Config& after, std::vector<Change>& changes) {
    for (const Group& group : after.groups) {
        const std::string subject = "group " + group.name;
        const Group* old = named(before.groups, group.name);
        if (old == nullptr)
            changes.push_back(
                {subject,
                 fmt::format("is new: {} are elected as one", fmt::join(group.members, ", ")),
                 Consequence::election});
        else if (old->members != group.members)
            changes.push_back(
                {subject, fmt::format("its members are {} now", fmt::join(group.members, ", ")),
                 Consequence::election});
        else if (*old != group)
            changes.push_back({subject, "its checks or hooks change"});
    }
    for (const Group& group : before.groups)
        if (named(after.groups, group.name) == nullptr)
            changes.push_back({"group " + group.name, "is removed: its members are elected alone",
                               Consequence::election});
}

void add_checks(const Config& before, const Config& after, std::vector<Change>& changes) {
    for (const Check& check : after.checks) {
        const std::string subject = "check " + check.name;
        const Check* old = named(before.checks, check.name);
        if (old == nullptr)
            changes.push_back({subject, "is new: counts from its first result on"});
        else if (old->probe != check.probe)
            changes.push_back(
                {subject, "looks at something else: counts from its first result on"});
        else if (*old != check)
            changes.push_back({subject, "changes; what it has found stands"});
    }
    for (const Check& check : before.checks)
        if (named(after.checks, check.name) == nullptr)
            changes.push_back({"check " + check.name, "is removed"});
}

}  // namespace

std::vector<Change> difference(const Config& before, const Config& after) {
    std::vector<Change> changes;
    if (before.node != after.node)
        changes.push_back({"node", fmt::format("is {} now, and was {}", after.node, before.node)});
    for (const Router& router : after.routers) {
        const Router* old = find(before, router);
        if (old == nullptr) {
            changes.push_back(
                {router.name,
                 fmt::format("joins the virtual router of {} as Backup", place_of(router)),
                 Consequence::departure});
            continue;
        }
        for (Change& change : RouterChanges{*old, router}.all())
            changes.push_back(std::move(change));
    }
    for (const Router& router : before.routers)
        if (find(after, router) == nullptr)
            changes.push_back({router.name,
                               fmt::format("leaves the virtual router of {}", place_of(router)),
                               Consequence::departure});
    add_groups(before, after, changes);
    add_checks(before, after, changes);
    return changes;
}

std::string text_of(const Change& change) {
    const std::string_view outcome = [&]() -> std::string_view {
        switch (change.consequence) {
            case Consequence::none: return "no failover";
            case Consequence::election: return "the active router may be another one afterwards";
            case Consequence::departure: return "hands over where it is active";
        }
        return "";
    }();
    return fmt::format("{}: {}; {}", change.subject, change.text, outcome);
}

}  // namespace config
