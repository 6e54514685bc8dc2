// Which style suits the reader: a rule over facts, and the one function that collects the facts.
#pragma once

#include <cstddef>
#include <string>

#include "ctl/options.hpp"
#include "ctl/text.hpp"

namespace ctl {

struct Terminal {
    bool is_terminal = false;
    std::string no_color;  // the variables NO_COLOR and TERM; "" when not set
    std::string term;
    std::string codeset;  // of the locale: "UTF-8", "ANSI_X3.4-1968"
    std::size_t width = 0;
};

// What stdout is connected to. Call after setlocale().
Terminal terminal_of_stdout();

Style style_for(const Terminal& terminal, ColorChoice color);

}  // namespace ctl
