"""The images that a page may embed."""

from base64 import b64decode

import pytest

from registry.errors import BenchError
from reports.record.image_files import data_uri


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.webp", "image/webp"),
        ("a.PNG", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("sub/../a.jpeg", "image/jpeg"),
    ],
)
def test_an_image_becomes_a_data_uri(tmp_path, name, kind):
    """Holds the file's bytes and their kind."""
    (tmp_path / "sub").mkdir()
    (tmp_path / name).write_bytes(b"image")
    head, data = data_uri(tmp_path, name).split(",")
    assert head == f"data:{kind};base64"
    assert b64decode(data) == b"image"


def test_a_missing_image_has_no_uri(tmp_path):
    """States that the image is not there."""
    assert data_uri(tmp_path, "gone.png") is None


def test_a_link_out_of_the_run_is_refused(tmp_path):
    """Follows links before it judges where an image lies."""
    (tmp_path / "run").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "run" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BenchError, match="no image of this run"):
        data_uri(tmp_path / "run", "link.png")
