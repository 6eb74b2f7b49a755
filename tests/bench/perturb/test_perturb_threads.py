"""Every image is one thread's work, whatever torch's number of threads is; and that number stays as it was."""

import os
import select
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, Perturbation, Step, perturb, run_steps
from registry.parameters import Parameters


@pytest.fixture
def seen(monkeypatch):
    """The number of torch's threads and the thread that the perturbation `probe` found, call by call."""
    calls = []

    def apply(images, strength, parameters, stream):
        calls.append((torch.get_num_threads(), threading.get_ident()))
        return images.clone()

    entry = Perturbation(
        version=1,
        title="Probe",
        family="noise",
        unit="none",
        source="this test",
        identity=0,
        strengths=(0, 1),
        parameters=Parameters,
        apply=apply,
        minimum=0,
        maximum=1,
    )
    monkeypatch.setitem(PERTURBATIONS._entries, "probe", entry)
    return calls


@pytest.fixture
def three_threads():
    """Torch with three threads in the test's own thread, then as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


IMAGE = np.zeros((8, 8, 3), np.uint8)
FORMS = {
    "numpy": IMAGE,
    "torch": torch.zeros((3, 8, 8), dtype=torch.uint8),
    "numpy batch": np.stack([IMAGE] * 4),
    "torch batch": torch.zeros((4, 3, 8, 8), dtype=torch.uint8),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_sees_one_thread(form, seen, three_threads):
    """Alone and in a batch."""
    perturb(FORMS[form], "probe", 1)
    assert [threads for threads, _ in seen] == [1] * (4 if "batch" in form else 1)


@pytest.mark.parametrize("count", [1, 4])
def test_steps_see_one_thread(count, seen, three_threads):
    """Also without `perturb` around them."""
    images = torch.zeros((count, 3, 8, 8), dtype=torch.uint8)
    step = Step("probe", PERTURBATIONS["probe"], 1.0, Parameters())
    run_steps(images, [step], lambda _: [bytes(16)])
    assert [threads for threads, _ in seen] == [1] * count


def test_many_callers_at_once_see_one_thread_each(seen, three_threads):
    """And their own numbers stay: a thread that starts when the pools are there gets the usual one."""
    perturb(FORMS["numpy batch"], "probe", 1)
    perturb(IMAGE, "probe", 1)
    seen.clear()

    def call(_):
        perturb(FORMS["numpy batch"], "probe", 1)
        perturb(IMAGE, "probe", 1)
        return torch.get_num_threads()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(call, range(24))) == [3] * 24
    assert [threads for threads, _ in seen] == [1] * 24 * 5


def test_a_caller_that_works_alone_does_all_itself(seen):
    """A pool of threads with one of torch's each, as the runner has, is not led through another pool."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        perturb(FORMS["numpy batch"], "probe", 1)
    finally:
        torch.set_num_threads(before)
    assert seen == [(1, threading.get_ident())] * 4


def test_a_forked_child_perturbs_alone_too(seen, three_threads):
    """It has none of the parent's threads, and does not wait for them."""
    perturb(FORMS["numpy batch"], "probe", 1)
    perturb(IMAGE, "probe", 1)  # both pools have threads now
    seen.clear()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        perturb(FORMS["numpy batch"], "probe", 1)
        perturb(IMAGE, "probe", 1)
        os.write(writer, bytes(threads for threads, _ in seen))
        os._exit(0)
    ready, _, _ = select.select([reader], [], [], 20)
    told = os.read(reader, 100) if ready else None
    if not ready:
        os.kill(child, 9)
    os.waitpid(child, 0)
    assert told == bytes([1] * 5)
