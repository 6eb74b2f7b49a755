"""A user's own entries, from a folder named on the command line."""

import hashlib
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from bench.cli.app import main
from bench.data import DATASETS, open_dataset
from bench.host.screen import Screen
from bench.metrics import METRICS
from bench.perturb import perturb
from bench.plan.keys import cell_key, condition_identity, model_identity
from bench.runner.loop import Options, run
from bench.suite import load_suite
from bench.suite.plugins import add_plugin_folders, load_plugins, plugin_folders, plugins, unload_plugins
from bench.training.processes import pack, unpack
from bench.training.reconstructor import built_reconstructor
from registry import MODELS
from registry.errors import BenchError
from registry.plugin_package import hash_of
from reports import render

pytestmark = pytest.mark.usefixtures("undrawn")

MODEL = """\
    from registry import ModelEntry
    from registry.networks.constant import ConstantSegmenter
    from ._mine import LABEL

    ENTRY = ModelEntry("labels all as one class", lambda p, classes, _: ConstantSegmenter(LABEL, len(classes)))
"""
DARKEN = """\
    from bench.perturb import Perturbation
    from registry.parameters import Parameters

    def darken(images, strength, parameters, stream):
        return (images.float() * (1 - strength)).round().to(images.dtype)

    ENTRY = Perturbation(
        version=1, title="Darken", family="colour", unit="share of the light lost", source="a product",
        identity=0, strengths=(0, 0.5), parameters=Parameters, apply=darken, minimum=0, maximum=1,
    )
"""
METRIC = """\
    from bench.metrics import Metric

    ENTRY = Metric(title="Hits", source="a count", bounds=(0, float("inf")), score=lambda tp, fp, fn: tp * 1.0)
"""
DATA = """\
    from bench.data import DatasetEntry
    from bench.data.sets.shapes import Shapes, ShapesParameters

    class Mine(Shapes):
        def where(self, split):
            return [__name__, len(self.pool(split))]

    ENTRY = DatasetEntry(
        version=1, title="Mine", licence="mine", source="mine", parameters=ShapesParameters,
        open=lambda parameters, root, max_pixels: Mine(parameters), generated=True,
    )
"""
ALL = {
    "models/constant.py": MODEL,
    "models/_mine.py": "LABEL = 1",
    "perturbations/darken.py": DARKEN,
    "metrics/hits.py": METRIC,
    "datasets/mine.py": DATA,
}


def names(found):
    return {(one.kind, one.name) for one in found}


FOUND = {("models", "constant"), ("perturbations", "darken"), ("metrics", "hits"), ("datasets", "mine")}


def test_a_folder_of_each_kind_is_added(plugin_files):
    """Listed among the shipped ones, none imported before it is looked up, underscored files no entries."""
    assert names(load_plugins(plugin_files(ALL))) == names(plugins()) == FOUND
    assert {"constant", "unet"} <= set(MODELS.names())
    assert "_mine" not in MODELS
    assert "segbench_plugins.models.constant" not in sys.modules
    assert MODELS["constant"].summary == "labels all as one class"
    assert METRICS["hits"].title == "Hits"


def test_adding_a_folder_twice_is_harmless(plugin_files):
    """The names are not taken by themselves."""
    folder = plugin_files(ALL)
    assert load_plugins(folder) == load_plugins(folder)


def test_one_call_forgets_them_all(plugin_files):
    """No name, no entry, no module is left; nothing else had been changed: not a package, not the environment."""
    packages = [sys.modules[name] for name in ("registry.models", "bench.metrics.entries", "bench.data.sets")]
    before = dict(os.environ), [list(package.__path__) for package in packages]
    folder = plugin_files(ALL)
    load_plugins(folder)
    assert MODELS["constant"]
    assert (dict(os.environ), [list(package.__path__) for package in packages]) == before
    unload_plugins()
    assert plugins() == []
    assert plugin_folders() == {"models": [], "perturbations": [], "metrics": [], "datasets": [], "further_metrics": []}
    assert not [name for name, module in sys.modules.items() if str(folder) in str(getattr(module, "__file__", ""))]
    with pytest.raises(BenchError, match="no model named 'constant'"):
        MODELS["constant"]


def test_a_changed_file_is_read_anew_once_it_was_forgotten(plugin_files):
    """Neither the entry nor its neighbour is remembered."""
    for label in (1, 2):
        load_plugins(plugin_files({"models/constant.py": MODEL, "models/_mine.py": f"LABEL = {label}"}))
        assert MODELS["constant"].build(None, ("a", "b", "c"), True).label == label
        unload_plugins()


def test_a_plug_in_perturbation_works_like_a_shipped_one(plugin_files):
    """Half the light is lost."""
    load_plugins(plugin_files(ALL))
    image = np.full((8, 8, 3), 200, np.uint8)
    assert (perturb(image, "darken", 0.5, seed=0) == 100).all()


def test_a_suite_of_plug_ins_runs(plugin_files, write, tmp_path):
    """Own model, own perturbation, own metric, own data, from training-free prediction to the table."""
    load_plugins(plugin_files(ALL))
    suite = load_suite(
        write(
            ("{name: shapes,", "{name: mine,"),
            ("{name: background}", "{name: constant}"),
            ("additive_noise, strengths: [50]", "darken, strengths: [0.5]"),
        )
    )
    outcome = run(suite, Options(tmp_path / "run", only=("constant",)), Screen())
    assert (outcome.evaluated, outcome.failed) == (4, ())
    lines = (tmp_path / "run" / "summary.csv").read_text().splitlines()
    assert any(",hits,cat," in line and ",darken," in line for line in lines)
    assert render(tmp_path / "run").is_file()


def test_a_plug_in_that_imports_another_has_a_version_of_both(tmp_path):
    """A change of the imported one changes the version of the importing one; a stranger's file changes nothing."""
    (tmp_path / "derived.py").write_text("from .base_net import ENTRY\n")
    (tmp_path / "base_net.py").write_text("BIAS = 0\n")
    first = hash_of(tmp_path / "derived.py")
    (tmp_path / "apart.py").write_text("BIAS = 2\n")
    assert hash_of(tmp_path / "derived.py") == first
    (tmp_path / "base_net.py").write_text("BIAS = 1\n")
    assert hash_of(tmp_path / "derived.py") != first


def test_the_hash_of_the_same_files_stays_what_it_was(tmp_path):
    """BLAKE2b of name, length and bytes of each file in order: finished runs of a plug-in are found by it."""
    files = {
        "_parts/net.py": b"x = 1\n",
        "_mine.py": b"LABEL = 1",
        "derived.py": b"import base_net",
        "base_net.py": b"",
    }
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    (tmp_path / "apart.py").write_bytes(b"y = 2")
    text = b"".join(f"{name}\0{len(files[name])}\0".encode() + files[name] for name in sorted(files))
    assert hash_of(tmp_path / "derived.py") == hashlib.blake2b(text, digest_size=16).hexdigest()


def mine():
    """The test images of the plug-in data set, whose class is in the plug-in's file."""
    return open_dataset("mine", DATASETS["mine"].parameters(test=3), None, download=False).subset("test").source


def test_another_process_finds_them_too(plugin_files):
    """A started (not forked) process is handed the folders; then it unpickles objects of a plug-in's class."""
    load_plugins(plugin_files(ALL))
    known = {"initializer": add_plugin_folders, "initargs": (plugin_folders(),)}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), **known) as pool:
        assert pool.submit(mine().where, "test").result() == ["segbench_plugins.datasets.mine", 3]


@pytest.mark.slow
def test_a_trainings_processes_find_them_too(plugin_files):
    """What is sent to each device's process has the folders in it."""
    load_plugins(plugin_files(ALL))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(unpack, pack(mine())).result().where("test") == ["segbench_plugins.datasets.mine", 3]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"model/a.py": ""}, "model: no kind of plug-in; did you mean 'models'\\?; rename the folder"),
        (
            {"a.py": ""},
            r"a\.py: a plug-in lies in a sub-folder: models, perturbations, metrics, datasets, further_metrics",
        ),
        ({"README.md": ""}, "nothing in .*; it holds sub-folders of Python files: models"),
        ({"models/_helper.py": ""}, "models holds no entry"),
        ({"models/unet.py": ""}, r"models/unet\.py: the name 'unet' is taken by a shipped file; rename yours"),
        ({"models/my-net.py": ""}, "'my-net' is no name that Python can import"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_refused(plugin_files, files, words):
    """One line with the file, and what to do."""
    with pytest.raises(BenchError, match=words) as caught:
        load_plugins(plugin_files(files))
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    """With its absolute path."""
    with pytest.raises(BenchError, match=f"no folder {tmp_path}/nowhere; it holds sub-folders"):
        load_plugins(tmp_path / "nowhere")


def test_other_things_in_the_folder_are_left_alone(plugin_files):
    """Notes, weights and what begins with an underscore may lie beside the plug-ins."""
    folder = plugin_files({"models/a.py": "", "notes.md": "", "weights/a.safetensors": "", "_old/b.py": ""})
    assert names(load_plugins(folder)) == {("models", "a")}


def test_two_folders_may_not_hold_the_same_name(plugin_files, tmp_path):
    """The message names the file that was there first."""
    load_plugins(plugin_files(ALL))
    other = tmp_path / "other" / "models"
    other.mkdir(parents=True)
    (other / "new.py").write_text("")
    for name in ("constant", "_mine"):  # an entry, and what one imports
        (other / f"{name}.py").write_text("")
        with pytest.raises(BenchError, match=f"'{name}' is taken by {tmp_path}/plugins/models/{name}.py; rename yours"):
            load_plugins(other.parent)
        (other / f"{name}.py").unlink()
    assert "new" not in MODELS


FAULTS = {
    "raises": ("x = 1\n1 / 0", r"models/bad\.py, line 2: ZeroDivisionError: division by zero; fix the plug-in"),
    "syntax": ("x = 1\n\nx = (", r"models/bad\.py, line 3: SyntaxError: '\(' was never closed"),
    "package": ("import no_such_package", r"line 1: ModuleNotFoundError: No module named 'no_such_package'"),
    "none": ("x = 1", r"models/bad\.py has no ENTRY; end it with ENTRY = ModelEntry\(\.\.\.\)"),
    "other": (
        "from bench.metrics.entries.iou import ENTRY",
        r"models/bad\.py: ENTRY is a Metric, not a ModelEntry; put it into",
    ),
    "library": ("import json\n\njson.loads('{')", r"models/bad\.py, line 3: JSONDecodeError: Expecting property name"),
    "neighbour": ("from ._bad import x", r"models/_bad\.py, line 2: NameError: name 'y' is not defined"),
    "neighbour by another name": (
        "from registry.models._bad import x",
        r"line 1: ModuleNotFoundError: .*; import what lies beside it relatively: from \._bad import \.\.\.$",
    ),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_file_is_one_line_with_its_place(plugin_files, text, words):
    """A fault that the user can fix: file, line, type and message."""
    load_plugins(plugin_files({"models/bad.py": text, "models/_bad.py": "x = 1\ny\n"}))
    with pytest.raises(BenchError, match=words) as caught:
        MODELS["bad"]
    assert "\n" not in str(caught.value)


def test_a_faulty_plug_in_is_no_traceback_on_the_command_line(plugin_files, monkeypatch, capsys):
    """`bench list` ends with one line and exit code 2."""
    folder = plugin_files({"perturbations/bad.py": "1 / 0"})
    monkeypatch.setattr(sys, "argv", ["bench", "list", "perturbations", "--plugins", str(folder)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        f"bench: {folder}/perturbations/bad.py, line 1: ZeroDivisionError: division by zero; fix the plug-in"
    ]


def test_the_command_line_lists_plug_ins(plugin_files, monkeypatch, capsys):
    """Marked as such."""
    monkeypatch.setattr(sys, "argv", ["bench", "list", "models", "--json", "--plugins", str(plugin_files(ALL))])
    with pytest.raises(SystemExit):
        main()
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["constant"]["plug-in"] == MODELS.source_hash("constant")
    assert rows["unet"]["plug-in"] is None


def source_hashes(plugin_files, **changed):
    """The hash of `constant` when files are changed, in folders added afresh."""
    unload_plugins()
    load_plugins(plugin_files({"models/constant.py": MODEL, "models/_mine.py": "LABEL = 1"} | changed))
    return MODELS.source_hash("constant")


def test_a_shipped_entry_declares_its_own_version():
    """So its file's bytes do not count."""
    assert MODELS.source_hash("unet") is None


def test_the_hash_follows_the_file_and_its_neighbours(plugin_files):
    """What the entry can import by an underscore counts, another entry does not."""
    first = source_hashes(plugin_files)
    assert source_hashes(plugin_files, **{"models/other.py": ""}) == first
    assert source_hashes(plugin_files, **{"models/_mine.py": "LABEL = 2"}) != first
    assert source_hashes(plugin_files, **{"models/constant.py": MODEL + "\n"}) != first
    assert source_hashes(plugin_files, **{"models/_parts/net.py": ""}) != first
    assert len(first) == 32


def edited(plugin_files, write, path):
    """A suite with plug-ins, before and after a comment was put into the file at `path`."""
    suites = []
    for text in (ALL[path], f"{ALL[path]}    # edited\n"):
        unload_plugins()
        load_plugins(plugin_files({**ALL, path: text}))
        suite = load_suite(
            write(("{name: background}", "{name: constant}"), ("additive_noise, strengths: [50]", "darken"))
        )
        model, sweep = suite.models[0], suite.sweeps[0]
        keys = [cell_key(suite, model, "state", "exact", "manifest")(which, 0.5) for which in (sweep, None)]
        suites.append((model_identity(model), condition_identity(suite, sweep, 0.5), *keys))
    return [before != after for before, after in zip(*suites, strict=True)]


def test_an_edited_model_is_evaluated_anew(plugin_files, write):
    """The file's hash is its version: model and all its cells have other keys, the perturbation has not."""
    assert edited(plugin_files, write, "models/constant.py") == [True, False, True, True]


def test_an_edited_perturbation_is_evaluated_anew(plugin_files, write):
    """Its cells alone, not the clean one."""
    assert edited(plugin_files, write, "perturbations/darken.py") == [False, True, True, False]


LATE = """\
    from registry import ModelEntry
    from registry.networks.constant import ConstantSegmenter

    def build(p, classes, initialise):
        from ._mine import LABEL

        return ConstantSegmenter(LABEL, len(classes))

    ENTRY = ModelEntry("imports its label when it is built", build)
"""


def test_an_edit_between_look_up_and_build_is_refused(plugin_files, write, tmp_path):
    """Else the new label's cells would be stored under the old hash; once read anew, it runs."""
    files = {"models/late.py": LATE, "models/_mine.py": "LABEL = 1"}
    folder, options = plugin_files(files), Options(tmp_path / "run", only=("late",))
    load_plugins(folder)
    suite = load_suite(write(("{name: background}", "{name: late}")))
    plugin_files(files | {"models/_mine.py": "LABEL = 2"})
    with pytest.raises(BenchError, match=r"models/late\.py, or a file that it imports, changed since .*; run again$"):
        run(suite, options, Screen())
    load_plugins(folder)
    assert run(suite, options, Screen()).evaluated == 4


def test_an_edited_first_stage_is_refused(plugin_files, write):
    """As the model itself: its checkpoint is stored under the plug-in's hash too."""
    load_plugins(plugin_files({"models/own.py": "from registry.models.autoencoder_simple import ENTRY"}))
    spec = load_suite(write(("{name: background}", "{name: own}"))).models[0]
    assert built_reconstructor(spec)
    plugin_files({"models/own.py": "from registry.models.autoencoder_skip import ENTRY"})
    with pytest.raises(BenchError, match=r"models/own\.py, or a file that it imports, changed"):
        built_reconstructor(spec)
