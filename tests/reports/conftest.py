"""Made-up runs as fixtures: one to shape freely, one drawn in full once for all tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made_up_hostile import hostile
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return Debian's chromium, headless; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-background-networking"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def hostile_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a run with statistics and pictures, whose names are all HTML or JavaScript."""
    from matplotlib.figure import Figure

    from reports import render
    from reports.plots.figures import Figures

    draw = Figures.draw
    with pytest.MonkeyPatch.context() as patch:  # the files of figures are not looked at
        patch.setattr(Figures, "draw", lambda self, name, alt, _: draw(self, name, alt, lambda: Figure((1, 1))))
        return render(hostile(tmp_path_factory.mktemp("hostile") / "run").write())
