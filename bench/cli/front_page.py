"""`bench --help`: the first page that a user reads, without typer, whose import takes longer than all else.

The words of it are those that typer prints (a test compares them).
"""

from shutil import get_terminal_size
from textwrap import fill

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "Train what is missing, evaluate, tabulate, plot, report."),
    "plan": ("plan", "Show what a run would do, and how long it takes."),
    "check": ("check", "Check suite files; every fault with its place."),
    "list": ("listing", "List what a suite can name."),
    "report": ("report", "Draw a run's report again from its files."),
    "verify": ("verify", "Compute a run's numbers again from its cells."),
    "merge": ("merge", "Join runs of equal protocols into one."),
    "diff": ("diff", "Compare two runs: what got better, what got worse."),
    "gate": ("gate", "Check that scores keep a bound, for certain."),
    "publish": ("publish", "Publish a run: a static page and a model card."),
    "train": ("train", "Train the missing checkpoints only."),
    "data": ("data", "Count and draw a data set's images."),
    "fetch": ("fetch", "Get the data and weights that a suite needs."),
    "perturb": ("perturb", "Perturb one image, or draw a sheet of many perturbations."),
    "corrupt": ("corrupt", "Write a corrupted copy of a data set."),
}
"""Each command's module in this folder, and what it does."""

PURPOSE = "Benchmark segmentation models and how they hold up when images get worse."
EXAMPLES = """\
Examples:
  bench run robustness --limit 50   the main job, on a sample of 50 images
  bench plan robustness             what it would do, and how long
  bench list perturbations          what there is"""

OPTIONS = {
    "--version": "Print the version.",
    "--install-completion": "Install completion for the current shell.",
    "--show-completion": "Show completion for the current shell, to copy it or customize the installation.",
    "-h, --help": "Show this message and exit.",
}

WIDEST = 100
"""Columns of a help page, however wide the terminal is."""


def front_page() -> str:
    """Return the page, folded to the terminal's width."""
    width = max(min(get_terminal_size().columns, WIDEST) - 2, 50)
    return "\n\n".join(
        [
            "Usage: bench [OPTIONS] COMMAND [ARGS]...",
            fill(PURPOSE, width, initial_indent="  ", subsequent_indent="  "),
            "\n".join(f"  {line}" for line in EXAMPLES.splitlines()),
            _table("Options:", OPTIONS, width),
            _table("Commands:", {name: words for name, (_, words) in COMMANDS.items()}, width),
        ]
    )


def _table(title: str, rows: dict[str, str], width: int) -> str:
    first = max(map(len, rows)) + 4
    lines = [
        fill(words, width, initial_indent=f"  {name}".ljust(first), subsequent_indent=" " * first)
        for name, words in rows.items()
    ]
    return "\n".join([title, *lines])
