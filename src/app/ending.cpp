#include "app/ending.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace app {

namespace {
// A bus that does not answer must not hold up a stop.
constexpr base::Duration patience = std::chrono::milliseconds{100};
}  // namespace

Ending Ending::from_environment() {
    const bool is_service =
        std::getenv("NOTIFY_SOCKET") != nullptr && std::getenv("INVOCATION_ID") != nullptr;
    return Ending{is_service ? Manager::systemd : Manager::none};
}

void Ending::note_signal(int number, base::Instant now) {
    if (++signals_ > 1) {
        waits_until_.reset();
        order_ = Order::at_once;
    } else if (number == SIGTERM && manager_ == Manager::systemd) {
        waits_until_ = now + patience;
        has_question_ = true;
    } else {
        order_ = Order::hand_over;
    }
}

void Ending::note(const health::JobAnswer& answer) {
    if (!waits_until_) return;  // too late
    waits_until_.reset();
    const bool is_restart = answer.type == "restart" || answer.type == "try-restart";
    order_ = is_restart ? Order::leave : Order::hand_over;
}

Ending::Order Ending::take_order(base::Instant now) {
    if (waits_until_ && now >= *waits_until_) {
        waits_until_.reset();
        order_ = Order::hand_over;
    }
    return std::exchange(order_, Order::none);
}

bool Ending::take_question() { return std::exchange(has_question_, false); }

}  // namespace app
