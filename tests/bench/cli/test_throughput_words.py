"""What the command line says of measurements of speed."""

import json

import pytest

pytestmark = pytest.mark.usefixtures("measure", "undrawn")

THROUGHPUT = ("precision: fp32\n", "precision: fp32\nthroughput: {batch_sizes: [1, 2], seconds: 90}\n")


def test_plan_counts_them_and_says_how_long_they_take_at_least(bench, write, tmp_path):
    """5 of each model, 90 seconds each; none of a suite that times nothing."""
    folder = tmp_path / "r"
    out = bench("plan", write(THROUGHPUT), "--out", folder)[1]
    assert "10 of 10 measurements of speed are missing, after all cells: at least 15 min 0 s" in out
    (row, _) = json.loads(bench("plan", write(THROUGHPUT), "--out", folder, "--json")[1])
    assert {key: row[key] for key in row if key.startswith("timings")} == {
        "timings": 5,
        "timings missing": 5,
        "timings seconds": 450,
    }
    bench("run", write(THROUGHPUT), "--out", folder)
    assert "\n0 of 10 measurements of speed are missing\n" in bench("plan", write(THROUGHPUT), "--out", folder)[1]
    assert "measurements" not in bench("plan", write(), "--out", folder)[1]
    assert not any(key.startswith("timings") for key in json.loads(bench("plan", write(), "--json")[1])[0])


def test_plan_names_a_damaged_one(bench, write, tmp_path):
    """It counts as missing, and stays where it is."""
    bench("run", write(THROUGHPUT), "--out", tmp_path / "r")
    path = next((tmp_path / "r" / "timing").glob("*.parquet"))
    path.write_bytes(b"")
    _, out, err = bench("plan", write(THROUGHPUT), "--out", tmp_path / "r")
    assert "1 of 10 measurements of speed are missing, after all cells: at least 1 min 30 s" in out
    assert f"the measurement {path} is damaged (it cannot be read); the next run measures it again" in err
    assert path.exists()


def test_a_run_says_how_many_it_made(bench, write, tmp_path):
    """And that nothing is to do."""
    words = "run", write(THROUGHPUT), "--out", tmp_path / "r"
    code, out, err = bench(*words)
    assert code == 0
    assert "8 cells evaluated, 8 of 8 there; 10 measured for speed, 10 of 10 there; the report is" in out
    assert "[1/2] speed of background on shapes (trainval=12, test=4): 5 of 5 measurements" in err
    code, out, _ = bench(*words)
    assert code == 0
    assert "nothing to do: 8 of 8 cells are there, and 10 of 10 measurements of speed; the report is" in out


def test_an_error_makes_the_exit_code_1(bench, write, tmp_path, measure):
    """One line for each group."""
    measure.fails["server"] = RuntimeError("no such kernel")
    code, out, err = bench("run", write(THROUGHPUT), "--out", tmp_path / "r", "--only", "net")
    assert code == 1
    assert "4 measured for speed, 4 of 5 there" in out
    assert "a measurement failed: net on shapes (trainval=12, test=4): server: RuntimeError: no such kernel" in err


def test_check_knows_it(bench, write):
    """Every fault with its line, exit code 2."""
    code, _, err = bench("check", write((THROUGHPUT[0], "precision: fp32\nthroughput: {second: 1, sizes: [64]}\n")))
    assert code == 2
    assert "tiny.yaml:8: throughput.second: unknown key 'second'; did you mean 'seconds'?" in err
    assert "tiny.yaml:8: throughput.sizes[0]: give model; or a list of 2" in err
