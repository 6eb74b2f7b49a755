"""Measured strength, read from its file."""

import re

import pytest
from made_up_run import STRENGTHS_HEADER

from registry.errors import BenchError
from reports.record.rows import MeasuredRow, read_strengths
from reports.record.run import open_run

LINES = """dataset,perturbation,strength,measure,n,mean,sd,min,max
pets,"fog, then rain",1.5,rmse,168,10.25,2.5,3,20
pets,"fog, then rain",1.5,psnr,0,,,,
"""


def test_the_file_is_read_as_documented(tmp_path):
    """Reads the documented columns; an empty mean is undefined, not 0."""
    (tmp_path / "strengths.csv").write_text(LINES)
    assert LINES.splitlines()[0] == ",".join(STRENGTHS_HEADER)
    assert read_strengths(tmp_path / "strengths.csv") == (
        MeasuredRow("pets", "fog, then rain", 1.5, "rmse", 168, 10.25, 2.5),
        MeasuredRow("pets", "fog, then rain", 1.5, "psnr", 0, None, None),
    )


def test_a_run_without_the_file_has_no_measures(make_run):
    """Separates an older run from one that has measured nothing yet."""
    made = make_run(models=1, perturbations=1)
    assert open_run(made.write()).strengths is None
    made.strengths = []
    assert open_run(made.write()).strengths == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dataset,perturbation\n", "its header lacks strength,measure,n,mean,sd,min,max"),
        (LINES + "pets,fog,1,rmse,many,1,1,1,1\n", "strengths.csv is damaged at line 4"),
        (LINES + "pets,fog,1\n", "strengths.csv is damaged at line 4"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(make_run, content, message):
    """Names the file and the line that cannot be read."""
    folder = make_run(models=1, perturbations=1).write()
    (folder / "strengths.csv").write_text(content)
    with pytest.raises(BenchError, match=re.escape(message)) as caught:
        open_run(folder)
    assert "\n" not in str(caught.value)


def test_strengths_match_to_twelve_digits(make_run):
    """Finds a strength whose last digits were rounded on their way into the file."""
    run = open_run(make_run(models=1, perturbations=1).with_strengths().write())
    assert run.measured("pets", "additive_noise", 2.0000000000000004, "rmse").mean == 4
    assert run.measured("pets", "additive_noise", 3, "rmse") is None
