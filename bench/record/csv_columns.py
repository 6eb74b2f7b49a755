"""The columns of a run folder's CSV files, written once for those who write them and those who read them."""

SUMMARY = (
    *("dataset", "model", "supervision", "perturbation", "strength"),
    *("metric_set", "metric", "class", "n", "value"),
)
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
