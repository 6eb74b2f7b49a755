"""The numbers that stand in the docs, each with the number that it is made from."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    name: (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/reproduction.md", "docs/results.md", "docs/perturbations.md", "docs/protocol.md")
}
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d*\.\d+|\d+")
STORED = 0.5e-4
"""The CSV files have four decimals: what was rounded there may be off by so much."""


class Claim(NamedTuple):
    """A number of a page at `start` to `end`; `wanted` is what it is rounded from, up to `slack`."""

    page: str
    start: int
    end: int
    wanted: float
    slack: float = STORED


def fault(claim: Claim, shown: str) -> str:
    """Return what is wrong with `shown` in a claim's place, "" if it is `wanted` rounded to as many decimals."""
    decimals = len(shown.partition(".")[2])
    error = abs(float(shown.replace(",", "")) - claim.wanted)
    limit = 0.5 * 10**-decimals + claim.slack if decimals else 0
    return "" if error <= limit + 1e-9 else f"{claim.page}: {shown} should be {claim.wanted:.6g}"


def shown(claim: Claim) -> str:
    """Return the number as it stands on the page."""
    return PAGES[claim.page][claim.start : claim.end]


Row = list[tuple[int, str]]
"""Place and text of each cell."""


def rows(page: str, header: str) -> Iterator[Row]:
    """Yield the rows of the table whose first line begins with `header`."""
    text = PAGES[page]
    begin = text.index(f"\n{header}") + 1
    for number, line in enumerate(re.finditer(r"^\|.*$", text[begin : text.index("\n\n", begin)], flags=re.MULTILINE)):
        if number > 1:
            edges = [match.start() for match in re.finditer(r"\|", line[0])]
            yield [(begin + line.start() + a + 1, line[0][a + 1 : b]) for a, b in pairwise(edges)]


def cell_claims(page: str, cell: tuple[int, str], wanted: list[float], slack: float = STORED) -> Iterator[Claim]:
    """Yield a claim for each number of a cell; ValueError where it has not as many as are wanted."""
    place, text = cell
    for match, value in zip(NUMBER.finditer(text), wanted, strict=True):
        size = 1e6 if text[match.end() :].startswith(" M") else 1
        yield Claim(page, place + match.start(), place + match.end(), value / size, slack)


def prose_claims(page: str, pattern: str, *wanted: float, slack: float = STORED) -> Iterator[Claim]:
    """Yield a claim for each `{}` of a pattern, which stands once on the page, its line breaks wherever they are."""
    words = r"\s+".join(re.escape(word).replace(r"\{\}", rf"({NUMBER.pattern})") for word in pattern.split())
    (match,) = re.finditer(words, PAGES[page])
    assert len(match.groups()) == len(wanted), pattern
    for group, value in enumerate(wanted, 1):
        yield Claim(page, match.start(group), match.end(group), value, slack)


def table(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file of docs/."""
    with (ROOT / "docs" / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class Pets:
    """`pets_models.csv` by its places: a number that it does not hold is a KeyError."""

    def __init__(self) -> None:
        keys = ("dataset", "model", "perturbation", "strength", "metric_set", "metric", "class")
        self.values = {tuple(row[key] for key in keys): float(row["value"]) for row in table("pets_models.csv")}
        self._under: dict[tuple[str, str], dict[str, dict[float, float]]] = defaultdict(lambda: defaultdict(dict))
        for (data, model, perturbation, strength, metric_set, *score), value in self.values.items():
            if (data, score) == ("pets 40", ["dice", "mean"]) and perturbation != "clean":
                self._under[model, metric_set][perturbation][float(strength)] = value

    def clean(self, model: str, metric_set: str, metric: str, of: str = "mean", data: str = "pets") -> float:
        return self.values[data, model, "clean", "0", metric_set, metric, of]

    def three(self, model: str, metric_set: str) -> list[float]:
        """Return mIoU, Dice and accuracy."""
        scores = [self.clean(model, metric_set, metric) for metric in ("iou", "dice")]
        return [*scores, self.clean(model, metric_set, "pixel_accuracy", "all")]

    def classes(self, model: str) -> list[float]:
        """Return the Dice of background, cat and dog."""
        return [self.clean(model, "standard", "dice", name) for name in ("background", "cat", "dog")]

    def forty(self, model: str, metric_set: str = "standard") -> float:
        """Return the clean Dice of the 40 images."""
        return self.clean(model, metric_set, "dice", data="pets 40")

    def at(self, model: str, perturbation: str, strength: float) -> float:
        return self._under[model, "standard"][perturbation][strength]

    def perturbed(self, model: str, metric_set: str = "standard") -> float:
        """Return the mean over strengths, then over perturbations: eight of nine each."""
        found = self._under[model, metric_set]
        assert [len(strengths) for strengths in found.values()] == [9] * 8
        return fmean(fmean(strengths.values()) for strengths in found.values())

    def lowest(self, model: str, metric_set: str = "standard") -> tuple[float, str, float]:
        """Return value, perturbation and strength; all conditions equal: an empty name."""
        found = [
            (v, name, s) for name, strengths in self._under[model, metric_set].items() for s, v in strengths.items()
        ]
        flat = max(found)[0] - min(found)[0] <= STORED
        return (min(found)[0], "", 0) if flat else min(found)


def lowest_claims(page: str, cell: tuple[int, str], found: tuple[float, str, float]) -> Iterator[Claim]:
    """Yield the claims of a cell "value (perturbation strength)"; it has to name the perturbation, or be a dash."""
    value, perturbation, strength = found
    assert perturbation.replace("_", " ") in cell[1], cell[1]
    yield from cell_claims(page, cell, [value, strength] if perturbation else [])


Columns = dict[int, Callable[[str], list[float]]]
"""What makes the numbers of each column, from the text of the first one."""


def column_claims(page: str, header: str, columns: Columns) -> Iterator[Claim]:
    """Yield the claims of the columns of a table."""
    for row in rows(page, header):
        for column, wanted in columns.items():
            yield from cell_claims(page, row[column], wanted(row[0][1].strip()))
