"""The command line: parses, calls, prints. Everything heavy is imported inside the commands."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, ParamSpec

import typer

from bench.cli.image_commands import Plugins, corrupt, perturb

P = ParamSpec("P")

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help costs a third of a second
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

SuiteName = Annotated[str, typer.Argument(metavar="SUITE", help="A suite file, or the name of a shipped suite.")]
DataRoot = Annotated[
    Path | None, typer.Option("--data-root", help="Where data sets lie [$SEGBENCH_DATA, else the cache].")
]
Only = Annotated[list[str] | None, typer.Option("--only", help="A model's name, label or pattern (repeatable).")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Stratified sample of this many pictures.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder [runs/<suite name>].")]
Devices = Annotated[int, typer.Option("--devices", min=1, help="How many devices train one model together.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def answering(command: Callable[P, None]) -> Callable[P, None]:
    """Read the command's plug-ins; turn a fault that the user can mend into lines and exit code 2, Ctrl-C into 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from registry.errors import BenchError

        try:
            if folder := kwargs.get("plugins"):
                from bench.suite.plugins import load_plugins

                load_plugins(Path(str(folder)))
            command(*args, **kwargs)
        except BenchError as error:
            for line in str(error).splitlines():
                print(f"bench: {line}", file=sys.stderr)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            print(
                "\nbench: stopped; what is finished is kept, the same command goes on from here",
                file=sys.stderr,
            )
            raise typer.Exit(130) from None

    return wrapped


def _version(asked: bool) -> None:
    if asked:
        from bench import __version__

        print(f"segbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark segmentation models and how they hold up when pictures get worse.

    \b
    Examples:
      bench run robustness --limit 50   the main job, on a sample of 50 pictures
      bench plan robustness             what it would do, and how long
      bench list perturbations          what there is
    """


@app.command(short_help="Train what is missing, evaluate, tabulate, plot, report.")
@answering
def run(
    suite: SuiteName,
    out: Out = None,
    data_root: DataRoot = None,
    only: Only = None,
    limit: Limit = None,
    device: Device = "auto",
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="[8 on a CPU, 32 on a GPU]")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Evaluate every cell anew (checkpoints stay).")] = False,
    devices: Devices = 1,
    plugins: Plugins = None,
) -> None:
    """Run a suite: train what is missing, evaluate, tabulate, plot, report. Resumes where it stopped.

    \b
    Examples:
      bench run quickstart
      bench run suites/pets_sample.yaml --data-root ~/data
      bench run robustness --only unet --limit 50 --device cpu --fresh
      bench run robustness --device cuda --devices 4
      bench run mine.yaml --plugins plugins
    """
    from bench.cli.run import run_suite

    raise typer.Exit(run_suite(suite, out, data_root, tuple(only or ()), limit, device, batch_size, fresh, devices))


@app.command(short_help="Show what a run would do, and how long it takes.")
@answering
def plan(
    suite: SuiteName,
    out: Out = None,
    data_root: DataRoot = None,
    limit: Limit = None,
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """Show what a run would do: cells that are there, missing, or to come after training, and the time it would take.

    \b
    Examples:
      bench plan robustness
      bench plan suites/pets_sample.yaml --data-root ~/data --json
    """
    from bench.cli.plan import show_plan

    show_plan(suite, out, data_root, limit, as_json=json)


@app.command(short_help="Check suite files; every fault with its place.")
@answering
def check(
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...")], json: Json = False, plugins: Plugins = None
) -> None:
    """Check suite files as `run` does, and print every fault with its place.

    \b
    Examples:
      bench check suites/*.yaml
    """
    from bench.cli.check import check_suites

    raise typer.Exit(check_suites(suites, as_json=json))


Kind = Literal["models", "datasets", "perturbations", "metrics", "suites"]


@app.command("list")
@answering
def list_(
    kind: Annotated[Kind, typer.Argument(help="What to list.")], json: Json = False, plugins: Plugins = None
) -> None:
    """List what a suite can name.

    \b
    Examples:
      bench list perturbations
      bench list models --json
    """
    from bench.cli.list import show_list

    show_list(kind, as_json=json)


Axis = Literal["strength", "rmse", "psnr", "ssim"]


@app.command(short_help="Draw a run's report again from its files.")
@answering
def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    x: Annotated[Axis, typer.Option("--x", help="Draw curves over strength or its measure.")] = "strength",
) -> None:
    """Draw a run's tables, figures and report.html again, from its files alone.

    They show one x axis at a time: what was drawn over another one is replaced.

    \b
    Examples:
      bench report runs/quickstart
      bench report runs/quickstart --x rmse
    """
    from reports import render

    print(render(run, x))


@app.command(short_help="Train the missing checkpoints only.")
@answering
def train(
    suite: SuiteName,
    data_root: DataRoot = None,
    only: Only = None,
    device: Device = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again even where a checkpoint is there.")] = False,
    devices: Devices = 1,
    plugins: Plugins = None,
) -> None:
    """Train a suite's missing checkpoints, without evaluating. An interrupted training goes on from its last epoch.

    \b
    Examples:
      bench train robustness --only unet
      bench train robustness --device cuda --devices 4
    """
    from bench.cli.train import train_suite

    train_suite(suite, data_root, tuple(only or ()), device, fresh, devices)


@app.command(short_help="Count and draw a data set's pictures.")
@answering
def data(
    name: Annotated[str, typer.Argument(metavar="SUITE|NAME", help="A suite, or a data set's name.")],
    data_root: DataRoot = None,
    preview: Annotated[Path | None, typer.Option("--preview", metavar="FILE.png", help="Draw a contact sheet.")] = None,
    augmented: Annotated[
        Path | None, typer.Option("--augmented", metavar="FILE.png", help="Draw what a model is trained with.")
    ] = None,
    only: Only = None,
    plugins: Plugins = None,
) -> None:
    """Count a data set's pictures, sizes, classes and pixels, or draw a contact sheet of it.

    \b
    Examples:
      bench data shapes --preview shapes.png
      bench data suites/pets_sample.yaml --data-root ~/data
      bench data seeds_001 --augmented looks.png --only UNet-B
    """
    from bench.cli.data import show_data

    show_data(name, data_root, preview, augmented, tuple(only or ()))


@app.command(short_help="Get the data and weights that a suite needs.")
@answering
def fetch(
    suite: SuiteName,
    data_root: DataRoot = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is missing.")] = False,
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """Get the data and weights that a suite needs, before a run on a machine without a network; say what is missing.

    \b
    Examples:
      bench fetch seeds_000
      bench fetch seeds_001 --dry-run
    """
    from bench.cli.fetch import fetch_suite

    raise typer.Exit(fetch_suite(suite, data_root, dry_run=dry_run, as_json=json))


app.command(short_help="Perturb one picture, or draw a sheet of many perturbations.")(answering(perturb))
app.command(short_help="Write a corrupted copy of a data set.")(answering(corrupt))


def main() -> Any:
    """Run the command line; refuse to start among foreign packages of the same names."""
    from bench.host.guard import foreign_packages

    if lines := foreign_packages():
        print("\n".join(f"bench: {line}" for line in lines), file=sys.stderr)
        raise SystemExit(2)
    app()
