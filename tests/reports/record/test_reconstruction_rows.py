"""The table of reconstructions, read line by line."""

import pytest

from registry.errors import BenchError
from reports.record.rows import ReconstructionRow, read_reconstructions

LINES = "dataset,model,n,mse,psnr,ssim\npets,auto,168,0.0023,28.23,0.876\npets,other,0,,,\n"


def test_reconstructions_are_read_as_documented(tmp_path):
    """Reads the documented columns; an empty mean is undefined, a missing file holds nothing."""
    file = tmp_path / "reconstructions.csv"
    assert read_reconstructions(file) == ()
    file.write_text(LINES)
    assert read_reconstructions(file) == (
        ReconstructionRow("pets", "auto", 168, 0.0023, 28.23, 0.876),
        ReconstructionRow("pets", "other", 0, None, None, None),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dataset,model\n", "its header lacks n,mse,psnr,ssim"),
        (LINES + "pets,a,x,1,1,1\n", "at line 4"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, content, message):
    """Names the file and the line that cannot be read."""
    (tmp_path / "reconstructions.csv").write_text(content)
    with pytest.raises(BenchError, match=message):
        read_reconstructions(tmp_path / "reconstructions.csv")
