"""Brings the tensors of a file under the names of a network: a prefix stripped, what is not the network's left out."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from registry.errors import BenchError, suggestion
from registry.weight_files import TOP, State

if TYPE_CHECKING:
    from torch import Tensor

COUNTER = "num_batches_tracked"
"""Batch norm counts its batches for training alone; older files lack it."""
_OF_A_LOSS = re.compile(r"(\w+_)?(loss|criterion|metrics?)(_\w+)?\.")


class Fitted(NamedTuple):
    """A file's tensors under a network's own names, and in words what was done to them ("": nothing)."""

    state: State
    note: str


def fitted(sets: Mapping[str, State], own: State, key: str | None, origin: str) -> Fitted:
    """Return the one set of tensors that is the network's, whose state is `own`.

    sets: see `weight_sets`. key: which one to take, the path of keys and prefix that leads to it.

    Raises:
        BenchError: none fits, or several do and `key` names none of them.
    """
    found = {_named(place, prefix): (place, prefix) for place in sets for prefix in _prefixes(sets[place], own)}
    options = found if key is None else _chosen(found, sets, key, origin)
    if len(options) > 1:
        names = ", ".join(options)
        raise BenchError(f"{origin} holds several weights of this model; choose by checkpoint_key: one of {names}")
    if not options:
        place = key if key is not None and key in sets else max(sets, key=lambda one: _most_matches(sets[one], own)[1])
        options = {place: (place, _most_matches(sets[place], own)[0])}
    [(place, prefix)] = options.values()
    # Another copy of the network in the same set of tensors is known, and not chosen.
    copies = tuple(other for at, other in found.values() if at == place and len(other) > len(prefix))
    state = {name: tensor for name, tensor in sets[place].items() if not (copies and name.startswith(copies))}
    inner = {n: t for n, t in _behind(state, prefix).items() if n in own or not _OF_A_LOSS.match(n)}
    if words := differences(inner, own):
        raise BenchError(f"{origin} does not match the model: tensors {words}")
    others = [name for name in sets if name not in (place, TOP)] if key is None else []
    return _taken(sets[place], own, prefix, f"taken from '{place}', beside {', '.join(others)}" if others else "")


def differences(state: State, own: State) -> str:
    """Return in words which tensors of `state` are not those of `own`, the first ones by name; "": all are."""
    complete = completed(state, own)
    both = [(name, state[name], own[name]) for name in own if name in state]
    words = [
        ("missing", [name for name in own if name not in complete]),
        ("unknown", [name for name in state if name not in own]),
        ("of another shape", [_words(n, tuple(a.shape), tuple(b.shape)) for n, a, b in both if a.shape != b.shape]),
        ("of another type", [_words(n, _kind(a), _kind(b)) for n, a, b in both if not _same_kind(n, a, b)]),
    ]
    return "; ".join(f"{len(names)} {what} ({', '.join(names[:2])})" for what, names in words if names)


def _words(name: str, given: object, own: object) -> str:
    return f"{name} is {given}, the model's is {own}"


def completed(state: State, own: State) -> State:
    """Return `state` with what may lack: the counters of batch norm, and a tensor that the network has twice."""
    import torch

    twin = {_memory(own[name]): tensor for name, tensor in state.items() if name in own}
    more: dict[str, Tensor] = {}
    for name in own.keys() - state.keys():
        if name.rpartition(".")[2] == COUNTER:
            more[name] = torch.zeros_like(own[name])
        elif (shared := twin.get(_memory(own[name]))) is not None:
            more[name] = shared
    return state | more


def _memory(tensor: "Tensor") -> tuple[object, ...]:
    """Return what two names of one tensor have in common."""
    place = tensor.data_ptr() or id(tensor)
    return place, tensor.shape, tensor.stride()


def _named(place: str, prefix: str) -> str:
    return ".".join(part for part in (place.strip("."), prefix.removesuffix(".")) if part) or TOP


def _chosen(
    options: dict[str, tuple[str, str]], sets: Mapping[str, State], key: str, origin: str
) -> dict[str, tuple[str, str]]:
    """Return the options that `key` names: one, or all of a set of tensors."""
    if key in options:
        return {key: options[key]}
    if below := {name: one for name, one in options.items() if one[0] == key}:
        return below
    if key in sets:
        return {}
    raise BenchError(f"checkpoint_key: {origin} has no '{key}'; {suggestion(key, options or sets)}")


def _prefixes(state: State, own: State) -> list[str]:
    """Return the prefixes behind which every tensor of the network stands, in its shape."""
    return [prefix for prefix in _matches(state, own) if _holds(_behind(state, prefix), own)]


def _holds(state: State, own: State) -> bool:
    complete = completed(state, own)
    return all(name in complete and complete[name].shape == own[name].shape for name in own)


def _matches(state: State, own: State) -> Counter[str]:
    """Return how many names of the network stand behind each prefix."""
    found: Counter[str] = Counter()
    for name in state:
        places = [0, *(i + 1 for i, letter in enumerate(name) if letter == ".")]
        found.update(name[:place] for place in places if name[place:] in own)
    return found


def _most_matches(state: State, own: State) -> tuple[str, int]:
    return max(_matches(state, own).items(), key=lambda one: one[1], default=("", 0))


def _behind(state: State, prefix: str) -> State:
    return {name[len(prefix) :]: tensor for name, tensor in state.items() if name.startswith(prefix)}


def _same_kind(name: str, given: "Tensor", own: "Tensor") -> bool:
    """Return whether numbers keep their meaning: quantised weights are no weights, and half precision rounds places."""
    if given.is_meta or given.layout != own.layout:
        return False
    if name.rpartition(".")[2] == COUNTER:
        return True
    quantised = given.is_floating_point() and given.dtype.itemsize < 2  # fp8 stands beside a scale
    same = given.is_floating_point() == own.is_floating_point() and given.is_complex() == own.is_complex()
    return same and not quantised


def _kind(tensor: "Tensor") -> str:
    form = "" if str(tensor.layout) == "torch.strided" else f" {tensor.layout}"
    return f"{tensor.dtype}{form}{' without numbers' if tensor.is_meta else ''}".replace("torch.", "")


def _taken(state: State, own: State, prefix: str, note: str) -> Fitted:
    inner = completed({k: v for k, v in _behind(state, prefix).items() if k in own}, own)
    left_out = [name for name in state if not (name.startswith(prefix) and name[len(prefix) :] in own)]
    notes = [note] if note else []
    if prefix:
        notes.append(f"its names are taken without the prefix '{prefix}'")
    if left_out:
        more = f" and {len(left_out) - 2} more" if left_out[2:] else ""
        notes.append(f"left out, since not the network's: {', '.join(left_out[:2])}{more}")
    return Fitted(inner, "; ".join(notes))
