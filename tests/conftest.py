"""What every test shares: a cache of its own, and small suites to run."""

import pytest

from reports.plots.figures import Figures


@pytest.fixture(autouse=True)
def private_places(tmp_path, monkeypatch):
    """Keep each test's checkpoints, manifests and runs to itself, and the user's data out of all."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEGBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def undrawn(monkeypatch):
    """Empty figures, since drawing them is most of a report's time: for tests of anything else in it."""
    from matplotlib.figure import Figure

    draw = Figures.draw
    monkeypatch.setattr(Figures, "draw", lambda self, name, alt, _: draw(self, name, alt, lambda: Figure((1, 1))))
