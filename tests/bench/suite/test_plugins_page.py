"""The model without a torch network in docs/extending.md: taken from its text, put into a folder, evaluated."""

import re
from pathlib import Path

import torch

from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from bench.suite.plugins import load_plugins
from registry import MODELS

PAGE = (Path(__file__).parents[3] / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python\n# plugins/(\S+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))


def test_the_pages_own_model_is_evaluated_like_any_other(plugin_files, write, tmp_path):
    """Its two files as they stand there: the entry, and what it imports from beside it."""
    assert sorted(FILES) == ["models/_shared.py", "models/light.py"]
    load_plugins(plugin_files(FILES))
    suite = load_suite(write(("{name: background}", "{name: light}")))
    outcome = run(suite, Options(tmp_path / "run", only=("light",)), Screen())
    assert (outcome.evaluated, outcome.failed) == (4, ())
    image = torch.tensor([[[0, 100], [200, 255]]], dtype=torch.uint8).expand(3, 2, 2)
    found = MODELS["light"].build(None, ("a", "b"), True).predict([image], sizes=[(2, 4)])
    assert found[0].labels.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1]]
