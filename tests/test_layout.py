"""The house holds: who may import whom, what stands where, what stays light."""

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from bench.host.guard import foreign_packages

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bench", "registry", "reports")

TOP_LEVEL = {
    *("bench", "registry", "suites", "reports", "tests", "docs"),
    *("pyproject.toml", "README.md", "CONTRIBUTING.md", "Makefile", "CHANGELOG.md", "LICENSE", "constraints.txt"),
}

ROOMS = ("registry", *(f"bench.{room}" for room in ["host", "tracking", "metrics", "data", "perturb", "suite", "plan", "statistics", "record", "training", "evaluation", "timing", "runner", "compare", "corrupt", "api", "testing", "cli"]))  # fmt: skip
"""Each room imports those to its left."""

REPORTS_READ = {
    f"bench.record.{name}" for name in ("run_record", "model_record", "example_index", "csv_columns", "timing_file")
}
"""The plain types of a run's files: written once, for the writer and for the reader."""

ENTRIES = ("registry/models", "bench/metrics/entries", "bench/metrics/image_entries", "bench/data/sets", "bench/perturb/entries", "bench/tracking/entries", "reports/sections")  # fmt: skip


def _files(package):
    return sorted((ROOT / package).rglob("*.py"))


def _name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {_name(path) for package in PACKAGES for path in _files(package)}


def _imports(path):
    """Yield the modules of ours that a file imports, wherever in it, under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            assert node.level == 0, f"{path} imports relatively"
            parts = {f"{node.module}.{alias.name}" for alias in node.names} & NAMES
            yield from parts or {node.module}
            yield from {node.module} if len(parts) < len(node.names) else ()


def _room(module):
    """Return the room of a module; the package `bench` itself belongs to none."""
    parts = module.split(".")
    return parts[0] if parts[0] != "bench" else ".".join(parts[:2])


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_to_its_left(room):
    """A suite is read, planned, trained, evaluated, recorded, reported: nobody looks ahead."""
    allowed = {"bench", "bench.__init__", *ROOMS[: ROOMS.index(room) + 1]}
    allowed |= {"reports"} if room in ("bench.api", "bench.cli") else set()
    for path in _files(room.replace(".", "/")):
        wrong = sorted({module for module in _imports(path) if _room(module) not in allowed})
        assert wrong == [], path


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in ("bench.api", "bench.cli")])
def test_a_room_takes_no_public_name_of_bench(room):
    """`from bench import run` would load `bench.api` behind the order's back; the version and the place load nothing."""
    for path in _files(room.replace(".", "/")):
        taken = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "bench":
                taken |= {alias.name for alias in node.names if f"bench.{alias.name}" not in NAMES}
            elif isinstance(node, ast.Import):
                taken |= {"all of it" for alias in node.names if alias.name == "bench"}
        assert taken <= {"__version__", "__file__"}, path


def test_reports_read_files_alone():
    """A report is made from a run's folder, not from the machinery: its own rooms, and the types of the files."""
    for path in _files("reports"):
        rooms = {module for module in _imports(path) if _room(module) not in ("reports", "registry", "bench.host")}
        assert rooms <= REPORTS_READ, path


def test_every_room_is_in_the_order():
    """A new folder of bench/ gets its place, and none has the name of a public function of `bench`."""
    folders = {path.parent.name for path in (ROOT / "bench").glob("*/__init__.py")}
    assert {f"bench.{name}" for name in folders} == set(ROOMS[1:])
    assert folders.isdisjoint({"evaluate", "run", "open_run", "Result"})


def test_no_two_files_import_each_other():
    """Not even under TYPE_CHECKING or inside a function."""
    graph = {_name(path): set(_imports(path)) for package in PACKAGES for path in _files(package)}
    pairs = {tuple(sorted((a, b))) for a in graph for b in graph[a] if a != b and a in graph.get(b, ())}
    assert pairs == set()


def _private(word):
    return word.startswith("_") and not word.startswith("__")


def test_nothing_private_is_imported():
    """A leading underscore means private again: a module to its folder, a name to its file."""
    for package in PACKAGES:
        for path in _files(package):
            folder = _name(path.parent / "__init__.py")
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
                    found = [f"{node.module}.{alias.name}" for alias in node.names]
                elif isinstance(node, ast.Import):
                    found = [alias.name for alias in node.names if alias.name.split(".")[0] in PACKAGES]
                else:
                    continue
                for name in found:  # a private module of the own folder is the folder's
                    own = name.removeprefix(f"{folder}.") if name in NAMES else name
                    inside = own != name and "." not in own
                    assert inside or not any(_private(word) for word in name.split(".")), (path, name)


def test_one_name_is_one_class():
    """A reader who meets a class by its name knows which one it is: no second class, no constant or alias."""
    classes, places = set(), defaultdict(list)
    for package in PACKAGES:
        for path in _files(package):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                if isinstance(node, ast.ClassDef):
                    classes.add(node.name)
                    names.append(node.name)
                for name in names:
                    places[name].append(_name(path))
    assert {name: places[name] for name in classes if len(places[name]) > 1 and not _private(name)} == {}


@pytest.mark.parametrize("folder", ENTRIES)
def test_a_registry_holds_entries_and_nothing_else(folder):
    """Every file declares an ENTRY; what entries share lies elsewhere."""
    for path in (ROOT / folder).iterdir():
        if path.name == "__pycache__":
            continue
        assert path.suffix == ".py", path
        body = ast.parse(path.read_text(encoding="utf-8")).body
        targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        assert ("ENTRY" in names) == (path.name != "__init__.py"), path


def test_the_top_level_is_the_design_cards():
    """Nothing else is tracked at the top level, dotfiles aside."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True).stdout
    found = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


WRITES = {
    *("write_text", "write_bytes", "to_csv", "to_parquet", "imwrite", "save_file", "touch", "mkdir", "makedirs"),
    *("rename", "renames", "rmtree", "rmdir", "symlink_to", "hardlink_to", "copytree", "copyfile", "copy2"),
    *("extractall", "mkdtemp", "mkstemp", "TemporaryDirectory", "NamedTemporaryFile", "fdopen"),
}
"""Names of functions by which something gets onto a disk, or leaves it, at a name."""

TARGETS = {"temporary", "content", "encoded", "file", "text", "pixels"}
"""What a library's `save` writes to: a buffer, or the neighbour that `atomic_path` yields."""

WRITERS = {
    "bench.cli.app": {"open"},  # nowhere: os.devnull
    "bench.host.stop_signals": {"open"},  # the same
    "bench.api.door": {"mkdtemp", "rmtree"},  # a folder for `bench.evaluate`, readable by its owner alone
    "bench.api.result": {"TemporaryDirectory", "copytree", "replace"},  # such a folder, which becomes the saved one
    "bench.api.hub_upload": {"TemporaryDirectory"},  # such a folder
    "bench.compare.merging": {"mkdtemp", "rename", "rmtree"},  # such a folder, beside the new run's
    "bench.data.pets.download": {"mkdir", "rmdir", "replace"},  # the user's data folder; torchvision unpacks
    "bench.host.sealed_parquet": {"write_table"},  # into memory
    "bench.timing.memory": {"write_text"},  # the kernel's own: it forgets the peak of this process
    "bench.tracking.entries.wandb": {"save"},  # the tracker's own: it notes which file to send
    "bench.training.journal": {"replace"},  # in a training's own folder, to a name that is free
    "bench.training.processes": {"TemporaryDirectory"},  # such a folder
    "registry.hub": {"mkdir"},  # the libraries' own cache
}


def _writes(node):
    """Return by which name a call writes to a disk, or None: by its name, a mode, or as `Path.replace(target)`."""
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name == "open":
        words = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        writes = any(re.fullmatch("[rbt]*[wax+][wax+rbt]*", word) for word in words)
        return name if writes or ast.unparse(function) == "os.open" else None
    if name == "replace":  # texts are replaced by two words, fields by keywords
        return name if isinstance(function, ast.Attribute) and len(node.args) == 1 and not node.keywords else None
    if name in ("save", "savefig", "write_table"):  # a library's: into memory, or into the file that the door gives
        places = {one.id for one in node.args if isinstance(one, ast.Name)}
        return None if places & TARGETS or isinstance(function, ast.Name) else name
    return name if name in WRITES else None


def test_all_writing_goes_through_one_door():
    """`bench.host.files` writes whole files and follows no link; who writes by another way has a reason here."""
    found = defaultdict(set)
    for package in PACKAGES:
        for path in _files(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and (name := _writes(node)):
                    found[_name(path)].add(name)
    del found["bench.host.files"]
    assert found == WRITERS


@pytest.mark.parametrize(
    "line",
    [
        "open('list.txt', 'w')",
        "p.open(mode='ab')",
        "p.write_text('')",
        "shutil.rmtree(p)",
        "a.replace(b)",
        "os.open(p, 1)",
        "f.savefig(p)",
        "image.save(path)",
    ],
)
def test_a_line_that_writes_is_seen(line):
    """And one that reads, or replaces words or fields, is not."""
    assert _writes(ast.parse(line).body[0].value)
    for other in (
        "open('list.txt')",
        "p.open('rb')",
        "p.open(newline='')",
        "a.replace('x', 'y')",
        "replace(a, b=1)",
        "p.read_text()",
    ):
        assert not _writes(ast.parse(other).body[0].value)


def test_no_two_test_files_have_one_name():
    """pytest imports them by their names alone; a second one is an error where no bytecode of it is left."""
    files = defaultdict(list)
    for path in (ROOT / "tests").rglob("*.py"):
        files[path.name].append(path)
    assert {name: paths for name, paths in files.items() if len(paths) > 1 and name != "conftest.py"} == {}


def test_suites_hold_yaml_only():
    """`suites/` is content: no code in it."""
    assert {p.suffix for p in (ROOT / "suites").iterdir()} == {".yaml"}


def test_foreign_packages_are_noticed(tmp_path):
    """A `registry` that does not lie beside `bench` is named with both places."""
    lines = foreign_packages(tmp_path)
    assert len(lines) == 2
    assert str(tmp_path / "registry") in lines[0]


def test_our_own_packages_are_not_foreign():
    """In this checkout all three packages are ours."""
    assert foreign_packages() == []


def _loaded(code, names):
    """Return which of `names` a fresh Python has imported after `code`."""
    probe = f"import sys\n{code}\nprint([n for n in {names!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)
    return ast.literal_eval(done.stdout.splitlines()[-1])


HEAVY = ["torch", "lightning", "pandas", "seaborn", "matplotlib", "albumentations", "cv2", "numpy"]


def test_every_entry_loads_without_heavy_packages():
    """Looking an entry up, of any kind, imports neither torch nor anything else that is slow."""
    code = (
        "from registry import MODELS\nfrom bench.data import DATASETS\n"
        "from bench.perturb import PERTURBATIONS\nfrom bench.metrics import METRICS\n"
        "[r[n] for r in (MODELS, DATASETS, PERTURBATIONS, METRICS) for n in r.names()]"
    )
    assert _loaded(code, HEAVY) == []


COMMANDS = [["--help"], ["list", "models"], ["list", "suites"], ["list", "perturbations"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_light_commands_stay_light(words):
    """`--help`, `check` and `list` import neither torch, lightning, pandas nor seaborn."""
    code = f"import sys\nsys.argv = ['bench', *{words!r}]\nfrom bench.cli.app import main\ntry: main()\nexcept SystemExit: pass"
    assert _loaded(code, HEAVY[:6]) == []


def test_plan_imports_no_torch():
    """`bench plan` answers without torch and lightning."""
    code = "import sys\nsys.argv = ['bench', 'plan', 'quickstart']\nfrom bench.cli.app import main\ntry: main()\nexcept SystemExit: pass"
    assert _loaded(code, ["torch", "lightning", "seaborn"]) == []
