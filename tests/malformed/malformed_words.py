"""Malformed command lines, on inputs that are right."""

from pathlib import Path

import numpy as np
from malformed_case import Case
from PIL import Image

SUITE = """\
name: right
datasets: [{name: shapes, trainval: 4, test: 2}]
models: [{name: background}]
perturbations: [{name: additive_noise, strengths: [18]}]
"""
ONE = "photo.png -o out.png --perturbation fog --strength 1"
LINES = [
    *("nothing", "rnu s.yaml", "--frobnicate", "run", "run s.yaml t.yaml", "run none.yaml", "run .", "run quickstrat", "run ''"),
    *("run s.yaml --limit 0", "run s.yaml --limit -1", "run s.yaml --limit many", "run s.yaml --limit 1.5", "run s.yaml --limit"),
    *("run s.yaml --device foo", "run s.yaml --device cuda:99", "run s.yaml --device cuda:x", "run s.yaml --device ''"),
    *("run s.yaml --only nothing", "run s.yaml --only ''", "run s.yaml --only [", "run s.yaml --batch-size 0"),
    *("run s.yaml --batch-size big", "run s.yaml --devices 0", "run s.yaml --out a_file", "run s.yaml --out a_file/below"),
    *("run s.yaml --out ~nobody_of_this_name/x", "run s.yaml --data-root none", "run s.yaml --data-root a_file", "run s.yaml --plugins none"),
    *("run s.yaml --plugins a_file", "run s.yaml --plugins empty", "run s.yaml --frsh", "run s.yaml --fresh=yes"),
    *("plan s.yaml --limit 0", "plan s.yaml --only x", "plan none", "plan s.yaml --jsn", "plan", "plan s.yaml --data-root none"),
    *("check", "check none.yaml", "check .", "check a_file", "check photo.png", "check s.yaml none.yaml"),
    *("list nothing", "list models none", "list perturbations fogg", "list models unet extra", "list metrics '' "),
    *("report", "report none", "report .", "report a_file", "report s.yaml", "report empty --x size", "report empty --x ''"),
    *("train", "train none.yaml", "train s.yaml --only none", "train s.yaml --device foo", "train s.yaml --devices 0"),
    *("data", "data none", "data shaps", "data folder", "data s.yaml --preview a_file/x.png"),
    *("data s.yaml --preview a.png --augmented b.png", "data s.yaml --only net", "data s.yaml --augmented x.png", "data s.yaml --data-root none"),
    *("fetch", "fetch none.yaml", "fetch s.yaml --only none"),
    *("perturb", "perturb photo.png", "perturb photo.png -o out.png", "perturb none.png -o out.png --all", "perturb . -o out.png --all"),
    *(f"perturb {ONE.replace('fog', 'fogg')}", f"perturb {ONE.replace('1', '99')}", f"perturb {ONE.replace('1', 'nan')}"),
    *(f"perturb {ONE.replace('1', 'inf')}", f"perturb {ONE.replace('1', '-1')}", f"perturb {ONE.replace('1', 'strong')}"),
    *(f"perturb {ONE.replace('out.png', 'out.jpg')}", f"perturb {ONE.replace('out.png', 'out')}", f"perturb {ONE.replace('out.png', 'photo.png')}"),
    *(f"perturb {ONE.replace('out.png', 'a_file/x.png')}", f"perturb {ONE.replace('out.png', 'none/../a_file/x.png')}"),
    *(f"perturb {ONE} --seed -1", f"perturb {ONE} --seed x", f"perturb {ONE} --seed 99999999999999999999", f"perturb {ONE} -p"),
    *(f"perturb {ONE} -p x", f"perturb {ONE} -p none=1", f"perturb {ONE} -p =1", f"perturb {ONE} --all", f"perturb {ONE} --preset common15"),
    *(f"perturb {ONE} --mask none.png", f"perturb {ONE} --mask photo.png", f"perturb {ONE} --mask-out m.png", f"perturb {ONE} --mask s.yaml"),
    *("perturb photo.png -o out.png --preset none", "perturb photo.png -o out.png --strength 1", "perturb photo.png -o out.xyz --all"),
    *("perturb photo.png -o out.png --perturbation ''", "perturb photo.png -o out.png --perturbation rotate --strength 15 -p fill=none"),
    *("corrupt", "corrupt images", "corrupt images out", "corrupt none out --preset common15", "corrupt a_file out --preset common15"),
    *("corrupt images a_file --perturbation fog", "corrupt images images --perturbation fog", "corrupt images images/out --perturbation fog"),
    *("corrupt images . --perturbation fog", "corrupt images full --perturbation fog", "corrupt images out --perturbation fogg"),
    *("corrupt images out --preset none", "corrupt images out --perturbation fog --strengths x", "corrupt images out --perturbation fog --strengths ''"),
    *("corrupt images out --perturbation fog --strengths 1,,2", "corrupt images out --perturbation fog --strengths 99"),
    *("corrupt images out --perturbation fog --strengths nan", "corrupt images out --perturbation fog --jpeg 0"),
    *("corrupt images out --perturbation fog --jpeg 101", "corrupt images out --perturbation fog --jobs 0", "corrupt images out --perturbation fog --limit 0"),
    *("corrupt images out --perturbation fog --split none", "corrupt images out --perturbation fog --split train"),
    *("corrupt images out --perturbation fog --dataset none", "corrupt images out --perturbation fog --dataset folder"),
    *("corrupt images out --perturbation fog --data-key a=b", "corrupt images out --perturbation fog --dataset folder --data-key a"),
    *("corrupt images out --perturbation object_cutout", "corrupt empty out --perturbation fog", "corrupt images out --perturbation fog -p x"),
    *("corrupt images bad_manifest --perturbation fog", "corrupt images foreign_manifest --perturbation fog", "corrupt images bytes_manifest --perturbation fog"),
    *("corrupt images folder_manifest --perturbation fog", "corrupt images wide_manifest --perturbation fog"),
]  # fmt: skip
HEADER = (
    "file,mask,perturbation,strength,parameters,resources,version,seed,format,source,source_hash,source_mask_hash,hash,"
    "mask_hash,rmse,psnr,ssim\n"
)


def _right(at: Path) -> None:
    """Write inputs that nothing is wrong with, and some places that hold something else."""
    (at / "s.yaml").write_text(SUITE)
    (at / "t.yaml").write_text(SUITE)
    (at / "a_file").write_text("text\n")
    for name in ("images", "empty", "full", "bad_manifest", "foreign_manifest", "bytes_manifest", "wide_manifest"):
        (at / name).mkdir()
    (at / "folder_manifest" / "manifest.csv").mkdir(parents=True)
    pixels = np.random.default_rng(2).integers(0, 256, (40, 40, 3), np.uint8)
    for place in ("photo.png", "images/a.png", "full/other.png"):
        Image.fromarray(pixels).save(at / place)
    row = ["x", "", "fog", "strong", "{}", "{}", "1", "0", "png", "a.png", *[""] * 7]
    (at / "bad_manifest" / "manifest.csv").write_text(HEADER + ",".join(row) + "\n")
    (at / "foreign_manifest" / "manifest.csv").write_text("a,b\n1,2\n")
    (at / "bytes_manifest" / "manifest.csv").write_bytes(bytes(range(256)) + b"\n")
    (at / "wide_manifest" / "manifest.csv").write_text(HEADER + "x" * 200_000 + "\n")


def words() -> list[Case]:
    """Return every malformed command line."""
    import shlex

    return [Case("command line", line, _right, tuple(shlex.split(line))) for line in LINES]
