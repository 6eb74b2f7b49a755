"""The documentation knows every perturbation and every preset."""

from pathlib import Path

import pytest

from bench.perturb import PERTURBATIONS, PRESETS

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.mark.parametrize("name", [*PERTURBATIONS.names(), *PRESETS])
def test_each_is_described(name: str) -> None:
    """Each name stands in the page on perturbations, as code."""
    text = (DOCS / "perturbations.md").read_text(encoding="utf-8") + (DOCS / "protocol.md").read_text(encoding="utf-8")
    assert f"`{name}`" in text or f"preset: {name}" in text or f"backend: {name}" in text
