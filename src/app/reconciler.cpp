#include "app/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace app {

namespace {

using namespace std::chrono_literals;

// 64 requests take about half a millisecond.
constexpr std::size_t requests_a_turn = 64;
// Before the whole plan is made: the first address is announced at once, however many follow.
constexpr std::size_t requests_at_first = 16;

constexpr base::Duration first_wait = 100ms;
constexpr base::Duration longest_wait = 10s;

constexpr int restores_a_window = 5;
constexpr base::Duration length_of_a_flush = 40ms;
constexpr base::Duration window = 1min;
// How long a session that gave up stays away: the first time, and at most.
constexpr base::Duration first_rest = 1min;
// A refusal may pass sooner than a fight.
constexpr base::Duration first_rest_of_refused = 10s;
constexpr base::Duration longest_rest = 16min;
// A refusal that is older than about three seconds is no passing one.
constexpr base::Duration patience = 1600ms;
bool is_addition(const kernel::Request& request) {
    return std::holds_alternative<kernel::AddAddress>(request) ||
           std::holds_alternative<kernel::AddRoute>(request) ||
           std::holds_alternative<kernel::AddRule>(request);
}

}  // namespace

void Reconciler::want(kernel::Desired desired, base::Instant now) {
    desired_ = std::move(desired);
    std::erase_if(held_, [&](const auto& object) { return !desired_.owner_of(object); });
    std::map<std::size_t, Renewal> before = std::exchange(renewals_, {});
    for (std::size_t i = 0; i < desired_.addresses.size(); ++i) {
        const kernel::AddressWish& wish = desired_.addresses[i];
        const auto [entry, is_new] = renewals_.try_emplace(wish.owner);
        Renewal& renewal = entry->second;
        if (is_new) {
            const auto known = before.find(wish.owner);
            renewal.lease = wish.how.lease;
            renewal.renewed = renewal.last_whole = now;
            if (known != before.end()) {
                renewal.renewed = known->second.renewed;
                renewal.last_whole = known->second.last_whole;
                renewal.has_failed = known->second.has_failed;
                renewal.is_told = known->second.is_told;
                renewal.lapsed_until = known->second.lapsed_until;
                // A round that was under way is worth beginning again.
                if (known->second.next) renewal.next = 0;
            }
        }
        renewal.wishes.push_back(i);
    }
    queue_.clear();
    must_plan_ = true;
    is_fresh_ = true;
}

void Reconciler::renumber(const std::map<std::size_t, std::size_t>& numbers) {
    const auto move = [&](auto& by_owner) {
        for (auto& [owner, what] : std::exchange(by_owner, {}))
            if (const auto found = numbers.find(owner); found != numbers.end())
                by_owner.emplace(found->second, std::move(what));
    };
    move(renewals_);
    move(surrenders_);
}

void Reconciler::advert_was_sent(std::size_t owner, base::Duration age, base::Instant now) {
    const auto found = renewals_.find(owner);
    if (found == renewals_.end() || !found->second.lease) return;
    Renewal& renewal = found->second;
    const bool is_early = now - renewal.renewed < age;
    if (renewal.next || (is_early && !renewal.has_failed)) return;
    if (!renewal.has_failed) {
        renewal.last_whole = renewal.renewed;
        renewal.is_told = false;
    }
    renewal.has_failed = false;
    // What the kernel has dropped meanwhile may be noticed a little later.
    if (now - renewal.last_whole >= *renewal.lease) renewal.lapsed_until = now + 1s;
    renewal.renewed = now;
    renewal.next = 0;
}

void Reconciler::inherit(std::size_t owner, std::optional<std::chrono::seconds> lease) {
    renewals_[owner].lease = lease;
}

void Reconciler::try_routes_again(base::Instant now) {
    for (auto& [object, retry] : retries_)
        if (std::holds_alternative<kernel::Route>(object)) retry.at = std::min(retry.at, now);
}

std::vector<Upkeep> Reconciler::work(kernel::View& view, Ports& ports, base::Instant now) {
    std::vector<Upkeep> told = take_arrived();
    const bool retry_is_due =
        std::ranges::any_of(retries_, [&](const auto& entry) { return entry.second.at <= now; });
    if (must_plan_ || retry_is_due) plan(view, told, now);
    ask_for_overdue(now);
    const std::vector<kernel::Request> slice = next_slice(view);
    if (slice.empty()) return told;
    const auto answers = ports.apply(slice);
    for (std::size_t i = 0; i < slice.size(); ++i)
        take_answer(slice[i], answers[i], view, told, now);
    return told;
}

void Reconciler::plan(const kernel::View& view, std::vector<Upkeep>& told, base::Instant now) {
    kernel::Plan made =
        kernel::reconcile(desired_, view, is_fresh_ ? requests_at_first : kernel::no_limit);
    must_plan_ = !made.is_complete;
    is_fresh_ = false;
    queue_ = {std::make_move_iterator(made.requests.begin()),
              std::make_move_iterator(made.requests.end())};
    if (made.is_complete) {
        give_back_settings(view);
        forget_solved();
        find_present(view, told, now);
    }
    std::erase_if(queue_,
                  [&](const auto& request) { return !may_try(kernel::object_of(request), now); });
    notice_losses(view, told, now);
}

// After the last of our addresses has left the link, promote_secondaries is what it was.
void Reconciler::give_back_settings(const kernel::View& view) {
    std::erase_if(protected_, [&](kernel::LinkIndex link) { return view.link(link) == nullptr; });
    for (const kernel::LinkIndex link : protected_) {
        const bool is_in_use = std::ranges::any_of(
            desired_.addresses, [&](const auto& wish) { return wish.key.link == link; });
        if (!is_in_use) queue_.emplace_back(kernel::SetPromotion{link, kernel::Promotion::off});
    }
}

// Somebody else may have configured what we want: it is not ours to add, but to announce.
void Reconciler::find_present(const kernel::View& view, std::vector<Upkeep>& told,
                              base::Instant now) {
    for (const kernel::AddressWish& wish : desired_.addresses) {
        if (!view.is_in_use(wish.key)) {
            if (view.present(wish.key) != nullptr) await(wish.key, now);
            continue;
        }
        awaited_.erase(wish.key);
        if (held_.insert(wish.key).second)
            told.push_back({Upkeep::What::installed, wish.key, wish.owner});
    }
    for (const kernel::RouteWish& wish : desired_.routes)
        if (view.own_routes().has(wish.route) && held_.insert(wish.route).second)
            told.push_back({Upkeep::What::installed, wish.route, wish.owner});
    for (const kernel::RuleWish& wish : desired_.rules)
        if (view.own_routes().has(wish.rule) && held_.insert(wish.rule).second)
            told.push_back({Upkeep::What::installed, wish.rule, wish.owner});
}

// What we have seen there and have to add again, has gone without us.
void Reconciler::notice_losses(const kernel::View& view, std::vector<Upkeep>& told,
                               base::Instant now) {
    std::erase_if(queue_, [&](const auto& request) {
        const auto loss = loss_of(request, view, now);
        if (loss) told.push_back(*loss);
        return (loss && loss->what == Upkeep::What::given_up) ||
               !may_try(kernel::object_of(request), now);
    });
}

std::optional<Upkeep> Reconciler::loss_of(const kernel::Request& request, const kernel::View& view,
                                          base::Instant now) {
    if (!is_addition(request)) return std::nullopt;
    const kernel::Object object = kernel::object_of(request);
    const auto owner = desired_.owner_of(object);
    const auto* address = std::get_if<kernel::AddAddress>(&request);
    const bool was_awaited = address != nullptr && awaited_.erase(address->wish.key) > 0;
    const bool was_held = held_.erase(object) > 0;
    if (!owner || !(was_held || was_awaited)) return std::nullopt;
    if (address != nullptr && has_expired(address->wish, now))
        return Upkeep{Upkeep::What::expired, object, owner};
    const auto* route = std::get_if<kernel::AddRoute>(&request);
    if (route != nullptr && view.own_routes().was_taken_along(route->wish.route))
        return Upkeep{Upkeep::What::taken_along, object, owner};
    if (is_same_removal(object, now)) return std::nullopt;
    return Upkeep{note_loss(object, *owner, now), object, owner};
}

// `ip address flush` and `ip route flush` remove in rounds, a millisecond apart, until a round
// finds nothing. Put back between two rounds, an object would keep them going, and one command
// would look like a fight. So the second loss in a row waits until such a command is through, and
// is no new one.
bool Reconciler::is_same_removal(const kernel::Object& object, base::Instant now) {
    const auto known = contests_.find(object);
    if (known == contests_.end() || now - known->second.last_loss >= length_of_a_flush)
        return false;
    known->second.last_loss = now;
    retries_[object] = {now + length_of_a_flush, first_wait,
                        "somebody else has removed it twice in a row; it is back in a moment"};
    return true;
}

// Somebody removes it again and again. Putting it back each time at once would take the processor
// and help nobody: after a few times in a minute it is given up, for longer each time.
Upkeep::What Reconciler::note_loss(const kernel::Object& object, std::size_t owner,
                                   base::Instant now) {
    Contest& contest = contests_.try_emplace(object, Contest{now, 0, {}}).first->second;
    if (now - contest.since >= window) contest = {now, 0, {}};
    contest.last_loss = now;
    if (++contest.restores <= restores_a_window) return Upkeep::What::lost;
    surrender(owner,
              fmt::format("somebody else removes {} again and again ({} times within a minute)",
                          kernel::text_of(object), contest.restores),
              first_rest, now);
    contest.restores = 0;
    return Upkeep::What::given_up;
}

// For longer each time, unless the last one is long ago.
void Reconciler::surrender(std::size_t owner, const std::string& why, base::Duration least,
                           base::Instant now) {
    const auto [entry, is_first] = surrenders_.try_emplace(owner);
    Surrender& rest = entry->second;
    const bool is_repeated = !is_first && now - rest.until <= longest_rest;
    rest.wait = is_repeated ? std::min(2 * rest.wait, 16 * least) : least;
    rest.until = now + rest.wait;
    rest.why = fmt::format("{}; given up for {} s", why,
                           std::chrono::duration_cast<std::chrono::seconds>(rest.wait).count());
}

void Reconciler::give_up(std::size_t owner, const std::string& why, base::Instant now) {
    if (!surrender_of(owner, now).empty()) return;
    // Not for longer each time: who cannot be heard keeps nobody from serving meanwhile.
    surrenders_.erase(owner);
    surrender(owner, why, first_rest_of_refused, now);
}

bool Reconciler::has_nothing(std::size_t owner) const {
    const auto found = renewals_.find(owner);
    return found != renewals_.end() && std::ranges::none_of(found->second.wishes, [&](auto i) {
               return held_.contains(desired_.addresses[i].key);
           });
}

bool Reconciler::has_expired(const kernel::AddressWish& wish, base::Instant now) const {
    const auto found = renewals_.find(wish.owner);
    if (!wish.how.lease || found == renewals_.end()) return false;
    const Renewal& renewal = found->second;
    const base::Instant since = renewal.has_failed ? renewal.last_whole : renewal.renewed;
    return now - since >= *wish.how.lease || now < renewal.lapsed_until;
}

void Reconciler::forget_solved() {
    if (retries_.empty()) return;
    std::set<kernel::Object> open;
    for (const kernel::Request& request : queue_) open.insert(kernel::object_of(request));
    std::erase_if(retries_, [&](const auto& entry) { return !open.contains(entry.first); });
}

std::vector<kernel::Request> Reconciler::next_slice(const kernel::View& view) {
    const auto count = std::min(queue_.size(), requests_a_turn);
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<kernel::Request> slice{std::make_move_iterator(queue_.begin()),
                                       std::make_move_iterator(end)};
    queue_.erase(queue_.begin(), end);
    add_renewals(slice, view);
    return slice;
}

void Reconciler::add_renewals(std::vector<kernel::Request>& slice, const kernel::View& view) {
    for (auto& [owner, renewal] : renewals_) {
        while (renewal.next && slice.size() < requests_a_turn) {
            if (*renewal.next == renewal.wishes.size()) {
                renewal.next.reset();
                break;
            }
            const kernel::AddressWish& wish = desired_.addresses[renewal.wishes[(*renewal.next)++]];
            const kernel::AddressFacts* facts = view.address(wish.key);
            if (facts != nullptr && facts->is_ours() && !facts->is_tentative)
                slice.emplace_back(kernel::RenewAddress{wish});
        }
    }
}

void Reconciler::take_answer(const kernel::Request& request, const base::Result<void>& answer,
                             kernel::View& view, std::vector<Upkeep>& told, base::Instant now) {
    const kernel::Object object = kernel::object_of(request);
    if (!answer && !was_there_before(request, answer.error()))
        return refused(request, answer.error(), told, now);
    retries_.erase(object);
    confirm(request, answer ? Arrival::expected : Arrival::over, view, now);
    const auto owner = desired_.owner_of(object);
    if (!is_addition(request) || !owner || is_awaited(object)) return;
    held_.insert(object);
    told.push_back({Upkeep::What::installed, object, owner});
}

void Reconciler::refused(const kernel::Request& request, const base::Error& error,
                         std::vector<Upkeep>& told, base::Instant now) {
    if (const auto* renewal = std::get_if<kernel::RenewAddress>(&request))
        return renewal_failed(renewal->wish, error, told);
    const kernel::Object object = kernel::object_of(request);
    const auto [entry, is_first] = retries_.try_emplace(object);
    Retry& retry = entry->second;
    retry.wait = is_first ? first_wait : std::min(2 * retry.wait, longest_wait);
    retry.at = now + retry.wait;
    retry.error = error.text();
    const auto owner = desired_.owner_of(object);
    if (is_first) told.push_back({Upkeep::What::refused, object, owner, error});
    if (!std::holds_alternative<kernel::AddressKey>(object)) return;
    // A router that has some of its addresses is worth more than none; one that has none is a hole,
    // which another router may fill.
    if (!owner || retry.wait < patience || !has_nothing(*owner)) return;
    if (!surrender_of(*owner, now).empty()) return;
    surrender(*owner, "the kernel refuses every address: " + retry.error, first_rest_of_refused,
              now);
    told.push_back({Upkeep::What::given_up, object, owner, {}});
}

// The next advert begins another round.
void Reconciler::renewal_failed(const kernel::AddressWish& wish, const base::Error& error,
                                std::vector<Upkeep>& told) {
    Renewal& renewal = renewals_[wish.owner];
    renewal.has_failed = true;
    if (!std::exchange(renewal.is_told, true))
        told.push_back({Upkeep::What::refused, wish.key, wish.owner, error});
}

bool Reconciler::may_try(const kernel::Object& object, base::Instant now) const {
    const auto found = retries_.find(object);
    return found == retries_.end() || found->second.at <= now;
}

std::optional<base::Instant> Reconciler::deadline(base::Instant now) const {
    const bool has_work =
        must_plan_ || !queue_.empty() || std::ranges::any_of(renewals_, [](const auto& entry) {
            return entry.second.next.has_value();
        });
    if (has_work) return now;
    std::optional<base::Instant> next;
    if (!awaited_.empty()) next = overdue_at_;
    for (const auto& [object, retry] : retries_) next = base::earlier(next, retry.at);
    return next;
}

const std::string* Reconciler::error_of(const kernel::Object& object) const {
    const auto found = retries_.find(object);
    return found == retries_.end() ? nullptr : &found->second.error;
}

std::string Reconciler::surrender_of(std::size_t owner, base::Instant now) const {
    const auto found = surrenders_.find(owner);
    return found != surrenders_.end() && found->second.until > now ? found->second.why
                                                                   : std::string{};
}

std::optional<base::Instant> Reconciler::next_attempt(base::Instant now) const {
    std::optional<base::Instant> next;
    for (const auto& [owner, rest] : surrenders_)
        if (rest.until > now) next = base::earlier(next, rest.until);
    return next;
}

}  // namespace app
