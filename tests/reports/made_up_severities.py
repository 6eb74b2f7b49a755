"""A made-up run with many perturbations: the names, families and severities of a published list."""

from pathlib import Path

from made_up_run import RunFolder

FAMILIES = {
    "noise": ["gaussian_noise", "shot_noise", "impulse_noise", "speckle_noise"],
    "blur": ["defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "gaussian_blur"],
    "weather": ["snow", "frost", "fog", "brightness", "spatter", "rain"],
    "digital": ["contrast", "elastic_transform", "pixelate", "jpeg_compression", "saturate", "posterise"],
    "geometric": ["rotate", "shear", "translate", "perspective"],
}
"""25 perturbations."""
MOVING = FAMILIES["geometric"]


def many(folder: Path, models: int = 3, datasets: int = 1) -> RunFolder:
    """Return a run of 25 perturbations with 5 severities each."""
    names = [name for members in FAMILIES.values() for name in members]
    sweeps = {name: ("severity", None, [1.0, 2.0, 3.0, 4.0, 5.0]) for name in names}
    made = RunFolder(folder, models=models, datasets=datasets, perturbations=len(names), sweeps=sweeps)
    family_of = {name: family for family, members in FAMILIES.items() for name in members}
    for entry in made.record["perturbations"]:
        entry |= {"family": family_of[entry["name"]], "moves": entry["name"] in MOVING}
    return made
