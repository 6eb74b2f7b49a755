"""Progress: live on a terminal, a few plain lines elsewhere."""

import io

from rich.console import Console

import bench.host.screen as screens
from bench.host.screen import Screen, duration


def screen(terminal=False):
    out = io.StringIO()
    return Screen(Console(file=out, force_terminal=terminal, width=80, highlight=False)), out


def test_lengths_of_time_are_said_as_people_say_them():
    """Seconds, minutes, hours."""
    assert [duration(s) for s in (0.4, 59, 60, 3599, 3600, 90061)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "1 h 0 min",
        "25 h 1 min",
    ]


def test_names_are_never_markup():
    """A label in brackets is printed as it is."""
    quiet, out = screen()
    quiet.line("[red]unet[/red] [1/2]")
    assert out.getvalue() == "[red]unet[/red] [1/2]\n"


def test_without_a_terminal_it_speaks_now_and_then(monkeypatch):
    """A line a minute: done, rate, time left, what it is at."""
    quiet, out = screen()
    clock = [0.0]
    monkeypatch.setattr(screens.time, "monotonic", lambda: clock[0])
    with quiet.showing(), quiet.task("unet", 100, "images") as task:
        for _ in range(10):
            clock[0] += 20
            task.advance(5, "cell 1/2")
    lines = out.getvalue().splitlines()
    assert lines[0] == "unet: 20 of 100 images, 0.2/s, 5 min 20 s left, cell 1/2"
    assert len(lines) == 2


def test_on_a_terminal_the_bar_goes_when_it_is_done():
    """What stays is the lines."""
    live, out = screen(terminal=True)
    with live.showing(), live.task("[1/1] unet", 4, "images") as task:
        task.advance(4, "cell 1/1")
        live.line("kept")
    assert "kept" in out.getvalue()
    assert live.live is None


def test_the_rate_is_the_current_one(monkeypatch):
    """A slow start is forgotten."""
    quiet, _ = screen()
    clock = [0.0]
    monkeypatch.setattr(screens.time, "monotonic", lambda: clock[0])
    with quiet.task("unet", 1000, "images") as task:
        clock[0] = 1000.0
        task.advance(1)
        for _ in range(screens.RECENT):
            clock[0] += 1
            task.advance(10)
        assert task.rate == 10
