"""The sections on speed: what they say, and what they leave out."""

import re

import pytest
from made_up_run import NASTY
from made_up_speed import STAGES, MadeUpSpeed
from one_section import Pen, drawn, plain

from reports.record.run import open_run
from reports.section import SECTIONS, Page

SPEED = [name for name in SECTIONS.names() if name.startswith("speed")]


@pytest.fixture
def made(make_run):
    return MadeUpSpeed(make_run(models=3, perturbations=1))


def table(html, title):
    """Return header and rows of the table whose title begins so, as texts."""
    (found,) = [part for part in html.split('<figure class="table">') if f"<strong>{title}" in part]
    rows = re.findall(r"<tr>(.*?)</tr>", found, flags=re.S)
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)] for row in rows]


def test_there_are_six_sections():
    """One for each question."""
    assert len(SPEED) == 6


@pytest.mark.parametrize("name", SPEED)
def test_names_are_escaped(made, name):
    """Labels, variants and reasons with markup in them."""
    for row in made.rows[:4]:
        row |= {"caution": "<b>busy</b>", "variant": "<b>v</b>", "throttled": "<b>hot</b>"}
    made.rows.append(made.rows[0] | {"failed": "<b>no</b>", "key": ""})
    html = drawn(made, name)
    assert html
    assert "<b>" not in html
    assert "None" not in plain(html).split()


def test_the_heading_says_cpu(made):
    """As words of the title, in the list of sections too."""
    run = open_run(made.write())
    assert SECTIONS["speed"].heading(run) == "Speed, on a CPU"
    assert SECTIONS["throughput"].heading(run) == "Speed of the evaluation"


def test_network_and_predict_have_tables_of_their_own(made):
    """Every number of a table is of one path: those of the network are 0.6 of predict's."""
    html = drawn(made, "speed")
    for path in ("predict", "network"):
        header, *rows = table(html, f"Single stream on pets: {path}")
        at = header.index("p50 (ms)")
        wanted = [row for row in made.rows if (row["path"], row["scenario"]) == (path, "single_stream")]
        assert [float(row[at]) for row in rows] == pytest.approx([float(row["p50_ms"]) for row in wanted], rel=5e-3)


def test_a_percentile_that_lacks_calls_says_so(made):
    """In its two columns, in place of a number."""
    made.rows[0] |= {"calls": 100, "p99_ms": "n too small", "p99_bound_ms": "n too small"}
    first = table(drawn(made, "speed"), "Single stream on pets: predict")[1]
    assert first[8:10] == ["n too small", "n too small"]


def test_marked_rows_have_their_words_beside_the_table(made):
    """Throttled and disturbed rows are marked, not dropped, and the reasons are listed."""
    made.rows[0]["throttled"] = "SW power cap"
    made.rows[2]["caution"] = "other processes took 12 %"
    html = drawn(made, "speed")
    assert table(html, "Single stream on pets: predict")[1][0].endswith("(throttled)")
    assert [row[-1] for row in table(html, "Marked measurements on pets")[1:]] == [
        "throttled: SW power cap",
        "other processes took 12 %",
    ]
    assert "“throttled”, 1 of 36 measurements" in plain(html)


def test_what_failed_is_listed_with_its_reason(made):
    """And stands in no other table."""
    made.rows.append(made.rows[0] | {"variant": "tf32", "precision": "", "failed": "tf32 needs CUDA", "key": ""})
    html = drawn(made, "speed")
    assert table(html, "Not measured on pets")[1][1:] == ["tf32", "224 × 224", "single stream", "1", "tf32 needs CUDA"]
    assert "tf32" not in [row[1] for row in table(html, "Single stream on pets: predict")]


def test_a_server_that_kept_no_rate_says_so(made):
    """Without latencies: those of rates that broke the bound are no result."""
    for row in made.rows:
        if row["scenario"] == "server":
            row |= {"rate_per_second": "", "calls": 0, "p50_ms": "n too small"}
    row = table(drawn(made, "speed"), "Server on pets: predict")[1]
    assert row[3:] == ["50.0", "no rate", "8", *["—"] * 7]


def test_the_stages_sum_to_the_whole(made):
    """With the remainder, row by row."""
    header, *rows = table(drawn(made, "speed_stages"), "Stages on pets: from the file to labels, ms")
    assert header[3:-1] == [*(name.replace("_", " ") for name in STAGES), "remainder", "end to end"]
    for row in rows:
        *parts, whole = (float(cell) for cell in row[3:-1])
        assert sum(parts) == pytest.approx(whole, rel=5e-3)


def test_lost_samples_are_named_and_the_rest_is_drawn(made):
    """A measurement whose file is gone is left out of its figure by name."""
    run = open_run(made.write())
    (run.folder / "timing" / f"{run.speed[0].key}.parquet").unlink()
    pen = Pen()
    text = plain(str(SECTIONS["speed_latency"].draw(Page(run, pen))))
    assert f"background, fp32, single stream: predict, is not drawn: timing/{run.speed[0].key}.parquet" in text
    assert len(pen.names) == 6
    assert "background" not in pen.alts[1] or "bf16" in pen.alts[1]


def test_pareto_panels_are_those_that_have_data(made):
    """No energy, no panel; on a CPU none of memory; no perturbation scored, no panel of its Dice."""
    for row in made.rows:
        row["joules_per_image"] = ""
    made.run.rows = [row for row in made.run.rows if row[2] == "clean"]
    pen = Pen()
    SECTIONS["speed_pareto"].draw(Page(open_run(made.write()), pen))
    assert [name.removeprefix("pareto-pets-clean Dice-") for name in pen.names] == ["images/s", "parameters"]


def test_only_what_was_scored_has_a_dice(made):
    """The artefact that was timed is the one that was scored: fp32 was not, here."""
    header, *rows = table(drawn(made, "speed_pareto"), "Quality against cost on pets")
    for row in rows:
        clean, perturbed = row[header.index("clean Dice")], row[header.index("perturbed Dice")]
        assert ((clean, perturbed) == ("—", "—")) == (row[1] == "fp32")


def test_the_front_is_named_in_words(made):
    """Here each better model is slower, larger and hungrier, so all scored ones are on it by clean Dice."""
    html = drawn(made, "speed_pareto")
    scored = [row for row in re.findall(r"<tr>.*?</tr>", html, flags=re.S) if "bf16" in row]
    assert len(scored) == 3
    assert all("clean Dice by images/s" in plain(row) for row in scored)
    assert NASTY in plain(html)


def test_there_is_no_roofline_without_bytes(made):
    """Where a point would stand is unknown then."""
    for row in made.rows:
        row["bytes_per_image"] = ""
    assert drawn(made, "speed_roofline") == ""


def test_the_tables_are_printed_for_papers(made):
    """In Markdown and LaTeX as all others."""
    from reports.page import printed_tables

    titles = [entry.title for entry in printed_tables(open_run(made.write()))]
    assert {"Single stream on pets: predict", "Offline on pets, best batch size: network", "Cost on pets"} <= set(
        titles
    )
    assert "Server on pets: predict" in titles
    assert "Server on pets: network" not in titles


@pytest.mark.parametrize(("threads", "words"), [(1, "1 thread."), (2, "2 threads.")])
def test_one_thread_is_not_many(made, threads, words):
    """Counts threads as people do."""
    for row in made.rows:
        row |= {"threads": threads, "load_before": ""}
    assert words in plain(drawn(made, "speed"))


def test_the_evaluations_own_speed_is_called_so(make_run):
    """The images per second of the scores' table are no speed of a model, and the note says whose they are."""
    note = plain(drawn(make_run(models=2, perturbations=0), "leaderboard"))
    assert "Images/s: of this evaluation, with reading, perturbing and scoring of the images" in note
