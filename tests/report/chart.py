"""The longest gaps as an SVG picture: two bars an event, on a logarithmic scale.

It brings its own background, so that it is readable on a dark page and on a light one, and follows
the reader's preference where the viewer knows it. Text is text, in whatever sans-serif font there
is.
"""

import math
from xml.sax.saxutils import escape

from results import milliseconds

MAKES = ("tandem", "keepalived")
LOWEST, HIGHEST = 1.0, 10000.0  # ms, the ends of the axis
TICKS = {1: "1 ms", 10: "10 ms", 100: "100 ms", 1000: "1 s", 10000: "10 s"}
WIDTH, LEFT, RIGHT = 820, 220, 110
TOP, ROW, BAR, BOTTOM = 64, 40, 13, 40

STYLE = """
    .page { fill: #ffffff; stroke: #d0d7de; }
    text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
    .small { font-size: 11.5px; fill: #57606a; }
    .title { font-size: 15px; font-weight: 600; }
    .grid { stroke: #d8dee4; }
    .worst { stroke: #1f2328; stroke-width: 1.5; }
    .tandem { fill: #0969da; }
    .keepalived { fill: #d4762c; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117; stroke: #30363d; }
      text { fill: #e6edf3; }
      .small { fill: #9198a1; }
      .grid { stroke: #2b323b; }
      .worst { stroke: #e6edf3; }
      .tandem { fill: #4493f8; }
      .keepalived { fill: #e8955a; }
    }
"""


def place(value):
    """Where a number of milliseconds is on the axis."""
    share = math.log(min(max(value, LOWEST), HIGHEST) / LOWEST) / math.log(HIGHEST / LOWEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def chart(rows, rounds):
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             f'width="{WIDTH}" height="{height}" role="img" aria-labelledby="title description">',
             '  <title id="title">Longest gap that a client sees</title>',
             f'  <desc id="description">{escape(_description(rows))}</desc>',
             f"  <style>{STYLE}  </style>",
             f'  <rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" '
             f'height="{height - 1}" rx="6"/>',
             *_heading(rounds), *_axis(len(rows))]
    for number, row in enumerate(rows):
        parts += _row(row, TOP + number * ROW)
    return "\n".join([*parts, "</svg>", ""])


def _description(rows):
    """All of it in words, for who does not see the picture."""
    return "; ".join(f"{row.event.name}: " + ", ".join(
        f"{make} {_label(row.outcomes[make])}" for make in MAKES) for row in rows)


def _heading(rounds):
    yield _text(16, 26, "Longest gap that a client sees", "title")
    right = WIDTH - 20
    for make, x in zip(MAKES, (right - 180, right - 90)):
        yield f'  <rect class="{make}" x="{x}" y="16" width="12" height="12" rx="2"/>'
        yield _text(x + 18, 26, make)
    what = "one round" if rounds == 1 else f"bar: median of {rounds} rounds, line: up to the worst"
    yield _text(16, 46, f"{what}; logarithmic scale", "small")


def _axis(count):
    bottom = TOP + ROW * count
    for value, words in TICKS.items():
        x = f"{place(value):.1f}"
        yield f'  <line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{bottom}"/>'
        yield _text(x, bottom + 20, words, "small", "middle")


def _row(row, top):
    yield _text(LEFT - 10, top + ROW / 2 + 4, row.event.name, anchor="end")
    for make, y in zip(MAKES, (top + 5, top + 5 + BAR + 3)):
        yield from _bar(make, row.outcomes[make], y)


def _bar(make, outcome, y):
    if outcome.word:
        yield _text(LEFT + 6, y + BAR - 2.5, outcome.word, "small")
        return
    median, worst = (place(value) for value in outcome.gap_ms)
    middle = y + BAR / 2
    yield (f'  <rect class="{make}" x="{LEFT}" y="{y}" width="{max(median - LEFT, 1):.1f}" '
           f'height="{BAR}" rx="2"/>')
    if worst > median + 1:
        yield (f'  <path class="worst" d="M{median:.1f} {middle}H{worst:.1f}'
               f'M{worst:.1f} {y + 3}V{y + BAR - 3}"/>')
    yield _text(f"{worst + 6:.1f}", y + BAR - 2.5, _label(outcome), "small")


def _label(outcome):
    return outcome.word or milliseconds(outcome.gap_ms[0])


def _text(x, y, words, kind="", anchor=""):
    extra = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'  <text x="{x}" y="{y:g}"{extra}>{escape(words)}</text>'
