"""Checkpoints that a suite names: a user's file of weights, of any kind, as one of the network's own tensors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.host.cached_json import keep, recall
from bench.host.files import cache_root, digest
from bench.plan.checkpoints import DamagedCheckpointError, refuse_damaged, save_state, state_hash
from registry.errors import BenchError
from registry.regular_files import users_path
from registry.remarks import hearing, remark

if TYPE_CHECKING:
    from torch import nn

# Of what is remembered of a file. Raise when the same file would be read as other tensors.
FORMAT = 2
_WHAT = "what is known of it"


class GivenCheckpoint(NamedTuple):
    """A user's checkpoint under the network's own names, and the hash of its tensors.

    note: in words what was done to it, and what else a user should know ("": nothing).
    """

    path: Path
    state: str
    note: str


def found_checkpoint(given: str) -> Path:
    """Return the path that a suite names, a ~ at its beginning resolved.

    Raises:
        BenchError: nothing is there.
    """
    path = users_path(given)
    if not path.exists():
        raise BenchError(
            f"no checkpoint {path.absolute()}; correct checkpoint: in the suite (paths start in this folder)"
        )
    return path


def users_checkpoint(
    given: str, key: str | None, model: Sequence[object], network: "Callable[[], nn.Module]"
) -> GivenCheckpoint:
    """Return a safetensors file of the network's tensors for the checkpoint that a suite names.

    Another kind of file, or tensors under other names, are converted once; how a file is to be read is remembered.

    Args:
        given: its path. key: which of several weights in it, None: there is one.
        model: what the names of the network's tensors depend on.
        network: builds the network; called where nothing is remembered.

    Raises:
        BenchError: there is no such file, it is damaged, it holds no plain tensors, or they are not the network's.
    """
    path = found_checkpoint(given)
    facts = path.stat()
    name = digest(str(path.absolute()), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, key, model)
    # Cut off: a file's name has 255 bytes at most.
    converted = cache_root() / "converted" / f"{path.stem[:40]}-{name}.safetensors"
    with hearing() as heard:
        known = recall(place := converted.with_suffix(".json"), FORMAT, _WHAT)
        if known is None or (known["converted"] and not _is_whole(converted, known["state"])):
            known = _read(path, key, converted, network())
            keep(place, FORMAT, _WHAT, known)
    state = known["state"] if known["converted"] else state_hash(path)
    note = "; ".join(filter(None, [known["note"], *heard]))
    return GivenCheckpoint(converted if known["converted"] else path, state, note)


def _is_whole(converted: Path, state: str) -> bool:
    """Return whether the copy that was made of a file is there, as it was made."""
    try:
        if not converted.exists() or state_hash(converted) == state:
            return converted.exists()
    except DamagedCheckpointError:
        pass
    remark(f"its copy {converted} is damaged, and is made anew")
    return False


def _read(path: Path, key: str | None, converted: Path, network: "nn.Module") -> dict[str, Any]:
    """Read a user's file once; write its tensors to `converted` where a copy under other names is needed."""
    from registry.state_fitting import fitted
    from registry.weight_files import is_safetensors, weight_sets

    plain = is_safetensors(path)
    if plain:
        refuse_damaged(path)  # rather than say that it is another model's
    sets = weight_sets(path)
    found = fitted(sets, network.state_dict(), key, f"the checkpoint {path}")
    as_it_is = plain and not found.note and found.state.keys() == next(iter(sets.values())).keys()
    if as_it_is:
        return {"converted": False, "state": None, "note": ""}
    save_state({name: tensor.contiguous().clone() for name, tensor in found.state.items()}, converted, {})
    return {"converted": True, "state": state_hash(converted), "note": found.note}
