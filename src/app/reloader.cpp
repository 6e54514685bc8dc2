#include "app/reloader.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/fd.hpp"
#include "config/difference.hpp"
#include "health/program.hpp"

namespace app {

using base::EventKind;
using base::log::Level;

namespace {

constexpr std::size_t orders_at_once = 16;
constexpr std::size_t results_kept = 64;

// Hooks are counted from 1: what has this bit is not one of theirs.
constexpr std::uint64_t mark = std::uint64_t{1} << 62U;

// The delivery, which nobody needs any more then.
base::Result<Delivery> take_delivery(const std::string& path) {
    const base::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file.is_open()) return base::os_failure("read " + path, errno);
    (void)::unlink(path.c_str());
    std::string text;
    std::array<char, 64UL * 1024> part{};
    for (;;) {
        const ssize_t size = ::read(file.number(), part.data(), part.size());
        if (size < 0) return base::os_failure("read " + path, errno);
        if (size == 0) return decode_delivery(text);
        text.append(part.data(), static_cast<std::size_t>(size));
    }
}

std::string failure_of(const health::HookEnded& ended) {
    if (ended.timed_out) return "the files could not be read in time";
    if (!ended.output.empty()) return ended.output;
    if (ended.signal != 0) return fmt::format("the check was ended by signal {}", ended.signal);
    return fmt::format("the check exited with {}", ended.status);
}

}  // namespace

std::optional<Reloader::Ticket> Reloader::order(Order order) {
    // Its files have not been read yet: they will be as new as those of this order.
    for (const Waiting& waiting : waiting_)
        if (waiting.order == order) return waiting.ticket;
    if (waiting_.size() >= orders_at_once) return std::nullopt;
    const Ticket ticket = ++last_ticket_;
    waiting_.push_back({ticket, std::move(order)});
    results_.emplace(ticket, Result{});
    if (results_.size() > results_kept) results_.erase(results_.begin());
    return ticket;
}

void Reloader::go_on(Ticket ticket) {
    last_ticket_ = ticket;
    waiting_.push_back({ticket, {}});
    results_.emplace(ticket, Result{});
}

const Reloader::Result* Reloader::result(Ticket ticket) const {
    const auto found = results_.find(ticket);
    return found == results_.end() ? nullptr : &found->second;
}

std::string Reloader::delivery_file(Ticket ticket) const {
    return fmt::format("{}/checked-{}-{}.json", surroundings_.directory, ::getpid(), ticket);
}

std::optional<health::RunMessage> Reloader::take_order(base::Instant now) {
    if (running_ || waiting_.empty() || upgrade_) return std::nullopt;
    running_ = Running{std::move(waiting_.front()), now + patience + std::chrono::seconds{5}};
    waiting_.pop_front();
    const Waiting& what = running_->what;
    const config::Request& request = surroundings_.request;
    const bool is_preview = what.order.purpose == Purpose::preview;
    std::vector<std::string> command{
        surroundings_.distrust.empty() ? surroundings_.program : health::own_program,
        "--check",
        "--config",
        is_preview ? what.order.file : request.file,
        "--deliver",
        delivery_file(what.ticket)};
    if (!request.node.empty()) command.insert(command.end(), {"--node", request.node});
    return health::RunMessage{.id = mark | what.ticket,
                              .command = std::move(command),
                              .timeout = patience,
                              .environment = {},
                              .input = {}};
}

void Reloader::take(const std::vector<health::FromRunner>& messages, base::Instant now) {
    for (const health::FromRunner& message : messages) {
        if (!running_) return;
        // A new runner has not heard of it.
        if (std::holds_alternative<health::Hello>(message)) {
            waiting_.push_front(std::exchange(running_, std::nullopt)->what);
            return;
        }
        const auto* ended = std::get_if<health::HookEnded>(&message);
        if (ended == nullptr || ended->id != (mark | running_->what.ticket)) continue;
        const Waiting what = std::exchange(running_, std::nullopt)->what;
        judge(what, *ended, now);
    }
}

void Reloader::judge(const Waiting& waiting, const health::HookEnded& ended, base::Instant now) {
    const auto delivery = take_delivery(delivery_file(waiting.ticket));
    if (!delivery) return fail(waiting, failure_of(ended));
    if (!delivery->is_valid) return fail(waiting, delivery->diagnostics);
    const bool is_other_program = delivery->program != surroundings_.identity;
    const bool is_upgrade = waiting.order.purpose == Purpose::upgrade;
    // What has to be confirmed must be able to come back: not in another program.
    const bool may_upgrade =
        waiting.order.purpose == Purpose::apply && !waiting.order.confirm_within;
    if (is_upgrade && !surroundings_.distrust.empty()) return fail(waiting, surroundings_.distrust);
    if (is_upgrade || (is_other_program && may_upgrade)) {
        if (unconfirmed_until_)
            return fail(waiting,
                        "the last reload is not confirmed yet: `tandemctl confirm` "
                        "or `tandemctl rollback` first");
        upgrade_ = waiting.ticket;
        return;
    }
    config::Request request = surroundings_.request;
    if (waiting.order.purpose == Purpose::preview) request.file = waiting.order.file;
    Edition edition{.config = {}, .sources = delivery->sources};
    config::Outcome outcome = config::load_sources(edition.sources, request);
    if (!outcome.config) return fail(waiting, config::text_of(outcome.diagnostics));
    edition.config = std::move(*outcome.config);
    edition.config.hash = delivery->hash;
    Result result{.state = Result::State::done, .text = delivery->diagnostics, .changes = {}};
    for (const config::Change& change : config::difference(in_force_.config, edition.config))
        result.changes.push_back(config::text_of(change));
    if (waiting.order.purpose == Purpose::preview) {
        results_[waiting.ticket] = std::move(result);
        return;
    }
    put_in_force(waiting, std::move(edition), std::move(result), now);
}

void Reloader::put_in_force(const Waiting& waiting, Edition edition, Result result,
                            base::Instant now) {
    // What was confirmed last is what comes back.
    if (!unconfirmed_until_) previous_ = in_force_;
    unconfirmed_until_.reset();
    if (waiting.order.confirm_within) unconfirmed_until_ = now + *waiting.order.confirm_within;
    ++tally_.done;
    tally_.has_last_succeeded = true;
    tell(EventKind::reloaded, Level::notice, "configuration reloaded", edition.config.hash);
    for (const std::string& change : result.changes) tell(std::nullopt, Level::notice, change, "");
    results_[waiting.ticket] = std::move(result);
    next_ = edition.config;
    in_force_ = std::move(edition);
}

void Reloader::fail(const Waiting& waiting, std::string why) {
    if (waiting.order.purpose != Purpose::preview) return fail(waiting.ticket, std::move(why));
    refuse(waiting.ticket, std::move(why));
}

void Reloader::fail(Ticket ticket, std::string why) {
    ++tally_.failed;
    tally_.has_last_succeeded = false;
    refuse(ticket, std::move(why));
}

void Reloader::refuse(Ticket ticket, std::string why) {
    tell(EventKind::reload_refused, Level::error,
         "reload refused; the configuration in force stays", why);
    results_[ticket] = {.state = Result::State::failed, .text = std::move(why), .changes = {}};
}

std::string Reloader::confirm() {
    if (!unconfirmed_until_) return "no reload waits to be confirmed";
    unconfirmed_until_.reset();
    tell(EventKind::reload_confirmed, Level::notice, "configuration confirmed",
         in_force_.config.hash);
    return {};
}

std::string Reloader::roll_back() {
    if (!previous_) return "there is no configuration to go back to: none was reloaded";
    unconfirmed_until_.reset();
    replace(*std::exchange(previous_, std::nullopt), "as ordered");
    return {};
}

void Reloader::replace(Edition edition, const char* how) {
    in_force_ = std::move(edition);
    next_ = in_force_.config;
    tell(EventKind::rolled_back, Level::warning,
         "configuration rolled back; the files hold another one, which the next start or reload "
         "takes",
         fmt::format("{}, {}", in_force_.config.hash, how));
}

void Reloader::lose_runner() {
    if (running_) waiting_.push_front(std::exchange(running_, std::nullopt)->what);
    for (const Waiting& waiting : std::exchange(waiting_, {}))
        fail(waiting,
             "the runner, which reads the files, has died: restart tandemd to have another one");
}

void Reloader::expire(base::Instant now) {
    if (unconfirmed_until_ && *unconfirmed_until_ <= now) {
        unconfirmed_until_.reset();
        replace(*std::exchange(previous_, std::nullopt), "not confirmed in time");
    }
    if (!running_ || now < running_->until) return;
    const Waiting what = std::exchange(running_, std::nullopt)->what;
    fail(what, "the runner, which reads the files, does not answer");
}

std::optional<base::Instant> Reloader::deadline() const {
    // There is something for the turn to do.
    if (next_ || upgrade_ || (!running_ && !waiting_.empty())) return base::Instant{};
    return base::earlier(unconfirmed_until_,
                         running_ ? std::optional{running_->until} : std::nullopt);
}

std::optional<config::Config> Reloader::take_config() { return std::exchange(next_, std::nullopt); }

std::optional<Reloader::Ticket> Reloader::take_upgrade() {
    return std::exchange(upgrade_, std::nullopt);
}

void Reloader::tell(std::optional<EventKind> event, Level level, std::string message,
                    std::string detail) {
    base::log::Record record{level, std::move(message), {}, event};
    if (!detail.empty())
        record.fields.push_back({level == Level::error ? "error" : "config", std::move(detail)});
    records_.push_back(std::move(record));
}

}  // namespace app
