"""Code and suites in the docs: formatted and linted as the project is, and accepted by `bench check`."""

import csv
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from bench.cli.commands import app
from bench.cli.front_page import COMMANDS
from bench.suite import load_suite

pytestmark = pytest.mark.usefixtures("undrawn")

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "docs/python.md", "docs/extending.md", "docs/suites.md", "docs/perturbations.md")
TEXTS = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
DEFAULTS = {
    "name": "name: page\n",
    "datasets": "datasets: [{name: oxford_pet}]\n",
    "models": "models: [{name: background}]\n",
}


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXTS[page], flags=re.MULTILINE | re.DOTALL)


def test_the_readme_is_short():
    """A user reads it to the end."""
    assert len(TEXTS["README.md"].splitlines()) <= 155


def test_python_is_linted_and_formatted(tmp_path):
    """Every block; a part of a program may use names of the part before, and needs no docstring of its own."""
    for page in PAGES:
        for i, block in enumerate(blocks(page, "python")):
            kind = "entry" if block.startswith('"""') else "part"
            (tmp_path / f"{kind}_{Path(page).stem}_{i}.py").write_text(block, encoding="utf-8")
    assert len(list(tmp_path.glob("entry_*"))) == 7
    assert len(list(tmp_path.glob("part_*"))) > 6
    ruff, config = [sys.executable, "-m", "ruff"], ["--no-cache", "--config", str(ROOT / "pyproject.toml")]
    relaxed = ["--config", f"lint.per-file-ignores={{'{tmp_path}/part_*' = ['D100', 'F821']}}"]
    for words in (["check", *config, *relaxed], ["format", "--check", "--diff", *config]):
        done = subprocess.run([*ruff, *words, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


SUITES = [
    (page, block) for page in ("README.md", "docs/suites.md", "docs/perturbations.md") for block in blocks(page, "yaml")
]


@pytest.mark.parametrize(("page", "block"), SUITES, ids=[f"{page}-{i}" for i, (page, _) in enumerate(SUITES)])
def test_suites_are_accepted(page, block, tmp_path):
    """As they stand, or with what a part of a suite leaves out; files that they name need not be there."""
    given = set(re.findall(r"^(\w+):", block, flags=re.MULTILINE))
    file = tmp_path / "suite.yaml"
    file.write_text("".join(text for key, text in DEFAULTS.items() if key not in given) + block, encoding="utf-8")
    suite = load_suite(file)
    assert suite.models
    assert {"name", "datasets", "models"} <= given or (len(given) == 1 and page != "README.md")


def _recipe_files(folder):
    """Write what the recipes of the README name: images, masks, a checkpoint, an ONNX file, another tool's masks."""
    images = np.random.default_rng(0).integers(0, 256, (2, 40, 48, 3), dtype=np.uint8)
    for place in ("data/images", "data/masks", "predicted/clean", "predicted/fog_3", "weights"):
        (folder / place).mkdir(parents=True)
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / f"data/images/{i}.png")
        for place in ("data/masks", "predicted/clean", "predicted/fog_3"):
            Image.fromarray(image[..., 0] % 3).save(folder / place / f"{i}.png")
    network = smp.Unet("resnet34", encoder_weights=None, classes=3)
    save_file(network.state_dict(), folder / "weights/mine.safetensors")
    torch.onnx.export(
        torch.nn.Conv2d(3, 3, 1), torch.zeros(1, 3, 512, 512), folder / "mine.onnx", dynamo=False,
        dynamic_axes={"image": [0, 2, 3]}, input_names=["image"],
    )  # fmt: skip


RECIPES = [block for block in blocks("README.md", "yaml") if block.startswith("name: mine")]


def _case(block):
    label = re.search(r"label: ([^,}]+)}]", block)[1]
    return pytest.param(block, id=label, marks=[pytest.mark.slow] if "smp" in block else [])


@pytest.mark.parametrize("recipe", [_case(block) for block in RECIPES])
@pytest.mark.filterwarnings("ignore")
def test_the_readmes_recipes_run(recipe, tmp_path):
    """`bench run mine.yaml`, at 64 pixels and with three conditions in place of 75."""
    _recipe_files(tmp_path)
    recipe = recipe.replace("{preset: common15}", "{name: fog, strengths: [1, 3, 5]}").replace("512", "64")
    (tmp_path / "mine.yaml").write_text(recipe, encoding="utf-8")
    done = CliRunner().invoke(app, ["run", "mine.yaml"])
    assert done.exit_code == 0, done.output
    with (tmp_path / "runs/mine/summary.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "dice" and row["class"] == "mean"]
    assert len({(row["perturbation"], row["strength"]) for row in rows}) == (2 if "predictions" in recipe else 4)


def test_the_readme_has_three_recipes_of_a_suite():
    """A checkpoint, an ONNX file, masks."""
    assert len(RECIPES) == 3


def test_a_suite_in_twelve_lines_has_twelve():
    """The heading promises it."""
    after = TEXTS["README.md"].partition("## A suite in 12 lines")[2]
    assert len(re.search(r"```yaml\n(.*?)```", after, flags=re.DOTALL)[1].splitlines()) == 12


def test_the_readme_names_every_command():
    """No more and no less."""
    text = TEXTS["README.md"].partition("## Commands")[2].partition("\n## ")[0]
    named = {words.split()[-1 if words.startswith("bench") else 0] for words in re.findall(r"`([^`-][^`]*)`", text)}
    assert named == set(COMMANDS)


def test_the_readmes_results_are_those_of_the_table_of_all_numbers():
    """Clean Dice, the mean over perturbations and strengths, and the lowest, computed anew from the rows."""
    with (ROOT / "docs" / "pets_models.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == "pets 40" and row["metric_set"] == "standard"]
    text = TEXTS["README.md"].partition("## Results")[2]
    printed = [tuple(map(float, numbers)) for numbers in re.findall(r"\| (0\.\d+) \| (0\.\d+) \| (0\.\d+) \|", text)]
    computed = []
    for label in ("smp U-Net", "frozen Lite0", "UNet-A"):
        dice = {
            (row["perturbation"], row["strength"]): float(row["value"])
            for row in rows
            if row["model"] == label and row["metric"] == "dice" and row["class"] == "mean"
        }
        sweeps = {}
        for (perturbation, _), value in dice.items():
            sweeps.setdefault(perturbation, []).append(value)
        (clean,) = sweeps.pop("clean")
        assert len(sweeps) == 8
        means = [sum(values) / len(values) for values in sweeps.values()]
        computed.append((clean, sum(means) / len(means), min(min(values) for values in sweeps.values())))
    # The file has four decimals, so what was rounded from more may differ in the third.
    assert np.abs(np.array(printed) - np.array(computed)).max() <= 0.00056


def test_the_readmes_python_runs(tmp_path, monkeypatch):
    """With a network and images in place of the user's."""
    block, in_tests = [block for block in blocks("README.md", "python") if "my_project" in block]
    (tmp_path / "my_project.py").write_text(
        "import numpy as np\n"
        "from torch import nn\n"
        "MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)\n"
        "network = nn.Conv2d(3, 2, 1)\n"
        "pairs = [(np.full((40, 48, 3), 60 * i, np.uint8), np.eye(40, 48, dtype=np.uint8)) for i in range(3)]\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "dice.png").stat().st_size > 0
    assert "Conv2d" in (tmp_path / "report.html").read_text(encoding="utf-8")
    exec(compile(in_tests, "README.md", "exec"), own := {})
    benchmark = Mock(stats=None, extra_info={}, side_effect=lambda call: call())
    own["test_latency"](benchmark)
    benchmark.assert_called_once()
    sys.modules.pop("my_project")
