"""What a user types, and what comes back: in process, so that the lines and codes are the real ones."""

import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from bench import __version__
from bench.cli.app import main
from registry.errors import BenchError

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.mark.parametrize("command", ["run", "plan", "check", "list", "report", "train", "data"])
def test_every_command_explains_itself_with_examples(bench, command):
    """A help text shows command lines that can be typed."""
    code, out, _ = bench(command, "--help")
    assert code == 0
    assert f"bench {command} " in out.split("Options:")[0].split("\n", 2)[2]


def test_the_version_is_printed(bench):
    """And nothing else."""
    assert bench("--version") == (0, f"segbench {__version__}\n", "")


def test_a_run_prints_its_table_and_where_the_report_is(bench, write, tmp_path):
    """80 columns wide, the policy under the table; the second time there is nothing to do."""
    code, out, err = bench("run", write(), "--out", tmp_path / "r")
    assert code == 0
    assert "border ignored" in out
    assert f"8 of 8 there; the report is {tmp_path / 'r' / 'report.html'}" in out
    assert all(len(line) <= 80 for line in out.splitlines() if "report" not in line and ":" not in line)
    assert (tmp_path / "r" / "table.tex").is_file()
    assert (tmp_path / "r" / "report.html").is_file()
    assert "net: trained 1 epoch in" in err
    code, out, _ = bench("run", write(), "--out", tmp_path / "r")
    assert (code, out) == (
        0,
        f"nothing to do: 8 of 8 cells are there; the report is {tmp_path / 'r' / 'report.html'}\n",
    )


def test_a_finished_run_is_repeated_without_torch(bench, write, tmp_path):
    """Nothing to do is said in a moment: in a fresh process, neither torch nor lightning is loaded."""
    import subprocess
    from pathlib import Path

    suite = write()
    bench("run", suite, "--out", tmp_path / "r")
    code = (
        f"import sys; sys.argv = ['bench', 'run', {str(suite)!r}, '--out', {str(tmp_path / 'r')!r}]\n"
        "from bench.cli.app import main\ntry: main()\nexcept SystemExit: pass\n"
        "print([n for n in ('torch', 'lightning', 'seaborn') if n in sys.modules])"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "nothing to do" in done.stdout


def test_the_default_folder_is_named_by_the_suite(bench, write, tmp_path):
    """runs/<suite name>, in the current folder."""
    bench("run", write(), "--only", "background")
    assert (tmp_path / "runs" / "tiny" / "run.json").is_file()


def test_failed_cells_give_code_1_and_a_line(bench, write, tmp_path, monkeypatch):
    """Everything else is there."""
    import bench.evaluation.evaluator as evaluation

    real = evaluation.predict

    def predict(segmenter, batch, condition, **options):
        if condition.label == "occlusion":
            raise ValueError("the model is unwell")
        return real(segmenter, batch, condition, **options)

    monkeypatch.setattr(evaluation, "predict", predict)
    code, out, err = bench("run", write(), "--out", tmp_path / "r")
    assert code == 1
    for model in ("background", "net"):
        assert f"bench: 2 cells failed: {model} on shapes (trainval=12, test=4): ValueError: the model is unwell" in err
    assert "4 of 8 there, 4 missing, failed: background, net; the report is" in out
    assert "the model is unwell" in (tmp_path / "r" / "report.html").read_text()


def test_plan_tells_cached_missing_and_after_training(bench, write, tmp_path):
    """Before: nothing there. After: everything. With another strength: one cell a model."""
    folder = tmp_path / "r"

    def rows(*changes):
        code, out, _ = bench("plan", write(*changes), "--out", folder, "--json")
        assert code == 0
        return [(r["cached"], r["missing"], r["after training"]) for r in json.loads(out)]

    assert rows() == [(0, 4, 0), (0, 0, 4)]
    assert "no estimate: no run on this machine was long enough" in bench("plan", write(), "--out", folder)[1]
    bench("run", write(), "--out", folder)
    assert rows() == [(4, 0, 0), (4, 0, 0)]
    assert rows(("[20, 40]", "[20, 30, 40]")) == [(4, 1, 0), (4, 1, 0)]
    words = bench("plan", write(("[20, 40]", "[20, 30, 40]")), "--out", folder)[1]
    assert "about" in words
    assert "from 1 run of each model on this machine (the median)" in words


def test_plans_table_has_the_words_of_its_json_and_names_a_model_once(bench, write):
    """On two data sets too."""
    suite = write(("[{name: shapes,", "[{name: shapes, label: other, trainval: 12, test: 3}, {name: shapes,"))
    out = bench("plan", suite)[1]
    words = [*json.loads(bench("plan", suite, "--json")[1])[0]]
    assert " ".join(out.splitlines()[0].split()) == " ".join(words).removesuffix(" runs ceiling")
    assert "was long enough to tell the time of background, net; the rest" in out


def test_plan_says_what_an_estimate_rests_on(bench, write):
    """Two cells of 9 images are a ceiling for 100, and one line says so; two of 2 images are no estimate."""
    from bench.plan.datasets import open_datasets
    from bench.plan.jobs import plan_jobs
    from bench.record import speeds
    from bench.suite import load_suite

    file = write(("test: 4", "test: 100"), ("train: {epochs: 1, batch_size: 4}", "train: {epochs: 0}"))
    suite = load_suite(file)
    baseline, net = plan_jobs(suite, open_datasets(suite))
    for job, images in ((baseline, 60), (net, 2), (baseline, 60)):
        speeds.note(job, "evaluation", images, 6.0, print)
    out = bench("plan", file)[1]
    assert "long enough to tell the time of net; the rest 40 s" in out  # 4 cells of 100 images at 0.1 s
    assert "from 2 runs of each model" in out
    assert "at most" not in out
    for _ in range(4):
        speeds.note(net, "evaluation", 9, 9.0, print)
    out = bench("plan", file)[1]
    assert "about 7 min 20 s" in out  # and 4 of 100 images at 1 s
    assert "from 2 to 4 runs of each model" in out
    assert "at most, and likely less, of net: measured on fewer images" in out


def test_a_damaged_speeds_file_costs_neither_plan_nor_run(bench, write, tmp_path):
    """No traceback; the run says it in a line, and measures anew."""
    (tmp_path / "cache").mkdir(exist_ok=True)
    path = tmp_path / "cache" / "rates.json"
    for text in ("{", '{"evaluation": 3}', '{"format": 2, "notes": []}', "\x00"):
        path.write_text(text)
        assert bench("plan", write())[0] == 0
    code, _, err = bench("run", write(), "--only", "background")
    assert code == 0
    assert f"the measured speeds in {path} are damaged; set aside as rates.json.damaged" in err
    assert json.loads(path.read_text())["notes"]["evaluation"]


def test_plan_writes_nothing(bench, write, tmp_path):
    """Not even the folder."""
    bench("plan", write(), "--out", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_check_prints_all_faults_of_all_files(bench, write):
    """Code 2 when one is faulty; the good ones are named too."""
    bad = write(("width: 2", "widht: 2"))
    code, out, err = bench("check", "quickstart", bad)
    assert (code, out) == (2, "quickstart: ok\n")
    assert err == f"bench: {bad}:5: models[1].widht: unknown key 'widht'; did you mean 'width'?\n"
    code, out, _ = bench("check", "quickstart", bad, "--json")
    assert code == 2
    assert [len(r["faults"]) for r in json.loads(out)] == [0, 1]


@pytest.mark.parametrize("kind", ["models", "datasets", "perturbations", "metrics", "suites"])
def test_list_shows_every_entry(bench, kind):
    """As a table of 80 columns, and as JSON."""
    code, out, _ = bench("list", kind)
    assert code == 0
    assert all(len(line) <= 80 for line in out.splitlines())
    rows = json.loads(bench("list", kind, "--json")[1])
    assert all(row["name"] in out for row in rows)


def test_report_draws_again_from_the_files(bench, write, tmp_path):
    """The same page, from the folder alone."""
    bench("run", write(), "--out", tmp_path / "r")
    first = (tmp_path / "r" / "report.html").read_bytes()
    shutil.rmtree(tmp_path / "r" / "figures")
    (tmp_path / "r" / "report.html").unlink()
    code, out, _ = bench("report", tmp_path / "r")
    assert (code, out.strip()) == (0, str(tmp_path / "r" / "report.html"))
    assert (tmp_path / "r" / "report.html").read_bytes() == first


def test_train_makes_the_checkpoints_and_run_uses_them(bench, write, tmp_path):
    """Trained once."""
    code, out, _ = bench("train", write())
    assert code == 0
    path = out.strip().rpartition(": ")[2]
    code, _, err = bench("run", write(), "--out", tmp_path / "r")
    assert "trained" not in err
    assert json.loads((tmp_path / "r" / "run.json").read_text())["models"][1]["checkpoint"]["file"] in path


def test_a_training_that_fails_costs_no_other(bench, write, monkeypatch):
    """The next one is trained; a line for a fault of the user's, a traceback before it for another, and code 1."""
    from bench.training import trainer

    real, faults = trainer.train, [BenchError("the hub is out of reach"), RuntimeError("out of memory")]
    net = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"
    others = [
        net.replace("label: net", f"label: {name}").replace("width: 2", f"width: {i}")
        for i, name in ((3, "b"), (4, "c"))
    ]
    monkeypatch.setattr(
        trainer, "train", lambda *a, **k: (_ for _ in ()).throw(faults.pop(0)) if faults else real(*a, **k)
    )
    code, out, err = bench("train", write((net, "\n  - ".join((net, *others)))))
    assert (code, len(out.splitlines())) == (1, 1)
    assert out.startswith("c on shapes")
    lines = [line for line in err.splitlines() if line.startswith("bench: ")]
    assert [line.partition(": failed: ")[2] for line in lines] == [
        "the hub is out of reach",
        "RuntimeError: out of memory",
    ]
    assert err.count("Traceback") == 1


def test_train_names_a_model_that_cannot_be_trained(bench, write, monkeypatch, tmp_path):
    """Of one the key is not known, another one's network fails on one image: neither is trained, and code 1."""
    from bench.plan import jobs
    from bench.runner import checks
    from registry.hub import UnreachableError

    key, tried = jobs.training_key, checks.try_on_one_image

    def unreachable(spec, *rest):
        if spec.label == "b":
            raise UnreachableError("the hub is out of reach")
        return key(spec, *rest)

    def broken(spec, *rest):
        if spec.label == "c":
            raise RuntimeError("sizes do not fit")
        tried(spec, *rest)

    monkeypatch.setattr(jobs, "training_key", unreachable)
    monkeypatch.setattr(checks, "try_on_one_image", broken)
    net = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"
    others = [
        net.replace("net, train", f"{name}, train").replace("width: 2", f"width: {i}")
        for name, i in (("b", 3), ("c", 4))
    ]
    code, out, err = bench("train", write((net, "\n  - ".join((net, *others)))))
    assert (code, len(out.splitlines()), out[:7]) == (1, 1, "net on ")
    told = [
        line.partition(" on ")[0] + line.partition(": failed")[2] for line in err.splitlines() if ": failed" in line
    ]
    assert told == ["bench: b: the hub is out of reach", "bench: c: RuntimeError: sizes do not fit"]
    assert len(list((tmp_path / "cache").rglob("unet*.safetensors"))) == 1


def test_plan_names_a_model_of_which_nothing_is_known(bench, write, monkeypatch):
    """Its cells are counted as missing, and a warning says why they cannot be told."""
    from bench.plan import jobs
    from registry.hub import UnreachableError

    def unreachable(*_):
        raise UnreachableError("the hub is out of reach")

    monkeypatch.setattr(jobs, "training_key", unreachable)
    code, _, err = bench("plan", write())
    assert (code, [line for line in err.splitlines() if "hub" in line]) == (0, ["net: the hub is out of reach"])


def test_a_users_checkpoint_is_evaluated_and_never_trained(bench, write, tmp_path):
    """The README's "run my checkpoint"."""
    path = bench("train", write())[1].strip().rpartition(": ")[2]
    shutil.copy(path, tmp_path / "mine.safetensors")
    mine = write(("label: net, train: {epochs: 1, batch_size: 4}", "label: net, checkpoint: mine.safetensors"))
    code, _, err = bench("run", mine, "--out", tmp_path / "r")
    assert code == 0
    assert "trained" not in err


def test_data_counts_and_draws(bench, write, tmp_path):
    """Statistics of each split, and a contact sheet."""
    code, out, _ = bench("data", write())
    assert code == 0
    assert "shapes (trainval=12, test=4) test: 4 images, 0 left out" in out
    code, out, _ = bench("data", write(), "--preview", tmp_path / "sheet.png")
    assert (code, out) == (
        0,
        f"{tmp_path}/sheet.png: shapes (trainval=12, test=4), training images, and below each an augmented form\n",
    )
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("splits", ["{train: a.txt, test: b.txt}", "{trainval: a.txt, test: b.txt}"])
def test_data_counts_every_training_image(bench, write, tmp_path, splits):
    """Of ten, the two that validate are named as held out, and no image is left uncounted."""
    for i in range(14):
        for kind, pixels in (("i", np.full((8, 8, 3), i, np.uint8)), ("m", np.ones((8, 8), np.uint8))):
            (tmp_path / kind).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / kind / f"{i:02}.png")
    for name, places in (("a", range(10)), ("b", range(10, 14))):
        (tmp_path / f"{name}.txt").write_text("\n".join(f"{i:02}" for i in places))
    data = f"{{name: folder, label: own, root: {tmp_path}, classes: [a, b], images: i, masks: m, splits: {splits}}}"
    code, out, _ = bench("data", write(("{name: shapes, trainval: 12, test: 4}", data)))
    lines = [line for line in out.splitlines() if " images, " in line]
    assert (code, [line.split(",")[0] for line in lines]) == (
        0,
        ["own train: 8 images", "own val (held out of the training images): 2 images", "own test: 4 images"],
    )


def test_a_preview_of_test_images_says_so(bench, write, tmp_path):
    """There is nothing to train with, so nothing is augmented."""
    for kind, pixels in (("i", np.zeros((8, 8, 3), np.uint8)), ("m", np.ones((8, 8), np.uint8))):
        (tmp_path / kind).mkdir()
        Image.fromarray(pixels).save(tmp_path / kind / "a.png")
    data = f"{{name: folder, label: own, root: {tmp_path}, classes: [a, b], images: i, masks: m}}"
    suite = write(("{name: shapes, trainval: 12, test: 4}", data))
    code, out, _ = bench("data", suite, "--preview", tmp_path / "sheet.png")
    assert (code, out) == (0, f"{tmp_path}/sheet.png: own, images of the split 'test'\n")


def test_plain_progress_is_a_few_lines(bench, write, tmp_path):
    """Not a terminal: one line for the training, one a model, no control characters."""
    err = bench("run", write(), "--out", tmp_path / "r")[2]
    assert "\x1b" not in err
    assert len(err.splitlines()) == 3


CHECKPOINT = ("label: net, train: {epochs: 1, batch_size: 4}", "label: net, checkpoint: other.safetensors")

FAULTS = {
    "no such suite": (["run", "robustnes"], [], "bench: no suite 'robustnes': no such file, and no shipped suite has this name; did you mean 'robustness'?"),
    "missing data": (
        ["run", "{suite}", "--data-root", "nowhere"],
        [("{name: shapes, trainval: 12, test: 4}", "{name: folder, classes: [a, b], images: i, masks: m}")],
        "nowhere; correct --data-root, or make the folder first",
    ),
    "a root of the suite, which counts before --data-root": (
        ["run", "{suite}", "--data-root", "."],
        [("{name: shapes, trainval: 12, test: 4}", "{name: folder, root: nowhere, classes: [a, b], images: i, masks: m}")],
        "nowhere; correct root: in the suite (paths start in this folder), or make the folder first",
    ),
    "missing checkpoint": (["run", "{suite}"], [CHECKPOINT], "other.safetensors; correct checkpoint: in the suite"),
    "unknown device": (["run", "{suite}", "--device", "tpu"], [], "bench: no device 'tpu'; give auto, cpu, cuda or cuda:N"),
    "unknown model": (["run", "{suite}", "--only", "nett"], [], "bench: --only nett: the suite has no such model; did you mean 'net'?"),
    "two sheets": (["data", "shapes", "--preview", "a.png", "--augmented", "b.png"], [], "bench: --preview and --augmented draw two sheets; give one of them, then the other"),
    "a model for nothing": (["data", "shapes", "--only", "unet"], [], "bench: --only chooses the model of --augmented; give both or neither"),
    "not a run": (["report", "."], [], "bench: "),
    "unknown encoder": (
        ["run", "{suite}"],
        [("unet, width: 2, size: 32", "smp, encoder: resnet3"), ("label: net, train: {epochs: 1, batch_size: 4}", "label: net")],
        "bench: net: smp has no encoder 'resnet3'; did you mean 'resnet34'?",
    ),
    "missing predictions": (
        ["run", "{suite}"],
        [("unet, width: 2, size: 32", "predictions, folder: masks"), ("label: net, train: {epochs: 1, batch_size: 4}", "label: net")],
        "masks of the clean images go there",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("words", "changes", "message"), FAULTS.values(), ids=FAULTS)
def test_what_a_user_can_mend_is_one_line_and_code_2(bench, write, words, changes, message):
    """No traceback."""
    suite = write(*changes)
    code, _, err = bench(*[word.format(suite=suite) for word in words])
    assert code == 2
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_checkpoint_of_another_model_is_refused_before_anything_runs(bench, write, tmp_path):
    """Exit code 2, with the first differing tensors."""
    path = bench("train", write())[1].strip().rpartition(": ")[2]
    shutil.copy(path, tmp_path / "other.safetensors")
    code, _, err = bench("run", write(CHECKPOINT, ("width: 2", "width: 3")), "--out", tmp_path / "r")
    assert code == 2
    assert "does not match the model: tensors" in err
    assert not list((tmp_path / "r").glob("cells/*.parquet"))


def test_ctrl_c_is_a_line_and_code_130(bench, write, tmp_path, monkeypatch):
    """What is finished is kept."""
    import bench.evaluation.evaluator as evaluation

    def predict(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluation, "predict", predict)
    code, _, err = bench("run", write(), "--out", tmp_path / "r")
    assert code == 130
    line = "bench: stopped by Ctrl-C; what is finished is kept: give the same command again to go on"
    assert err.splitlines()[-1] == line


def test_a_tilde_in_a_path_is_the_users_folder(bench, write, tmp_path, monkeypatch):
    """Shells leave it alone behind an equals sign; an unknown user is one line."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert bench("data", write(), "--preview=~/sheet.png")[1].startswith(f"{tmp_path}/home/sheet.png: shapes")
    unknown = bench("list", "models", "--plugins=~no-such-user/x")
    assert unknown == (2, "", "bench: ~no-such-user/x: no such user; give the whole path\n")
    assert not (tmp_path / "~").exists()


def test_other_faults_keep_their_traceback(bench, write, tmp_path, monkeypatch):
    """A fault of ours is not dressed up as the user's."""
    import bench.runner.loop

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(bench.runner.loop, "plan_jobs", broken)
    monkeypatch.setattr(sys, "argv", ["bench", "run", str(write()), "--out", str(tmp_path / "r")])
    with pytest.raises(ZeroDivisionError):
        main()


def test_a_narrow_table_loses_no_character(capsys, monkeypatch):
    """Words stay whole while there is room, then they break; what must not break keeps its width."""
    from bench.host.terminal_table import print_table

    rows = [
        {"name": "autoencoder_strided", "keys": "encoder_weights frozen", "path": "/somewhere/" + "abcdefghij" * 6},
        {"name": "b", "keys": "width", "path": "/x"},
    ]
    for width in (80, 60, 44):
        monkeypatch.setenv("COLUMNS", str(width))
        print_table(rows)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width
        begin = lines[0].index("path")
        assert "".join(line[begin:].strip() for line in lines[1:-1]) == rows[0]["path"]
        if width == 80:
            assert "encoder_weights" in lines[1]
