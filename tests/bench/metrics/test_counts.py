"""Counts of pixels against sets of pixels."""

import numpy as np
import pytest
import torch

from bench.metrics.counts import BORDERS, MATRIX_CLASSES, Counts, confusion

BORDER = 255


def masks(classes: int, images: int = 6, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray, int]]:
    """Ground truth, prediction and foreground class of small images; the last one has no object."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(images):
        foreground = 0 if i == images - 1 else 1 + i % (classes - 1)
        ground_truth = random.choice([0, foreground, BORDER], size=(7, 9)).astype(np.uint8)
        predicted = random.choice([0, foreground, i % classes], size=(7, 9)).astype(np.uint8)
        made.append((ground_truth, predicted, foreground))
    return made


def counted(classes: int, data: list[tuple[np.ndarray, np.ndarray, int]]) -> Counts:
    matrices = [confusion(torch.from_numpy(t), torch.from_numpy(p), classes) for t, p, _ in data]
    return Counts.gather(classes, matrices, [foreground for _, _, foreground in data])


def settled(ground_truth: np.ndarray, foreground: int, border: str) -> dict[tuple[int, int], int]:
    """The pixels that count and their true class under a border policy, one by one."""
    becomes = {"ignore": None, "background": 0, "foreground": foreground or None}[border]
    pixels = {at: (becomes if label == BORDER else int(label)) for at, label in np.ndenumerate(ground_truth)}
    return {at: label for at, label in pixels.items() if label is not None}


def by_sets(ground_truth: np.ndarray, predicted: np.ndarray, foreground: int, border: str, classes: list[set[int]]):
    """(tp, fp, fn) of each class (a set of labels) by set algebra, the valid and the right pixels."""
    true = settled(ground_truth, foreground, border)
    rows = []
    for labels in classes:
        there = {at for at, label in true.items() if label in labels}
        predicted_here = {at for at in true if predicted[at] in labels}
        rows.append((len(there & predicted_here), len(predicted_here - there), len(there - predicted_here)))
    kind = {label: i for i, labels in enumerate(classes) for label in labels}
    right = sum(kind.get(int(predicted[at]), -1) == kind.get(label, -1) for at, label in true.items())
    return rows, len(true), right


def test_confusion_counts_each_pair_of_labels() -> None:
    """Entry (i, j) is the number of pixels of true class i predicted as j; the last row is the border."""
    ground_truth = torch.tensor([[0, 0, 1], [2, 255, 255]], dtype=torch.uint8)
    labels = torch.tensor([[0, 1, 1], [0, 2, 0]], dtype=torch.uint8)
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 1]]
    matrix = confusion(ground_truth, labels, 3)
    assert matrix.dtype == torch.int64
    assert expected == matrix.tolist()


@pytest.mark.parametrize("classes", [1, 2, 3, 32, 33, 255])
def test_confusion_agrees_with_counting_one_by_one(classes: int) -> None:
    """For 1 to 255 classes every pixel is counted once, where a loop puts it."""
    random = np.random.default_rng(classes)
    ground_truth = random.choice([*range(classes), BORDER], size=(13, 17)).astype(np.uint8)
    labels = random.integers(0, classes, (13, 17), dtype=np.uint8)
    expected = np.zeros((classes + 1, classes), dtype=np.int64)
    for t, p in zip(ground_truth.flat, labels.flat, strict=True):
        expected[classes if t == BORDER else t, p] += 1
    assert np.array_equal(expected, confusion(torch.from_numpy(ground_truth), torch.from_numpy(labels), classes))


def test_confusion_reads_any_memory_layout() -> None:
    """Transposed and strided views are counted as their copies."""
    ground_truth, labels, _ = masks(3)[0]
    expected = confusion(torch.from_numpy(ground_truth), torch.from_numpy(labels), 3)
    turned = torch.from_numpy(ground_truth).t().contiguous().t(), torch.from_numpy(labels).t().contiguous().t()
    assert torch.equal(expected, confusion(*turned, 3))
    wide = torch.from_numpy(np.repeat(labels, 2, axis=1))[:, ::2]
    assert torch.equal(expected, confusion(torch.from_numpy(ground_truth), wide, 3))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_confusion_counts_alike_on_a_gpu() -> None:
    """The matrix of masks on a GPU stays there and is the CPU's."""
    ground_truth, labels, _ = (torch.from_numpy(np.asarray(m)) for m in masks(3)[0])
    matrix = confusion(ground_truth.cuda(), labels.cuda(), 3)
    assert matrix.device.type == "cuda"
    assert torch.equal(confusion(ground_truth, labels, 3), matrix.cpu())


@pytest.mark.parametrize(
    ("ground_truth", "label", "message"),
    [
        (3, 0, r"labels outside 0\.\.2: ground truth \[3\] \(255 is the border\), prediction \[\]"),
        (254, 0, r"ground truth \[254\]"),
        (0, 3, r"prediction \[3\]"),
        (0, 255, r"prediction \[255\]"),
        (255, 7, r"prediction \[7\]"),
    ],
)
def test_labels_out_of_range_are_named(ground_truth: int, label: int, message: str) -> None:
    """A label that is no class is an error that names it; only the ground truth may have a border."""
    full = [torch.full((4, 4), v, dtype=torch.uint8) for v in (ground_truth, label)]
    with pytest.raises(ValueError, match=message):
        confusion(*full, 3)


def test_masks_of_another_shape_or_type_are_refused() -> None:
    """Ground truth and prediction have one shape and are uint8."""
    mask = torch.zeros(4, 6, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"\[4, 6\] and prediction \[6, 4\] differ"):
        confusion(mask, mask.t(), 3)
    with pytest.raises(TypeError, match=r"torch.int64 \(prediction\)"):
        confusion(mask, mask.long(), 3)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("classes", [2, 3, MATRIX_CLASSES, MATRIX_CLASSES + 1])
def test_stats_are_set_algebra(classes: int, border: str) -> None:
    """Under each border policy tp, fp, fn, valid and correct are those of the sets of pixels."""
    data = masks(classes)
    stats = counted(classes, data).under(border)
    for i, (ground_truth, predicted, foreground) in enumerate(data):
        rows, valid, right = by_sets(ground_truth, predicted, foreground, border, [{c} for c in range(classes)])
        assert rows == list(zip(stats.tp[i], stats.fp[i], stats.fn[i], strict=True))
        assert (valid, right) == (stats.valid[i], stats.correct[i])


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("classes", [2, 3, MATRIX_CLASSES + 8])
def test_binary_stats_ask_only_for_background_or_not(classes: int, border: str) -> None:
    """The one column is the foreground: any class but 0, whichever it is taken for."""
    data = masks(classes, seed=1)
    stats = counted(classes, data).under(border, "binary")
    assert stats.tp.shape == (len(data), 1)
    for i, (ground_truth, predicted, foreground) in enumerate(data):
        objects = set(range(1, classes))
        rows, valid, right = by_sets(ground_truth, predicted, foreground, border, [{0}, objects])
        assert rows[1] == (stats.tp[i, 0], stats.fp[i, 0], stats.fn[i, 0])
        assert (valid, right) == (stats.valid[i], stats.correct[i])


def test_an_image_without_an_object_drops_its_border() -> None:
    """Where no class is the foreground, "foreground" leaves the border pixels out."""
    ground_truth = torch.tensor([[0, 255], [255, 0]], dtype=torch.uint8)
    counts = Counts.gather(3, [confusion(ground_truth, torch.zeros_like(ground_truth), 3)], [0])
    assert counts.under("foreground").valid.tolist() == [2]
    assert counts.under("background").valid.tolist() == [4]


def test_reading_counts_leaves_them_as_they_are() -> None:
    """A policy is applied to a copy, so that the next one starts from the same numbers."""
    counts = counted(3, masks(3))
    before = counts.values.copy()
    for border in BORDERS:
        counts.under(border)
    assert np.array_equal(before, counts.values)


@pytest.mark.parametrize("classes", [3, MATRIX_CLASSES + 1])
def test_columns_hold_everything(classes: int) -> None:
    """Stored rows of integers, as a file gives them back, make the same counts."""
    counts = counted(classes, masks(classes))
    again = Counts.from_columns(classes, counts.foreground.tolist(), counts.columns().tolist())
    assert np.array_equal(counts.values, again.values)
    assert np.array_equal(counts.foreground, again.foreground)
    assert len(again) == 6


def test_many_classes_are_stored_in_little() -> None:
    """Up to 32 classes an image is (C + 1) C integers, beyond 9 C."""
    sizes = {c: counted(c, masks(c)).columns().shape[1] for c in (3, 32, 33, 255)}
    assert sizes == {3: 12, 32: 33 * 32, 33: 9 * 33, 255: 9 * 255}


def test_no_image_is_no_count() -> None:
    """Counts of nothing have zero rows and empty sums."""
    stats = Counts.gather(3, [], []).under("ignore")
    assert stats.tp.shape == (0, 3)
    assert stats.valid.sum() == 0


def test_gather_refuses_what_does_not_fit() -> None:
    """A matrix of another size or a missing foreground class is a fault of the caller."""
    with pytest.raises(ValueError, match=r"3 classes need a matrix \[4, 3\], not \(3, 3\)"):
        Counts.gather(3, [np.zeros((3, 3))], [0])
    with pytest.raises(ValueError, match="shorter"):
        Counts.gather(3, [np.zeros((4, 3))], [])


@pytest.mark.parametrize("pixels", [0, 1, 7, 8, 9, 16, 30])
@pytest.mark.parametrize("run", [1, 3, 8])
def test_confusion_counts_areas_and_single_pixels(pixels: int, run: int) -> None:
    """Eight pixels alike are taken at once, others one by one, and the rest of them count too."""
    ground_truth = torch.tensor([0, 1, 255, 1] * 8, dtype=torch.uint8).repeat_interleave(run)[:pixels]
    prediction = torch.tensor([0, 0, 1] * 11, dtype=torch.uint8).repeat_interleave(run)[:pixels]
    met = list(zip(ground_truth.tolist(), prediction.tolist(), strict=True))
    expected = [[met.count((row, column)) for column in (0, 1)] for row in (0, 1, 255)]
    assert confusion(ground_truth, prediction, 2).tolist() == expected
