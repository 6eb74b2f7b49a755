"""Examples of a made-up run as an evaluation of now leaves them: the five worst of each cell, and shared images."""

from pathlib import Path
from typing import Any

import numpy as np
from made_up_run import RunFolder
from PIL import Image

PANELS = ("image", "ground truth", "prediction", "errors", "confidence", "confidence cat")
WORST = ("worst", "worst 2", "worst 3", "worst 4", "worst 5")
GAP = 4
COLOURS = ((200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0), (0, 200, 200), (200, 0, 200), (90, 90, 90))


def draw(path: Path, panels: int, size: tuple[int, int] = (64, 48), seed: int | None = None) -> None:
    """Write an example: a panel of each of `COLOURS` with white pixels at its right; of noise where there is a seed."""
    sheet = np.full((size[1], panels * (size[0] + GAP), 3), 255, np.uint8)
    for i in range(panels):
        left = i * (size[0] + GAP)
        noise = None if seed is None else np.random.default_rng([seed, i]).integers(0, 256, (size[1], size[0], 3))
        sheet[:, left : left + size[0]] = COLOURS[i] if noise is None else noise
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(sheet).save(path, "webp", quality=90)


def example(folder: Path, place: tuple[str, str, str, float], rank: str, sample: str, **more: Any) -> dict[str, Any]:
    """Return an entry of the index, and draw its image if it is not there: one for each sample and condition."""
    dataset, model, perturbation, strength = place
    titles = PANELS if perturbation == "clean" else ("clean image", *PANELS)
    name = f"examples/{len(titles)}-panels.webp" if "seed" not in more else f"examples/{more['seed']}.webp"
    if not (folder / name).is_file():
        draw(folder / name, len(titles), seed=more.pop("seed", None), size=more.pop("size", (64, 48)))
    keys = {"dataset": dataset, "model": model, "perturbation": perturbation, "strength": strength}
    images = [{"file": name, "panels": titles}]
    return {
        **keys,
        "rank": rank,
        "sample": sample,
        "dice": 0.5,
        "iou": 1 / 3,
        "ranked_by": "standard",
        "images": images,
    }


def with_pictures(made: RunFolder, *, heavy: bool = False, size: tuple[int, int] = (64, 48)) -> RunFolder:
    """Give each model that looks at images five worst ones of its own and the two that all have.

    The worst image of every model is "hard", the others are of this model alone. heavy: each image is one of noise.
    """
    entries, seeds = [], iter(range(10**6))
    for dataset in made.datasets:
        for number, model in enumerate(made.models):
            for condition in made.conditions() if model != "background" else ():
                ranks = {rank: f"bad {number} {rank[-1]}" for rank in WORST[1:]}
                ranks |= {"worst": "hard", "shared 1": "first", "shared 2": "second"}
                for rank, sample in ranks.items():
                    more = {"seed": next(seeds), "size": size} if heavy else {}
                    entries.append(example(made.folder, (dataset, model, *condition), rank, sample, **more))
    made.index = {"format": 2, "examples": entries, "strips": []}
    for entry in made.record["models"]:
        if entry["label"] == "background":
            entry["baseline"] = "only ever predicts background"
    return made
