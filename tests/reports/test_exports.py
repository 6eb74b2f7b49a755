"""`bench report --format`: tables and figures as files that other programs read."""

import csv
import sys

import pytest
from made_up_run import MODELS, NASTY
from pyarrow import parquet

import reports
from bench.cli.app import main
from registry.errors import BenchError
from reports.exports import FORMATS


@pytest.fixture
def made(make_run):
    """A run of three models and two perturbations with measured strengths."""
    return make_run(models=3, perturbations=2).with_strengths()


@pytest.fixture
def bench(monkeypatch, capsys):
    """The command line: `bench report ...`; returns the exit code, and what it printed on both screens."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            main()
        return caught.value.code or 0, *capsys.readouterr()

    return run


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_csv_holds_the_tables_of_the_report_as_numbers(made):
    """One file a table, in the order of table.md, with its columns; a score is the rounded one of the summary."""
    folder = made.write()
    assert reports.export(folder, ["csv", "md"]) == [f"{folder}/exports/tables: 11 csv files", f"{folder}/table.md"]
    found = sorted((folder / "exports" / "tables").iterdir())
    assert [path.name[:3] for path in found] == [f"{i:02d}-" for i in range(1, 12)]
    titles = [line for line in (folder / "table.md").read_text().splitlines() if line.startswith("**")]
    assert len(titles) == len(found)
    with found[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["model"] for row in rows} == set(MODELS)
    clean = next(row for row in made.rows if row[1:7] == [NASTY, "clean", 0.0, "standard", "dice", "mean"])
    board = next(row for row in rows if row["model"] == NASTY)
    assert f"{clean[8]:.4f}" in "".join(board.values())
    assert not any(sign in found[0].read_text() for sign in ("—", "−", "\u00a0"))


def test_no_word_of_a_table_is_a_formula(made):
    """A label of a run of before may begin like one; a spreadsheet must show it."""
    made.record["models"][1]["label"] = "=HYPERLINK(1)"
    made.rows = [[row[0], "=HYPERLINK(1)" if row[1] == NASTY else row[1], *row[2:]] for row in made.rows]
    folder = made.write()
    reports.export(folder, ["csv"])
    for path in (folder / "exports" / "tables").iterdir():
        with path.open(encoding="utf-8", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@"))]
        assert "'=HYPERLINK(1)" in cells


def test_parquet_holds_the_tables_of_the_run_with_types(made):
    """At full precision; a class of the name 1 stays a word, an undefined value is null."""
    made.rows = [[*row[:6], "1" if row[6] == "cat" else row[6], *row[7:]] for row in made.rows]
    made.rows[0][8] = ""
    folder = made.write()
    assert reports.export(folder, ["parquet"]) == [f"{folder}/exports/tables: 2 parquet files"]
    assert files(folder / "exports") == ["tables/strengths.parquet", "tables/summary.parquet"]
    table = parquet.read_table(folder / "exports" / "tables" / "summary.parquet").to_pylist()
    assert len(table) == len(made.rows)
    assert table[0]["value"] is None
    assert [row["value"] for row in table[1:50]] == [row[8] for row in made.rows[1:50]]
    assert {type(row["class"]) for row in table} == {str}
    assert "1" in {row["class"] for row in table}
    assert {type(row["n"]) for row in table} == {int}


@pytest.mark.parametrize(("name", "begin"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_figures_are_files_of_one_format(make_run, name, begin):
    """The figures that the page has in figures/, and no others; the second time the same bytes."""
    folder = make_run(models=2, perturbations=1).write()
    (line,) = reports.export(folder, [name])
    found = {path.name: path.read_bytes() for path in (folder / "exports" / "figures").iterdir()}
    assert line == f"{folder}/exports/figures: {len(found)} {name} files"
    assert not (folder / "report.html").exists()
    assert all(content.startswith(begin) for content in found.values())
    reports.render(folder)
    assert {path.rpartition(".")[0] for path in found} == {path.stem for path in (folder / "figures").glob("*.svg")}
    reports.export(folder, [name])
    assert {path.name: path.read_bytes() for path in (folder / "exports" / "figures").iterdir()} == found


@pytest.mark.usefixtures("undrawn")
def test_files_of_an_earlier_export_go(made):
    """Those of the same kind, that this run has no more; what somebody else put there stays."""
    folder = made.write()
    for place in ("tables/99-old.csv", "tables/mine.txt", "figures/old.svg", "figures/old.pdf"):
        (folder / "exports" / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / "exports" / place).write_text("x")
    reports.export(folder, ["csv", "svg"])
    found = files(folder / "exports")
    assert {"tables/mine.txt", "figures/old.pdf"} <= set(found)
    assert not {"tables/99-old.csv", "figures/old.svg"} & set(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [("pfd", "did you mean 'pdf'?"), ("docx", "known: csv, html, md, parquet, pdf, png, svg, tex"), ("", "known:")],
)
def test_another_format_is_refused_in_one_line(bench, made, given, words):
    """Nothing is written; exit code 2."""
    folder = made.write()
    before = files(folder)
    code, out, err = bench("report", folder, "--format", "csv", "--format", given)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert files(folder) == before


@pytest.mark.usefixtures("undrawn")
def test_the_command_says_what_it_wrote(bench, made):
    """The page alone where nothing is said; else a line for each format, in their order."""
    folder = made.write()
    assert bench("report", folder)[:2] == (0, f"{folder}/report.html\n")
    code, out, _ = bench("report", folder, *(f"--format={name}" for name in ("tex", "csv", "tex")))
    assert (code, out.splitlines()) == (0, [f"{folder}/table.tex", f"{folder}/exports/tables: 11 csv files"])


def test_formats_stand_in_the_help(bench):
    """Each of them, so that nobody has to guess."""
    _, out, _ = bench("report", "--help")
    assert all(name in out for name in FORMATS)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("place", ["exports", "exports/tables"])
def test_a_link_in_place_of_the_folder_is_refused(made, tmp_path, place):
    """Nothing is written where it points to."""
    folder = made.write()
    (tmp_path / "elsewhere").mkdir()
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / place).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BenchError):
        reports.export(folder, ["csv"])
    assert files(tmp_path / "elsewhere") == []
