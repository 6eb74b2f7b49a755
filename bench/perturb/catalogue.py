"""Every perturbation as its entry declares it: as data, and as the table of docs/perturbations.md."""

from typing import Any, get_args

from bench.perturb.entry import PERTURBATIONS, Family
from bench.perturb.presets import PRESETS
from registry.allowed import parameter_rows
from registry.catalogue import markdown
from registry.labels import titled


def perturbations() -> list[dict[str, Any]]:
    """Return what each entry declares, as plain data, by family and name."""
    families = get_args(Family)
    return sorted(map(_facts, PERTURBATIONS.names()), key=lambda facts: families.index(facts["family"]))


def _facts(name: str) -> dict[str, Any]:
    entry = PERTURBATIONS[name]
    fields = ("title", "family", "unit", "identity", "strengths", "minimum", "maximum", "integer", "rises", "least")
    return {
        "name": name,
        **{field: getattr(entry, field) for field in fields},
        "mask": "moves" if entry.moves else "covers" if entry.covers else "stays",
        "needs_mask": entry.needs_mask,
        "device": entry.device,
        "kernel": entry.kernel is not None,
        "version": PERTURBATIONS.version(name),
        "plug-in": PERTURBATIONS.source_hash(name),
        "parameters": parameter_rows(entry.parameters),
        "presets": [preset for preset, items in PRESETS.items() if name in [item.name for item in items]],
        "source": entry.source,
    }


def table() -> str:
    """Return the table of all entries in Markdown, a line each."""
    head = ("perturbation", "family", "unit", "default strengths", "mask", "parameters", "source")
    return markdown(head, map(_cells, perturbations()))


def _cells(facts: dict[str, Any]) -> tuple[str, ...]:
    strengths = " ".join(f"{strength:g}" for strength in facts["strengths"])
    parameters = ", ".join(f"`{one['name']}`" for one in facts["parameters"]) or "–"
    name = titled(facts["name"], facts["title"]).replace(facts["name"], f"`{facts['name']}`", 1)
    return name, facts["family"], facts["unit"], strengths, facts["mask"], parameters, facts["source"]
