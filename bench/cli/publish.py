"""`bench publish`."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.printing import say


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    to: Annotated[str, typer.Option("--to", metavar="PLACE", help="A folder, or hf://user/name.")],
    as_it_is: Annotated[
        bool, typer.Option("--as-it-is", help="Also where scores are missing or damaged; the card says so.")
    ] = False,
) -> None:
    """Publish a run: its report as a static page, its tables and figures, and a model card with the results.

    Its numbers are verified first, as `bench verify` does. In a folder only files of an earlier `bench publish` are
    replaced. On the Hugging Face hub it is one commit.

    \b
    Examples:
      bench publish runs/robustness --to site
      bench publish runs/robustness --to hf://me/my-models
    """
    from bench.api.publishing import publish

    say(publish(run, to, as_it_is=as_it_is))
