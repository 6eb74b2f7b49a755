"""A comparison as one HTML page that loads nothing and runs nothing; every text is escaped."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape

from bench.compare.diff_words import NUMBERS, how_counted, notes, rows_of, sections, verdict_line
from bench.compare.differences import Comparison, Difference

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --worse: #b3261e; --better: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --worse: #ff8a80; --better: #7ddba0; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
table { border-collapse: collapse; } .wide { overflow-x: auto; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.worse { color: var(--worse); } .better { color: var(--better); }
svg { width: 10rem; height: 1rem; } svg line { stroke: currentColor; } svg .zero { stroke: var(--line); }
svg circle { fill: currentColor; }
"""
_WIDTH, _HEIGHT = 160, 16


def page(found: Comparison) -> str:
    """Return the page."""
    digest = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    one, other = (escape(run.record.name) for run in found.runs)
    parts = [
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'\">",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{one} → {other}</title><style>{_STYLE}</style></head><body><main>",
        f"<h1>{one} → {other}</h1><p>{escape(verdict_line(found))}</p>",
    ]
    for title, rows, _ in sections(found):
        parts += [f"<h2>{title}</h2>", *_table(rows)]
    parts += ["<h2>All conditions</h2>", *_table(found.cells)]
    parts += ["<h2>Notes</h2><ul>", *(f"<li>{escape(line)}</li>" for line in notes(found)), "</ul>"]
    return "".join([*parts, f"<p>{escape(how_counted(found))}</p></main></body></html>\n"])


def _table(differences: Sequence[Difference]) -> Iterator[str]:
    rows, scale = rows_of(differences), _scale(differences)
    if not rows:
        return
    head = "".join(f"<th{_side(name)}>{escape(name) or 'verdict'}</th>" for name in rows[0])
    yield f'<div class="wide"><table><thead><tr>{head}<th>interval</th></tr></thead><tbody>'
    for row, difference in zip(rows, differences, strict=True):
        verdict = difference.verdict if difference.verdict in ("worse", "better") else "unclear"
        cells = "".join(f"<td{_side(name)}>{escape(text)}</td>" for name, text in row.items())
        yield f'<tr class="{verdict}">{cells}<td>{_whisker(difference, scale)}</td></tr>'
    yield "</tbody></table></div>"


def _side(name: str) -> str:
    return ' class="n"' if name in NUMBERS else ""


def _scale(differences: Sequence[Difference]) -> float:
    """Return the largest bound of a table's intervals: all of its whiskers have one scale."""
    return max((abs(bound) for row in differences for bound in row.change[1:] if bound is not None), default=0.0)


def _whisker(difference: Difference, scale: float) -> str:
    """Return an interval as a drawing; the line in the middle is no change."""
    value, low, high = difference.change
    if value is None or low is None or high is None or not scale:
        return ""
    a, b, c = (f"{_WIDTH / 2 * (1 + 0.95 * one / scale):.1f}" for one in (low, value, high))
    y = _HEIGHT / 2
    middle = f'<line class="zero" x1="{_WIDTH / 2}" x2="{_WIDTH / 2}" y1="0" y2="{_HEIGHT}"/>'
    drawn = f'{middle}<line x1="{a}" x2="{c}" y1="{y}" y2="{y}"/><circle cx="{b}" cy="{y}" r="3"/>'
    words = f"change {value:+.4f}, from {low:+.4f} to {high:+.4f}"
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{words}">{drawn}</svg>'
