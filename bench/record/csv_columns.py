"""The columns of a run folder's CSV files, written once for those who write them and those who read them."""

SUMMARY = (
    *("dataset", "model", "supervision", "perturbation", "strength"),
    *("metric_set", "metric", "class", "n", "value"),
)
STRENGTHS = ("dataset", "perturbation", "strength", "measure", "n", "mean", "sd", "min", "max")
CONFUSION = ("dataset", "model", "border", "ground_truth", "prediction", "pixels")
RECONSTRUCTIONS = ("dataset", "model", "n", "mse", "psnr", "ssim")
