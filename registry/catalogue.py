"""Tables of entries for the docs, written by `make docs`: how a page holds one, and that of docs/models.md."""

from collections.abc import Iterable, Sequence

from registry import MODELS
from registry.errors import BenchError


def markers(subject: str) -> tuple[str, str]:
    """Return the two lines of a page between which the table of `subject` stands."""
    return (
        f"<!-- table of {subject}: begin (written by `make docs` from the entries) -->",
        f"<!-- table of {subject}: end -->",
    )


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, a line for each row."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows))


def rewritten(page: str, subject: str, table: str) -> str:
    """Return the text of a page with `table` between its two markers, whatever stood there.

    Raises:
        BenchError: the page has not both markers.
    """
    begin, end = markers(subject)
    before, found_begin, rest = page.partition(begin)
    _, found_end, after = rest.partition(end)
    if not (found_begin and found_end):
        raise BenchError(f"the page has no place for the table of {subject}; put '{begin}' and '{end}' into it")
    return f"{before}{begin}\n\n{table}\n\n{end}{after}"


def model_table() -> str:
    """Return the table of all models, by name."""
    head = ("entry", "what it is", "prompts, the default first", "source", "licence of the code")
    return markdown(head, map(_model, MODELS.names()))


def _model(name: str) -> tuple[str, ...]:
    entry = MODELS[name]
    prompts = ", ".join(f"`{policy}`" for policy in entry.prompts) or "–"
    return f"`{name}`", entry.summary, prompts, entry.source, entry.licence
