#include "app/ledger.hpp"

#include <chrono>
#include <utility>

namespace app {

namespace {

// The runner gives up after 10 s. One that dies is there again sooner, and is told once more.
constexpr base::Duration time_to_answer = std::chrono::seconds{15};
constexpr base::Duration time_between_attempts = std::chrono::seconds{30};

}  // namespace

void Ledger::write(std::string text) {
    text_ = std::move(text);
    is_new_ = true;
    again_at_.reset();
}

std::optional<health::SaveMessage> Ledger::take_order(base::Instant now) {
    if (sent_until_ && *sent_until_ <= now) fail("the runner does not answer", now);
    if (again_at_ && *again_at_ <= now) is_new_ = true;
    if (!is_new_) return std::nullopt;
    is_new_ = false;
    again_at_.reset();
    if (is_unattended_) {
        fail("nobody is there to write it; restart tandemd", now);
        return std::nullopt;
    }
    constexpr std::size_t room = health::message_size / 4;  // as JSON within JSON it grows
    if (text_.size() > room) {
        fail("it is too large", now);
        return std::nullopt;
    }
    sent_until_ = now + time_to_answer;
    return health::SaveMessage{++id_, path_, text_};
}

void Ledger::take(const health::FromRunner& message, base::Instant now) {
    if (std::holds_alternative<health::Hello>(message)) {
        is_new_ = is_new_ || sent_until_ || again_at_;
        sent_until_.reset();
    }
    const auto* saved = std::get_if<health::Saved>(&message);
    if (saved == nullptr || saved->id != id_ || !sent_until_) return;
    sent_until_.reset();
    if (!saved->error.empty()) return fail(saved->error, now);
    error_.clear();
}

void Ledger::note(Care care) { is_unattended_ = care == Care::none; }

void Ledger::fail(std::string why, base::Instant now) {
    sent_until_.reset();
    error_ = std::move(why);
    again_at_ = now + time_between_attempts;
}

std::optional<base::Instant> Ledger::deadline() const {
    return is_new_ ? std::optional{base::Instant{}} : base::earlier(sent_until_, again_at_);
}

}  // namespace app
