"""The order of the rooms of `reports`: each imports only what stands left of it, and no two files import each other."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import reports
from reports.section import SECTIONS

ROOT = Path(reports.__file__).parent
ORDER = ("record", "tables", "plots", "svg", "markup", "section", "sections", "page", "exports", "__init__")
FILES = sorted(ROOT.rglob("*.py"))


def imports(path):
    """Return the modules of `reports` that a file imports, also where it does so for types or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            file = ROOT.parent.joinpath(*name.split(".")).with_suffix(".py")
            if name.startswith("reports.") and file.is_file():
                yield file


def room(path):
    """Return the room of a file: its folder, or its own name at the top."""
    inside = path.relative_to(ROOT)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_imports_only_what_stands_left_of_it(path):
    """Reading knows no tables, tables no figures, and nothing but the page knows the sections."""
    behind = [found.name for found in imports(path) if ORDER.index(room(found)) > ORDER.index(room(path))]
    assert behind == []


def test_no_files_import_each_other():
    """Holds for every circle of files, however long."""
    graph = {path: set(imports(path)) for path in FILES}
    assert sum(map(len, graph.values())) > 50
    TopologicalSorter(graph).prepare()


def test_the_folder_of_sections_holds_entries_and_nothing_else():
    """Has one section in each file, and no section that needs another one."""
    files = [path for path in FILES if room(path) == "sections" and path.stem != "__init__"]
    assert sorted(path.stem for path in files) == SECTIONS.names()
    assert not any(room(found) == "sections" for path in files for found in imports(path))
