"""Made-up files of speed beside a made-up run: closed forms, so that every printed number is known."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from made_up_run import RunFolder

from bench.record.timing_file import write_timing_file
from bench.record.timing_record import Samples, TimingRecord

COLUMNS = (
    "dataset,model,scenario,path,variant,precision,height,width,batch_size,calls,images,warm_up_calls,p50_ms,p90_ms,p99_ms,"
    "p50_bound_ms,p90_bound_ms,p99_bound_ms,images_per_second,rate_per_second,latency_bound_ms,parameters,macs,"
    "gflop_per_second,peak_gflop_per_second,peak_gb_per_second,share_of_peak,bytes_per_image,allocator_mib,process_mib,"
    "joules_per_image,agreement,dice,scored,device,threads,load_before,other_cpu_share,clock_mhz_before,clock_mhz_after,"
    "temperature_before,temperature_after,power_limit_w,throttled,caution,failed,key"
)
STAGE_COLUMNS = "dataset,model,variant,height,width,device,stage,calls,median_ms,mean_ms,share,key"
BATCHES = (1, 2, 4, 8)
STAGES = {"decode": 2.0, "perturb": 1.0, "preprocess": 0.5, "network": 6.0, "resize_argmax": 1.0, "to_host": 0.1}


class MadeUpSpeed:
    """Rows, stages and samples of every model of a run; change `rows` before `write`."""

    def __init__(self, run: RunFolder, variants: tuple[str, ...] = ("fp32", "bf16"), device: str = "cpu") -> None:
        self.run, self.device = run, device
        self.rows: list[dict[str, Any]] = []
        self.samples: dict[str, list[tuple[str, int, float | None]]] = {}
        self.stages: list[list[Any]] = []
        for dataset in run.datasets:
            for number, model in enumerate(run.models):
                for variant in variants:
                    self._model(dataset, model, variant, (number + 1) * (0.6 if variant == "bf16" else 1.0), number)

    def write(self) -> Path:
        """Write the run and the files of speed; return the folder."""
        folder, header = self.run.write(), COLUMNS.split(",")
        for name, titles, lines in (
            ("throughput.csv", header, [[row.get(key, "") for key in header] for row in self.rows]),
            ("stages.csv", STAGE_COLUMNS.split(","), self.stages),
        ):
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([titles, *lines])
        (folder / "timing").mkdir(exist_ok=True)
        for key, samples in self.samples.items():
            paths, ns, rates = (np.array(column) for column in zip(*samples, strict=True))
            calls = np.arange(len(ns), dtype=np.int32)
            rates = None if rates[0] is None else rates.astype(np.float64)
            record = TimingRecord(dataset="", model="", scenario="", variant="")
            path = folder / "timing" / f"{key}.parquet"
            write_timing_file(path, key, Samples(paths, 0 * calls, calls, ns.astype(np.int64), rates), record)
        return folder

    def _model(self, dataset: str, model: str, variant: str, factor: float, number: int) -> None:
        """Add a model's measurements: `predict` takes 10 ms times `factor`, the network 6 of them."""
        known = {"dataset": dataset, "model": model, "variant": variant, "precision": variant, "device": self.device}
        known |= {"height": 224, "width": 224, "threads": 2, "load_before": 0.25, "latency_bound_ms": ""}
        known |= {
            "parameters": number * 10**6,
            "macs": (number + 1) * 10**9,
            "agreement": 1.0 if variant == "fp32" else 0.9987,
        }
        known |= {"process_mib": 300 + 100 * number, "joules_per_image": 2.0 * factor}
        if variant == "bf16":
            known |= {"dice": 0.3 + 0.25 * number, "scored": "true"}
        else:
            known |= {"dice": "", "scored": "false"}
        self._measure(known | {"scenario": "single_stream", "batch_size": 1}, factor, 700)
        for batch in BATCHES:
            self._measure(known | {"scenario": "offline", "batch_size": batch}, factor * batch**0.8, 100)
        server = {"scenario": "server", "batch_size": 8, "rate_per_second": 40.0 / factor, "latency_bound_ms": 50.0}
        self._measure(known | server, 2 * factor, 662)
        means = {stage: mean * (factor if stage == "network" else 1) for stage, mean in STAGES.items()}
        whole = sum(means.values()) + 0.4
        for stage, mean in {**means, "remainder": 0.4, "end_to_end": whole}.items():
            self.stages.append(
                [dataset, model, variant, 224, 224, self.device, stage, 100, mean, mean, mean / whole, ""]
            )

    def _measure(self, known: dict[str, Any], factor: float, calls: int) -> None:
        key = f"{len(self.samples):032x}"
        rate, batch = known.get("rate_per_second"), known["batch_size"]
        self.samples[key] = []
        for path, share in (("predict", 1.0), ("network", 0.6)):
            if path == "network" and known["scenario"] == "server":
                continue
            noise = np.random.default_rng(len(self.rows)).gamma(2.0, 0.05, calls)
            ns = np.int64(1e7 * factor * share * (1 + noise))
            self.samples[key] += [(path, int(one), rate) for one in ns]
            if rate:
                self.samples[key] += [(path, 10 * int(one), 2 * rate) for one in ns]
            ordered = np.sort(ns) / 1e6
            row = known | {"path": path, "calls": calls, "images": calls * batch, "warm_up_calls": 5, "key": key}
            for name, at, least in (("p50", 0.5, 11), ("p90", 0.9, 64), ("p99", 0.99, 662)):
                few = calls < least
                row[f"{name}_ms"] = "n too small" if few else repr(float(ordered[int(calls * at)]))
                row[f"{name}_bound_ms"] = (
                    "n too small" if few else repr(float(ordered[min(int(calls * at) + 7, calls - 1)]))
                )
            seconds = ns.sum() / 1e9
            row["images_per_second"] = calls * batch / seconds
            if path == "network":
                row["gflop_per_second"] = 2 * known["macs"] * calls * batch / seconds / 1e9
                peak = 2000.0 if known["variant"] == "fp32" else 8000.0
                row |= {"peak_gflop_per_second": peak, "peak_gb_per_second": 20.0, "bytes_per_image": 40_000_000}
                row["share_of_peak"] = row["gflop_per_second"] / min(peak, 20.0 * 2 * known["macs"] / 4e7)
            self.rows.append(row)
