"""Progress: live on a terminal, a few plain lines elsewhere."""

import io
import time

from rich.console import Console

import bench.host.screen as screens
from bench.host.screen import Screen, duration, rate_words


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
    assert lines[0] == "unet: 15 of 100 images, 0.25/s, 5 min 40 s left, cell 1/2"
    assert len(lines) == 3


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


def test_a_rate_has_two_digits_that_count():
    """0.2 images a second are not 0."""
    rates = (0.2, 0.234, 0.05, 0.0012, 1.0, 9.94, 9.96, 12.4, 340.2, 0.0, float("nan"))
    assert [rate_words(rate) for rate in rates] == [
        "0.2",
        "0.23",
        "0.05",
        "0.0012",
        "1",
        "9.9",
        "10",
        "12",
        "340",
        "0",
        "0",
    ]


def test_an_epochs_end_is_said_but_not_each_of_many(monkeypatch):
    """Epochs of 30 s get a line each; of those that take 1 s, one in ten."""
    for seconds, expected in ((30, 4), (1, 4)):
        quiet, out = screen()
        clock = [0.0]
        monkeypatch.setattr(screens.time, "monotonic", lambda now=clock: now[0])
        with quiet.task("training unet", 100, "epochs", screens.LONG_STEPS_EVERY) as task:
            for _ in range(4 if seconds == 30 else 40):
                clock[0] += seconds
                task.advance(1, "loss 0.500")
        lines = out.getvalue().splitlines()
        assert len(lines) == expected
        assert lines[0].endswith("left, loss 0.500")


def test_a_long_step_is_not_silent(monkeypatch):
    """A line comes although nothing has advanced, and none after the end."""
    monkeypatch.setattr(screens, "PLAIN_EVERY", 0.05)
    quiet, out = screen()
    with quiet.task("training unet", 3, "epochs"):
        time.sleep(0.4)
    lines = out.getvalue().splitlines()
    assert 3 <= len(lines) <= 8
    assert lines[0] == "training unet: 0 of 3 epochs, after 0 s"
    time.sleep(0.12)
    assert len(out.getvalue().splitlines()) == len(lines)


def test_a_counter_speaks_soon_and_then_seldom(monkeypatch):
    """Into a pipe: after 2 s, then every 20."""
    quiet, out = screen()
    clock = [0.0]
    monkeypatch.setattr(screens.time, "monotonic", lambda: clock[0])
    show = quiet.counter("verifying the images of pets")
    for done in range(1, 61):
        clock[0] += 1
        show(done, 60)
    assert out.getvalue().splitlines() == [f"verifying the images of pets: {n} of 60" for n in (3, 24, 45)]
