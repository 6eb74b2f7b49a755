"""What a measurement costs and is surrounded by: memory, bytes, limits of the machine, load, an NVIDIA device."""

import sys
import types

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bench.timing import host_load, nvidia
from bench.timing.batch_search import best_batch_size, out_of_memory
from bench.timing.clock import CudaClock, HostClock, clock_of
from bench.timing.host_load import Moment, moment, other_share
from bench.timing.memory import PeakMemory, process_peak, reset_process_peak
from bench.timing.nvidia import Nvidia, NvidiaState, joules_per_image, throttled
from bench.timing.peaks import measured_peaks
from bench.timing.surroundings import Surroundings, Turns
from bench.timing.traffic import bytes_moved
from registry.adapter import TorchSegmenter
from registry.segmenter import Geometry


def convolution():
    """3 to 4 channels, 1 x 1, at 8 x 8."""
    return TorchSegmenter(nn.Conv2d(3, 4, 1), Geometry(8, 8, "stretch"))


def test_bytes_are_those_of_inputs_weights_and_outputs():
    """By hand, in fp32 and half of that in bf16: 2 images of 3 x 8 x 8, 4 x 3 + 4 weights, 2 of 4 x 8 x 8."""
    values = 2 * 3 * 64 + 16 + 2 * 4 * 64
    images = [torch.zeros(3, 8, 8, dtype=torch.uint8)] * 2
    for precision, size in (("fp32", 4), ("bf16", 2)):
        one = convolution()
        one.place("cpu", precision)
        inputs = one.prepare(images, [None, None])
        assert bytes_moved(one, inputs) == size * values


def test_a_view_moves_no_bytes_and_an_addition_does():
    """Transposing is free; x + 1 reads and writes x."""

    class Twice(nn.Module):
        def forward(self, x):
            return x.transpose(2, 3) + 1

    one = TorchSegmenter(Twice(), Geometry(8, 8, "stretch"))
    assert bytes_moved(one, (torch.zeros(1, 3, 8, 8),)) == 2 * 4 * 3 * 64


def test_the_peak_of_products_is_in_the_units_of_torchs_counter(monkeypatch):
    """2 n^3 operations: what torch.utils.flop_counter counts, over the nanoseconds of the fastest product."""
    monkeypatch.setattr("bench.timing.peaks._fastest", lambda do, clock: 1000.0)
    peaks = measured_peaks("cpu", largest=256, copied=4096)
    with FlopCounterMode(display=False) as counter:
        torch.mm(torch.ones(256, 256), torch.ones(256, 256))
    assert peaks.gflop_per_second == dict.fromkeys(("fp32", "bf16", "fp16"), counter.get_total_flops() / 1000)
    assert peaks.gb_per_second == 2 * 4096 / 1000


def test_the_peaks_are_found_on_this_machine():
    """A product of small matrices and a small copy, really done."""
    peaks = measured_peaks("cpu", largest=256, copied=2**20)
    assert set(peaks.gflop_per_second) == {"fp32", "bf16", "fp16"}
    assert min(peaks.gflop_per_second.values()) > 0
    assert peaks.gb_per_second > 0


def test_a_product_that_the_processor_lacks_is_left_out(monkeypatch):
    """The others are there."""
    real = torch.mm

    def mm(a, b):
        if a.dtype == torch.float16:
            raise RuntimeError("\"addmm_impl_cpu_\" not implemented for 'Half'")
        return real(a, b)

    monkeypatch.setattr(torch, "mm", mm)
    assert set(measured_peaks("cpu", largest=256, copied=4096).gflop_per_second) == {"fp32", "bf16"}


RATES = {1: 10, 2: 19, 4: 36, 8: 37.5, 16: 99}
"""Images per second by batch size: from 4 to 8 they grow by 4 %."""


def test_the_search_ends_where_throughput_grows_by_less_than_five_per_cent():
    """What lies beyond is not tried."""
    assert best_batch_size(lambda size: size / RATES[size]) == (4, None)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_the_search_ends_where_memory_does(error):
    """The batch size before is the best, and the first that did not fit is named."""

    def seconds(size):
        if size > 2:
            raise error
        return 1.0

    assert best_batch_size(seconds) == (2, 4)
    assert out_of_memory(error)


@pytest.mark.parametrize("first", [0, 1])
def test_the_search_passes_other_errors_on(first):
    """And want of memory at the first size."""

    def seconds(size):
        if size > first:
            raise MemoryError if first == 0 else ValueError
        return 1.0

    with pytest.raises((MemoryError, ValueError)):
        best_batch_size(seconds)


STAT = "cpu  {user} 20 30 400 50 6 7 8 9 0\ncpu0 1 2 3\n"


def test_other_processes_are_the_busy_time_that_is_not_ours(tmp_path, monkeypatch):
    """By hand: user, nice, system, irq, softirq and steal, in ticks of 1/100 s; idle and waiting are not busy."""
    monkeypatch.setattr("os.sysconf", lambda name: 100)
    file = tmp_path / "stat"
    file.write_text(STAT.format(user=1000))
    assert moment(file).every == pytest.approx((1000 + 20 + 30 + 6 + 7 + 8) / 100)
    assert moment(tmp_path / "none").every is None


def test_the_share_is_of_all_cores_and_between_0_and_1():
    """4 cores, 10 seconds: 12 s busy, 2 s of them ours: a quarter. Rounding of ticks can make it less than nothing."""
    begin = Moment(0, 0, 0)
    assert other_share([(begin, Moment(10, 12, 2))], cores=4) == 0.25
    assert other_share([(begin, Moment(10, 12, 2)), (Moment(50, 90, 2), Moment(60, 92, 4))], cores=4) == 0.125
    assert other_share([(begin, Moment(10, 1.99, 2))], cores=4) == 0
    assert other_share([(begin, Moment(10, None, 2))], cores=4) is None
    assert other_share([], cores=4) is None


def test_the_real_counters_count():
    """A loop of ours is ours."""
    begin = moment()
    while moment().own - begin.own < 0.05:
        sum(range(1000))
    if begin.every is not None:
        assert moment().every > begin.every
    assert host_load.load() is None or host_load.load() >= 0


def test_the_peak_of_the_process_begins_anew():
    """64 MiB more, and no more once they are gone and the peak is reset."""
    if not reset_process_peak():
        pytest.skip("the system cannot reset it")
    low = process_peak()
    more = torch.ones(64 * 2**18)
    high = process_peak()
    del more
    reset_process_peak()
    assert high - low > 50
    assert process_peak() < high - 50


def test_a_system_that_says_nothing_of_memory(tmp_path):
    """Unknown, not 0."""
    assert not reset_process_peak(tmp_path / "no folder" / "clear_refs")
    assert process_peak(tmp_path / "status") is None


def test_the_allocators_peak_is_the_models_own(monkeypatch):
    """Its 16 weights, and what was allocated beside the 1000 bytes that others hold; the largest turn counts."""
    peaks = iter([1000 + 2**20, 1000 + 3 * 2**20, 1000])
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 1000)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: next(peaks))
    memory = PeakMemory("cuda:0", convolution())
    for _ in range(3):
        memory.begin()
        memory.end()
    assert memory.allocator == pytest.approx(3 + 16 * 4 / 2**20)


class Lacking(Exception):
    """NVML's error."""


class Module(types.ModuleType):
    """A pynvml of a device that is too hot and does not count energy if it is old."""

    NVMLError = Lacking
    NVML_CLOCK_SM, NVML_TEMPERATURE_GPU = 1, 0

    def __init__(self, bits=0x40 | 0x20 | 0x1, old=False):
        super().__init__("pynvml")
        self.bits, self.old, self.energy = bits, old, 5_000_000

    def nvmlInit(self):
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid):
        if uuid != "GPU-1234":
            raise Lacking
        return "handle"

    def nvmlDeviceGetEnforcedPowerLimit(self, handle):
        return 700_000

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle):
        return self.bits

    def nvmlDeviceGetClockInfo(self, handle, kind):
        return 1980 if kind == 1 else 0

    def nvmlDeviceGetTemperature(self, handle, sensor):
        return 61

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        if self.old:
            raise Lacking
        self.energy += 250_000
        return self.energy


def with_module(monkeypatch, module, uuid="1234"):
    monkeypatch.setitem(sys.modules, "pynvml", module)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: types.SimpleNamespace(uuid=uuid))


def test_the_state_of_a_device_is_read_in_our_units(monkeypatch):
    """MHz, degrees, watts; idle is no reason to be slow, and one reason is named once."""
    with_module(monkeypatch, Module())
    device = nvidia.nvidia("cuda:0")
    assert device.state() == NvidiaState(1980, 61, 700, ("too hot",))
    assert throttled([NvidiaState(reasons=()), device.state()]) == "too hot"
    assert throttled([NvidiaState()]) is None


def test_without_nvml_nothing_is_known(monkeypatch):
    """No module, another device, or no GPU at all."""
    with_module(monkeypatch, Module(), uuid="other")
    assert nvidia.nvidia("cuda:0") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert nvidia.nvidia("cuda:0") is None
    assert nvidia.nvidia("cpu") is None


def test_energy_is_what_the_counter_grew_by_over_the_images(monkeypatch):
    """250 J in a window of four calls of ten images: 6.25 J each; a device that does not count has none."""
    times = iter([0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 0.0])
    monkeypatch.setattr("time.monotonic", lambda: next(times))
    calls = []
    device = Nvidia(Module(), "handle")
    assert joules_per_image(device.joules, calls.append, images=10) == 6.25
    assert calls == [0, 1, 2, 3]
    assert joules_per_image(Nvidia(Module(old=True), "handle").joules, calls.append, images=10) is None


def test_a_throttled_measurement_says_so(monkeypatch):
    """Before and after, by what the device said after each turn."""
    with_module(monkeypatch, module := Module(bits=0))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: None)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 0)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 0)
    around = Surroundings("cuda:0")
    turns = Turns(around, convolution())
    for module.bits in (0x4, 0x0):
        with turns.watched():
            pass
    assert around.before.power_limit == 700
    assert turns.facts()["throttled"] == "limit of power"
    assert turns.facts()["temperature_after"] == 61


class Event:
    """A CUDA event of a stream whose time is `now`, in milliseconds."""

    now = 0.0

    def __init__(self, enable_timing):
        assert enable_timing
        self.at = None

    def record(self, stream):
        self.at = Event.now

    def elapsed_time(self, end):
        return end.at - self.at


def test_a_gpus_clock_is_its_events(monkeypatch):
    """Nothing waits until it is settled; 1.5 ms are 1,500,000 ns."""
    waited = []
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: None)
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    clock = clock_of("cuda:1")
    assert isinstance(clock, CudaClock)
    begin = clock.mark()
    Event.now += 1.5
    end = clock.mark()
    assert waited == []
    clock.settle()
    assert waited == ["cuda:1"]
    assert clock.between(begin, end) == 1_500_000
    assert isinstance(clock_of("cpu"), HostClock)
