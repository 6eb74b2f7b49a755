"""What the sections print of models of every kind."""

import pytest
from made_up_models import KINDS, mixed
from one_section import drawn, plain

SEEING = "clip <point>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    run = mixed(tmp_path_factory.mktemp("facts") / "run")
    for model in run.record["models"]:
        if model["label"] == SEEING:
            model["seen_in_training"] = ["binomial_blur", "fog"]
    return run


def test_cards_name_what_is_new_of_a_model(made):
    """Prints task, prompt, frozen parameters, operations, size of the weights, licence and order of labels."""
    made.record["models"][-1]["label_order"] = ["background", "dog", "cat"]
    text = plain(drawn(made, "models"))
    for fact in (
        "Task binary: an object against background, no classes",
        "Prompt gt_box: box from ground truth",
        "89,450,000, 87,500,000 of them frozen",
        "MACs 6,760,000,000 an image",
        "LAION-2B <open_clip> (MIT)",
        "clip.safetensors, 357.8 MB",
        "Label order background, dog, cat",
        "Seen in training binomial_blur, fog",
    ):
        assert fact in text


def test_the_protocol_names_the_prompts(made):
    """Lists each policy with its group, and nothing in a run without prompts."""
    text = plain(drawn(made, "protocol"))
    assert all(f"{kind['prompt']}: {kind.get('supervision', 'no ground truth')}" in text for _, kind in KINDS.values())
