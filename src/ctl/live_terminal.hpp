// The terminal while a program has it all: alternate screen, no cursor, keys as they are typed.
//
// Whoever drops it gets the terminal back as it was. Writing never waits for a terminal that takes
// nothing (Ctrl-S, a hung connection) longer than a moment.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

class LiveTerminal {
public:
    // The one that standard output is.
    static Expected<LiveTerminal> open();

    LiveTerminal(LiveTerminal&& other) noexcept;
    LiveTerminal& operator=(LiveTerminal&&) = delete;
    LiveTerminal(const LiveTerminal&) = delete;
    LiveTerminal& operator=(const LiveTerminal&) = delete;
    ~LiveTerminal();

    // Again when somebody else may have used it meanwhile: what is given back stays the same.
    void enter();
    void leave();

    void write(std::string_view text) const;
    // What was typed; nothing when nothing was, and no value when the terminal is gone.
    [[nodiscard]] std::optional<std::string> keys() const;
    [[nodiscard]] const base::Fd& fd() const { return tty_; }

    struct Size {
        std::size_t columns;
        std::size_t rows;
    };
    [[nodiscard]] Size size() const;

private:
    explicit LiveTerminal(base::Fd tty) : tty_{std::move(tty)} {}
    void set(const termios& attributes) const;

    base::Fd tty_;
    std::optional<termios> before_;  // while it is ours
};

}  // namespace ctl
