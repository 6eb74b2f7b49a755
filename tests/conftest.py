"""What every test shares: a cache of its own, and small suites to run."""

import pytest


@pytest.fixture(autouse=True)
def private_places(tmp_path, monkeypatch):
    """Keep each test's checkpoints, manifests and runs to itself, and the user's data out of all."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SEGBENCH_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path
