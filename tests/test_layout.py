"""The structure holds: who may import whom, what stands at the top, what stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bench.host.guard import foreign_packages

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bench", "registry", "reports")

TOP_LEVEL = {
    *("bench", "registry", "suites", "reports", "tests", "docs"),
    *("pyproject.toml", "README.md", "Makefile", "CHANGELOG.md", "LICENSE", "constraints.txt"),
}

MAY_IMPORT = {
    "registry": {"registry"},
    "reports": {"reports", "registry", "bench.host.files"},
}


def _imports(path):
    """Yield the dotted names that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path} imports relatively"
            yield node.module


def _files(package):
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_package_imports_only_what_it_may(package):
    """A model cannot know how it is judged, and a report is made from files."""
    allowed = MAY_IMPORT[package]
    for path in _files(package):
        ours = [name for name in _imports(path) if name.split(".")[0] in PACKAGES]
        wrong = [n for n in ours if not any(n == a or n.startswith(f"{a}.") for a in allowed)]
        assert wrong == [], path


def test_only_the_command_line_imports_reports():
    """The machinery writes data; what draws them is called from the commands alone."""
    users = {
        path.relative_to(ROOT).parts[:2]
        for path in _files("bench")
        if any(n.startswith("reports") for n in _imports(path))
    }
    assert users == {("bench", "cli.py"), ("bench", "commands")}


def test_the_top_level_is_the_design_cards():
    """Nothing else is tracked at the top level, dotfiles aside."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=True).stdout
    found = {line.split("/")[0] for line in listed.splitlines()}
    assert {name for name in found if not name.startswith(".")} <= TOP_LEVEL


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


COMMANDS = [["--help"], ["check", "quickstart"], ["list", "models"], ["list", "suites"], ["list", "perturbations"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_light_commands_stay_light(words):
    """`--help`, `check` and `list` import neither torch, lightning, pandas nor seaborn."""
    code = f"import sys\nsys.argv = ['bench', *{words!r}]\nfrom bench.cli.app import main\ntry: main()\nexcept SystemExit: pass"
    assert _loaded(code, HEAVY[:6]) == []


def test_plan_imports_no_torch():
    """`bench plan` answers without torch and lightning."""
    code = "import sys\nsys.argv = ['bench', 'plan', 'quickstart']\nfrom bench.cli.app import main\ntry: main()\nexcept SystemExit: pass"
    assert _loaded(code, ["torch", "lightning", "seaborn"]) == []
