"""`bench corrupt`."""

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli import completion
from bench.cli.options import Keys, Limit, Plugins, Seed
from bench.cli.printing import say

if TYPE_CHECKING:
    from bench.corrupt.conditions import Plan
    from bench.corrupt.source import CleanImages
    from bench.host.screen import Screen
    from bench.perturb.requests import Chosen

Presets = Annotated[
    list[str] | None,
    typer.Option("--preset", metavar="NAME", help="A list of them (repeatable).", autocompletion=completion.presets),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--perturbation",
        metavar="NAME",
        help="One of them (repeatable).",
        autocompletion=completion.entries("perturbations"),
    ),
]
StrengthsOption = Annotated[
    str | None, typer.Option("--strengths", metavar="1,3,5", help="For all of them [each one's defaults].")
]
Equal = Annotated[
    str | None,
    typer.Option("--equal", metavar="ssim=0.9,0.7", help="Strengths that damage images by as much (or rmse=)."),
]
Name = Annotated[
    str | None, typer.Option("--dataset", metavar="NAME", help="What DATA_DIR holds [found by its layout].")
]
DataKeys = Annotated[
    list[str] | None, typer.Option("--data-key", metavar="KEY=VALUE", help="A key of --dataset (repeatable).")
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Images at a time [one for each processor].")]


def command(
    data_dir: Annotated[str, typer.Argument(metavar="DATA_DIR", help="A data set, or a folder of images.")],
    out_dir: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="A new folder, or one to go on with.")],
    preset: Presets = None,
    perturbation: Names = None,
    strengths: StrengthsOption = None,
    equal: Equal = None,
    parameter: Keys = None,
    dataset: Name = None,
    data_key: DataKeys = None,
    split: Annotated[str, typer.Option("--split", help="train, val, trainval or test.")] = "test",
    limit: Limit = None,
    seed: Seed = 0,
    jpeg: Annotated[int | None, typer.Option(min=1, max=100, help="Write JPEG of this quality [PNG].")] = None,
    jobs: Jobs = None,
    plugins: Plugins = None,
) -> None:
    """Write a corrupted copy of a data set: images, masks and a manifest with hashes and seeds.

    DATA_DIR holds Oxford-IIIT Pet, or images/ and masks/ (a label for each pixel, 255: no class), or images.
    It writes OUT_DIR/fog/3/images/<id>.png; masks are in OUT_DIR/masks, or OUT_DIR/rotate/15/masks where they move.
    The identity strength (the clean image) is written only where --strengths asks for it. Killed at any
    time, the same command goes on. A suite reads a condition as a data set:

    \b
      - {name: folder, label: fog 3, root: pets-c, images: fog/3/images,
         masks: masks, classes: [background, cat, dog]}

    \b
    Examples:
      bench corrupt ~/data/oxford-iiit-pet pets-c --preset common15
      bench corrupt ~/data pets-c --perturbation fog --strengths 1,3,5 --limit 100
      bench corrupt photos photos-c --preset common19 --jpeg 90
      bench corrupt photos photos-c --preset common15 --equal ssim=0.9,0.7,0.5
      bench corrupt data out --preset common15 --dataset folder \\
        --data-key images=img --data-key masks=gt \\
        --data-key 'classes=["background", "pet"]'
    """
    from bench.corrupt.conditions import CopySettings, check_folder, make_plan
    from bench.corrupt.copy_manifest import Manifest
    from bench.corrupt.equal_damage import at_equal_damage, equal_damage
    from bench.corrupt.source import open_images
    from bench.corrupt.writer import write_all
    from bench.data import DATASETS
    from bench.host.files import locked
    from bench.host.screen import Screen
    from bench.perturb.requests import numbers, pairs
    from registry.errors import BenchError
    from registry.parameters import typed

    begin, screen, settings = time.monotonic(), Screen(), CopySettings(out_dir, seed, jpeg)
    if equal and strengths:
        raise BenchError("--strengths and --equal both say how strong; give one of them")
    levels = equal_damage(equal) if equal else None
    chosen = _chosen(preset or (), perturbation or (), numbers(strengths, "--strengths"), parameter or ())
    if data_key and not dataset:
        raise BenchError("--data-key belongs to a data set; name it with --dataset")
    keys = typed(DATASETS[dataset].parameters, pairs(data_key or (), "--data-key"), dataset) if dataset else None
    images = open_images(data_dir, dataset, keys, split, limit, seed, screen.counter("verifying images"))
    chosen = _possible(chosen, images, named=perturbation or (), screen=screen)
    check_folder(out_dir, images)
    if levels:
        chosen = at_equal_damage(chosen, levels, images, seed, screen)
    busy = f"another bench corrupt is writing to {out_dir}"
    with locked(
        out_dir / ".lock", f"{busy}; wait for it", lambda: screen.line(f"{busy}; waiting a moment for its end")
    ):
        manifest = Manifest(out_dir)
        plan = make_plan(images, chosen, settings, manifest)
        for gone in images.subset.left_out:
            screen.line(f"left out: {gone.id}: {gone.reason}")
        for line in images.remarks:
            screen.warning(line)
        for line in plan.too_small:
            screen.line(f"left out: {line}")
        if plan.missing:
            screen.line(_beginning(plan, out_dir))
            with screen.showing():
                write_all(images, plan.missing, settings, manifest, jobs, screen)
    say(f"{out_dir}: {_ending(plan, time.monotonic() - begin)}")
    say(f"manifest: {manifest.path}")
    if images.has_masks:
        say("one condition in a suite, under datasets:")
        say(f"  - {_suite_item(chosen[0], images, out_dir)}")


def _chosen(
    presets: Sequence[str], names: Sequence[str], strengths: list[float] | None, parameters: Sequence[str]
) -> "list[Chosen]":
    from bench.perturb.requests import from_name, from_preset, merged, pairs
    from registry.errors import BenchError

    if parameters and (presets or len(names) != 1):
        raise BenchError("-p belongs to one perturbation; give --perturbation once, and no --preset")
    keys = pairs(parameters, "-p")
    found = [one for preset in presets for one in from_preset(preset, strengths)]
    found += [from_name(name, strengths, keys) for name in names]
    if not found:
        raise BenchError("nothing to do: give --preset or --perturbation (see `bench list perturbations`)")
    return merged(found)


def _possible(
    chosen: "list[Chosen]", images: "CleanImages", *, named: Sequence[str], screen: "Screen"
) -> "list[Chosen]":
    """Return what can be done here; name what is left out of a preset: what places itself by an object in the mask."""
    from registry.errors import BenchError

    if images.has_masks and images.subset.background:
        return chosen
    lack = "no class of these masks is the background" if images.has_masks else "there are no masks here"
    for one in chosen:
        if one.entry.needs_mask and one.name in named:
            raise BenchError(f"{one.name} places itself by the mask, and {lack}; leave it out")
        if one.entry.needs_mask:
            screen.line(f"left out: {one.name} places itself by the mask, and {lack}")
    possible = [one for one in chosen if not one.entry.needs_mask]
    if not possible:
        raise BenchError(f"nothing to do: all of these place themselves by the mask, and {lack}")
    return possible


def _beginning(plan: "Plan", out: Path) -> str:
    free = shutil.disk_usage(out).free
    much = f"about {_bytes(plan.size)}, {_bytes(free)} free"
    full = ": the disk may not hold it" if plan.size > free else ""
    return f"{plan.count} images to write, {much}{full}; {plan.there} are there"


def _ending(plan: "Plan", seconds: float) -> str:
    from bench.host.screen import duration

    if not plan.missing:
        return f"nothing to do: {plan.there} images are there"
    return f"{plan.count} images written in {duration(seconds)}, {plan.there} were there"


def _bytes(count: float) -> str:
    """Return a number of bytes in the unit that reads best.

    >>> _bytes(1536), _bytes(3 * 2**30)
    ('1.5 KiB', '3.0 GiB')
    """
    power = min(int(math.log(max(count, 1), 1024)), 4)
    return f"{count / 1024**power:.{min(power, 1)}f} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"


def _suite_item(chosen: "Chosen", images: "CleanImages", out: Path) -> str:
    from bench.corrupt.conditions import folder_of

    strength = chosen.strengths[-1]
    folder = folder_of(chosen, strength)
    classes = ", ".join(images.classes) if images.classes else "the names of your classes"
    masks = f"{folder}/masks" if chosen.entry.moves else "masks"
    background = "" if images.subset.background else ", background: false"
    return (
        f"{{name: folder, label: {chosen.name} {strength:g}, root: {out}, "
        f"images: {folder}/images, masks: {masks}, classes: [{classes}]{background}}}"
    )
