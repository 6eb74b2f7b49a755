"""Malformed suites: each key with what it cannot hold, and texts that are no plain YAML."""

from random import Random

from malformed_case import Case

KEYS = {
    "name: trial": ["", "../../x", "a/b", "-x", "[a]", "{a: 1}", "1.5e3", "true", '"a\\e[31m"', "=1+1"],
    "seed: 3": ["-1", "1.5", "many", "true", "[1]", "99999999999999999999", "1" * 45, "1e400", "{a: 1}", '"3"'],
    "apply_at: native": ["nativ", "1", "[native]", "true", "Native", "''"],
    "precision: fp32": ["fp33", "32", "[fp32]", "float32", "FP32"],
    "examples: 10": ["0", "-1", "some", "1.5", "true", "[10]"],
    "fresh_per_strength: false": ["no", "0", "maybe", "[false]", "{a: 1}"],
    "metric_sets: [standard]": ["[]", "standart", "[standart]", "[[standard]]", "[standard, standard]", "{a: 1}", "[1]"],
    "trainval: 12": ["-1", "0", "x", "1.5", "[12]", "1e400", "null"],
    "limit: 4": ["0", "-3", "2.5", "all", "true", "[4]", "1" * 45],
    "split: test": ["tests", "1", "[test]", "''"],
    "perturbed: true": ["1", "yes", "[true]", "{}"],
    "max_pixels: 90000": ["0", "-1", "1.5", "huge", "1e400"],
    "max_unreadable: 0.5": ["-0.1", "1.5", "half", "[0.5]", ".nan", "nan", "true"],
    "width: 2": ["0", "-2", "2.5", "two", "[2]", "1e400", "null"],
    "size: 32": ["0", "33", "-32", "[32, 32, 32]", "big", "32.5"],
    "epochs: 1": ["-1", "1.5", "one", "[1]", "true"],
    "batch_size: 4": ["0", "-4", "2.5", "x", "[4]"],
    "label: net": [
        *('""', '"=HYPERLINK(1)"', '"+1"', '"-1"', '"@SUM(A1)"', '"\\tx"', '"\\rx"', '"a\\nb"', '"a\\0b"', '"\\e[31mx"'),
        *('"a/b"', '"a\\\\b"', "[net]", "{a: 1}", f"{'x' * 81}", '"＝1"', '"a\\u202eb"', "1"),
    ],
    "strengths: [18]": ["[]", "18", "[a]", "[[18]]", "[true]", "[1e400]", "[-5]", "{a: 1}", "[.nan]"],
    "name: additive_noise": ["aditive_noise", "''", "[fog]", "1", "../fog", '"fog\\0"', "os.system"],
    "occluded: count": ["counts", "1", "[count]"],
    "name: shapes": ["shape", "''", "[shapes]", "null", "../shapes", '"shapes\\e[0m"'],
    "name: unet": ["unett", "''", "{name: unet}", "null", "bench.cli", '"unet\\n"'],
}  # fmt: skip
BASE = """\
name: trial
seed: 3
datasets:
  - {name: shapes, trainval: 12, test: 4, limit: 4, split: test, perturbed: true, max_pixels: 90000, max_unreadable: 0.5}
models:
  - {name: background}
  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}
perturbations:
  - {name: additive_noise, strengths: [18], occluded: count}
metric_sets: [standard]
apply_at: native
precision: fp32
examples: 10
fresh_per_strength: false
"""
LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
TEXTS: dict[str, bytes] = {
    "empty": b"",
    "white space": b" \n\n  \n",
    "a comment alone": b"# nothing\n",
    "a list at the top": b"- name: trial\n",
    "a word at the top": b"trial\n",
    "a number at the top": b"42\n",
    "a tab before a key": BASE.replace("  - {name: background}", "\t- {name: background}").encode(),
    "UTF-16": BASE.encode("utf-16"),
    "UTF-32": BASE.encode("utf-32"),
    "Latin-1": BASE.replace("net,", "Netz für Bäume,").encode("latin-1"),
    "bytes": bytes(range(256)),
    "NUL bytes": BASE.encode().replace(b"trial", b"tri\0al"),
    "a control character": BASE.encode().replace(b"trial", b"tri\x1bal"),
    "billions of laughs": LAUGHS.encode(),
    "an anchor": BASE.replace("seed: 3", "seed: &a 3").encode(),
    "an alias to nothing": BASE.replace("seed: 3", "seed: *a").encode(),
    "a merge key": BASE.replace("{name: background}", "{<<: {name: background}}").encode(),
    "a merged anchor": f"base: &b {{seed: 1}}\n<<: *b\n{BASE}".encode(),
    "a tag that runs code": BASE.replace("seed: 3", "seed: !!python/object/apply:os.system ['touch ran']").encode(),
    "a tag": BASE.replace("seed: 3", "seed: !x 3").encode(),
    "binary": BASE.replace("name: trial", "name: !!binary aGVsbG8=").encode(),
    "two documents": f"{BASE}---\n{BASE}".encode(),
    "deep lists": b"name: " + b"[" * 5000,
    "deep and closed lists": b"name: " + b"[" * 30 + b"]" * 30,
    "deep mappings": "".join(f"{' ' * i}a:\n" for i in range(60)).encode(),
    "an open bracket": BASE.replace("[18]", "[18").encode(),
    "an open quote": BASE.replace("label: net", 'label: "net').encode(),
    "a colon too many": BASE.replace("seed: 3", "seed: 3: 4").encode(),
    "a key that is a list": f"{BASE}? [a, b]\n: 1\n".encode(),
    "JSON that ends early": b'{"name": "trial", "datasets": [',
    "HTML": b"<!doctype html><html><body>404: not found</body></html>",
    "Markdown": b"# Suite\n\n```yaml\nname: trial\n```\n",
    "Windows line ends in a quote": b'name: "a\r\n\x00b"\r\n',
    "a megabyte": b"name: trial\n" + b"# x\n" * 300_000,
    "a long word": b"name: " + b"x" * 900_000,
    "no models": BASE.replace("models:\n  - {name: background}\n", "").encode(),
    "models null": b"name: a\ndatasets: [{name: shapes}]\nmodels: null\n",
    "models a mapping": b"name: a\ndatasets: [{name: shapes}]\nmodels: {name: unet}\n",
    "models of words": b"name: a\ndatasets: [{name: shapes}]\nmodels: [unet, smp]\n",
    "models empty": b"name: a\ndatasets: [{name: shapes}]\nmodels: []\n",
    "data sets empty": b"name: a\ndatasets: []\nmodels: [{name: background}]\n",
    "no name": b"datasets: [{name: shapes}]\nmodels: [{name: background}]\n",
    "two equal labels": BASE.replace("{name: background}", "{name: background, label: net}").encode(),
    "two equal data sets": BASE.replace("models:", "  - {name: shapes, label: 'a'}\n  - {name: shapes, label: a}\nmodels:").encode(),
    "a preset of no name": BASE.replace("{name: additive_noise,", "{preset: nothing,").encode(),
    "a chain without strength": BASE.replace("occluded: count", "then: [{name: fog}]").encode(),
    "a chain of words": BASE.replace("occluded: count", "then: [fog]").encode(),
    "folders that a text cannot name": BASE.replace(
        "{name: shapes, trainval: 12, test: 4,", '{name: folder, images: "a\\0b", masks: m, classes: [a, b],'
    ).encode(),
    "a root that a text cannot name": BASE.replace(
        "{name: shapes, trainval: 12, test: 4,", '{name: folder, root: "a\\0b", images: i, masks: m, classes: [a, b],'
    ).encode(),
    "classes that a spreadsheet runs": BASE.replace(
        "{name: shapes, trainval: 12, test: 4,", '{name: folder, images: i, masks: m, classes: ["=1+1", b],'
    ).encode(),
    "classes with ends of lines": BASE.replace(
        "{name: shapes, trainval: 12, test: 4,", '{name: folder, images: i, masks: m, classes: ["a\\nb", b],'
    ).encode(),
    "a checkpoint that a text cannot name": BASE.replace("train: {epochs: 1, batch_size: 4}", 'checkpoint: "a\\0b"').encode(),
    "a checkpoint in a folder without end": BASE.replace("train: {epochs: 1, batch_size: 4}", f"checkpoint: {'a/' * 3000}b").encode(),
    "a checkpoint with a long name": BASE.replace("train: {epochs: 1, batch_size: 4}", f"checkpoint: {'a' * 300}").encode(),
    "a user that is none": BASE.replace("train: {epochs: 1, batch_size: 4}", "checkpoint: ~nobody_of_this_name/a").encode(),
    "predictions that a text cannot name": BASE.replace("{name: background}", '{name: predictions, folder: "a\\0b"}').encode(),
    "predictions of no user": BASE.replace("{name: background}", "{name: predictions, folder: ~nobody_of_this_name/a}").encode(),
    "an ONNX file that a text cannot name": BASE.replace("{name: background}", '{name: onnx, file: "a\\0b"}').encode(),
    "an ONNX file of no user": BASE.replace("{name: background}", "{name: onnx, file: ~nobody_of_this_name/a}").encode(),
}  # fmt: skip


def _suite(what: str, content: bytes, named: str = "suite.yaml", answer: str = "refused") -> Case:
    words = ("check", "suite.yaml")
    return Case("suite", what, lambda folder: _write(folder, content), words, named, answer)  # type: ignore[arg-type]


def _write(folder, content):
    (folder / "suite.yaml").write_bytes(content)


def _misspelt(draw: Random):
    for pair in KEYS:
        key = pair.split(":", maxsplit=1)[0]
        place = draw.randrange(1, len(key))
        wrong = key[:place] + key[place + 1 :] if len(key) > 4 else f"{key}s"
        yield _suite(f"'{key}' misspelt", BASE.replace(pair, f"{wrong}:{pair.split(':', maxsplit=1)[1]}", 1).encode())


def _flipped(draw: Random, number: int):
    """Texts with a byte or some changed anywhere: many are suites still."""
    for i in range(number):
        text = bytearray(BASE.encode())
        for _ in range(draw.choice((1, 1, 2, 5))):
            place = draw.randrange(len(text))
            text[place : place + draw.choice((0, 1, 1, 3))] = bytes(
                draw.choices(range(256), k=draw.choice((0, 1, 1, 2)))
            )
        yield _suite(f"bytes changed ({i})", bytes(text), answer="either")


def suites(seed: int) -> list[Case]:
    """Return every malformed suite."""
    draw = Random(seed)
    cases = [_suite(what, content) for what, content in TEXTS.items()]
    for pair, values in KEYS.items():
        key = pair.split(":", maxsplit=1)[0]
        assert pair in BASE, pair
        cases += [
            _suite(f"{pair} is {value[:30]}", BASE.replace(pair, f"{key}: {value}", 1).encode()) for value in values
        ]
        cases += [
            _suite(
                f"{key} twice",
                BASE.replace(
                    pair, f"{pair}, {pair}" if pair not in BASE.split("\n") else f"{pair}\n{pair}", 1
                ).encode(),
            )
        ]
    return [*cases, *_misspelt(draw), *_flipped(draw, 60)]
