"""Made-up runs as fixtures: one to shape freely, one drawn in full once for all tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_run import MESSAGE, NASTY, RunFolder


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., RunFolder]:
    """Return a maker of run folders below the test's own folder."""
    return lambda **sizes: RunFolder(tmp_path / "run", **sizes)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Return a full run with images, a failed condition and left-out images, drawn once for all tests."""
    from reports import render

    run = RunFolder(tmp_path_factory.mktemp("rendered") / "run").with_examples()
    run.record["cells"]["failed"] = [
        {"dataset": "pets", "model": NASTY, "perturbation": "occlusion", "strength": 45, "message": MESSAGE}
    ]
    render(run.write())
    return run


@pytest.fixture(scope="session")
def page(rendered: RunFolder) -> str:
    """Return the text of the full run's ``report.html``."""
    return (rendered.folder / "report.html").read_text(encoding="utf-8")
