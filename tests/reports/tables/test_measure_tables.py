"""The table of measured strength, cell by cell."""

from reports.record.run import open_run
from reports.tables.measure_tables import measured_table


def table_of(made):
    run = open_run(made.write())
    table = measured_table(run, "pets", run.record.perturbations[0])
    return table, {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def test_the_table_prints_mean_and_deviation_by_strength(make_run):
    """Prints one column a strength and one row a measure, in the decimals that fit it, with the unit and n."""
    table, cells = table_of(make_run(models=1, perturbations=1).with_strengths())
    assert table.header == ("measure", "2", "4", "6", "8", "10", "12", "14", "16", "18")
    # 20 log10(255 / 8) = 30.07, worked out by hand as 20 (2.40654 - 0.90309).
    assert [cells[name][1] for name in ("RMSE, grey levels", "PSNR, dB", "SSIM")] == [
        "8.00 ± 0.50",
        "30.1 ± 0.5",
        "0.900 ± 0.500",
    ]
    assert table.note == "by standard deviation in grey levels; n 168"


def test_fewer_images_are_counted_behind_the_value(make_run):
    """States how many images have a PSNR where some did not change, and prints a dash where none did."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.measure("additive_noise", 2, "psnr", "", n=0)
    made.measure("additive_noise", 4, "psnr", 41.26, n=12)
    _, cells = table_of(made)
    assert cells["PSNR, dB"][:3] == ["—", "41.3 ± 0.5 (n 12)", "26.5 ± 0.5"]


def test_strengths_over_different_images_have_a_row_of_counts(make_run):
    """Prints n for each strength where they differ, a dash where nothing was measured yet."""
    made = make_run(models=1, perturbations=1).with_strengths()
    made.strengths = [row for row in made.strengths if row[2] != 6]
    for measure in ("rmse", "psnr", "ssim"):
        made.measure("additive_noise", 4, measure, 1, n=100)
    table, cells = table_of(made)
    assert cells["n"][:4] == ["168", "100", "—", "168"]
    assert cells["SSIM"][2] == "—"
    assert "n 1" not in table.note


def test_without_measures_there_is_no_table(make_run):
    """Draws no table of dashes."""
    run = open_run(make_run(models=1, perturbations=1).write())
    assert measured_table(run, "pets", run.record.perturbations[0]) is None
