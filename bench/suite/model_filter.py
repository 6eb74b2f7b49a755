"""The models of a suite that a command's `--only` names."""

from fnmatch import fnmatchcase

from bench.suite.schema import ModelSpec, Suite
from registry.errors import BenchError, suggestion


def selected(suite: Suite, only: tuple[str, ...]) -> set[str]:
    """Return the labels of the models to run; each of `only` is a name, a label or a pattern like `unet*`.

    The label that a model with several seeds has in the suite means all its trainings.

    Raises:
        BenchError: one of `only` matches no model.
    """
    chosen: set[str] = set()
    for wanted in only:
        hits = {m.label for m in suite.models if wanted in (m.label, m.group) or _matches(m, wanted)}
        if not hits:
            known = {m.name for m in suite.models} | {m.label for m in suite.models}
            raise BenchError(f"--only {wanted}: the suite has no such model; {suggestion(wanted, known)}")
        chosen |= hits
    return chosen or {m.label for m in suite.models}


def _matches(model: ModelSpec, pattern: str) -> bool:
    return fnmatchcase(model.name, pattern) or fnmatchcase(model.label, pattern)
