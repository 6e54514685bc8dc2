// What tandem-exporter answers, apart from the transport.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/outcome.hpp"

namespace ctl {

// The metrics, asked of the daemon when they are needed. However many scrape, the daemon is asked
// once in `freshness` and by one at a time; the others get what that one has got.
class Collector {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds freshness{500};

    struct Surroundings {
        std::function<Expected<std::string>()> ask;
        std::function<Clock::time_point()> now;
        // For the log: that the daemon does not answer, and why; that it does again.
        std::function<void(const std::string& line)> tell;
    };
    explicit Collector(Surroundings surroundings) : surroundings_{std::move(surroundings)} {}

    // May be called by several threads at once.
    std::string text();

private:
    void tell(const std::optional<Failure>& failure);

    Surroundings surroundings_;
    std::mutex mutex_;
    std::string text_;
    std::optional<Clock::time_point> collected_;
    std::string trouble_;  // what was told last; empty when all is well
};

struct Reply {
    int status;
    std::string_view content_type;
    std::string body;
};
Reply reply_to(std::string_view method, std::string_view path, Collector& collector);

}  // namespace ctl
