"""Names of places of the page that other places link to, whatever the labels hold."""

import re

from bench.host.files import digest


def worst_anchor(dataset: str, model: str, perturbation: str) -> str:
    """Return the id of the worst images of a model under a perturbation ("clean": under none).

    Lower-case letters, digits and hyphens; two places never share one.

    >>> worst_anchor("pets", "unet <b>", "clean")[:-8]
    'worst-pets-unet-b-clean-'
    """
    slug = re.sub(r"[^a-z0-9]+", "-", f"{dataset} {model} {perturbation}".lower()).strip("-")[:60].rstrip("-")
    return f"worst-{slug}-{digest(dataset, model, perturbation)[:8]}"
