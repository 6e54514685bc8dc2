#include "health/saves.hpp"

#include <chrono>
#include <utility>

namespace health {

namespace {

// A disk that needs longer than this is no place to keep something.
constexpr base::Duration time_to_save = std::chrono::seconds{10};

}  // namespace

void Saves::order(const SaveMessage& save, base::Instant now) {
    std::erase_if(waiting_, [&](const SaveMessage& older) {
        if (older.path != save.path) return false;
        answers_.push_back({older.id, "a newer text has come"});
        return true;
    });
    waiting_.push_back(save);
    begin_next(now);
}

void Saves::begin_next(base::Instant now) {
    while (!running_ && !waiting_.empty()) {
        const SaveMessage save = std::move(waiting_.front());
        waiting_.pop_front();
        const auto child = children_.begin({.command = {},
                                            .input = save.text,
                                            .save_to = save.path,
                                            .append_up_to = save.append_up_to},
                                           *this);
        if (child)
            running_ = Running{*child, save.id, now + time_to_save};
        else
            answers_.push_back({save.id, child.error().text()});
    }
}

void Saves::on_time(base::Instant now) {
    if (!running_ || !running_->ends_at || *running_->ends_at > now) return;
    running_->ends_at.reset();
    children_.end(running_->child, now);
}

std::optional<base::Instant> Saves::deadline() const {
    return running_ ? running_->ends_at : std::nullopt;
}

void Saves::on_ended(ChildId child, const Ending& ending, base::Instant now) {
    if (!running_ || running_->child != child) return;
    const bool is_done = ending.status == 0 && ending.signal == 0;
    std::string error = ending.output;
    if (!is_done && error.empty()) error = "the disk did not answer in time";
    answers_.push_back({running_->id, is_done ? std::string{} : std::move(error)});
    running_.reset();
    begin_next(now);
}

std::vector<Saved> Saves::take_answers() { return std::exchange(answers_, {}); }

}  // namespace health
