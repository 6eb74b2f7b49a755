"""Record the pixels of perturbations in golden/.

usage: python tests/bench/perturb/write_golden.py [NAME...]      (no name: all, and removed ones are forgotten)

An entry whose pixels changed while its version did not is refused: its version is part of every cell's key,
and results made with other pixels must not be taken for results made with these.
"""

import json
import sys

from fingerprints import EXACT, GOLDEN, SKIPPED, changed, hashes, recorded, strengths_of, strip
from PIL import Image

from bench.perturb import PERTURBATIONS


def main(names, folder=GOLDEN):
    """Write the records of `names` (none: of all entries); return the exit code."""
    known = [name for name in PERTURBATIONS.names() if name not in SKIPPED]
    wrong = [name for name in names if name not in known]
    if wrong:
        print(f"no golden record is kept of {', '.join(wrong)}", file=sys.stderr)
        return 2
    records = recorded(folder)
    refused = [name for name in names or known if not _may_write(name, records.get(name), folder)]
    for name in refused:
        version = PERTURBATIONS[name].version
        print(f"{name}: its pixels changed, its version ({version}) did not: raise it in its file", file=sys.stderr)
    folder.mkdir(exist_ok=True)
    for name in sorted(set(names or known) - set(refused)):
        records[name] = _write(name, records.get(name), folder)
    if not names:
        for name in set(records) - set(known):
            del records[name]
            (folder / f"{name}.png").unlink(missing_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(records[name])}" for name in sorted(records))
    (folder / "golden.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
    return 2 if refused else 0


def _may_write(name, record, folder):
    return record is None or PERTURBATIONS[name].version > record["version"] or not changed(name, record, folder)


def _write(name, before, folder):
    """Write the image, if it is one; return the record. What has not changed stays as it is to the byte."""
    record = {"version": PERTURBATIONS[name].version, "strengths": strengths_of(name)}
    if name in EXACT:
        (folder / f"{name}.png").unlink(missing_ok=True)
        return record | hashes(name, record["strengths"])
    if record != before:
        Image.fromarray(strip(name, record["strengths"])).save(folder / f"{name}.png", optimize=True)
        print(f"{name}: version {record['version']} recorded")
    return record


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
