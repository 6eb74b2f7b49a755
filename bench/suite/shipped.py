"""The suites that the package ships."""

from pathlib import Path

from bench import __file__ as own_file


def shipped_suites() -> dict[str, Path]:
    """Return the shipped suites by name: of the checkout, or inside an installed wheel."""
    inside = Path(own_file).parent / "suites"
    folder = inside if inside.is_dir() else inside.parent.parent / "suites"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
