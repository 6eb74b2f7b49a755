"""The columns of a run folder's CSV files, written once for those who write them and those who read them."""

SUMMARY = (
    *("dataset", "model", "supervision", "perturbation", "strength"),
    *("metric_set", "metric", "class", "n", "value"),
)
INTERVAL = ("low", "high", "resamples")
"""Bounds of a score's interval, and in how many resamples of the images the score is defined."""
_BOARD = ("dataset", "supervision", "metric_set", "metric", "scope")
"""Of one board: models of one supervision group on one data set; `scope`: clean, or perturbed (the mean over all)."""
RANKING = (*_BOARD, "model", "value", *INTERVAL, "rank", "rank_low", "rank_high", "p_best", "tie_group")
COMPARISONS = (
    *_BOARD,
    *("model", "other", "difference", "low", "high", "p", "p_holm", "told_apart"),
    *("failure_below", "images", "model_fails", "other_fails", "only_model_fails", "only_other_fails", "mcnemar_p"),
)
ROBUSTNESS = (
    *("dataset", "model", "supervision", "metric_set", "metric", "measure", "perturbation", "reference"),
    *("value", *INTERVAL, "note"),
)
DISTRIBUTION = (
    *("dataset", "model", "supervision", "perturbation", "strength", "metric_set", "metric", "n"),
    *("min", "p5", "p25", "p50", "p75", "p95", "max", "histogram"),
)
SLICES = (
    *("dataset", "model", "supervision", "perturbation", "strength", "metric_set", "metric", "class"),
    *("attribute", "slice", "images", "n", "value", *INTERVAL, "small"),
)
SEEDS = (
    *("dataset", "model", "supervision", "perturbation", "strength", "metric_set", "metric", "class"),
    *("seeds", "mean", "sd", "min", "max"),
)
CALIBRATION = ("dataset", "model", "perturbation", "strength", "metric_set", "bin", "pixels", "confidence", "accuracy")
STRENGTHS = ("dataset", "perturbation", "strength", "measure", "n", "mean", "sd", "min", "max")
CONFUSION = ("dataset", "model", "border", "ground_truth", "prediction", "pixels")
RECONSTRUCTIONS = ("dataset", "model", "n", "mse", "psnr", "ssim")
THROUGHPUT = (
    *("dataset", "model", "scenario", "path", "variant", "precision", "height", "width", "batch_size"),
    *("calls", "images", "warm_up_calls"),
    *("p50_ms", "p90_ms", "p99_ms", "p50_bound_ms", "p90_bound_ms", "p99_bound_ms"),
    *("images_per_second", "rate_per_second", "latency_bound_ms"),
    *("parameters", "macs", "gflop_per_second", "peak_gflop_per_second", "peak_gb_per_second", "share_of_peak"),
    *("bytes_per_image", "allocator_mib", "process_mib", "joules_per_image", "agreement", "dice", "scored"),
    *("device", "threads", "load_before", "other_cpu_share", "clock_mhz_before", "clock_mhz_after"),
    *("temperature_before", "temperature_after", "power_limit_w", "throttled", "caution", "failed", "key"),
)
STAGES = (
    *("dataset", "model", "variant", "height", "width", "device"),
    *("stage", "calls", "median_ms", "mean_ms", "share", "key"),
)
