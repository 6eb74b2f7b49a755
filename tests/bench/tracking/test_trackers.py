"""Each tracker read back with its own library, offline: curves, scores, files."""

import struct

import pytest

from bench.tracking import TRACKERS

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def fed(name, tmp_path):
    """Start a tracker, feed it two epochs, the scores of two models and two files, and end it."""
    (tmp_path / "table.md").write_text("# Scores\n")
    (tmp_path / "report.html").write_text("<p>report</p>")
    tracker = TRACKERS[name].start("tiny", tmp_path)
    for step, loss in ((1, 0.75), (2, 0.5)):
        tracker.log("net [a=1]", {"train/val_loss": loss}, step)
    tracker.log("net [a=1]", {"standard/clean_dice": 0.875})
    tracker.log("net (a=1)", {"standard/clean_dice": 0.25})
    for file in ("table.md", "report.html"):
        tracker.keep(tmp_path / file)
    tracker.close()


def test_tensorboard(tmp_path):
    """A folder a model; the table is a text."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    fed("tensorboard", tmp_path)

    def read(model):
        found = accumulator.EventAccumulator(str(tmp_path / "tensorboard" / model))
        found.Reload()
        return found

    net = read("net [a=1]")
    assert [(one.step, one.value) for one in net.Scalars("train/val_loss")] == [(1, 0.75), (2, 0.5)]
    assert [one.value for one in net.Scalars("standard/clean_dice")] == [0.875]
    assert [one.value for one in read("net (a=1)").Scalars("standard/clean_dice")] == [0.25]
    (text,) = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload().Tensors("table/text_summary")
    assert text.tensor_proto.string_val[0].decode() == "# Scores\n"


def test_mlflow(tmp_path, monkeypatch):
    """A local folder; two labels that MLflow cannot hold stay two."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # so that it is taken back after the test
    fed("mlflow", tmp_path)
    client = mlflow.MlflowClient(tracking_uri=(tmp_path / "mlruns").as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("segbench").experiment_id])
    assert (run.info.run_name, run.info.status) == ("tiny", "FINISHED")
    history = client.get_metric_history(run.info.run_id, "net _a_1_/train/val_loss")
    assert [(one.step, one.value) for one in history] == [(1, 0.75), (2, 0.5)]
    scores = {key: value for key, value in run.data.metrics.items() if key.endswith("clean_dice")}
    assert scores == {"net _a_1_/standard/clean_dice": 0.875, "net _a_1_ 2/standard/clean_dice": 0.25}
    assert sorted(one.path for one in client.list_artifacts(run.info.run_id)) == ["report.html", "table.md"]


def records(file):
    """Yield the records of a .wandb file: LevelDB's log format behind a header of 7 bytes."""
    data, place, parts = file.read_bytes(), 7, []
    while place + 7 <= len(data):
        if (room := 32768 - place % 32768) < 7:
            place += room
            continue
        _, size, kind = struct.unpack("<IHB", data[place : place + 7])
        parts.append(data[place + 7 : place + 7 + size])
        place += 7 + size
        if kind in (1, 4):  # whole, or the last part
            yield b"".join(parts)
            parts = []


def test_wandb(tmp_path, monkeypatch):
    """Offline; read back from the file that a later `wandb sync` sends."""
    pytest.importorskip("wandb")
    from wandb.proto import wandb_internal_pb2

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("HOME", str(tmp_path))
    fed("wandb", tmp_path)
    (file,) = (tmp_path / "wandb").glob("offline-run-*/*.wandb")
    rows, summary, files = [], {}, []
    for data in records(file):
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.HasField("history"):
            rows.append({"/".join(one.nested_key) or one.key: one.value_json for one in record.history.item})
        if record.HasField("summary"):
            summary |= {"/".join(one.nested_key) or one.key: one.value_json for one in record.summary.update}
        files += [one.path for one in record.files.files]
    curve = [(row["net [a=1]/epoch"], row["net [a=1]/train/val_loss"]) for row in rows if "net [a=1]/epoch" in row]
    assert curve == [("1", "0.75"), ("2", "0.5")]
    assert summary["net [a=1]/standard/clean_dice"] == "0.875"
    assert summary["net (a=1)/standard/clean_dice"] == "0.25"
    assert {"report.html", "table.md"} <= set(files)
