"""The guard against foreign packages: `registry` and `reports` are common names on the package index."""

from importlib.util import find_spec
from pathlib import Path

from bench import __file__ as own_file


def foreign_packages(root: Path | None = None) -> list[str]:
    """Return one line for each of our packages that Python would take from elsewhere; empty when all is well."""
    home = root or Path(own_file).resolve().parent.parent
    lines = []
    for name in ("registry", "reports"):
        spec = find_spec(name)
        found = Path(spec.origin).resolve().parent if spec and spec.origin else None
        if found != home / name:
            lines.append(
                f"imported '{name}' from {found or 'nowhere'}, expected {home / name}; "
                "install segbench in an environment of its own"
            )
    return lines
