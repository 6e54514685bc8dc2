#include "ctl/terminal.hpp"

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

const Terminal xterm{
    .is_terminal = true, .no_color = "", .term = "xterm", .codeset = "UTF-8", .width = 80};

// The terminal with one fact changed.
template <typename Change>
Terminal xterm_but(Change change) {
    Terminal terminal = xterm;
    change(terminal);
    return terminal;
}

}  // namespace

TEST_GROUP(CtlTerminal){};

TEST(CtlTerminal, ATerminalGetsColoursAndItsWidth) {
    const Style style = style_for(xterm, ColorChoice::automatic);
    CHECK(style.color && style.utf8);
    LONGS_EQUAL(80, style.width);
}

TEST(CtlTerminal, NoColoursOnPipesDumbTerminalsAndRequest) {
    for (const Terminal& terminal : {xterm_but([](Terminal& t) { t.is_terminal = false; }),
                                     xterm_but([](Terminal& t) { t.no_color = "1"; }),
                                     xterm_but([](Terminal& t) { t.term = "dumb"; }),
                                     xterm_but([](Terminal& t) { t.term = ""; })}) {
        CHECK(!style_for(terminal, ColorChoice::automatic).color);
        CHECK(style_for(terminal, ColorChoice::always).color);
    }
    CHECK(!style_for(xterm, ColorChoice::never).color);
}

TEST(CtlTerminal, AnotherLocaleGetsAscii) {
    const Terminal latin = xterm_but([](Terminal& t) { t.codeset = "ISO-8859-1"; });
    CHECK(!style_for(latin, ColorChoice::automatic).utf8);
}
