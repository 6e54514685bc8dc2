#include "app/chronicle.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "app/chronicle_text.hpp"

namespace app {

using base::log::Level;

namespace {

constexpr base::Duration time_between_orders = std::chrono::seconds{1};
// The runner gives up after 10 s.
constexpr base::Duration time_to_answer = std::chrono::seconds{15};
constexpr base::Duration time_between_attempts = std::chrono::seconds{30};

// As JSON within JSON it grows.
constexpr std::size_t text_of_an_order = health::message_size / 4;
// A file begins anew then, and the one before stays beside it: together they hold all events.
constexpr std::uint64_t largest_file = 512UL * 1024;

// Texts of others go into an event, of any length.
constexpr std::size_t longest_text = 500;
constexpr std::size_t longest_event = 3000;

std::string shortened(std::string_view text) {
    if (text.size() <= longest_text) return std::string{text};
    return std::string{text.substr(0, longest_text)} + "...";
}

Event event_of(const base::log::Record& record) {
    Event event{.kind = *record.event, .level = record.level, .message = shortened(record.message)};
    std::size_t size = event.message.size();
    for (const base::log::Field& field : record.fields) {
        base::log::Field kept{field.key, shortened(field.value)};
        size += kept.key.size() + kept.value.size();
        if (size > longest_event) break;
        event.fields.push_back(std::move(kept));
    }
    return event;
}

}  // namespace

// What could not be saved before a crash has had numbers, too, and somebody may have seen them.
void Chronicle::open(std::string path, std::vector<Event> kept) {
    path_ = std::move(path);
    if (kept.empty()) return;
    next_ = kept.back().number + capacity;
    saved_ = next_ - 1;
    events_.assign(std::make_move_iterator(kept.begin()), std::make_move_iterator(kept.end()));
    while (events_.size() > capacity) events_.pop_front();
}

Chronicle::Standing Chronicle::standing() const {
    return {.events = {events_.begin(), events_.end()}, .saved = saved_};
}

void Chronicle::restore(Standing standing) {
    if (standing.events.empty()) return;
    next_ = standing.events.back().number + 1;
    saved_ = std::min(standing.saved, next_ - 1);
    events_.assign(std::make_move_iterator(standing.events.begin()),
                   std::make_move_iterator(standing.events.end()));
}

void Chronicle::note(const base::log::Record& record, WallClock wall) {
    if (!record.event) return;
    Event event = event_of(record);
    event.number = next_++;
    event.wall = wall;
    events_.push_back(std::move(event));
    if (events_.size() > capacity) events_.pop_front();
}

std::optional<health::SaveMessage> Chronicle::take_order(base::Instant now) {
    if (sent_until_ && *sent_until_ <= now) {
        sent_until_.reset();
        next_order_at_ = now;
    }
    if (path_.empty() || sent_until_ || saved_ == last_number() || now < next_order_at_)
        return std::nullopt;
    const auto first = std::ranges::upper_bound(events_, saved_, {}, &Event::number);
    if (first == events_.end()) return std::nullopt;
    std::string text;
    for (auto event = first; event != events_.end(); ++event) {
        std::string line = line_of(*event);
        if (!text.empty() && text.size() + line.size() > text_of_an_order) break;
        text += line;
        ordered_ = event->number;
    }
    sent_until_ = now + time_to_answer;
    next_order_at_ = now + time_between_orders;
    return health::SaveMessage{
        .id = ++order_, .path = path_, .text = std::move(text), .append_up_to = largest_file};
}

std::optional<base::log::Record> Chronicle::take(const health::FromRunner& message,
                                                 base::Instant now) {
    if (std::holds_alternative<health::Hello>(message)) sent_until_.reset();
    const auto* saved = std::get_if<health::Saved>(&message);
    if (saved == nullptr || saved->id != order_ || !sent_until_) return std::nullopt;
    sent_until_.reset();
    if (!saved->error.empty()) return fail(saved->error, now);
    has_failed_ = false;
    saved_ = ordered_;
    return std::nullopt;
}

std::optional<base::log::Record> Chronicle::fail(const std::string& why, base::Instant now) {
    next_order_at_ = now + time_between_attempts;
    if (std::exchange(has_failed_, true)) return std::nullopt;
    return base::log::Record{Level::warning,
                             "events are not kept over a restart; trying again",
                             {{"file", path_}, {"error", why}}};
}

bool Chronicle::is_settled() const {
    return path_.empty() || has_failed_ || saved_ == last_number();
}

std::optional<base::Instant> Chronicle::deadline() const {
    if (path_.empty() || saved_ == last_number()) return std::nullopt;
    return sent_until_ ? sent_until_ : std::optional{next_order_at_};
}

}  // namespace app
