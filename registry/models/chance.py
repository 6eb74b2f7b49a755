"""The guess: each pixel gets a class at random. What a score is worth that beats nothing but luck."""

from pydantic import field_validator

from registry.allowed import short
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters
from registry.segmenter import ModelEntry, Segmenter

_SLACK = 1e-6
"""How far the shares may miss a sum of 1, so that .333333 three times will do."""


class ChanceParameters(Parameters):
    """frequencies: how often each class is guessed, by its name, of sum 1; without it each class equally often."""

    frequencies: dict[str, float] | None = None

    @field_validator("frequencies")
    @classmethod
    def _are_shares(cls, given: dict[str, float] | None) -> dict[str, float] | None:
        if given is not None and not (all(0 <= share <= 1 for share in given.values()) and _is_one(given)):
            raise ValueError(f"give each class a share from 0 to 1, of sum 1 (given: {short(given)})")
        return given


def _is_one(shares: dict[str, float]) -> bool:
    return abs(sum(shares.values()) - 1) <= _SLACK


def _build(p: ChanceParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.guessing import Guessing

    shares = p.frequencies or dict.fromkeys(classes, 1 / len(classes))
    for name in shares:
        if name not in classes:
            raise BenchError(f"chance: frequencies: no class is called '{name}'; {suggestion(name, classes)}")
    if missing := [name for name in classes if name not in shares]:
        raise BenchError(f"chance: frequencies: '{missing[0]}' has no share; give one to each class, 0 for never")
    return Guessing([shares[name] for name in classes])


ENTRY = ModelEntry(
    version=1,
    summary="gives each pixel a class at random: the baseline that only luck explains",
    source="segbench",
    licence="Apache-2.0",
    parameters=ChanceParameters,
    build=_build,
    baseline="only guesses",
)
