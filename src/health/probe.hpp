// A check's way of looking, and what it may use of the process that it runs in.
//
// Knows nothing of rise and fall, of names and of messages. Nothing here may block: what takes time
// waits in the runner's one epoll.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"

namespace health {

struct CheckMessage;
class Instruments;

struct Outcome {
    bool is_well;
    std::string text;
    std::optional<int> penalty{};
};

// Started when it is due, ends with one Outcome.
class Probe {
public:
    virtual ~Probe() = default;
    // Starts one look. It may be over at once (an Outcome), or goes on: then on_ready() is called,
    // until it returns one, the probe has said so to Waker::finish(), or give_up() is called.
    virtual std::optional<Outcome> start(base::Instant now) = 0;
    // A descriptor of the probe is ready (see Waker::watch).
    virtual std::optional<Outcome> on_ready(int descriptor, base::Instant now) = 0;
    // Its timeout has passed: it must end here.
    virtual Outcome give_up(base::Instant now) = 0;
    // Something of the last look still goes on after give_up(): no other one can begin.
    [[nodiscard]] virtual bool is_busy() const { return false; }
};

// Reads a descriptor that several probes share.
class Reader {
public:
    virtual ~Reader() = default;
    virtual void on_ready(int descriptor, base::Instant now) = 0;
};

// What a probe may use of the runner: descriptors that it waits for.
class Waker {
public:
    virtual ~Waker() = default;
    // Level triggered; again to change the events.
    virtual void watch(int descriptor, std::uint32_t epoll_events, Probe& probe) = 0;
    virtual void watch(int descriptor, std::uint32_t epoll_events, Reader& reader) = 0;
    // Before the descriptor is closed. Nothing happens when it was not watched.
    virtual void unwatch(int descriptor) = 0;
    // The probe knows something before it is due (inotify, netlink): look at once, unless it is
    // looking already.
    virtual void look_now(Probe& probe) = 0;
    // The look that goes on is over: its answer came through a descriptor that probes share.
    virtual void finish(Probe& probe, Outcome outcome) = 0;
};

// Makes the probe of a check; an error is a check that can never run. `instruments` are what probes
// of a kind share, and outlive them (health/instruments.hpp).
base::Result<std::unique_ptr<Probe>> make_probe(const CheckMessage& check,
                                                Instruments& instruments);

}  // namespace health
