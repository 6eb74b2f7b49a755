"""The tables of perturbations at equal damage: the strengths that were found, and the scores at each level."""

from typing import TYPE_CHECKING

from reports.record.metrics import bounds, mean_title
from reports.tables.scores import policy
from reports.tables.table import NOTHING, SEEN, Table, TableCell, score, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.record.model_record import ModelRecord
    from bench.record.run_record import DamageLevel, EqualDamageRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.record.run import Run

DamageGroup = tuple[str, tuple[float, ...]]
"""A measure and its levels: perturbations of one group are compared."""


def groups(run: "Run") -> "dict[DamageGroup, list[PerturbationRecord]]":
    """Return the perturbations at equal damage, by measure and levels."""
    found: dict[DamageGroup, list[PerturbationRecord]] = {}
    for entry in run.record.perturbations:
        if entry.equal:
            levels = tuple(one.level for one in entry.equal.levels)
            found.setdefault((entry.equal.measure, levels), []).append(entry)
    return found


def strengths_table(group: DamageGroup, entries: "list[PerturbationRecord]") -> Table:
    """Return the strength that was found for each level, with the damage of the sample there."""
    measure, levels = group
    rows = []
    for entry in entries:
        assert entry.equal is not None
        cells = [TableCell(_strength(one)) for one in entry.equal.levels]
        rows.append((*words(entry.label, entry.unit), *cells, TableCell(_notes(entry.equal) or NOTHING)))
    name = measure.upper()
    return Table(
        f"Strength for each {name}",
        f"In brackets: the {name} of the sample at this strength.",
        ("perturbation", "unit", *(f"{name} {level:g}" for level in levels), "why a level is left out"),
        tuple(rows),
        frozenset({"perturbation", "unit", "why a level is left out"}),
    )


def _strength(level: "DamageLevel") -> str:
    if level.strength is None or level.damage is None:
        return NOTHING
    return f"{level.strength:.12g} ({level.damage:.3g})"


def _notes(equal: "EqualDamageRecord") -> str:
    left_out: dict[str, list[str]] = {}
    for one in equal.levels:
        if one.strength is None:
            left_out.setdefault(one.note, []).append(f"{one.level:g}")
    found = [f"{', '.join(levels)}: {why}" for why, levels in left_out.items()]
    return "; ".join([*found, *([equal.note] if equal.note else [])])


def damage_table(
    run: "Run", board: "Board", model: "ModelRecord", group: DamageGroup, entries: "list[PerturbationRecord]"
) -> Table:
    """Return a model's mean Dice under each perturbation at each level; the perturbation that hurts most comes first.

    That is asked at the level that most of them reach; those that do not reach it come last.
    """
    measure, levels = group
    dice = run.metric("dice")
    asked = {"metric_set": board.metric_set.name, "metric": dice.name}

    def value(entry: "PerturbationRecord", place: int) -> float | None:
        assert entry.equal is not None
        strength = entry.equal.levels[place].strength
        return None if strength is None else run.value(board.dataset, model.label, entry.label, strength, **asked)

    scores = {entry.label: [value(entry, i) for i in range(len(levels))] for entry in entries}
    by = _sorting_level(scores.values())
    rows = [
        (
            TableCell(f"{label} {SEEN}" if model.saw(entry.names) else label),
            *(score(one, bar=bounds(dice)) for one in scores[label]),
        )
        for entry in _worst_first(entries, scores, by)
        for label in [entry.label]
    ]
    clean = score(run.value(board.dataset, model.label, **asked)).text
    return Table(
        f"{mean_title(dice)} of {model.label} at equal {measure.upper()} on {board.dataset}",
        f"Clean: {clean}. The lowest score at {measure.upper()} {levels[by]:g}, the level that most perturbations "
        f"reach, comes first. {policy(run, board.dataset, board.metric_set, [model.label])}",
        ("perturbation", *(f"{measure.upper()} {level:g}" for level in levels)),
        tuple(rows),
        frozenset({"perturbation"}),
    )


def _sorting_level(scores: "Iterable[list[float | None]]") -> int:
    """Return the place of the level that most perturbations reach, the stronger one of two."""
    reached = [sum(value is not None for value in column) for column in zip(*scores, strict=True)]
    return max(range(len(reached)), key=lambda place: (reached[place], place))


def _worst_first(
    entries: "list[PerturbationRecord]", scores: dict[str, list[float | None]], place: int
) -> "list[PerturbationRecord]":
    def order(entry: "PerturbationRecord") -> tuple[bool, float]:
        value = scores[entry.label][place]
        return value is None, value or 0.0

    return sorted(entries, key=order)
