// Waits for descriptors, and knows whose they are.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "health/probe.hpp"

namespace health {

class Reactor final : public Waker {
public:
    static base::Result<Reactor> open();

    void watch(int descriptor, std::uint32_t epoll_events, Probe& probe) override;
    void watch(int descriptor, std::uint32_t epoll_events, Reader& reader) override;
    void unwatch(int descriptor) override;
    void look_now(Probe& probe) override { hurried_.push_back(&probe); }
    void finish(Probe& probe, Outcome outcome) override {
        finished_.emplace_back(&probe, std::move(outcome));
    }
    // No probe of this address is there any more.
    void forget(const Probe& probe);

    // Waits until a descriptor is ready, or the deadline has come; the descriptors that are ready.
    const std::vector<int>& wait(std::optional<base::Instant> deadline);
    // Whose a descriptor is; nobody's when it is watched no more.
    using Target = std::variant<std::monostate, Probe*, Reader*>;
    [[nodiscard]] Target target(int descriptor) const;

    // What probes have asked for since the last call.
    std::vector<Probe*> take_hurried() { return std::exchange(hurried_, {}); }
    std::vector<std::pair<Probe*, Outcome>> take_finished() { return std::exchange(finished_, {}); }

private:
    Reactor(base::Fd epoll, base::Fd timer) : epoll_{std::move(epoll)}, timer_{std::move(timer)} {}
    void watch(int descriptor, std::uint32_t epoll_events, Target target);
    void arm(std::optional<base::Instant> deadline);

    base::Fd epoll_;
    base::Fd timer_;
    std::optional<base::Instant> armed_;
    std::unordered_map<int, Target> targets_;
    std::vector<int> ready_;
    std::vector<Probe*> hurried_;
    std::vector<std::pair<Probe*, Outcome>> finished_;
};

}  // namespace health
