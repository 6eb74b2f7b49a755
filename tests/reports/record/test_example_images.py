"""The image files that a page may show."""

import io
import os

import pytest
from PIL import Image

from registry.errors import BenchError
from reports.record.image_files import image_bytes


def image(kind, size=(8, 8)):
    """The bytes of an image."""
    buffer = io.BytesIO()
    Image.new("RGB", size).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["a.webp", "a.PNG", "a.jpg", "sub/../a.jpeg"])
def test_an_image_of_the_run_is_read(tmp_path, name):
    """Returns the file's bytes."""
    (tmp_path / "sub").mkdir()
    (tmp_path / name).write_bytes(content := image(name.rpartition(".")[2].replace("jpg", "jpeg")))
    assert image_bytes(tmp_path, name) == content


def test_a_missing_image_is_not_read(tmp_path):
    """States that the image is not there."""
    assert image_bytes(tmp_path, "gone.png") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg onload='alert(1)'/>", b"<html></html>", image("webp", (2100, 2000)), image("png") + bytes(4_000_000)],
    ids=["empty", "SVG", "HTML", "many pixels", "many bytes"],
)
def test_what_is_none_of_our_images_is_not_read(tmp_path, content):
    """A page of somebody else's run must not be heavier than one of ours, nor hold anything but images."""
    (tmp_path / "a.webp").write_bytes(content)
    assert image_bytes(tmp_path, "a.webp") is None


def test_a_pipe_in_place_of_an_image_is_not_waited_for(tmp_path):
    """An archive may hold one."""
    os.mkfifo(tmp_path / "a.webp")
    assert image_bytes(tmp_path, "a.webp") is None


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "../a.webp", "a.svg", "run.json", "", "a\0.webp"])
def test_a_name_that_is_no_image_of_the_run_is_refused(tmp_path, file):
    """Whatever the index says."""
    with pytest.raises(BenchError, match="no image of this run"):
        image_bytes(tmp_path, file)


def test_a_link_out_of_the_run_is_refused(tmp_path):
    """Follows links before it judges where an image lies."""
    (tmp_path / "run").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "run" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BenchError, match="no image of this run"):
        image_bytes(tmp_path / "run", "link.png")
