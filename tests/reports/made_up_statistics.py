"""Tables of statistics for a made-up run: intervals of one width, ranks by score, differences told apart by a gap."""

import random
from itertools import combinations
from statistics import fmean
from typing import Any

from made_up_run import RunFolder

from bench.record.csv_columns import CALIBRATION, COMPARISONS, DISTRIBUTION, INTERVAL, RANKING, ROBUSTNESS, SUMMARY

HALF = 0.015
"""Half the width of every interval."""
GAP = 0.03
"""Models whose scores are nearer than this cannot be told apart."""
RESAMPLES = 2000
NO_GROUND_TRUTH = "no ground truth"
BINS = 20
BELOW = 0.5
IMAGES = 168
SCOPES = ("clean", "perturbed")
Table = list[list[Any]]


def interval(value: float) -> list[Any]:
    """Return low, high, resamples of a score."""
    return [max(value - HALF, 0.0), min(value + HALF, 1.0), RESAMPLES]


def with_statistics(made: RunFolder, reference: str = "") -> RunFolder:
    """Give a run the tables of statistics; the models of one data set are one board."""
    made.header = [*(name for name in SUMMARY if name != "supervision"), *INTERVAL]
    made.rows = [[*row, *(["", "", ""] if row[8] in ("", None) else interval(row[8]))] for row in made.rows]
    means = mean_dice(made)
    made.tables |= {
        "ranking.csv": [[*RANKING], *(row for scope in SCOPES for row in ranking(made, means, scope))],
        "comparisons.csv": [[*COMPARISONS], *(row for scope in SCOPES for row in comparisons(made, means, scope))],
        "robustness.csv": [[*ROBUSTNESS], *robustness(made, means, reference)],
        "distribution.csv": [[*DISTRIBUTION], *distribution(made)],
        "calibration.csv": [[*CALIBRATION], *calibration(made)],
    }
    return made


Means = dict[tuple[str, str, str, str], float]
"""Mean Dice by data set, metric set, model and perturbation: "clean", a label, or "perturbed" for the mean of all."""


def mean_dice(made: RunFolder) -> Means:
    """Return the means over strengths, and over perturbations, that the summaries are made of."""
    levels: dict[tuple[str, str, str, str], list[float]] = {}
    for row in made.rows:
        if row[5:7] == ["dice", "mean"]:
            levels.setdefault((row[0], row[4], row[1], row[2]), []).append(row[8])
    found = {place: fmean(values) for place, values in levels.items()}
    for dataset, name, model in {place[:3] for place in found}:
        each = [found[dataset, name, model, label] for label in made.perturbations]
        if each:
            found[dataset, name, model, "perturbed"] = fmean(each)
    return found


def boards(made: RunFolder, means: Means, scope: str) -> list[tuple[list[Any], list[tuple[str, float]]]]:
    """Return the first columns of each board with its models and their scores, the best first."""
    found: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for (dataset, name, model, what), value in means.items():
        if what == scope:
            found.setdefault((dataset, name), []).append((model, value))
    return [
        ([dataset, NO_GROUND_TRUTH, name, "dice", scope], sorted(models, key=lambda one: -one[1]))
        for (dataset, name), models in found.items()
    ]


def ranking(made: RunFolder, means: Means, scope: str) -> Table:
    """Return a row a model: a model nearer than `GAP` to the first of a group is in it."""
    rows: Table = []
    for board, models in boards(made, means, scope):
        leaders: list[float] = []
        for rank, (model, value) in enumerate(models, 1):
            if not leaders or leaders[-1] - value >= GAP:
                leaders.append(value)
            tied = [i for i, (_, other) in enumerate(models, 1) if abs(other - value) < GAP]
            best = 1 / len(tied) if 1 in tied else 0.0
            rows.append([*board, model, value, *interval(value), rank, min(tied), max(tied), best, len(leaders)])
    return rows


def comparisons(made: RunFolder, means: Means, scope: str) -> Table:
    """Return a row a pair, the better model first; 5 images more fail for the worse one."""
    rows: Table = []
    for board, models in boards(made, means, scope):
        for (model, mine), (other, theirs) in combinations(models, 2):
            gap = mine - theirs
            p = 0.0005 if gap >= GAP else 0.4
            told = "true" if gap >= GAP else "false"
            tail = [p, min(2 * p, 1.0), told, BELOW, IMAGES, 10, 15, 2, 7, 0.18]
            rows.append([*board, model, other, gap, gap - HALF, gap + HALF, *tail])
    return rows


def robustness(made: RunFolder, means: Means, reference: str) -> Table:
    """Return mPC and drop of each perturbation and of all, rPC, a half-strength that none reaches, mCE, the worst."""
    rows: Table = []
    for dataset, name, model in dict.fromkeys(place[:3] for place in means):
        first, clean = [dataset, model, NO_GROUND_TRUTH, name, "dice"], means[dataset, name, model, "clean"]
        each = {label: means[dataset, name, model, label] for label in made.perturbations}
        if not each:
            continue
        for label, mean in each.items():
            rows.append([*first, "mpc", label, "", mean, *interval(mean), ""])
            rows.append([*first, "x50_strength", label, "", "inf", "", "", RESAMPLES, "censored"])
        mean = means[dataset, name, model, "perturbed"]
        rows.append([*first, "mpc", "all", "", mean, *interval(mean), ""])
        rows.append([*first, "drop", "all", "", clean - mean, *interval(clean - mean), ""])
        rows.append([*first, "rpc", "all", "", mean / clean, *interval(mean / clean), ""])
        worst = min(each, key=lambda label: each[label])
        rows.append([*first, "worst_perturbation", worst, "", each[worst], *interval(each[worst]), ""])
        if reference:
            other = means[dataset, name, reference, "perturbed"]
            ratio = (1 - mean) / (1 - other)
            rows.append([*first, "mce", "all", reference, ratio, ratio - HALF, ratio + HALF, RESAMPLES, ""])
    return rows


def distribution(made: RunFolder) -> Table:
    """Return how a Dice is spread over images: a model's quality, and some images that fail."""
    noise, rows = random.Random(2), []
    for dataset in made.datasets:
        for model, quality in made.models.items():
            for label, strength in made.conditions():
                mean = quality * made.left(label, strength)
                values = sorted(min(max(mean + noise.gauss(0, 0.15), 0.0), 1.0) for _ in range(IMAGES))
                counts = [0] * BINS
                for value in values:
                    counts[min(int(value * BINS), BINS - 1)] += 1
                quantiles = [values[round(share * (IMAGES - 1))] for share in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)]
                place = [dataset, model, NO_GROUND_TRUTH, label, strength, made.metric_sets[0]["name"], "dice", IMAGES]
                rows.append([*place, *quantiles, " ".join(map(str, counts))])
    return rows


def calibration(made: RunFolder) -> Table:
    """Return 15 bins of the clean images: a model that is a little too sure."""
    return [
        [dataset, model, "clean", 0.0, made.metric_sets[0]["name"], i, 1000 * (i + 1), (i + 0.5) / 15, 0.9 * i / 15]
        for dataset in made.datasets
        for model in made.models
        for i in range(15)
    ]
