"""A comparison in words and as Markdown: what got better, what got worse, what cannot be told."""

from collections.abc import Iterator, Sequence

from bench.compare.differences import Comparison, Difference
from bench.statistics.intervals import LEVEL
from registry.errors import first_of
from registry.safe_text import printable

SHOWN = 10
"""Conditions of one verdict that stand in a terminal or above the fold; Markdown and HTML have all of them."""
NUMBERS = ("first", "second", "change")


def verdict_line(found: Comparison) -> str:
    """Return the answer in one sentence."""
    numbers = [len(found.of(one)) for one in ("worse", "better", "unclear", "equal", "not defined")]
    worse, better, unclear, equal, undefined = numbers
    parts = [f"{worse} worse", f"{better} better", f"{unclear} without a clear change"]
    parts += [f"{equal} equal"] if equal else []
    parts += [f"{undefined} not defined"] if undefined else []
    perturbed = sum(numbers)
    return f"Perturbed conditions: {', '.join(parts)}, of {perturbed}." if perturbed else "No perturbed condition."


def how_counted(found: Comparison) -> str:
    """Return how the numbers are to be read."""
    title = found.asked.facts.title
    sets = ", ".join(dict.fromkeys(row.metric_set for row in found.cells))
    images = sorted({row.images for row in found.cells})
    span = f"{images[0]}" if len(images) == 1 else f"{images[0]} to {images[-1]}"
    chance = (1 - LEVEL) * len(found.cells)
    many = f" Of {len(found.cells)} intervals about {chance:.0f} miss 0 by chance alone." if chance >= 1 else ""
    return (
        f"Score: {found.asked.metric} ({title}, metric set {sets}) on {span} images. Change: second minus first, with "
        f"its {LEVEL:.0%} interval from {found.asked.resamples} resamples of the images.{many}"
    )


def rows_of(differences: Sequence[Difference]) -> list[dict[str, str]]:
    """Return differences as rows of a table."""
    datasets = {one.dataset for one in differences}
    return [
        {
            **({"data": one.dataset} if len(datasets) > 1 else {}),
            "model": one.model,
            "condition": one.condition,
            "first": score(one.one),
            "second": score(one.other),
            "change": change(one),
            "": one.verdict,
        }
        for one in differences
    ]


def score(value: float | None) -> str:
    """Return a score with 4 digits, a dash where it is not defined."""
    return "–" if value is None else f"{value:.4f}"


def change(one: Difference) -> str:
    """Return a change with its interval."""
    value, low, high = one.change
    if value is None or low is None or high is None:
        return "–"
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"


def notes(found: Comparison) -> Iterator[str]:
    """Yield what is not compared, what has to be said, and what else differs."""
    yield from (f"Not compared: {line}" for line in found.refused)
    yield from (f"Note: {line}" for line in found.marks)
    if found.same_weights:
        yield f"Note: equal weights in both runs: {first_of(found.same_weights, SHOWN)}"
    yield from (f"Also differs (first / second): {line}" for line in found.remarks)


def sections(found: Comparison, shown: int | None = None) -> Iterator[tuple[str, list[Difference], int]]:
    """Yield title, rows and the number of rows left out, of each part that has rows; shown: at most so many."""
    yield "All in all", found.overall, 0
    for title, verdict in (("What got worse", "worse"), ("What got better", "better")):
        rows = found.of(verdict)  # type: ignore[arg-type]
        if rows:
            yield title, rows[:shown], max(0, len(rows) - (shown or len(rows)))


def markdown(found: Comparison) -> str:
    """Return a comparison as Markdown for a pull request: the verdict first, all conditions folded away."""
    one, other = (_plain(run.record.name) for run in found.runs)
    lines = [f"### segbench diff: {one} → {other}", "", verdict_line(found), ""]
    for title, rows, _ in sections(found):
        lines += [f"**{title}**", "", *_table(rows), ""]
    lines += ["<details><summary>All conditions</summary>", "", *_table(found.cells), "", "</details>", ""]
    lines += [f"- {_plain(note)}" for note in notes(found)]
    return "\n".join([*lines, "", _plain(how_counted(found)), ""])


def _table(differences: Sequence[Difference]) -> Iterator[str]:
    rows = rows_of(differences)
    if rows:
        yield f"| {' | '.join(name or 'verdict' for name in rows[0])} |"
        yield f"|{'|'.join('---:' if name in NUMBERS else '---' for name in rows[0])}|"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row.values())} |"


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is: no markup, no table, no mention of a person, no HTML.

    >>> _plain("a|b <b> @x *y*")
    'a\\\\|b &lt;b&gt; &#64;x \\\\*y\\\\*'
    """
    safe = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    for sign in "\\`*_[]#|~!":
        safe = safe.replace(sign, f"\\{sign}") if sign != "#" else safe
    return safe
