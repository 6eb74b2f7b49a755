"""Made-up runs as fixtures: one to shape freely, one drawn in full once for all tests."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from made_up_run import MESSAGE, NASTY, RunFolder

from bench.host.files import locked


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
    folder = run.write()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        render(folder)
        return run
    shared = tmp_path_factory.getbasetemp().parent / "rendered"  # of all processes of this test run
    with locked(shared.with_suffix(".lock")):
        if shared.is_dir():
            shutil.copytree(shared, folder, dirs_exist_ok=True)
        else:
            render(folder)
            shutil.copytree(folder, shared)
    return run


@pytest.fixture(scope="session")
def page(rendered: RunFolder) -> str:
    """Return the text of the full run's ``report.html``."""
    return (rendered.folder / "report.html").read_text(encoding="utf-8")
