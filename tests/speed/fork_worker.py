"""Times imagecorruptions-imaug in a process of its own: its import name is that of the package.

usage: python fork_worker.py FOLDER     (FOLDER holds the fork and comes first on the path)

Reads one request a line, {"images": file.npy, "name", "severity", "count", "threads"}, and prints the
seconds that `count` images took, one after another (threads 1) or in a pool of that many threads.
"""

import json
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, sys.argv[1])
warnings.simplefilter("ignore")

import imagecorruptions  # noqa: E402
import numpy as np  # noqa: E402


def seconds(images, name, severity, threads):
    """Return how long the images took; each is one call, as the package's users make it."""

    def one(image):
        return imagecorruptions.corrupt(image, corruption_name=name, severity=severity)

    begin = time.perf_counter()
    if threads == 1:
        for image in images:
            one(image)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, images))
    return time.perf_counter() - begin


def main():
    """Serve requests until there are no more."""
    if not imagecorruptions.__file__.startswith(sys.argv[1]):
        sys.exit(f"imagecorruptions comes from {imagecorruptions.__file__}, not from {sys.argv[1]}")
    for line in sys.stdin:
        request = json.loads(line)
        images = np.load(request["images"])[: request["count"]]
        taken = seconds(images, request["name"], request["severity"], request["threads"])
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main()
