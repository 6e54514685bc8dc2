#include "kernel/reconcile.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>

namespace kernel {

namespace {

bool is_ipv4(const AddressKey& key) { return key.address.family() == base::Family::ipv4; }

// An address that failed duplicate address detection answers nobody and stays so: it is put there
// anew.
bool is_to_go(const AddressKey& key, const AddressFacts& facts, const Desired& desired) {
    return facts.is_ours() && (facts.has_failed_dad || desired.find(key) == nullptr);
}

class Planner {
public:
    Planner(const Desired& desired, const View& actual, std::size_t limit)
        : desired_{desired}, actual_{actual}, limit_{limit} {}

    Plan plan() {
        find_guests();
        // Secondaries first: one that is still there when its primary goes would be promoted, and
        // take what stays along at its own removal.
        remove_routes();
        remove(Rank::secondary);
        remove(Rank::primary);
        protect();
        add();
        add_routes();
        return std::move(plan_);
    }

private:
    enum class Rank { primary, secondary };

    void request(Request request) {
        plan_.is_complete = plan_.is_complete && plan_.requests.size() < limit_;
        if (plan_.is_complete) plan_.requests.push_back(std::move(request));
    }

    // Secondaries that must survive the removal of their primary. Ours that are on their way out as
    // well do not count: the kernel may take them along.
    void find_guests() {
        for (const auto& [key, facts] : actual_.addresses())
            if (facts.is_secondary && is_ipv4(key) && !is_to_go(key, facts, desired_))
                guests_.insert({key.link, key.address.network()});
    }

    [[nodiscard]] bool has_guests(const AddressKey& key, const AddressFacts& facts) const {
        return !facts.is_secondary && is_ipv4(key) && !guests_.empty() &&
               guests_.contains({key.link, key.address.network()});
    }

    void remove(Rank rank) {
        for (const auto& [key, facts] : actual_.addresses()) {
            const bool has_rank = facts.is_secondary == (rank == Rank::secondary);
            if (!has_rank || !is_to_go(key, facts, desired_)) continue;
            const bool at_risk = has_guests(key, facts);
            request(RemoveAddress{key, at_risk ? Secondaries::promote : Secondaries::none_at_risk});
            if (!plan_.is_complete) return;
        }
    }

    // A rule that leads to a table without its routes is worse than none, and routes need the
    // addresses of their next hops and sources: rules go first and come last.
    void remove_routes() {
        for (const Rule& rule : actual_.own_routes().rules())
            if (!desired_.owner_of(rule)) request(RemoveRule{rule});
        for (const Route& route : actual_.own_routes().routes()) {
            const auto wants = [&](const RouteWish& wish) { return fulfils(route, wish.route); };
            if (std::ranges::none_of(desired_.routes, wants)) request(RemoveRoute{route});
        }
    }

    void add_routes() {
        for (const RouteWish& wish : desired_.routes)
            if (!actual_.own_routes().has(wish.route)) request(AddRoute{wish});
        for (const RuleWish& wish : desired_.rules)
            if (!actual_.own_routes().has(wish.rule)) request(AddRule{wish});
    }

    // A leased address may be the primary one of somebody's, and the kernel may end the lease when
    // nobody is there to watch.
    void protect() {
        std::set<LinkIndex> seen;
        for (const AddressWish& wish : desired_.addresses) {
            if (!wish.how.lease || !is_ipv4(wish.key)) continue;
            if (!seen.empty() && *seen.rbegin() == wish.key.link) continue;  // sorted by link
            if (!seen.insert(wish.key.link).second) continue;
            const Link* link = actual_.link(wish.key.link);
            if (link != nullptr && link->promotion == Promotion::off)
                request(SetPromotion{wish.key.link, Promotion::on});
        }
    }

    void add() {
        for (const AddressWish& wish : desired_.addresses) {
            if (!plan_.is_complete) return;
            if (!is_there(wish.key)) request(AddAddress{wish});
        }
    }

    // Under whatever prefix length somebody else has it; but one of ours that is to go is as good
    // as gone.
    [[nodiscard]] bool is_there(const AddressKey& key) const {
        if (const AddressFacts* exact = actual_.address(key))
            return !exact->is_ours() || !exact->has_failed_dad;
        const AddressFacts* facts = actual_.present(key);
        return facts != nullptr && !facts->is_ours();
    }

    const Desired& desired_;
    const View& actual_;
    std::size_t limit_;
    std::set<AddressKey> guests_;  // their subnets, by link
    Plan plan_;
};

}  // namespace

void Desired::put_in_order() {
    const auto comes_before = [](const AddressWish& one, const AddressWish& other) {
        return std::tie(one.key, one.owner) < std::tie(other.key, other.owner);
    };
    if (!std::ranges::is_sorted(addresses, comes_before))
        std::ranges::sort(addresses, comes_before);
    const auto repeated = std::ranges::unique(addresses, {}, &AddressWish::key);
    addresses.erase(repeated.begin(), repeated.end());
    std::ranges::sort(routes, {}, &RouteWish::route);
    std::ranges::sort(rules, {}, &RuleWish::rule);
}

const AddressWish* Desired::find(const AddressKey& key) const {
    const auto found = std::ranges::lower_bound(addresses, key, {}, &AddressWish::key);
    return found != addresses.end() && found->key == key ? &*found : nullptr;
}

namespace {

template <typename Wishes, typename Thing, typename Projection>
std::optional<std::size_t> owner_among(const Wishes& wishes, const Thing& thing,
                                       Projection projection) {
    const auto found = std::ranges::lower_bound(wishes, thing, {}, projection);
    if (found == wishes.end() || std::invoke(projection, *found) != thing) return std::nullopt;
    return found->owner;
}

}  // namespace

std::optional<std::size_t> Desired::owner_of(const Object& object) const {
    if (const auto* route = std::get_if<Route>(&object))
        return owner_among(routes, *route, &RouteWish::route);
    if (const auto* rule = std::get_if<Rule>(&object))
        return owner_among(rules, *rule, &RuleWish::rule);
    const auto* key = std::get_if<AddressKey>(&object);
    const AddressWish* wish = key != nullptr ? find(*key) : nullptr;
    return wish != nullptr ? std::optional{wish->owner} : std::nullopt;
}

Plan reconcile(const Desired& desired, const View& actual, std::size_t limit) {
    return Planner{desired, actual, limit}.plan();
}

}  // namespace kernel
