"""A run whose names are HTML and JavaScript: every name that a stranger's run folder can hold."""

from pathlib import Path
from typing import Any

from made_up_pictures import with_pictures
from made_up_run import NASTY, RunFolder
from made_up_statistics import with_statistics

NAMES = {
    "pets": "pets</title><script>ran=1</script>",
    NASTY: "a\"><img src=x onerror='ran=2'>",
    "smp (encoder=efficientnet)": "b' onmouseover='ran=3' {{ 7 * 7 }} ${ran=4}",
    "cat": "</td></table><svg onload=ran=5>",
    "dog": "=HYPERLINK(\"javascript:ran=6\")",
    "additive_noise": "<a href=javascript:ran=7 autofocus onfocus=ran=7>noise</a>",
    "binomial_blur": "</script><script>ran=8</script>",
    "hard": "</style><style>body{display:none}</style>",
    "standard": "set]]><!--<iframe srcdoc='<script>parent.ran=9</script>'>",
}  # fmt: skip
"""The new name of each name: of a data set, models, classes, perturbations, a sample and a metric set."""


def renamed(value: Any) -> Any:
    """Return a value with every name in it replaced, in keys and lists too."""
    if isinstance(value, str):
        return NAMES.get(value, value)
    if isinstance(value, dict):
        return {renamed(key): renamed(one) for key, one in value.items()}
    return [renamed(one) for one in value] if isinstance(value, list | tuple) else value


def hostile(folder: Path) -> RunFolder:
    """Return a run of three models under two perturbations, with statistics and pictures, all names hostile."""
    made = RunFolder(folder, models=3, perturbations=2).with_strengths()
    made = with_statistics(with_pictures(made), reference="background")
    made.record["name"] = "suite<script>ran=10</script>"
    for name in ("rows", "record", "index", "strengths", "tables", "metric_sets"):
        setattr(made, name, renamed(getattr(made, name)))
    return made
