// A configuration's way into the daemon that runs: ordered, read and checked by another process
// (delivery.hpp), put in force as a whole or not at all, confirmed or taken back.
//
// One at a time, in order. Waits for nobody and opens one small file of its own, in the run
// directory: the loop carries its orders to the runner and what it has put in force to the engine.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "app/delivery.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "config/load.hpp"
#include "health/message.hpp"

namespace app {

// A configuration with the files that it was made of.
struct Edition {
    config::Config config;
    std::vector<config::Source> sources;
};

class Reloader {
public:
    struct Surroundings {
        config::Request request;  // of the start; its file is read again
        std::string program;      // that checks, with --check --deliver
        std::string directory;    // where it delivers
        std::string identity;     // of the program that runs; see program_identity()
        // Why the file of `program` must not be run with privileges; empty when it may. What runs
        // already checks the files then, and no other program goes on in its place.
        std::string distrust{};
    };
    Reloader(Surroundings surroundings, Edition in_force)
        : surroundings_{std::move(surroundings)}, in_force_{std::move(in_force)} {}

    enum class Purpose : std::uint8_t {
        apply,
        upgrade,  // the same, in the program that is on the disk now, even when it is the same
        preview,  // only what would happen
    };
    struct Order {
        Purpose purpose = Purpose::apply;
        std::string file{};                              // of a preview
        std::optional<base::Duration> confirm_within{};  // else what was before is back
        bool operator==(const Order&) const = default;
    };
    using Ticket = std::uint64_t;
    // None: too many wait already.
    std::optional<Ticket> order(Order order);

    // A program before this one has given this ticket, and this one was to do it.
    void go_on(Ticket ticket);

    struct Result {
        enum class State : std::uint8_t { waiting, done, failed };
        State state = State::waiting;
        std::string text{};                  // why it failed, or warnings
        std::vector<std::string> changes{};  // what it does, in words
    };
    // Null for a ticket that was never given, or long ago.
    [[nodiscard]] const Result* result(Ticket ticket) const;

    // An error in words; empty when it is done.
    std::string confirm();
    std::string roll_back();

    // What the runner said: the end of a check is among it.
    void take(const std::vector<health::FromRunner>& messages, base::Instant now);
    // Nobody reads files any more.
    void lose_runner();
    // A time is over: that to confirm, or the patience with the runner.
    void expire(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    // What the runner is to do now.
    [[nodiscard]] std::optional<health::RunMessage> take_order(base::Instant now);
    // What the engine is to do from now on.
    [[nodiscard]] std::optional<config::Config> take_config();
    // A check has come from another program than this one: it should go on in our place.
    [[nodiscard]] std::optional<Ticket> take_upgrade();
    [[nodiscard]] std::vector<base::log::Record> take_records() {
        return std::exchange(records_, {});
    }

    // It cannot go on just now: asked again.
    void put_off_upgrade(Ticket ticket) { upgrade_ = ticket; }
    // The ticket's order has failed after all.
    void fail(Ticket ticket, std::string why);
    [[nodiscard]] const Edition& in_force() const { return in_force_; }
    // Until when somebody has to confirm.
    [[nodiscard]] std::optional<base::Instant> unconfirmed_until() const {
        return unconfirmed_until_;
    }
    [[nodiscard]] const std::string& program() const { return surroundings_.program; }
    [[nodiscard]] bool can_roll_back() const { return previous_.has_value(); }
    // Of the reloads that this process has dealt with; previews are none.
    struct Tally {
        std::uint64_t done = 0;
        std::uint64_t failed = 0;
        bool has_last_succeeded = true;  // so it is before the first one: the start has
    };
    [[nodiscard]] const Tally& tally() const { return tally_; }

private:
    struct Waiting {
        Ticket ticket;
        Order order;
    };
    struct Running {
        Waiting what;
        base::Instant until;
    };
    static constexpr base::Duration patience = std::chrono::seconds{30};

    [[nodiscard]] std::string delivery_file(Ticket ticket) const;
    void judge(const Waiting& waiting, const health::HookEnded& ended, base::Instant now);
    void put_in_force(const Waiting& waiting, Edition edition, Result result, base::Instant now);
    void replace(Edition edition, const char* how);
    void fail(const Waiting& waiting, std::string why);
    void refuse(Ticket ticket, std::string why);
    void tell(std::optional<base::EventKind> event, base::log::Level level, std::string message,
              std::string detail);

    Surroundings surroundings_;
    Edition in_force_;
    std::optional<Edition> previous_;
    std::optional<base::Instant> unconfirmed_until_;
    std::deque<Waiting> waiting_;
    std::optional<Running> running_;
    std::map<Ticket, Result> results_;
    Ticket last_ticket_ = 0;
    Tally tally_;
    std::optional<config::Config> next_;
    std::optional<Ticket> upgrade_;
    std::vector<base::log::Record> records_;
};

}  // namespace app
