"""`bench list`: what a suite can name, with defaults, allowed values and meanings; as tables and as data."""

import json
from typing import Annotated, Literal

import pytest
from pydantic import Field

from registry import MODELS
from registry.allowed import parameter_rows
from registry.parameters import Parameters


class Made(Parameters):
    """side, depth: how large it is. mode: how an image gets there. The best one is none.

    weights: where they are from.
    """

    side: Annotated[int, Field(ge=8, le=64, multiple_of=8)] = 32
    depth: Annotated[float, Field(gt=0)] = 0.5
    mode: Literal["a", "b"] = "a"
    size: int | tuple[int, int] | None = None
    scales: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)] = (1.0,)
    weights: str
    named: dict[str, int] = Field(default={})
    flag: bool = False


ROWS = [
    ("side", "integer", 32, False, "a whole number, 8 to 64, a multiple of 8", "how large it is"),
    ("depth", "number", 0.5, False, "a number, above 0", "how large it is"),
    ("mode", "string", "a", False, "one of a, b", "how an image gets there. The best one is none"),
    ("size", "integer or array or null", None, False, "a whole number; or a list of 2, each a whole number; or null", ""),
    ("scales", "array", [1.0], False, "a list of at least 1, each a number, at least 0", ""),
    ("weights", "string", None, True, "text", "where they are from"),
    ("named", "object", {}, False, "a mapping, each value a whole number", ""),
    ("flag", "boolean", False, False, "true or false", ""),
]  # fmt: skip


def test_each_kind_of_parameter_is_told_in_words():
    """Name, type, default, whether it is needed, what it takes, what the docstring says of it."""
    assert [tuple(row.values()) for row in parameter_rows(Made)] == ROWS


def test_json_has_each_parameter_as_an_object(bench):
    """No text to take apart; the defaults are those of the entries."""
    rows = json.loads(bench("list", "models", "--json")[1])
    for row in rows:
        fields = MODELS[row["name"]].parameters.model_fields
        assert [one["name"] for one in row["parameters"]] == list(fields)
        for one in row["parameters"]:
            assert set(one) == {"name", "type", "default", "required", "allowed", "description"}
            assert one["required"] == fields[one["name"]].is_required()
            if not one["required"]:
                assert one["default"] == json.loads(json.dumps(fields[one["name"]].get_default()))
        assert isinstance(row["prompts"], list)
    (size,) = [one for row in rows if row["name"] == "unet" for one in row["parameters"] if one["name"] == "size"]
    assert (size["default"], size["allowed"]) == (224, "a whole number, at least 32, a multiple of 16")


@pytest.mark.parametrize("kind", ["datasets", "perturbations"])
def test_other_kinds_have_the_same_objects(bench, kind):
    """A reader needs one program for all."""
    for row in json.loads(bench("list", kind, "--json")[1]):
        for one in row["parameters"]:
            assert set(one) == {"name", "type", "default", "required", "allowed", "description"}


def test_the_list_of_models_shows_defaults(bench):
    """And says where the rest stands."""
    out = bench("list", "models")[1]
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "width=64" in out
    assert "arch=unet" in out
    assert "model (needed)" in " ".join(out.split())
    assert "bench list models NAME shows the parameters of one" in out


@pytest.mark.parametrize("words", [("models", "unet"), ("models", "onnx"), ("models", "torchvision"), ("models", "background"),
                                   ("datasets", "folder"), ("perturbations", "occlusion"), ("metrics", "dice"), ("suites", "quickstart")])  # fmt: skip
def test_one_entry_is_shown_within_80_columns(bench, words):
    """Whatever the kind."""
    code, out, _ = bench("list", *words)
    assert code == 0
    assert words[1] in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_one_model_shows_what_its_parameters_take(bench):
    """Default, allowed values, meaning, and the keys that all models share."""
    out = " ".join(bench("list", "models", "unet")[1].split())
    assert "one of batch, instance," in out
    assert "channels of the first" in out
    assert "label, seeds, train, pretrain, checkpoint" in out


def test_one_model_as_json(bench):
    """A list of one."""
    (row,) = json.loads(bench("list", "models", "unet", "--json")[1])
    assert row["name"] == "unet"


@pytest.mark.parametrize("kind", ["models", "datasets", "perturbations", "metrics"])
def test_an_unknown_name_is_one_line(bench, kind):
    """With --plugins, which may be what is missing."""
    code, out, err = bench("list", kind, "no_such_thing")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"bench: list {kind}: there is no 'no_such_thing'; ")
    assert "--plugins DIR" in err


def test_who_gave_plugins_is_not_told_to_give_them(bench, plugin_files):
    """The name is simply unknown."""
    folder = plugin_files({"models/flat.py": "from registry import ModelEntry\nENTRY = ModelEntry('flat', print)\n"})
    code, _, err = bench("list", "models", "fla", "--plugins", folder)
    assert (code, err) == (2, "bench: list models: there is no 'fla'; did you mean 'flat'?\n")


def test_further_metrics_say_what_they_read(bench):
    """Counts, masks or probabilities; one by its name has its parameters and where its formulas are from."""
    rows = {row["name"]: row for row in json.loads(bench("list", "metrics", "--json")[1])}
    assert (rows["hd95"]["reads"], rows["calibration"]["reads"], rows["dice"]["reads"]) == (
        "masks",
        "probabilities",
        "counts",
    )
    assert rows["hd95"]["gives"] == ["hd95", "hd95_infinite"]
    assert "probabilities" in bench("list", "metrics")[1]
    (tolerance,) = rows["surface_dice"]["parameters"]
    assert (tolerance["default"], tolerance["allowed"]) == ("1%", "a number of pixels above 0, or a share such as 1%")
    assert "Nikolov" in bench("list", "metrics", "surface_dice")[1]
