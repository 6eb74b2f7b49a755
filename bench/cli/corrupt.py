"""`bench corrupt`."""

import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from bench.corrupt.conditions import CopySettings, Plan, check_folder, folder_of, make_plan
from bench.corrupt.copy_manifest import Manifest
from bench.corrupt.source import CleanImages, open_images
from bench.corrupt.writer import write_all
from bench.data import DATASETS
from bench.host.files import locked
from bench.host.screen import Screen, duration
from bench.perturb.selection import Chosen, from_name, from_preset, merged, numbers, pairs
from registry.errors import BenchError
from registry.parameters import typed


def corrupt(
    where: str,
    out: Path,
    presets: Sequence[str],
    names: Sequence[str],
    strengths: str | None,
    parameters: Sequence[str],
    dataset: str | None,
    data_keys: Sequence[str],
    split: str,
    limit: int | None,
    seed: int,
    quality: int | None,
    jobs: int | None,
) -> None:
    """Write a corrupted copy of a data set and print how to read it."""
    begin, screen, settings = time.monotonic(), Screen(), CopySettings(out, seed, quality)
    chosen = _chosen(presets, names, numbers(strengths, "--strengths"), parameters)
    if data_keys and not dataset:
        raise BenchError("--data-key belongs to a data set; name it with --dataset")
    keys = typed(DATASETS[dataset].parameters, pairs(data_keys, "--data-key"), dataset) if dataset else None
    images = open_images(where, dataset, keys, split, limit, seed, screen.counter("verifying images"))
    chosen = _possible(chosen, images, named=names, screen=screen)
    check_folder(out, images)
    with locked(out / ".lock", f"another bench corrupt is writing to {out}; wait for it"):
        manifest = Manifest(out)
        plan = make_plan(images, chosen, settings, manifest)
        for gone in images.subset.left_out:
            screen.line(f"left out: {gone.id}: {gone.reason}")
        for line in plan.too_small:
            screen.line(f"left out: {line}")
        if plan.missing:
            screen.line(_beginning(plan, out))
            with screen.showing():
                write_all(images, plan.missing, settings, manifest, jobs, screen)
    print(f"{out}: {_ending(plan, time.monotonic() - begin)}")
    print(f"manifest: {manifest.path}")
    if images.has_masks:
        print(f"one condition in a suite, under datasets:\n  - {_suite_item(chosen[0], images, out)}")


def _chosen(
    presets: Sequence[str], names: Sequence[str], strengths: list[float] | None, parameters: Sequence[str]
) -> list[Chosen]:
    if parameters and (presets or len(names) != 1):
        raise BenchError("-p belongs to one perturbation; give --perturbation once, and no --preset")
    keys = pairs(parameters, "-p")
    found = [one for preset in presets for one in from_preset(preset, strengths)]
    found += [from_name(name, strengths, keys) for name in names]
    if not found:
        raise BenchError("nothing to do: give --preset or --perturbation (see `bench list perturbations`)")
    return merged(found)


def _possible(chosen: list[Chosen], images: CleanImages, *, named: Sequence[str], screen: Screen) -> list[Chosen]:
    """Return what can be done without masks; name what is left out of a preset."""
    if images.has_masks:
        return chosen
    for one in chosen:
        if one.entry.needs_mask and one.name in named:
            raise BenchError(f"{one.name} places itself by the mask, and there are no masks here")
        if one.entry.needs_mask:
            screen.line(f"left out: {one.name} places itself by the mask, and there are no masks here")
    possible = [one for one in chosen if not one.entry.needs_mask]
    if not possible:
        raise BenchError("nothing to do: all of these place themselves by the mask, and there are no masks here")
    return possible


def _beginning(plan: Plan, out: Path) -> str:
    free = shutil.disk_usage(out).free
    much = f"about {_bytes(plan.size)}, {_bytes(free)} free"
    full = ": the disk may not hold it" if plan.size > free else ""
    return f"{plan.count} images to write, {much}{full}; {plan.there} are there"


def _ending(plan: Plan, seconds: float) -> str:
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


def _suite_item(chosen: Chosen, images: CleanImages, out: Path) -> str:
    strength = chosen.strengths[-1]
    folder = folder_of(chosen, strength)
    classes = ", ".join(images.classes) if images.classes else "the names of your classes"
    masks = f"{folder}/masks" if chosen.entry.moves else "masks"
    return (
        f"{{name: folder, label: {chosen.name} {strength:g}, root: {out}, "
        f"images: {folder}/images, masks: {masks}, classes: [{classes}]}}"
    )
