"""Warm-up, turns and lengths, with a clock that the test moves."""

import pytest

from bench.timing.rounds import BLOCK_NS, Lane, attempt, goes_on, run_rounds, settled, warm_up
from bench.timing.samples import Interval
from registry.errors import BenchError
from registry.image_files import UnreadableImage

MS = 10**6


def lane(clock, name, ms, events=None, path="predict"):
    """A variant whose call takes `ms(call)` milliseconds."""

    def work(call):
        begin = clock.mark()
        clock.take(ms(call) * MS)
        if events is not None:
            events.append((name, call))
        return [Interval(path, begin, clock.mark())]

    return Lane(name, (work,))


def test_warm_up_ends_when_the_median_has_settled(clock):
    """Ten slow calls, then equal ones: five of these stand beside five of the same after 20."""
    one = lane(clock, "fp32", lambda call: 100 - 9 * call if call < 10 else 10)
    warm_up(one, clock, seconds=100)
    assert one.settled
    assert 15 <= len(one.warm_up) <= 20
    assert one.usual_ns == 10 * MS


def test_warm_up_is_bounded_in_time_and_calls(clock):
    """The first call, which may compile, does not count; what never settles is known as such."""
    slow = lane(clock, "slow", lambda call: 60_000 if call == 0 else 400 * 1.5**call)
    warm_up(slow, clock, seconds=2)
    assert not slow.settled
    assert [ns // MS for ns in slow.warm_up] == [60_000, 600, 900, 1350]
    restless = lane(clock, "restless", lambda call: 1.1**call if call < 200 else 1)
    warm_up(restless, clock, seconds=1e9)
    assert (restless.settled, len(restless.warm_up)) == (False, 200)


@pytest.mark.parametrize(
    ("times", "expected"),
    [([1] * 9, False), ([1] * 10, True), ([1] * 5 + [1.04] * 5, True), ([1] * 5 + [1.06] * 5, False)],
)
def test_settled_is_within_five_per_cent(times, expected):
    """Of the median of the five calls before."""
    assert settled(times) == expected


@pytest.mark.parametrize(
    ("scenario", "calls", "spent", "expected"),
    [
        ("offline", 2, 1e9, True),  # three calls in any case
        ("offline", 3, 9.9, True),  # 10 seconds in any case
        ("offline", 63, 19.9, True),  # p90 needs 64 calls: up to twice the seconds
        ("offline", 63, 20, False),
        ("single_stream", 63, 59.9, True),
        ("single_stream", 63, 60, False),
        ("single_stream", 661, 29.9, True),  # p99 needs 662: up to three times
        ("single_stream", 661, 30, False),
        ("single_stream", 662, 10, False),
        ("stages", 63, 29.9, True),
        ("stages", 64, 10, False),
    ],
)
def test_how_long_a_measurement_goes_on(scenario, calls, spent, expected):
    """The table of docs/throughput.md, for 10 seconds."""
    assert goes_on(scenario, calls, spent, seconds=10) == expected


def test_variants_take_turns_of_about_a_tenth_of_a_second(clock):
    """10 ms and 50 ms: ten calls and two calls a turn, one after the other."""
    events = []
    lanes = [lane(clock, "a", lambda _: 10, events), lane(clock, "b", lambda _: 50, events)]
    run_rounds(lanes, clock, "offline", seconds=1)
    calls = events[sum(len(one.warm_up) for one in lanes) :]
    assert [name for name, _ in calls[:24]] == (["a"] * 10 + ["b"] * 2) * 2
    assert [call for name, call in calls if name == "a"] == list(range(lanes[0].calls))
    samples = lanes[1].log.samples()
    assert samples.round[:4].tolist() == [0, 0, 1, 1]
    assert set(samples.ns) == {50 * MS}
    assert BLOCK_NS == 100 * MS


def test_the_device_is_waited_for_once_a_turn(clock):
    """Not between the calls."""
    one = lane(clock, "a", lambda _: 10)
    run_rounds([one], clock, "offline", seconds=1)
    turns = int(one.log.samples().round.max()) + 1
    assert clock.settlings == len(one.warm_up) + 1 + turns


def test_a_variant_that_fails_leaves_the_others(clock):
    """In the middle of a measurement, too: nothing of it is kept but the reason."""

    def failing(call):
        if call == 30:
            raise BenchError("the network's scores are not finite")
        return good.works[0](call)

    good, bad = lane(clock, "good", lambda _: 10), Lane("bad", (failing,))
    run_rounds([bad, good], clock, "offline", seconds=1)
    assert bad.failed == "the network's scores are not finite"
    assert len(bad.log.samples().ns) == 0
    assert good.failed == ""
    assert good.calls >= 64


@pytest.mark.parametrize("error", [OSError("disk"), UnreadableImage("image"), KeyboardInterrupt()])
def test_what_is_no_fault_of_the_model_passes(error):
    """A file that cannot be read, or Ctrl-C."""

    def do():
        raise error

    with pytest.raises(type(error)):
        attempt(Lane("a", ()), do)
