"""The models of a suite: prompts, stages of training, the order of labels, what can score them."""

from pathlib import Path

import pytest

from bench.suite import load_suite
from bench.suite.faults import SuiteError

SUITE = """\
name: tiny
datasets: [{name: shapes, trainval: 8, test: 4}]
models:
  - {name: background}
  - MODEL
metric_sets: [standard, sam2_binary]
"""
PROMPTED = "{name: clip_prompt, backbone: timm:test_resnet, encoder_weights: none, prompt: gt_centroid}"


@pytest.fixture
def load(tmp_path):
    def build(model, *changes):
        text = SUITE.replace("MODEL", model)
        for old, new in changes:
            text = text.replace(old, new)
        file = tmp_path / "suite.yaml"
        file.write_text(text)
        return load_suite(Path(file.name))  # as it is given from that folder

    return build


def test_a_prompt_is_the_suites_or_the_entrys_own(load):
    """The label names a prompt only where the suite does."""
    prompted = load(PROMPTED).models[1]
    assert prompted.prompt == "gt_centroid"
    assert prompted.label.endswith(" [gt_centroid]")
    own = load(PROMPTED.replace(", prompt: gt_centroid", "")).models[1]
    assert (own.prompt, "[" in own.label) == ("zero_heatmap", False)
    assert load("{name: unet}").models[1].prompt == "none"


def test_both_stages_take_overrides(load):
    """`train` is of the segmenter, `pretrain` of its autoencoder."""
    model = load("{name: autoencoder_simple, pretrain: {epochs: 3}, train: {epochs: 4}}").models[1]
    assert (model.pretext.epochs, model.recipe.epochs) == (3, 4)
    assert model.pretext.loss == "mse"
    assert load("{name: unet}").models[1].pretext is None


def test_a_given_checkpoint_is_trained_in_neither_stage(load):
    """No recipe is left."""
    model = load("{name: autoencoder_simple, checkpoint: a.safetensors}").models[1]
    assert (model.recipe, model.pretext) == (None, None)


def test_what_training_shows_is_known_or_said(load):
    """A recipe's own perturbations; for a given checkpoint those that the suite names."""
    assert "horizontal_flip" in load("{name: unet}").models[1].seen
    listed = load("{name: unet, checkpoint: a.pt, seen_in_training: [fog]}").models[1]
    assert listed.seen == ("fog",)


CASES = {
    "an unknown policy": ("{name: sam2, variant: micro, prompt: gt_centriod}", "did you mean 'gt_centroid'?"),
    "a policy of others": ("{name: prompt_box, prompt: gt_centroid}", "'prompt_box' cannot be prompted by gt_centroid"),
    "a prompt for a model without": ("{name: unet, prompt: gt_box}", "it takes no prompt"),
    "a first stage that is not there": ("{name: unet, pretrain: {epochs: 1}}", "'unet' takes no pretrain"),
    "a fault in the first stage": ("{name: autoencoder_simple, pretrain: {epocs: 1}}", "did you mean 'epochs'?"),
    "an unknown perturbation": ("{name: unet, seen_in_training: [fogg]}", "did you mean 'fog'?"),
    "a stage of a checkpoint": ("{name: unet, checkpoint: a.pt, pretrain: {epochs: 1}}", "a checkpoint is given"),
}


@pytest.mark.parametrize(("model", "words"), CASES.values(), ids=CASES)
def test_faults_name_their_line_and_a_way_out(load, model, words):
    """One line each."""
    with pytest.raises(SuiteError) as caught:
        load(model)
    assert len(caught.value.lines) == 1
    assert caught.value.lines[0].startswith("suite.yaml:5: models[1]")
    assert words in caught.value.lines[0]


def test_a_class_agnostic_model_needs_a_metric_set_that_can_score_it(load):
    """Object or not is no class; the message names the sets that would do."""
    with pytest.raises(SuiteError, match=r"prompt_box.*only predicts object or not.*\(binary, sam2_binary\)"):
        load("{name: prompt_box}", (", sam2_binary", ""))
    suite = load("{name: prompt_box}")
    assert [suite.headline(model).name for model in suite.models] == ["standard", "sam2_binary"]
