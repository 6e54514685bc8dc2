"""What was measured of an event: numbers that are compared, and words where there are none."""

import dataclasses
import statistics

NOT_AVAILABLE = "not available"
NOT_MEASURED = "not measured"
FAILED = "failed"


@dataclasses.dataclass(frozen=True)
class Sample:
    """What the client saw of one event."""

    lost: int
    gap_ms: float
    stall_ms: float = 0.0  # the client's own longest pause
    holders: int = 1       # how many routers have the address at the end


@dataclasses.dataclass(frozen=True)
class Outcome:
    """All samples of an event with one make, or the word that stands for them, and why."""

    samples: tuple = ()
    word: str = ""
    why: str = ""

    @property
    def lost(self):
        """Median and worst."""
        return _spread([sample.lost for sample in self.samples])

    @property
    def gap_ms(self):
        return _spread([sample.gap_ms for sample in self.samples])

    @property
    def leaves_duplicates(self):
        return any(sample.holders > 1 for sample in self.samples)


@dataclasses.dataclass(frozen=True)
class Row:
    """An event and its outcome by make."""

    event: object
    outcomes: dict

    @property
    def breaks_promise(self):
        """Whether tandem has cost its clients something where it promises not to."""
        outcome = self.outcomes["tandem"]
        return self.event.promised and (
            outcome.word == FAILED or any(sample.lost for sample in outcome.samples))


def _spread(values):
    return statistics.median_high(values), max(values)


def milliseconds(value):
    """As precise as it is: 2.1 ms, 612 ms, 3,609 ms."""
    return f"{value:.1f} ms" if value < 9.95 else f"{value:,.0f} ms"
