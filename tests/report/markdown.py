"""The table and the method in Markdown, and their place in a file."""

from results import milliseconds

BEGIN, END = "<!-- report: begin -->", "<!-- report: end -->"
DUPLICATE = "†"


class NoPlace(Exception):
    """The file has no place for the report."""


def table(rows):
    """With a note below it where an event leaves an address on two routers."""
    lines = ["| event | tandem: lost probes | longest gap "
             "| keepalived: lost probes | longest gap |",
             "|---|--:|--:|--:|--:|"]
    for row in rows:
        cells = [row.event.name]
        for make in ("tandem", "keepalived"):
            cells += _cells(row.outcomes[make])
        lines.append(f"| {' | '.join(cells)} |")
    if any(outcome.leaves_duplicates for row in rows for outcome in row.outcomes.values()):
        lines += ["", f"{DUPLICATE} At the end both routers had the address."]
    return "\n".join(lines)


def _cells(outcome):
    if outcome.word:
        return [outcome.word, ""]
    mark = DUPLICATE if outcome.leaves_duplicates else ""
    return [_both(*(f"{value:,}" for value in outcome.lost)) + mark,
            _both(*(milliseconds(value) for value in outcome.gap_ms))]


def _both(median, worst):
    return median if median == worst else f"{median} ({worst})"


def method(rows, rounds, setting, versions):
    """What was done, in words that do not depend on the machine."""
    stall = max((sample.stall_ms for row in rows for outcome in row.outcomes.values()
                 for sample in outcome.samples), default=0.0)
    several = "once" if rounds == 1 else f"{rounds} times: median (worst, where it differs)"
    paragraphs = [
        f"Each event {several}. A client sends an ICMP echo request to the virtual "
        f"IPv{setting.family} address every millisecond; a probe that is not answered within "
        "100 ms is lost, and the longest gap is the longest time without an answer, from the event "
        "until its last consequence is over. Without any event that is 1 ms and what the client's "
        "own pauses add: the longest one in this run was "
        f"{milliseconds(stall)}.",
        f"{versions['tandem']} and {versions['keepalived']}, VRRP version 3, adverts every "
        f"{setting.interval:g} s, priorities 200 and 100, both preempt; everything else is as each "
        "comes (but keepalived's second burst of gratuitous ARP comes after 1 s rather than 5). "
        "Each make has two routers and a client in network namespaces around a switch. Both makes "
        "go through an event at the same time; each round begins with daemons that were newly "
        "started, and with the stronger router Active.",
        "Where a daemon dies or hangs and its machine lives, the kernel goes on answering while "
        "nobody removes the address; a client waits for the other router only where it is removed "
        "too early, or where the machine or its link dies as well, which is the last event.",
        "\n".join(f"- {row.event.name}: {row.event.what}." for row in rows)]
    return "\n\n".join(paragraphs)


def document(rows, rounds, setting, versions, chart):
    """What stands between the two markers; `chart` is where the picture is found."""
    return "\n".join([
        f"![The longest gap that a client sees, by event: tandem and keepalived]({chart})", "",
        table(rows), "",
        "<details><summary>How this was measured</summary>", "",
        method(rows, rounds, setting, versions), "",
        "</details>"])


def insert(text, report):
    """The text with the report between its markers, instead of what was there."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise NoPlace(f"the report belongs between one {BEGIN} and one {END}")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{report}\n{END}{after}"
