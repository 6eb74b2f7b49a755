"""From the labels that a ready model knows to the classes of a data set."""

from collections.abc import Mapping, Sequence

from registry.errors import BenchError, suggestion

LabelMap = dict[str, str] | tuple[str, ...]
"""A class name for each of the model's labels in order, or for those that have one, by name or index."""


def model_labels(label_map: LabelMap, labels: Sequence[str] | None) -> dict[int, str]:
    """Return the class name that each of the model's indices is mapped to.

    labels: the model's own names by index; None: it has none, so a map goes by index.

    Raises:
        BenchError: the map is empty, a label is not the model's or is one of several of that name, two keys mean one
            label, or the list is not as long as the model's.
    """
    if not label_map:
        raise BenchError("label_map is empty: all would be background; name the labels that mean a class, or remove it")
    if isinstance(label_map, dict):
        return _by_index(label_map, labels)
    if labels is not None and len(label_map) != len(labels):
        raise BenchError(f"label_map lists {len(label_map)} classes, the model has {len(labels)} labels")
    return dict(enumerate(label_map))


def _by_index(label_map: Mapping[str, str], labels: Sequence[str] | None) -> dict[int, str]:
    indices: dict[int, str] = {}
    for name in label_map:
        if (other := indices.setdefault(index := _index(name, labels), name)) != name:
            raise BenchError(f"label_map: '{other}' and '{name}' are the same label of the model, {index}; remove one")
    return {index: label_map[name] for index, name in indices.items()}


def _index(name: str, labels: Sequence[str] | None) -> int:
    if labels is not None and name in labels:
        if len(found := [str(i) for i, label in enumerate(labels) if label == name]) > 1:
            raise BenchError(f"label_map: the model has {len(found)} labels '{name}'; give indices: {', '.join(found)}")
        return int(found[0])
    if name.isdecimal() and (labels is None or int(name) < len(labels)):
        return int(name)
    if labels is None:
        raise BenchError(f"label_map: '{name}' is no index; the model's labels are the numbers from 0")
    raise BenchError(f"label_map: the model has no label '{name}'; {suggestion(name, labels)}")


def class_indices(mapped: Mapping[int, str], count: int, classes: Sequence[str]) -> list[int]:
    """Return the class index of each of the model's `count` labels; one that is not mapped is background (0).

    Raises:
        BenchError: a mapped name is no class of the data set, or an index is not among the model's labels.
    """
    for index, name in mapped.items():
        if name not in classes:
            raise BenchError(f"label_map: the data set has no class '{name}'; {suggestion(name, classes)}")
        if index >= count:
            raise BenchError(f"label_map: the model has no label {index}; its labels are 0 to {count - 1}")
    return [classes.index(mapped[i]) if i in mapped else 0 for i in range(count)]
