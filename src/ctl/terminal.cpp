#include "ctl/terminal.hpp"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace ctl {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

bool is_coloured(const Terminal& terminal, ColorChoice color) {
    switch (color) {
        case ColorChoice::always: return true;
        case ColorChoice::never: return false;
        case ColorChoice::automatic: break;
    }
    return terminal.is_terminal && terminal.no_color.empty() && !terminal.term.empty() &&
           terminal.term != "dumb";
}

}  // namespace

Terminal terminal_of_stdout() {
    Terminal terminal{
        .is_terminal = ::isatty(STDOUT_FILENO) == 1,
        .no_color = variable("NO_COLOR"),
        .term = variable("TERM"),
        .codeset = ::nl_langinfo(CODESET),
    };
    winsize size{};
    if (terminal.is_terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        terminal.width = size.ws_col;
    return terminal;
}

Style style_for(const Terminal& terminal, ColorChoice color) {
    return Style{.color = is_coloured(terminal, color),
                 .utf8 = terminal.codeset == "UTF-8",
                 .width = terminal.width};
}

}  // namespace ctl
