"""What the figures of sweeps draw: the very points of the rows, on the axes they name."""

import pytest
from made_up_run import NASTY, RunFolder

from registry.palette import series
from reports.plots.sweep_plots import dice_by_damage, score_by_strength, score_by_strength_grid
from reports.record.boards import boards
from reports.record.run import open_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(RunFolder(tmp_path_factory.mktemp("plots") / "run").write())


def board_of(run):
    """Return the one board of a run of models without prompts."""
    (board,) = boards(run, "pets")
    return board


def points(axes, colour):
    """Return the points of the line of this colour."""
    (line,) = [line for line in axes.lines if line.get_color() == colour]
    return [*zip(line.get_xdata(), line.get_ydata(), strict=True)]


def test_a_panel_draws_every_models_points(run):
    """Draws the clean score at the identity and each strength at its place, in the model's colour."""
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.perturbation("occlusion")).axes
    assert len(axes.lines) == 3
    expected = [(0, run.value("pets", NASTY))]
    expected += [(s, run.value("pets", NASTY, "occlusion", s)) for s in range(5, 50, 5)]
    assert points(axes, series(1).colour) == expected


def test_a_panel_names_its_axes(run):
    """Writes the unit below and Dice beside the panel; Dice runs from 0 to 1."""
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.perturbation("occlusion")).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("edge length in pixels", "Dice")
    assert axes.get_ylim() == (0, 1.02)


def test_panels_share_the_y_axis(run):
    """Gives all panels of the grid the same range of Dice, one title each and one legend for all."""
    figure = score_by_strength_grid(run, board_of(run), run.metric("dice"))
    assert {axes.get_ylim() for axes in figure.axes} == {(0, 1.02)}
    assert [axes.get_title() for axes in figure.axes][:2] == ["additive_noise", "binomial_blur"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [model.label for model in run.models("pets")]


def test_a_grid_hides_the_panels_it_does_not_need(make_run):
    """Leaves the last places of an unfilled grid blank."""
    run = open_run(make_run(models=1, perturbations=5).write())
    assert [axes.get_visible() for axes in score_by_strength_grid(run, board_of(run), run.metric("dice")).axes] == [
        True
    ] * 5 + [False] * 3


def test_an_overlay_runs_from_clean_to_strongest(run):
    """Draws all perturbations of a model from 0 to 1, all starting at the clean score."""
    model = run.models("pets")[1]
    (axes,) = dice_by_damage(run, "pets", model, run.record.perturbations, metric_set=run.headline).axes
    assert len(axes.lines) == 8
    for line in axes.lines:
        assert (line.get_xdata()[0], line.get_xdata()[-1]) == (0, 1)
        assert line.get_ydata()[0] == run.value("pets", NASTY)


def test_levels_without_an_identity_are_named(make_run):
    """Puts the strengths' names at the levels where no strength leaves an image as it is."""
    made = make_run(models=1, perturbations=1)
    made.record["perturbations"][0] |= {"identity": None, "strengths": [2, 4]}
    run = open_run(made.write())
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0]).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["clean", "2", "4"]
    assert list(axes.get_xticks()) == [0, 1, 2]


@pytest.fixture
def measured(make_run):
    """Return a run of one model and one sweep of three levels, the second of which measures most."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.record["perturbations"][0]["strengths"] = [2, 4, 6]
    for measure, means in {"rmse": (3, 9, 5), "psnr": (38, 29, 34), "ssim": (0.99, 0.8, 0.9)}.items():
        for strength, mean in zip((2, 4, 6), means, strict=True):
            made.measure("additive_noise", strength, measure, mean)
    return made


@pytest.mark.parametrize(
    ("axis", "label", "xs", "inverted"),
    [
        ("rmse", "measured RMSE, grey levels", [0, 3, 9, 5], False),
        ("psnr", "measured PSNR, dB", [38, 29, 34], True),
        ("ssim", "measured SSIM", [1, 0.99, 0.8, 0.9], True),
    ],
)
def test_a_panel_over_a_measure_goes_from_level_to_level(measured, axis, label, xs, inverted):
    """Joins the levels in their order, so that the line turns back; damage grows to the right."""
    run = open_run(measured.write())
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0], axis).axes
    dice = [run.value("pets", "background", "additive_noise", s) for s in (2, 4, 6)]
    expected = [run.value("pets", "background"), *dice] if len(xs) == 4 else dice
    assert points(axes, series(0).colour) == [*zip(xs, expected, strict=True)]
    assert (axes.get_xlabel(), axes.xaxis_inverted()) == (label, inverted)


@pytest.mark.parametrize("axis", ["rmse", "psnr", "ssim"])
def test_an_overlay_over_a_measure_has_its_axis(measured, axis):
    """Puts all perturbations of a model on the one axis that they share: what they did to the images."""
    run = open_run(measured.write())
    (axes,) = dice_by_damage(
        run, "pets", run.models("pets")[0], run.record.perturbations, axis, metric_set=run.headline
    ).axes
    (panel,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0], axis).axes
    assert points(axes, series(0).colour) == points(panel, series(0).colour)
    assert axes.get_xlabel() == panel.get_xlabel()
    assert axes.xaxis_inverted() == panel.xaxis_inverted()


def test_a_panel_without_measures_has_a_note(measured):
    """Writes that nothing is measured yet instead of drawing empty axes."""
    measured.strengths = []
    run = open_run(measured.write())
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0], "psnr").axes
    assert [text.get_text() for text in axes.texts] == ["nothing measured yet"]


def test_severities_lie_where_their_numbers_are(make_run):
    """Puts severity 1.5 half-way between 1 and 2, and names the clean image at 0."""
    made = make_run(models=1, perturbations=1)
    made.record["perturbations"][0] |= {"identity": None, "unit": "severity", "strengths": [2, 2.5, 4]}
    for row in made.rows:
        row[3] = {4: 2.5, 6: 4}.get(row[3], row[3])
    run = open_run(made.write())
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0]).axes
    assert [x for x, _ in points(axes, series(0).colour)] == [0, 2, 2.5, 4]
    assert [*zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels()), strict=True)] == [
        (0, "clean"), (1, "1"), (2, "2"), (3, "3"), (4, "4")
    ]  # fmt: skip


def test_many_levels_are_not_all_named(make_run):
    """Names no more levels than fit, the clean one and the strongest among them."""
    made = make_run(models=1, perturbations=1)
    made.record["perturbations"][0] |= {"identity": None, "strengths": [90, 80, 70, 60, 50, 40, 30, 20, 10]}
    run = open_run(made.write())
    (axes,) = score_by_strength(run, board_of(run), run.metric("dice"), run.record.perturbations[0]).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["clean", "70", "50", "30", "10"]
