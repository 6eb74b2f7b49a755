"""The commands that write pictures, as `bench.cli.app` takes them up: they only parse."""

from pathlib import Path
from typing import Annotated

import typer

Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Stratified sample of this many pictures.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="The same seed gives the same pixels.")]
Plugins = Annotated[Path | None, typer.Option("--plugins", metavar="DIR", help="A folder of your own entries.")]
Keys = Annotated[
    list[str] | None, typer.Option("-p", "--parameter", metavar="KEY=VALUE", help="A parameter of it (repeatable).")
]


def perturb(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="A picture file.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="A picture (lossless), or a sheet.")],
    perturbation: Annotated[
        str | None, typer.Option("--perturbation", metavar="NAME", help="Which; without --strength a sheet of it.")
    ] = None,
    strength: Annotated[float | None, typer.Option("--strength", help="In the perturbation's unit.")] = None,
    parameter: Keys = None,
    preset: Annotated[str | None, typer.Option("--preset", metavar="NAME", help="A sheet of a preset.")] = None,
    every: Annotated[bool, typer.Option("--all", help="A sheet of all perturbations.")] = False,
    seed: Seed = 0,
    mask: Annotated[
        Path | None, typer.Option("--mask", metavar="FILE", help="Its mask: 0 background, 255 no class.")
    ] = None,
    mask_out: Annotated[
        Path | None, typer.Option("--mask-out", metavar="FILE.png", help="The mask, moved with the picture.")
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Perturb a picture at its own size, or draw a sheet: perturbations x strengths with measured RMSE.

    The pixels are those of a run and of `bench.perturb.perturb(...)` with the same seed.

    \b
    Examples:
      bench perturb photo.jpg --perturbation fog --strength 3 -o out.png
      bench perturb photo.jpg --perturbation rotate --strength 15 -o out.png \\
        --mask m.png --mask-out out_m.png
      bench perturb a.jpg --perturbation occlusion -p placement=anywhere -o b.png
      bench perturb photo.jpg --preset common15 -o sheet.webp
      bench perturb photo.jpg --all -o sheet.png
    """
    from bench.cli.perturb import perturb_photo

    keys = tuple(parameter or ())
    perturb_photo(photo, out, perturbation, strength, keys, preset, every, seed, mask, mask_out)


Presets = Annotated[list[str] | None, typer.Option("--preset", metavar="NAME", help="A list of them (repeatable).")]
Names = Annotated[list[str] | None, typer.Option("--perturbation", metavar="NAME", help="One of them (repeatable).")]
Strengths = Annotated[
    str | None, typer.Option("--strengths", metavar="1,3,5", help="For all of them [each one's defaults].")
]
Name = Annotated[
    str | None, typer.Option("--dataset", metavar="NAME", help="What DATA_DIR holds [found by its layout].")
]
DataKeys = Annotated[
    list[str] | None, typer.Option("--data-key", metavar="KEY=VALUE", help="A key of --dataset (repeatable).")
]
Jobs = Annotated[int | None, typer.Option("--jobs", min=1, help="Pictures at a time [one for each processor].")]


def corrupt(
    data_dir: Annotated[str, typer.Argument(metavar="DATA_DIR", help="A data set, or a folder of pictures.")],
    out_dir: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="A new folder, or one to go on with.")],
    preset: Presets = None,
    perturbation: Names = None,
    strengths: Strengths = None,
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
    """Write a corrupted copy of a data set: pictures, masks and a manifest with hashes and seeds.

    DATA_DIR holds Oxford-IIIT Pet, or images/ and masks/ (a label for each pixel, 255: no class), or pictures.
    It writes OUT_DIR/fog/3/images/<id>.png; masks are in OUT_DIR/masks, or OUT_DIR/rotate/15/masks where they move.
    The identity strength (the clean picture) is written only where --strengths asks for it. Killed at any
    time, the same command goes on. A suite reads a condition as a data set:

    \b
      - {name: folder, label: fog 3, root: pets-c, images: fog/3/images,
         masks: masks, classes: [background, cat, dog]}

    \b
    Examples:
      bench corrupt ~/data/oxford-iiit-pet pets-c --preset common15
      bench corrupt ~/data pets-c --perturbation fog --strengths 1,3,5 --limit 100
      bench corrupt photos photos-c --preset common19 --jpeg 90
      bench corrupt data out --preset common15 --dataset folder \\
        --data-key images=img --data-key masks=gt \\
        --data-key 'classes=["background", "pet"]'
    """
    from bench.cli import corrupt as command

    names, presets, keys, data_keys = (tuple(words or ()) for words in (perturbation, preset, parameter, data_key))
    command.corrupt(
        data_dir, out_dir, presets, names, strengths, keys, dataset, data_keys, split, limit, seed, jpeg, jobs
    )
