"""Integer counts of one image's pixels: all that a score is ever computed from.

The confusion matrix has a row of its own for the border pixels (label 255), so that it can be decided
long after the prediction whether they are left out, background or part of the object.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from registry.labels import IGNORE, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Integers = NDArray[np.int64]

# Raise when the stored columns change their meaning; part of every cell's key.
FORMAT = 1
# Up to this many classes whole matrices are kept; beyond, true and false positives and negatives only.
MATRIX_CLASSES = 32

Border = Literal["background", "ignore", "foreground"]
BORDERS: tuple[Border, ...] = ("background", "ignore", "foreground")


def confusion(ground_truth: "Tensor", prediction: "Tensor", classes: int) -> "Tensor":
    """Return int64 [C + 1, C]: pixels by ground truth (row; the last one is the border) and prediction (column).

    `ground_truth` and `prediction` are uint8 of one shape ([H, W], or [P] for P pixels that count) on one device;
    C is `classes`, 1 to 255.

    Raises:
        ValueError: the shapes differ, or a label lies outside 0..C - 1 (ground truth: or 255).
        TypeError: one of them is not uint8.
    """
    import torch

    if ground_truth.dtype != torch.uint8 or prediction.dtype != torch.uint8:
        raise TypeError(f"masks are uint8, not {ground_truth.dtype} (ground truth) and {prediction.dtype} (prediction)")
    if ground_truth.shape != prediction.shape:
        shapes = list(ground_truth.shape), list(prediction.shape)
        raise ValueError(f"ground truth {shapes[0]} and prediction {shapes[1]} differ in shape")
    if ground_truth.device.type == "cpu":
        return _counted(ground_truth, prediction, classes)
    # One histogram over all pairs of bytes finds the counts and the labels out of range together.
    table = _histogram(ground_truth, prediction)
    matrix = torch.cat([table[:classes, :classes], table[IGNORE:, :classes]])
    if int(matrix.sum()) != ground_truth.numel():
        raise ValueError(_outside(table.cpu(), classes))
    return matrix


def _counted(ground_truth: "Tensor", prediction: "Tensor", classes: int) -> "Tensor":
    """Return what `confusion` returns, of tensors on the CPU; no second core works on it."""
    import numpy as np
    import torch

    from bench.metrics.count_kernel import pairs

    rows, columns = (np.ascontiguousarray(one.numpy()).ravel() for one in (ground_truth, prediction))
    if not len(matrix := pairs(rows, columns, classes)):
        raise ValueError(_outside(_histogram(ground_truth, prediction), classes))
    return torch.from_numpy(matrix)


def _histogram(ground_truth: "Tensor", prediction: "Tensor") -> "Tensor":
    """Return int64 [256, 256]: how often each byte of `ground_truth` meets each byte of `prediction`."""
    import torch

    flat = ground_truth.reshape(-1).to(torch.int64).mul_(256).add_(prediction.reshape(-1))
    return torch.bincount(flat, minlength=256 * 256).view(256, 256)


def _outside(table: "Tensor", classes: int) -> str:
    """Return which labels of the 256 x 256 `table` are out of range."""
    ground_truth = [i for i in table.sum(1).nonzero().flatten().tolist() if classes <= i != IGNORE]
    prediction = [i for i in table.sum(0).nonzero().flatten().tolist() if i >= classes]
    return (
        f"labels outside 0..{classes - 1}: ground truth {ground_truth} (255 is the border), prediction {prediction}; "
        f"the data set has {classes} classes"
    )


@dataclass(frozen=True)
class Stats:
    """Counts under one border policy: what the metrics read.

    `tp`, `fp`, `fn`: int64 [N, C], per image and class (C = 1, the foreground, for the binary task);
    `valid`, `correct`: int64 [N], pixels that count and those of them labelled correctly.
    """

    tp: "Integers"
    fp: "Integers"
    fn: "Integers"
    valid: "Integers"
    correct: "Integers"


def _classwise(matrices: "Integers", foreground: "Integers", border: Border) -> "Integers":
    """Return int64 [N, 3, C] (tp, fp, fn) of `matrices` [N, C + 1, C] under one border policy."""
    import numpy as np

    square = matrices[:, :-1].copy()
    if border == "background":
        square[:, 0] += matrices[:, -1]
    elif border == "foreground":
        shown = np.flatnonzero(foreground)  # without an object there is no outline: those pixels are dropped
        square[shown, foreground[shown]] += matrices[shown, -1]
    tp = np.diagonal(square, axis1=1, axis2=2)
    return np.stack([tp, square.sum(1) - tp, square.sum(2) - tp], axis=1)


@dataclass(frozen=True)
class Counts:
    """The counts of N images over C classes; what a cell stores.

    `foreground`: int64 [N], each image's most frequent class other than background and border, 0 if none.
    `values`: int64. Up to 32 classes the matrices [N, C + 1, C] of `confusion`; beyond, [N, 3, 3, C]:
    per border policy (in the order of `BORDERS`) true positives, false positives, false negatives.
    """

    classes: int
    foreground: "Integers"
    values: "Integers"

    @classmethod
    def gather(cls, classes: int, matrices: "Iterable[Any]", foreground: "Sequence[int]") -> "Counts":
        """Return the counts of some images from their `confusion` matrices, compacting as they come.

        Raises:
            ValueError: a matrix is not [C + 1, C], or there are not as many as foreground classes.
        """
        import numpy as np

        kept = []
        for given, label in zip(matrices, foreground, strict=True):
            matrix = np.asarray(given, dtype=np.int64)
            if matrix.shape != (classes + 1, classes):
                raise ValueError(f"{classes} classes need a matrix {[classes + 1, classes]}, not {matrix.shape}")
            kept.append(matrix if classes <= MATRIX_CLASSES else _compact(matrix, label))
        values = np.array(kept, dtype=np.int64).reshape(len(kept), *values_shape(classes))
        return cls(classes, np.array(foreground, dtype=np.int64), values)

    @classmethod
    def from_columns(cls, classes: int, foreground: Any, columns: Any) -> "Counts":
        """Return what `columns` came from: `foreground` [N] and one flat row of integers per image."""
        import numpy as np

        labels = np.asarray(foreground, dtype=np.int64)
        rows = np.asarray(columns, dtype=np.int64)
        return cls(classes, labels, rows.reshape(len(labels), *values_shape(classes)))

    @classmethod
    def joined(cls, parts: "Sequence[Counts]") -> "Counts":
        """Return the counts of all images of `parts`, in order; they have the same classes."""
        import numpy as np

        foreground, values = ([getattr(part, name) for part in parts] for name in ("foreground", "values"))
        return cls(parts[0].classes, np.concatenate(foreground), np.concatenate(values))

    def columns(self) -> "Integers":
        """Return int64 [N, K]: each image's values in one row, to be stored beside `foreground`."""
        return self.values.reshape(len(self.values), -1)

    def __len__(self) -> int:
        return len(self.foreground)

    def under(self, border: Border, task: Task = "classes") -> Stats:
        """Return the counts under a border policy.

        "ignore" leaves border pixels out, "background" makes them class 0, "foreground" makes them the
        image's foreground class (and leaves them out of an image without one). The "binary" task asks
        only whether a pixel is background: one column, the foreground.
        """
        if self.classes <= MATRIX_CLASSES:
            stacked = _classwise(self.values, self.foreground, border)
        else:
            stacked = self.values[:, BORDERS.index(border)]
        tp, fp, fn = stacked[:, 0], stacked[:, 1], stacked[:, 2]
        valid, correct = (tp + fn).sum(1), tp.sum(1)
        if task == "classes":
            return Stats(tp, fp, fn, valid, correct)
        # What background gains wrongly the foreground loses, and the other way round.
        false, missed = fn[:, :1], fp[:, :1]
        found = valid[:, None] - tp[:, :1] - false - missed
        return Stats(found, false, missed, valid, valid - (false + missed)[:, 0])


def values_shape(classes: int) -> tuple[int, ...]:
    """Return the shape of one image's `Counts.values`."""
    return (classes + 1, classes) if classes <= MATRIX_CLASSES else (len(BORDERS), 3, classes)


def _compact(matrix: "Integers", label: int) -> "Integers":
    """Return int64 [3, 3, C]: (tp, fp, fn) of one image with this foreground class under each border policy."""
    import numpy as np

    one, foreground = matrix[None], np.array([label])
    return np.stack([_classwise(one, foreground, border)[0] for border in BORDERS])
