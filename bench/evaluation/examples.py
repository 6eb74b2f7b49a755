"""Pictures for the report: after a cell its best, median and worst images, predicted again with confidence."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from bench.data.sample_cache import Decoded
from bench.evaluation.evaluator import Prepared, Settings, predict, prepare
from bench.host.files import mending_os_errors
from bench.metrics import MetricSet, per_image
from bench.metrics.counts import Counts
from bench.plan.cells import Condition
from registry.palette import ERRORS, IGNORE_COLOUR, class_colour, rgb
from registry.segmenter import Prediction, Segmenter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

CLICKED = {1: (0, 160, 60), 0: (210, 30, 30)}
MAX_SIDE = 320  # pixels: enough to judge a mask by eye, small enough for a thousand of them
PHOTO, FLAT = (".webp", [cv2.IMWRITE_WEBP_QUALITY, 80]), (".png", [cv2.IMWRITE_PNG_COMPRESSION, 9])


def _class_colours(classes: int) -> "Picture":
    """Return a look-up table uint8 [256, 3] from label to colour."""
    table = np.zeros((256, 3), np.uint8)
    table[:classes] = [rgb(class_colour(i)) for i in range(classes)]
    table[255] = rgb(IGNORE_COLOUR)
    return table


def ranked(scores: "NDArray[np.float64]") -> dict[str, int]:
    """Return the indices of the best, the median and the worst score; NaN scores do not take part.

    >>> ranked(np.array([0.5, np.nan, 0.9, 0.1]))
    {'best': 2, 'median': 0, 'worst': 3}
    """
    order = [int(i) for i in np.argsort(-scores, kind="stable") if not np.isnan(scores[i])]
    if not order:
        return {}
    places = {"best": 0, "median": (len(order) - 1) // 2, "worst": len(order) - 1}
    chosen: dict[str, int] = {}
    for rank, place in places.items():  # with one or two pictures the ranks fall together
        if order[place] not in chosen.values():
            chosen[rank] = order[place]
    return chosen


def write_examples(
    folder: Path,
    place: str,
    segmenter: Segmenter,
    decoded: Decoded,
    condition: Condition,
    settings: Settings,
    counts: Counts,
    metric_set: MetricSet,
) -> list[dict[str, Any]]:
    """Predict a cell's best, median and worst images again and write their pictures below `folder`.

    place: a name for the files, unique among the cells. Returns the entries for the index.
    """
    chosen = ranked(per_image(counts, metric_set))
    batch = [prepare(decoded[i], condition, settings) for i in chosen.values()]
    entries = []
    # One by one: probabilities at native size are large.
    for rank, prepared in zip(chosen, batch, strict=True):
        prediction = predict(segmenter, [prepared], condition, probabilities=True)[0]
        if settings.task == "binary":
            prediction = _as_class(prediction, prepared.sample.foreground)
        files = _write(folder, f"{place}-{rank}", prepared, prediction, decoded.subset.classes)
        entries.append({"rank": rank, "sample": prepared.sample.id, "files": files})
    return entries


def _as_class(prediction: Prediction, foreground: int) -> Prediction:
    """Return an object without a class as the picture's own class, so that its drawing has the truth's colour."""
    return Prediction((prediction.labels > 0).to(prediction.labels.dtype) * max(foreground, 1))


def _write(
    folder: Path, stem: str, prepared: Prepared, prediction: Prediction, classes: Sequence[str]
) -> dict[str, Any]:
    truth = prepared.sample.mask
    labels = _small_mask(prediction.labels.cpu().numpy(), truth.shape)
    small_truth, picture = _small_mask(truth, truth.shape), _small_photo(prepared, truth.shape)
    shown = _with_prompt(picture, prepared)
    colours = _class_colours(len(classes))
    pictures = {
        "input": (shown, PHOTO),
        "truth": (colours[small_truth], FLAT),
        "prediction": (colours[labels], FLAT),
        "error": (error_map(picture, small_truth, labels), PHOTO),
    }
    files: dict[str, Any] = {k: save_picture(folder, f"{stem}-{k}", *v) for k, v in pictures.items()}
    if prediction.probabilities is not None:
        shares = prediction.probabilities.cpu().numpy()
        files["confidence"] = {
            name: save_picture(folder, f"{stem}-confidence-{i}", _confidence(shares[i], truth.shape), PHOTO)
            for i, name in enumerate(classes)
        }
    return files


def error_map(picture: "Picture", truth: "Picture", labels: "Picture") -> "Picture":
    """Blend the kinds of error half over the picture; border pixels and true background stay as they are.

    picture: uint8 [H, W, 3]; truth, labels: uint8 [H, W], 255 in truth is the border.
    """
    valid, pet, said = truth != 255, truth != 0, labels != 0
    kinds = {
        "correct": valid & pet & (labels == truth),
        "false positive": valid & ~pet & said,
        "false negative": valid & pet & ~said,
        "wrong class": valid & pet & said & (labels != truth),
    }
    out = picture.copy()
    for name, where in kinds.items():
        out[where] = (out[where].astype(np.uint16) + np.array(rgb(ERRORS[name]), np.uint16)) // 2
    return out


def small_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height at which a picture of `shape` (height first) is stored: its longer side fits."""
    scale = min(1.0, MAX_SIDE / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def _small_mask(mask: "Picture", native: tuple[int, ...]) -> "Picture":
    return np.asarray(cv2.resize(mask, small_size(native), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def _small_photo(prepared: Prepared, native: tuple[int, ...]) -> "Picture":
    image = prepared.image.permute(1, 2, 0).contiguous().cpu().numpy()
    return np.asarray(cv2.resize(image, small_size(native), interpolation=cv2.INTER_AREA), np.uint8)


def _with_prompt(picture: "Picture", prepared: Prepared) -> "Picture":
    """Draw a prompt's points (on the object green, not on it red) and its box over a small picture."""
    prompt, out = prepared.prompt, picture.copy()
    if prompt is None:
        return out
    scale = picture.shape[1] / prepared.image.shape[-1]
    if prompt.box is not None:
        left, top, right, bottom = (round(side * scale) for side in prompt.box)
        cv2.rectangle(out, (left, top), (right - 1, bottom - 1), CLICKED[1], 2)
    for (x, y), label in zip(prompt.points, prompt.labels, strict=True):
        cv2.circle(out, (int(x * scale), int(y * scale)), 6, (255, 255, 255), cv2.FILLED, cv2.LINE_AA)
        cv2.circle(out, (int(x * scale), int(y * scale)), 4, CLICKED[label], cv2.FILLED, cv2.LINE_AA)
    return out


def _confidence(share: "NDArray[np.float32]", native: tuple[int, ...]) -> "Picture":
    small = cv2.resize(share, small_size(native), interpolation=cv2.INTER_AREA)
    colours = cv2.applyColorMap((np.clip(small, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    return np.asarray(colours[..., ::-1], np.uint8)


def save_picture(folder: Path, stem: str, picture: "Picture", kind: tuple[str, list[int]]) -> str:
    """Write an RGB picture and return its name relative to the run's folder."""
    suffix, options = kind
    _, encoded = cv2.imencode(suffix, picture[..., ::-1], options)
    # Not atomic: the cell's own file, written after these, is what says that they are whole.
    path = folder / f"{stem}{suffix}"
    with mending_os_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    return f"{folder.name}/{stem}{suffix}"


def write_strip(
    folder: Path, place: str, decoded: Decoded, conditions: Sequence[Condition], settings: Settings
) -> dict[str, Any]:
    """Write one picture at every level of a perturbation; return the entry for the index."""
    sample = decoded[len(decoded.subset.rows) // 2]
    levels = []
    for i, condition in enumerate(conditions):
        photo = _small_photo(prepare(sample, condition, settings), sample.mask.shape)
        file = save_picture(folder, f"{place}-{i}", photo, PHOTO)
        levels.append({"strength": condition.strength, "file": file})
    return {"sample": sample.id, "levels": levels}
