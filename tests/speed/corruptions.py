"""Time the 19 published corruptions against the fastest reference that runs, and every entry's memory.

usage: python tests/speed/corruptions.py FORK [--only cpu|memory|gpu] [--names a,b] [--sizes 375x500,…] [--rounds n]

FORK is a folder with imagecorruptions-imaug 1.1.5 (`make bench-perturb` makes it). Run it with nothing else on
the machine. It prints figures and asserts none: a busy machine is no fault of the code.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import version
from math import exp, log
from pathlib import Path

import numpy as np
import torch

from bench.host.hashing import pixel_hash
from bench.perturb import PERTURBATIONS, perturb
from bench.perturb.entries.imagecorruptions import Corruption

sys.path.insert(0, str(Path(__file__).parents[1] / "bench" / "perturb"))
from memory import peak_shares
from parity import photo

NAMES = Corruption.__args__
SEVERITY, BATCH = 3, 8
# Rounds, and on how many images a round times the reference: it takes them one by one, so the time per
# image does not depend on how many there are; the larger images would take it ten minutes otherwise.
SIZES = {(375, 500): (5, 8), (1024, 2048): (2, 2)}
CPUS = torch.get_num_threads()


class Reference:
    """The fork in its own process."""

    def __init__(self, folder):
        if not (Path(folder) / "imagecorruptions").is_dir():
            sys.exit(f"no imagecorruptions in {folder}; `make bench-perturb` puts the fork there")
        command = [sys.executable, str(Path(__file__).with_name("fork_worker.py")), str(Path(folder).resolve())]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, file, name, count, threads):
        """Return the seconds per image."""
        request = {"images": file, "name": name, "severity": SEVERITY, "count": count, "threads": threads}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the fork's process ended at {name}")
        return json.loads(line) / count

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def geometric_mean(values):
    return exp(sum(map(log, values)) / len(values)) if values else float("nan")


def facts():
    """Print what the figures depend on."""
    packages = ("torch", "numpy", "numba", "opencv-python-headless", "pillow", "scipy", "scikit-image")
    print(f"{date.today()}, {_processor()}, {CPUS} threads, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in packages))


def _processor():
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())


def cpu(fork, names, sizes, rounds):
    """Print, for each size, milliseconds per image of both and the ratio."""
    reference = Reference(fork)
    for size in sizes:
        usual, count = SIZES.get(size, (2, 2))
        with tempfile.TemporaryDirectory() as folder:
            _cpu_table(reference, names, size, rounds or usual, count, Path(folder) / "images.npy")
    reference.close()


def _cpu_table(reference, names, size, rounds, count, file):
    images = np.stack([photo(*size, seed) for seed in range(BATCH)])
    np.save(file, images)
    pooled = min(2 * count, BATCH)
    small = np.ascontiguousarray(images[:2, :64, :64])
    print(f"\n{size[0]}x{size[1]}, severity {SEVERITY}, {CPUS} threads, ms per image, best of {rounds} rounds in turn:")
    print(
        f"perturb() on a batch of {BATCH}; the fork on {count} images one by one, and on {2 * count} in {CPUS} threads"
    )
    print(f"{'':20}{'perturb':>10}{'fork':>10}{'threads':>10}{'ratio':>8}   (of the faster of the fork's two)")
    rows = []
    for name in names:
        perturb(small, name, SEVERITY)
        reference.seconds(str(file), name, 1, 1)
        taken = [
            (
                _seconds(images, name) / BATCH,
                reference.seconds(str(file), name, count, 1),
                reference.seconds(str(file), name, pooled, CPUS),
            )
            for _ in range(rounds)
        ]
        ours, alone, threaded = (1000 * min(column) for column in zip(*taken, strict=True))
        rows.append((ours, min(alone, threaded)))
        print(f"{name:20}{ours:10.2f}{alone:10.2f}{threaded:10.2f}{rows[-1][1] / ours:8.1f}", flush=True)
    ours, theirs = (geometric_mean(column) for column in zip(*rows, strict=True))
    print(f"{'geometric mean':20}{ours:10.2f}{theirs:10.2f}{'':10}{theirs / ours:8.1f}")
    print(f"{'least ratio':20}{'':30}{min(b / a for a, b in rows):8.1f}")


def _seconds(images, name):
    begin = time.perf_counter()
    perturb(images, name, SEVERITY)
    return time.perf_counter() - begin


def memory(names):
    """Print the peak growth of every entry's memory as multiples of the batch in float32."""
    print(
        f"\nmemory at the peak while a batch of {BATCH} at 375x500 is perturbed, in multiples of the batch's float32 size"
    )
    print(f"{'':28}{'perturb':>10}{'definition':>12}   (6 allowed)")
    for name in names:
        shares = peak_shares(name, (375, 500), BATCH)
        print(f"{name:28}{shares[0]:10.2f}{shares[1]:12.2f}{'   OVER' if max(shares) > 6 else ''}", flush=True)


def gpu(names, batch=256, side=224):
    """Print images per second on CUDA, hashes given."""
    if not torch.cuda.is_available():
        print("\nno CUDA device")
        return
    array = np.stack([photo(side, side, seed) for seed in range(batch)])
    hashes = [pixel_hash(image) for image in array]
    images = torch.from_numpy(array).permute(0, 3, 1, 2).contiguous().cuda()
    print(f"\n{torch.cuda.get_device_name()}, batch of {batch} at {side}x{side} on it, severity {SEVERITY}")
    print(f"{'':20}{'images/s':>12}{'memory':>10}   (at the peak, multiples of the batch's float32 size)")
    rates = []
    for name in names:
        rate, share = _gpu_rate(images, name, hashes)
        rates.append(rate)
        print(f"{name:20}{rate:12,.0f}{share:10.2f}", flush=True)
    print(f"{'geometric mean':20}{geometric_mean(rates):12,.0f}\n{'least':20}{min(rates):12,.0f}")


def _gpu_rate(images, name, hashes, least_seconds=1.0):
    for _ in range(3):  # compiles, and fills the caches
        perturb(images, name, SEVERITY, image_hash=hashes)
    torch.cuda.synchronize()
    before = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    begin, calls = time.perf_counter(), 0
    while calls < 3 or time.perf_counter() - begin < least_seconds:
        perturb(images, name, SEVERITY, image_hash=hashes)
        torch.cuda.synchronize()
        calls += 1
    rate = calls * len(images) / (time.perf_counter() - begin)
    return rate, (torch.cuda.max_memory_allocated() - before) / (4 * images.numel())


def main():
    """Print the tables that were asked for; without options all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fork")
    parser.add_argument("--only", choices=["cpu", "memory", "gpu"])
    parser.add_argument("--names", type=lambda text: text.split(","))
    parser.add_argument("--sizes", default="375x500,1024x2048")
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    known = set(PERTURBATIONS.names())
    published = [name for name in NAMES if name in known and name in (given.names or NAMES)]
    if missing := sorted(set(given.names or NAMES) - known):
        print(f"not there: {', '.join(missing)}")
    facts()
    if given.only in (None, "cpu"):
        sizes = [tuple(map(int, size.split("x"))) for size in given.sizes.split(",")]
        cpu(given.fork, published, sizes, given.rounds)
    if given.only in (None, "memory"):
        memory(sorted(known & set(given.names or known - {"imagecorruptions"})))
    if given.only in (None, "gpu"):
        gpu(published)


if __name__ == "__main__":
    main()
