"""The numbers in the docs are those of the CSV files and registries that they come from."""

import math
import random
import re
from functools import cache

import pytest
import yaml
from docs_numbers import (
    NUMBER,
    PAGES,
    ROOT,
    Claim,
    Pets,
    cell_claims,
    column_claims,
    fault,
    lowest_claims,
    prose_claims,
    rows,
    shown,
    table,
)

from bench.perturb import PERTURBATIONS
from bench.perturb.presets import PRESETS
from bench.suite import load_suite, shipped_suites
from registry import MODELS

REPRODUCTION, RESULTS, README, CORRUPTIONS = (
    "docs/reproduction.md",
    "docs/results.md",
    "README.md",
    "docs/perturbations.md",
)
PETS = Pets()
SCRATCH = ("UNet-A", "UNet-B", "AE-2", "AE-3", "AE-B")
"""The networks trained from scratch that find an animal: AE-1 finds none."""
LOOSE = {"C-06", "C-07", "C-08"}
"""Rows whose numbers are not all of the CSV."""
ELSEWHERE = (
    ("The first report says of AE-3's autoencoder", "**What the sample says"),
    ("Trained once so", "([pets_clicks.csv]"),
)
"""Where the figures of small trainings begin and end, which `test_docs_trainings.py` compares with CSVs of their own."""
BY_ENTRY = {
    "smp": "smp U-Net",
    "clip_features": "frozen Lite0",
    "unet": "UNet-A",
    "unet_strided": "UNet-B",
    "autoencoder_strided": "AE-2",
    "background": "background",
    "chance": "chance",
    "U-Net on EfficientNet-Lite0, pre-trained on ImageNet": "smp U-Net",
    "small decoder on the same network, frozen": "frozen Lite0",
    "U-Net from scratch": "UNet-A",
}
"""The model of the CSV that a row of the shorter tables is about."""


def model(cell):
    """The label behind the name in a shorter table: of the entry in it, where there is one."""
    entry = re.search(r"`(\w+)`", cell)
    return BY_ENTRY[entry[1] if entry else cell]


@cache
def sizes(label):
    """Weights that training changes, and frozen ones, of a network of the suite, built without its weights."""
    spec = next(one for one in load_suite(shipped_suites()["pets_models"]).models if one.label == label)
    built = spec.entry.build(spec.parameters, ("background", "cat", "dog"), False)
    if not hasattr(built, "network"):
        return []
    weights = list(built.network.parameters())
    return [float(sum(p.numel() for p in weights if p.requires_grad is trained)) for trained in (True, False)]


def published(row_id):
    """The numbers of a row of the page's results (R-01 to R-14), as they were published."""
    line = next(line for line in PAGES[REPRODUCTION].splitlines() if line.startswith(f"| {row_id} |"))
    return [float(match[0]) for cell in line.split(" | ")[2:5] for match in NUMBER.finditer(cell)]


def by_class(name):
    """The Dice of background, cat and dog that R-15 has of a network."""
    line = next(line for line in PAGES[REPRODUCTION].splitlines() if line.startswith("| R-15 |"))
    return [float(part) for part in re.search(rf"{name} ([.\d]+, [.\d]+, [.\d]+)", line)[1].split(", ")]


def sample_tables():
    """Claims of the tables on the sample."""
    first = {4: PETS.classes, 5: lambda m: [PETS.forty(m)], 6: lambda m: [PETS.perturbed(m)]}
    first |= {2: lambda m: PETS.three(m, "standard")[:1], 3: lambda m: PETS.three(m, "standard")[1:2]}
    binary = "sam2_binary"
    yield from column_claims(REPRODUCTION, "| model | weights trained", first)
    for row in rows(REPRODUCTION, "| model | weights trained"):
        yield from lowest_claims(REPRODUCTION, row[7], PETS.lowest(row[0][1].strip()))
    second = {2 + i: lambda m, i=i: PETS.three(m, binary)[i : i + 1] for i in range(3)}
    yield from column_claims(REPRODUCTION, "| model | from ground truth", second)
    third = {1: lambda m: [PETS.forty(m, binary)], 2: lambda m: [PETS.perturbed(m, binary)]}
    yield from column_claims(REPRODUCTION, "| model | clean, 40 | perturbed", third)
    for row in rows(REPRODUCTION, "| model | clean, 40 | perturbed"):
        yield from lowest_claims(REPRODUCTION, row[3], PETS.lowest(row[0][1].strip(), binary))


def weights():
    """Claims of the networks' sizes."""
    yield from column_claims(REPRODUCTION, "| model | weights trained", {1: sizes})


def beside_the_reports():
    """Claims of the table of theirs and ours: theirs stand once more among the results."""
    for row in rows(REPRODUCTION, "| theirs, full size"):
        texts = [text.strip(" `") for _, text in row]
        found = re.search(r"R-\d\d", texts[0])
        labels = re.findall(r"\w+-\w", texts[0].replace("R-", "R"))
        match found and found[0]:
            case None:
                theirs, ours = [], PETS.three(texts[2], texts[4])
            case "R-15":
                theirs, ours = by_class(labels[0]), PETS.classes(texts[2])
            case "R-16":
                theirs = [sum(by_class(name)) / 3 for name in ("UNet-B", "AE-B")]
                ours = [PETS.three(name, texts[4])[1] for name in ("UNet-B", "AE-B")]
            case row_id:
                theirs, ours = published(row_id), PETS.three(texts[2], texts[4])
        yield from cell_claims(REPRODUCTION, row[1], theirs if texts[1] != "–" else [], 0)
        yield from cell_claims(REPRODUCTION, row[3], ours)


def sample_prose():
    """Claims of the sentences on the sample."""
    own = "edinburgh_000"
    scratch = [PETS.clean(name, own, "iou") for name in SCRATCH]
    dice = {name: PETS.clean(name, "standard", "dice") for name in (*SCRATCH, "frozen Lite0", "smp U-Net")}
    objects = lambda name: PETS.clean(name, "sam2_binary", "dice")  # noqa: E731
    low = PETS.at("frozen Lite0", "contrast_decrease", 0.1), PETS.at("frozen Lite0", "salt_and_pepper", 0.18)
    smp = PETS.at("smp U-Net", "contrast_decrease", 0.1), PETS.at("smp U-Net", "salt_and_pepper", 0.18)
    better = PETS.forty("smp U-Net") - PETS.forty("frozen Lite0")
    found = [
        ("they have a mean IoU of {}, above every", PETS.clean("background", own, "iou")),
        ("trained from scratch and finds an animal ({} to {})", min(scratch), max(scratch)),
        ("the report has {}, {} and {} for its AE-1, ours {}, {} and {} for", *published("R-02"), *PETS.three("AE-1", own)),
        ("Summed counts (`standard`) put both last, at {} (X", PETS.clean("AE-1", "standard", "iou")),
        ("Dice {} against {} and {} |", dice["frozen Lite0"], dice["UNet-A"], dice["AE-2"]),
        ("the best model keeps a Dice above {} everywhere", 0.8),
        ("falls to {} at contrast 0.1 and {} under salt and pepper {}, nowhere else below {}; the", *low, 0.18, 0.8),
        ("the smp U-Net, better by {}, to {} and {} |", better, *smp),
        ("segments worse ({}) than UNet-B, the same network from scratch ({});", dice["AE-B"], dice["UNet-B"]),
        (
            "{} from scratch, above a disc at the click ({}), below a filled box of the ground truth ({}) and below the "
            "frozen Lite0 without a prompt ({})",
            *map(objects, ("SAM2 mini", "prompt_disc [gt_centroid]", "prompt_box [gt_box]", "frozen Lite0")),
        ),
        ("{} of UNet-B in three classes is {} in one", dice["UNet-B"], objects("UNet-B")),
        ("hardly notice anything ({} and {}, clean and perturbed)", PETS.forty("UNet-B"), PETS.forty("AE-B")),
        ("a flat curve of a model that starts at {} is no", PETS.forty("UNet-B")),
        ("so the mean of all three, which the first report uses: UNet-B {}, CLIP-B {}, AE-B {} |",
         *(sum(by_class(name)) / 3 for name in ("UNet-B", "CLIP-B", "AE-B"))),
    ]  # fmt: skip
    guess, empty = PETS.three("chance", "edinburgh_001"), PETS.three("background", "edinburgh_001")
    pattern = "`chance` has an accuracy of {} and a mean IoU of {} (`edinburgh_001`), `background` {} and {}."
    found.append((pattern, guess[2], guess[0], empty[2], empty[0]))
    for pattern, *wanted in found:
        yield from prose_claims(REPRODUCTION, pattern, *wanted)
    yield from prose_claims(REPRODUCTION, "differs by more than {} with a click and without", 0.0001, slack=0)


def short_tables():
    """Claims of the tables of the results page and the README."""
    drop = lambda m: [PETS.forty(m) - PETS.perturbed(m)]  # noqa: E731
    forty, perturbed = (lambda m: [PETS.forty(m)]), (lambda m: [PETS.perturbed(m)])
    means = {1 + i: lambda m, i=i: PETS.three(m, "standard")[i : i + 1] for i in range(2)} | {3: forty, 4: perturbed}
    columns = {place: lambda cell, make=make: make(model(cell)) for place, make in (means | {5: drop}).items()}
    yield from column_claims(RESULTS, "| model | clean mIoU, 168", columns)
    last = {1: forty, 2: perturbed, 3: lambda m: [PETS.lowest(m)[0]]}
    columns = {place: lambda cell, make=make: make(model(cell)) for place, make in last.items()}
    yield from column_claims(README, "| model | Dice, clean images", columns)


def short_prose():
    """Claims of the sentences of the results page and the README."""
    smp, frozen, unet = (PETS.clean(name, "standard", "dice") for name in ("smp U-Net", "frozen Lite0", "UNet-A"))
    scratch = [PETS.clean(name, "edinburgh_000", "iou") for name in SCRATCH]
    falls = PETS.at("smp U-Net", "salt_and_pepper", 0.18), PETS.at("smp U-Net", "contrast_decrease", 0.1)
    under = {
        name: strengths
        for (who, _), found in PETS._under.items()
        if who == "smp U-Net"
        for name, strengths in found.items()
    }
    others = [
        value
        for name, found in under.items()
        if name not in ("salt_and_pepper", "contrast_decrease")
        for value in found.values()
    ]
    found = [
        ("falls from {} to {} (salt and pepper) and {} (contrast 0.1)", PETS.forty("smp U-Net"), *falls),
        ("it keeps about {}; its lowest there is {}, at the strongest blur", min(others), min(others)),
        ("is worse by {} but loses far less: its lowest score is {}.", smp - frozen, PETS.lowest("frozen Lite0")[0]),
        ("are worth {} Dice when they are frozen and {} when they are trained on", frozen - unet, smp - unet),
        ("everywhere has a mIoU of {}, above every network from scratch that finds an animal ({} to {})",
         PETS.clean("background", "edinburgh_000", "iou"), min(scratch), max(scratch)),
    ]  # fmt: skip
    for pattern, *wanted in found:
        yield from prose_claims(RESULTS, pattern, *wanted)
    floor = math.floor(100 * PETS.lowest("frozen Lite0")[0]) / 100
    yield from prose_claims(README, "stays above {}.", floor, slack=0)
    assert under["binomial_blur"][9] == min(others)
    background = PETS.three("background", "edinburgh_000")[:2], PETS.three("background", "edinburgh_000_as_written")[:2]
    yield from prose_claims(
        "docs/protocol.md",
        "all background scores {} / {} in the one and {} / {} in the other",
        *background[0],
        *background[1],
        slack=0,
    )


def corruptions():
    """Claims of the table of the published corruptions."""
    values = {(row["perturbation"], row["strength"]): float(row["dice"]) for row in table("corruptions_sample.csv")}
    columns = {i: lambda name, i=i: [values[name, str(i)]] for i in range(1, 6)}
    yield from column_claims(CORRUPTIONS, "| perturbation | 1 | 2 | 3 | 4 | 5 |", columns)
    yield from prose_claims(CORRUPTIONS, "clean {}, on the {} test images", values["clean", "0"], 168)
    moved = max(
        abs(values["elastic_transform", str(i)] - values["elastic_transform_unmoved", str(i)]) for i in range(1, 6)
    )
    assert moved < 0.001
    yield from prose_claims(CORRUPTIONS, "is worth less than {} for this model", 0.001, slack=0)


def counts():
    """Claims of numbers of things: of suites and presets."""
    first = yaml.safe_load(shipped_suites()["seeds_000"].read_text(encoding="utf-8"))["models"]
    coders = {(one["name"], one.get("pretrain_skips")) for one in first if one["name"].startswith("autoencoder")}
    trained = {
        str({k: v for k, v in one.items() if k not in ("label", "prompt")})
        for one in first
        if MODELS[one["name"]].recipe
    }
    entries = [PERTURBATIONS[one.name] for one in PRESETS["edinburgh_2025"]]
    conditions = 1 + sum(strength != entry.identity for entry in entries for strength in entry.strengths)
    strengths = {len(PERTURBATIONS[one.name].strengths) for one in PRESETS["common15"]}
    yield from prose_claims(
        README, "{} published perturbations, {} strengths each", len(PRESETS["common15"]), *strengths
    )
    yield from prose_claims(README, "| mean under {} perturbations |", len(PRESETS["edinburgh_2025"]))
    yield from prose_claims(REPRODUCTION, "trains {} networks and {} autoencoders, then {} conditions of {} models",
                            len(trained), len(coders), conditions, len(first))  # fmt: skip
    yield from prose_claims(RESULTS, "The {} perturbed conditions are of a stratified {} of them", conditions - 1, 40)
    yield from prose_claims(CORRUPTIONS, "The {} published corruptions take", len(PRESETS["common19"]))
    yield from prose_claims(CORRUPTIONS, "`kamann2020` ({} corruptions after", len(PRESETS["kamann2020"]))


KINDS = (sample_tables, beside_the_reports, sample_prose, short_tables, short_prose, corruptions, counts)


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return [claim for kind in KINDS for claim in kind()]


def test_every_number_is_the_one_that_it_is_made_from(claims):
    """Tables and sentences, to as many digits as they show."""
    assert len(claims) > 400
    assert [words for claim in claims if (words := fault(claim, shown(claim)))] == []


@pytest.mark.slow
def test_the_sizes_are_those_of_the_suites_networks():
    """Ten networks, built without their weights."""
    claims = list(weights())
    assert len(claims) == 20
    assert [words for claim in claims if (words := fault(claim, shown(claim)))] == []


def moved(text, step):
    """The number by one unit in its last place more or less."""
    decimals = len(text.partition(".")[2])
    value = float(text.replace(",", "")) + step * 10**-decimals
    return f"{value:.{decimals}f}" if decimals else str(round(value))


def test_a_changed_digit_is_found(claims):
    """By one unit of the last place, either way, but where the CSV's own digit is a tie: .7885 is .788 or .789."""
    missed = [(claim, step) for claim in claims for step in (1, -1) if not fault(claim, moved(shown(claim), step))]
    for claim, step in missed:
        unit = 10 ** -len(shown(claim).partition(".")[2])
        assert abs(abs(claim.wanted - float(shown(claim))) - unit / 2) <= claim.slack + 1e-9, shown(claim)
        assert fault(claim, moved(shown(claim), -step))
        assert fault(claim, moved(shown(claim), 2 * step))
    assert len(missed) < 0.15 * len(claims)


def test_a_changed_page_is_found(claims, monkeypatch):
    """The same through the page's text: thirty numbers changed by three units, one after the other."""
    for claim in random.Random(0).sample(claims, 30):
        text = PAGES[claim.page]
        changed = moved(shown(claim), 3).removeprefix("0" if shown(claim).startswith(".") else "")
        with monkeypatch.context() as patch:
            patch.setitem(PAGES, claim.page, text[: claim.start] + changed + text[claim.end :])
            kind = next(kind for kind in KINDS if claim in _quietly(kind))
            assert [words for one in kind() if (words := fault(one, shown(one)))], (claim, changed)


def _quietly(kind):
    return set(kind())


SECTIONS = {
    REPRODUCTION: ("## On the sample", "## Findings"),
    RESULTS: ("# Results on real images", "## Time and precision"),
    README: ("## Results", "## More"),
    CORRUPTIONS: ("## On real images", "## Speed"),
}
"""Where every score has to come from a CSV file, or be marked."""


def open_scores(page, taken):
    """The scores of a page's section (.227, 0.962) that no claim covers and no mark follows, each with its line."""
    text, (first, last) = PAGES[page], SECTIONS[page]
    begin, end = text.index(first), text.index(last)
    if page == REPRODUCTION:
        taken = taken.union(*(range(*map(text.index, ends)) for ends in ELSEWHERE))
    for match in re.finditer(r"(?<![\w.])(?:\.\d+|0\.\d{3,}|\d+\.\d{2,})(?! M)", text[begin:end]):
        place = begin + match.start()
        line = text[text.rfind("\n", 0, place) + 1 : text.find("\n", place)]
        marked = re.match(r"( %)?\s*‡", text[begin + match.end() :])
        if place not in taken and not marked and line[2:6] not in LOOSE and "R-17" not in line:
            yield f"{match[0]} in {line[:80]}"


@pytest.mark.parametrize("page", SECTIONS)
def test_no_score_stands_unchecked(page, claims):
    """One that the CSV does not hold says so by its mark."""
    taken = {claim.start for claim in claims if claim.page == page}
    assert list(open_scores(page, taken)) == []


def test_what_the_text_says_of_the_whole_csv_holds():
    """AE-1 is the background in every clean number; a click changes nothing but a last digit; who falls to the baseline."""
    clean = {place: value for place, value in PETS.values.items() if place[2] == "clean"}
    for place, value in clean.items():
        if place[1] == "AE-1":
            assert value == clean[place[0], "background", *place[2:]]
    pairs = [
        (value, PETS.values.get((place[0], "frozen Lite0, click", *place[2:])))
        for place, value in PETS.values.items()
        if place[1] == "frozen Lite0, empty prompt"
    ]
    assert all(b is not None and abs(a - b) <= 1e-4 + 1e-9 for a, b in pairs)
    empty = PETS.forty("background")
    assert all(PETS.at(name, "contrast_decrease", 0.1) < empty + 0.005 for name in ("UNet-A", "AE-2", "AE-3"))
    for name in ("UNet-B", "AE-B"):
        assert abs(PETS.perturbed(name) - PETS.forty(name)) < 0.001
    share = PETS.clean("background", "standard", "pixel_accuracy", "all")  # of the background among all pixels
    closed = (share / 3) / (share + 1 / 3 - share / 3)
    assert PETS.clean("chance", "standard", "iou", "background") == pytest.approx(closed, abs=5e-4)
    frozen = sorted(value for found in PETS._under["frozen Lite0", "standard"].values() for value in found.values())
    assert frozen[1] < 0.8 <= frozen[2]


WORDS = {"six": 6, "eight": 8, "nine": 9, "ten": 10, "fifteen": 15, "sixteen": 16, "nineteen": 19, "fifty": 50}


def test_no_page_counts_the_perturbations_wrongly():
    """A number before the word is that of the registry, of a preset, or of the demo."""
    demo = yaml.safe_load(shipped_suites()["quickstart"].read_text(encoding="utf-8"))["perturbations"]
    right = {len(PERTURBATIONS.names()), len(demo), *map(len, PRESETS.values())}
    files = [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for file in files:
        text = file.read_text(encoding="utf-8")
        for match in re.finditer(r"\b(\w+)\s+(?:published\s+)?perturbations\b", text):
            word = match[1].lower()
            number = WORDS.get(word, int(word) if word.isdigit() else None)
            assert number is None or number in right, f"{file.name}: {match[0]}"


@pytest.mark.parametrize(
    "file", ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
)
def test_every_test_that_a_page_names_is_there(file):
    """File and function."""
    for path, function in re.findall(r"`(tests/[\w/.]+)::(\w+)`", (ROOT / file).read_text(encoding="utf-8")):
        assert re.search(rf"^def {function}\(", (ROOT / path).read_text(encoding="utf-8"), flags=re.MULTILINE), function
