#include "app/checks.hpp"

#include <fmt/format.h>

#include <utility>

namespace app {

using base::log::Level;

namespace {

health::Kind kind_of(const config::probe::Kind& probe) {
    struct Visitor {
        health::Kind operator()(const config::probe::Exec& from) const {
            return health::kind::Exec{from.command, from.user};
        }
        health::Kind operator()(const config::probe::Process& from) const {
            return health::kind::Process{from.name};
        }
        health::Kind operator()(const config::probe::File& from) const {
            using Want = health::kind::File::Want;
            switch (from.want) {
                case config::probe::File::Want::present: return health::kind::File{from.path};
                case config::probe::File::Want::absent:
                    return health::kind::File{from.path, Want::absent};
                case config::probe::File::Want::penalty:
                    return health::kind::File{from.path, Want::penalty};
            }
            return health::kind::File{from.path};
        }
        health::Kind operator()(const config::probe::Interface& from) const {
            return health::kind::Interface{from.interface, from.up_for, from.down_for};
        }
        health::Kind operator()(const config::probe::Ping& from) const {
            return health::kind::Ping{from.target, from.interface};
        }
        health::Kind operator()(const config::probe::Arp& from) const {
            return health::kind::Arp{from.target, from.interface};
        }
        health::Kind operator()(const config::probe::Tcp& from) const {
            return health::kind::Tcp{from.target, from.port, from.interface};
        }
        health::Kind operator()(const config::probe::Http& from) const {
            return health::kind::Http{from.url, from.expect, from.contains, from.verify};
        }
        health::Kind operator()(const config::probe::Route& from) const {
            return health::kind::Route{from.to, from.protocol, from.table};
        }
        health::Kind operator()(const config::probe::Unit& from) const {
            return health::kind::Unit{from.unit};
        }
    };
    return std::visit(Visitor{}, probe);
}

std::optional<health::Verdict> verdict_at_start(config::Check::Start start) {
    switch (start) {
        case config::Check::Start::awaited: return std::nullopt;
        case config::Check::Start::passed: return health::Verdict::passed;
        case config::Check::Start::failed: return health::Verdict::failed;
    }
    return std::nullopt;
}

Checks::Fact new_fact(const config::Check& check, base::Instant now) {
    return {.check = check, .verdict = verdict_at_start(check.start), .since = now};
}

std::string text_of(const Checks::Fact& fact) {
    return fact.text.empty() ? fmt::format("check {}", fact.check.name)
                             : fmt::format("check {}: {}", fact.check.name, fact.text);
}

}  // namespace

Checks::Checks(const std::vector<config::Check>& checks, base::Instant now) : heard_{now} {
    for (const config::Check& check : checks) facts_.emplace(check.name, new_fact(check, now));
}

void Checks::reconfigure(const std::vector<config::Check>& checks, base::Instant now) {
    std::map<std::string, Fact> before = std::exchange(facts_, {});
    bool is_same = before.size() == checks.size();
    for (const config::Check& check : checks) {
        const auto known = before.find(check.name);
        const bool looks_alike = known != before.end() && known->second.check.probe == check.probe;
        is_same = is_same && looks_alike && known->second.check == check;
        Fact& fact = facts_.emplace(check.name, new_fact(check, now)).first->second;
        if (!looks_alike) continue;
        fact = std::move(known->second);
        fact.check = check;
    }
    if (is_same) return;
    ++plan_;
    wants_plan_ = true;
    // Where there were none the runner's silence said nothing.
    if (before.empty()) heard_ = now;
}

void Checks::restore(const std::vector<Finding>& findings, std::uint64_t plan) {
    for (const Finding& finding : findings) {
        const auto found = facts_.find(finding.name);
        if (found == facts_.end()) continue;
        Fact& fact = found->second;
        fact.verdict = finding.verdict;
        fact.text = finding.text;
        fact.penalty = finding.penalty;
        fact.since = finding.since;
        fact.runs = finding.runs;
        fact.failures = finding.failures;
        fact.duration = finding.duration;
    }
    plan_ = plan + 1;
    wants_plan_ = true;
}

bool Checks::take(const health::FromRunner& message, base::Instant now) {
    if (std::holds_alternative<health::Hello>(message)) {
        ++plan_;
        wants_plan_ = true;
        follow_sign_of_life(now);
        return false;
    }
    if (const auto* died = std::get_if<health::Died>(&message)) {
        ++deaths_;
        trouble_ =
            fmt::format("the runner of the checks has died ({}); another one starts", died->how);
        records_.push_back({Level::error,
                            trouble_,
                            {{"deaths", fmt::to_string(deaths_)}},
                            base::EventKind::checks_unattended});
        return false;
    }
    if (std::holds_alternative<health::Alive>(message)) follow_sign_of_life(now);
    const auto* result = std::get_if<health::ResultMessage>(&message);
    return result != nullptr && take_result(*result, now);
}

void Checks::follow_sign_of_life(base::Instant now) {
    heard_ = now;
    trouble_.clear();
    // It says only what has changed: under a new plan it says everything once more.
    if (std::exchange(is_over_, false)) {
        ++plan_;
        wants_plan_ = true;
    }
}

bool Checks::take_result(const health::ResultMessage& result, base::Instant now) {
    const auto found = facts_.find(result.check);
    // An old runner's last words.
    if (found == facts_.end() || result.plan != plan_) return false;
    follow_sign_of_life(now);
    Fact& fact = found->second;
    const bool was_trusted = std::exchange(fact.trusted_until, std::nullopt).has_value();
    const bool is_other = fact.verdict != result.verdict || fact.is_stale || was_trusted;
    const bool has_other_words = fact.text != result.text;
    const int penalty = result.penalty.value_or(0);
    const bool weighs_other = fact.penalty != penalty;
    if (is_other) {
        fact.since = now;
        const bool has_failed = result.verdict == health::Verdict::failed;
        records_.push_back(
            {has_failed ? Level::warning : Level::notice,
             fmt::format("check {} {}", result.check, name_of(result.verdict)),
             {{"check", result.check}, {"why", result.text}},
             has_failed ? base::EventKind::check_failed : base::EventKind::check_passed});
    }
    fact.verdict = result.verdict;
    fact.text = result.text;
    fact.penalty = penalty;
    fact.runs = result.runs;
    fact.failures = result.failures;
    fact.duration = result.duration;
    fact.is_stale = false;
    return is_other || weighs_other || (has_other_words && fact.has_failed());
}

void Checks::note(Care care) {
    if (std::exchange(care_, care) == care) return;
    if (care == Care::none) ++deaths_;
    records_.push_back({care == Care::none ? Level::error : Level::warning,
                        trouble(),
                        {},
                        base::EventKind::checks_unattended});
}

std::string Checks::trouble() const {
    switch (care_) {
        case Care::kept: return trouble_;
        case Care::without_keeper:
            return trouble_.empty() ? "the keeper of the runner has died: should the runner die, "
                                      "too, checks and hooks cannot run until tandemd is restarted"
                                    : trouble_;
        case Care::none:
            return fmt::format(
                "checks and hooks cannot run until tandemd is restarted: their runner and its "
                "keeper have died{}",
                is_over_ ? "; every check counts as failed" : "");
    }
    return trouble_;
}

void Checks::trust(std::span<const std::string> names, base::Instant now) {
    for (const std::string& name : names) {
        Fact& fact = facts_.at(name);
        if (fact.runs > 0) continue;
        fact.trusted_until = now + fact.check.every + fact.check.timeout + moment;
    }
}

void Checks::distrust(std::span<const std::string> names) {
    for (const std::string& name : names) facts_.at(name).trusted_until.reset();
}

bool Checks::expire_trust(base::Instant now) {
    bool has_ended = false;
    for (auto& [name, fact] : facts_) {
        if (!fact.trusted_until || now < *fact.trusted_until) continue;
        fact.trusted_until.reset();
        has_ended = true;
    }
    return has_ended;
}

bool Checks::expire(base::Instant now) {
    const bool has_doubts = expire_trust(now);
    return expire_grace(now) || has_doubts;
}

bool Checks::expire_grace(base::Instant now) {
    if (is_over_ || facts_.empty() || now < heard_ + grace) return false;
    // It is we who were not there (a machine that was suspended): the runner gets a moment.
    if (now > heard_ + grace + moment) {
        heard_ = now - grace + moment;
        return false;
    }
    is_over_ = true;
    trouble_ = fmt::format(
        "the runner of the checks has been silent for {} s: every check counts "
        "as failed; restart tandemd if it stays so",
        base::milliseconds(grace) / 1000);
    records_.push_back({Level::error, trouble(), {}, base::EventKind::checks_unattended});
    for (auto& [name, fact] : facts_) {
        fact.is_stale = true;
        fact.since = now;
        fact.text = care_ == Care::none ? "not run: the runner has died"
                                        : "not run: the runner does not answer";
    }
    return true;
}

std::optional<base::Instant> Checks::deadline() const {
    std::optional<base::Instant> next;
    for (const auto& [name, fact] : facts_) next = base::earlier(next, fact.trusted_until);
    if (is_over_ || facts_.empty()) return next;
    return base::earlier(next, heard_ + grace);
}

std::vector<health::ToRunner> Checks::take_plan() {
    std::vector<health::ToRunner> messages;
    if (!std::exchange(wants_plan_, false)) return messages;
    messages.emplace_back(health::Begin{plan_});
    for (const auto& [name, fact] : facts_)
        messages.emplace_back(health::CheckMessage{
            .name = name,
            .kind = kind_of(fact.check.probe),
            .every = fact.check.every,
            .timeout = fact.check.timeout,
            .rise = fact.check.rise,
            .fall = fact.check.fall,
            .counts_as = fact.trusted_until ? health::Verdict::passed : fact.verdict});
    messages.emplace_back(health::Commit{plan_});
    return messages;
}

Checks::Consequences Checks::of(std::span<const std::string> names) const {
    Consequences found;
    for (const std::string& name : names) {
        const Fact& fact = facts_.at(name);
        if (fact.trusted_until && !fact.is_stale) continue;
        const bool only_warns = std::holds_alternative<config::on_fail::Warn>(fact.check.on_fail);
        if (!fact.verdict && !fact.is_stale) {
            if (!only_warns)
                found.blockers.push_back(
                    {Blocker::Kind::check_awaited,
                     fmt::format("the first result of check {} is awaited", name)});
            continue;
        }
        if (!fact.has_failed()) continue;
        if (only_warns) found.warnings.push_back(text_of(fact));
        if (std::holds_alternative<config::on_fail::Fault>(fact.check.on_fail))
            found.blockers.push_back({Blocker::Kind::check_failed, text_of(fact)});
        if (const auto* penalty = std::get_if<config::on_fail::Penalty>(&fact.check.on_fail))
            found.terms.push_back(
                {text_of(fact), fact.penalty != 0 ? fact.penalty : penalty->points});
    }
    return found;
}

std::vector<base::log::Record> Checks::take_records() { return std::exchange(records_, {}); }

}  // namespace app
