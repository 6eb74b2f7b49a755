"""`bench data`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from bench.cli import completion
from bench.cli.options import DataRoot, Only, Plugins
from bench.cli.printing import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.data import Dataset
    from bench.data.dataset import Split


def command(
    name: Annotated[
        str,
        typer.Argument(
            metavar="SUITE|NAME",
            help="A suite, or a data set's name.",
            autocompletion=completion.suites_and_datasets,
        ),
    ],
    data_root: DataRoot = None,
    preview: Annotated[Path | None, typer.Option("--preview", metavar="FILE.png", help="Draw a contact sheet.")] = None,
    augmented: Annotated[
        Path | None, typer.Option("--augmented", metavar="FILE.png", help="Draw what a model is trained with.")
    ] = None,
    only: Only = None,
    plugins: Plugins = None,
) -> None:
    """Count a data set's images, sizes, classes and pixels, or draw a contact sheet of it.

    --augmented draws what the recipe of the suite's first trainable model (or the first of --only) shows it.

    \b
    Examples:
      bench data shapes --preview shapes.png
      bench data suites/pets_sample.yaml --data-root ~/data
      bench data seeds_001 --augmented looks.png --only UNet-B
    """
    from bench.data.pixel_statistics import statistics
    from registry.errors import BenchError

    if augmented and preview:
        raise BenchError("--preview and --augmented draw two sheets; give one of them, then the other")
    if only and not augmented:
        raise BenchError("--only chooses the model of --augmented; give both or neither")
    if augmented:
        _draw_augmented(name, data_root, augmented, tuple(only or ()))
        return
    datasets = _datasets(name, data_root)
    if preview:
        label, dataset = next(iter(datasets.items()))
        say(f"{preview}: {label}, {_draw(dataset, preview)}")
        return
    for label, dataset in datasets.items():
        for split in _splits(dataset):
            held_out = split == "val" and split not in dataset.pools
            _print(label, statistics(dataset.subset(split)), " (held out of the training images)" if held_out else "")
        for line in dataset.remarks:
            say(f"{label}: {line}")


def _draw_augmented(name: str, data_root: Path | None, path: Path, only: tuple[str, ...]) -> None:
    from bench.cli.augmented_sheet import augmented_sheet
    from bench.plan.datasets import open_datasets
    from bench.suite import find_suite, load_suite
    from bench.suite.model_filter import selected
    from registry.errors import BenchError

    suite = load_suite(find_suite(name))
    labels = selected(suite, only)
    spec = next((m for m in suite.models if m.label in labels and m.recipe and m.geometry), None)
    if spec is None or spec.recipe is None or spec.geometry is None:
        raise BenchError(f"--augmented: {', '.join(sorted(labels))}: nothing to train; name a model with --only")
    label, data = next(iter(open_datasets(suite, data_root, download=True).items()))
    train = data.dataset.subset("train", seed=suite.seed)
    augmented_sheet(train, spec.recipe, spec.geometry, path, seed=suite.training_seed(spec))
    say(f"{path}: training images of {label}, and below each a look at it that {spec.label} is trained with")


def _datasets(name: str, data_root: Path | None) -> "dict[str, Dataset]":
    from bench.data import DATASETS, open_dataset
    from bench.host.screen import Screen
    from bench.plan.datasets import existing, open_datasets
    from bench.suite import find_suite, load_suite
    from registry.errors import BenchError, suggestion

    if not Path(name).exists() and name in DATASETS:
        parameters = DATASETS[name].parameters
        if required := [key for key, field in parameters.model_fields.items() if field.is_required()]:
            raise BenchError(f"'{name}' needs {', '.join(required)}; write a suite with them, and give its path")
        progress = Screen().counter("verifying images")
        return {name: open_dataset(name, parameters(), existing(data_root), download=True, progress=progress)}
    try:
        suite = load_suite(find_suite(name))
    except BenchError as error:
        if Path(name).suffix or Path(name).exists():
            raise
        raise BenchError(f"no data set or suite '{name}'; data sets: {suggestion(name, DATASETS.names())}") from error
    return {label: data.dataset for label, data in open_datasets(suite, data_root, download=True).items()}


def _splits(dataset: "Dataset") -> "Iterator[Split]":
    """Yield the splits there are; training images always as the two parts that a training takes."""
    from bench.data.dataset import Split

    parts = ("train", "val") if _has_training_images(dataset) else ()
    for split in get_args(Split):
        if split in parts or (split in dataset.pools and split != "trainval"):
            yield split


def _has_training_images(dataset: "Dataset") -> bool:
    return not dataset.pools.keys().isdisjoint({"train", "trainval"})


def _draw(dataset: "Dataset", path: Path) -> str:
    """Draw a contact sheet and return what is on it."""
    from bench.cli.contact_sheet import contact_sheet

    if not _has_training_images(dataset):
        split = next(_splits(dataset))
        contact_sheet(dataset.subset(split), path)
        return f"images of the split '{split}'"
    from bench.training.augmentation import Augmenter
    from registry.recipe import Augmentation

    train = dataset.subset("train")
    side = 224
    augmenter = Augmenter(Augmentation(flip=1, rotate=1, crop=1, elastic=0.5, grid=0.5), side, side, len(train.classes))

    def augment(image: Any, mask: Any, index: int) -> tuple[Any, Any]:
        return augmenter.warp(*augmenter.crop(image, mask, index), index)

    contact_sheet(train, path, augment=augment)
    return "training images, and below each an augmented form"


def _print(label: str, facts: dict[str, Any], note: str) -> None:
    from bench.host.terminal_table import print_table

    left_out = len(facts["left_out"])
    say(f"{label} {facts['split']}{note}: {facts['images']} images, {left_out} left out ({facts['layout']})")
    say(f"  manifest {facts['manifest']}")
    sizes = ", ".join(f"{key} {_spread(facts[key])}" for key in ("width", "height", "megapixels"))
    say(f"  min / median / max: {sizes}")
    counts = facts["images_per_class"]
    shares = facts["pixel_shares"].items()
    rows = [{"class": name, "images": counts.get(name, ""), "pixels": f"{share:.1%}"} for name, share in shares]
    print_table(rows, numbers=("images", "pixels"))
    for item in facts["left_out"]:
        say(f"  left out: {item['id']}: {item['reason']}")
    for same in facts["duplicates"]:
        say(f"  equal images: {', '.join(same)}")


def _spread(values: dict[str, float]) -> str:
    return " / ".join(f"{value:.4g}" for value in values.values())
