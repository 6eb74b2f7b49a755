"""All that has to be known of a machine with a CUDA device, within eight minutes, the most important first.

usage: python tests/speed/on_gpu.py [--out DIR] [--device cpu] [--minutes 8] [--only name,…]

Each part is a process of its own with a limit of its own. What it prints stands in DIR/<part>.txt as soon as it ends, and
DIR/parts.json tells how each ended: nothing is lost when the machine is taken away. `--device cpu` tries the script out
where there is no such device: the parts are the same, but for the tests that need one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
SPEED = Path(__file__).parent
FACTS = (
    "import platform, torch; print(platform.platform(), torch.__version__, torch.version.cuda); "
    "print([torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())])"
)


class Part(NamedTuple):
    """A part: its command, and the most seconds that it may take."""

    name: str
    command: tuple[str, ...]
    seconds: int


def parts(device: str, out: Path) -> list[Part]:
    """Return the parts for a device, the most important first."""
    python, cuda = sys.executable, device.startswith("cuda")
    tests = [
        python,
        "-m",
        "pytest",
        "-p",
        "no:benchmark",
        "-q",
        "-m",
        "gpu",
        *(() if cuda else ("--collect-only",)),
        "tests",
    ]
    suite = [
        "bench",
        "run",
        "throughput",
        "--device",
        device,
        "--out",
        str(out / "throughput"),
        "--only",
        "U-Net",
        "--only",
        "Lite0",
    ]
    grid = ["--images", "64", "--every", "8", "--precision", "bf16"] if cuda else ["--images", "4", "--every", "40"]
    table = ["--only", "gpu" if cuda else "cpu"] if cuda else ["--only", "memory", "--names", "fog"]
    return [
        Part("machine", (python, "-c", FACTS), 20),
        Part("tests", tuple(tests), 150),
        Part("corruptions", (python, str(SPEED / "corruptions.py"), str(out), *table), 70),
        Part("harness", (python, str(SPEED / "harness_efficiency.py"), "--device", device, *grid), 100),
        Part("throughput", (python, "-m", *suite), 140),
    ]


def run(part: Part, out: Path, left: float) -> dict[str, object]:
    """Run a part for at most `left` seconds, and write what it says while it says it."""
    begin, limit = time.monotonic(), min(part.seconds, left)
    path = out / f"{part.name}.txt"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with path.open("w") as file:
        try:
            code = subprocess.run(
                part.command, cwd=ROOT, env=environment, stdout=file, stderr=file, timeout=limit, check=False
            ).returncode
        except subprocess.TimeoutExpired:
            code = None
    seconds = round(time.monotonic() - begin, 1)
    print(f"{part.name}: {'out of time' if code is None else f'exit code {code}'} after {seconds} s", flush=True)
    print("".join(path.read_text().splitlines(keepends=True)[-12:]), flush=True)
    return {"part": part.name, "code": code, "seconds": seconds}


def main() -> int:
    """Run the parts that were asked for; the exit code is 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--only", type=lambda text: text.split(","))
    given = parser.parse_args()
    out = (given.out or Path(tempfile.mkdtemp(prefix="gpu-"))).resolve()
    out.mkdir(parents=True, exist_ok=True)
    end, done = time.monotonic() + 60 * given.minutes, []
    for part in parts(given.device, out):
        if given.only and part.name not in given.only:
            continue
        if (left := end - time.monotonic()) < 5:
            print(f"{part.name}: no time is left")
            continue
        done.append(run(part, out, left))
        (out / "parts.json").write_text(json.dumps(done, indent=1))
    print(f"all of it: {out}")
    return int(any(one["code"] != 0 for one in done))


if __name__ == "__main__":
    sys.exit(main())
