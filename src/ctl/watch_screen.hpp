// What `tandemctl watch` shows: from the last two answers to lines, a line a row of the terminal.
//
// A pure function. Knows neither the terminal nor the clock.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

struct Watched {
    std::optional<Status> now;     // without a value: there was no answer, and `trouble` says why
    std::optional<Status> before;  // the answer before, to see what has been counted since
    double seconds_between = 0;
    std::string trouble{};
    double silent_seconds = 0;  // for how long there was no answer
};

// At most `rows` lines, none wider than the style allows: what does not fit is cut off, and of
// routers that do not fit there is the number. Nothing of an answer that is not the present one.
std::vector<std::string> watch_lines(const Watched& watched, const Style& style, std::size_t rows);

}  // namespace ctl
