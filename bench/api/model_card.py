"""A model card: README.md with the results in the hub's form (`model-index`), for programs, and a table for people."""

from typing import TYPE_CHECKING, Any

from bench import __version__

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from bench.record.model_record import ModelRecord
    from reports.record.run import Run
    from reports.record.statistics_rows import RankRow

TASK = "image-segmentation"


def model_card(run: "Run", faults: list[str]) -> str:
    """Return the text of a card: the results of every model, clean and perturbed; `faults`: what is wrong with the run.

    The block is that of https://github.com/huggingface/hub-docs/blob/main/modelcard.md.
    """
    from huggingface_hub import ModelCardData
    from huggingface_hub.repocard_data import eval_results_to_model_index

    index: list[dict[str, Any]] = []
    for model in run.record.models:
        if results := _results(run, model):
            index += eval_results_to_model_index(_named(run, model), results)
    data = ModelCardData(library_name="segbench", pipeline_tag=TASK, tags=[TASK, "robustness", "segbench"])
    # `eval_results` of the data would hold one model only.
    return f"---\n{_block(data, index)}\n---\n\n{_text(run, faults)}"


def _block(data: Any, index: list[dict[str, Any]]) -> str:
    import yaml

    content = {**data.to_dict(), **({"model-index": index} if index else {})}
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True)).rstrip()


def _named(run: "Run", model: "ModelRecord") -> str:
    return f"{model.label} on {model.dataset}" if len(run.record.datasets) > 1 else model.label


def _results(run: "Run", model: "ModelRecord") -> "list[EvalResult]":
    from reports.record.boards import boards

    own = [board for board in boards(run, model.dataset) if model.label in board.labels]
    sets = {board.metric_set.name for board in own}
    rows = [row for row in run.statistics.ranking if (row.dataset, row.model) == (model.dataset, model.label)]
    return [_result(run, row) for row in rows if row.metric_set in sets and row.value is not None]


def _result(run: "Run", row: "RankRow") -> "EvalResult":
    from huggingface_hub import EvalResult

    data = run.dataset(row.dataset)
    interval = [] if row.low is None or row.high is None else [row.low, row.high]
    return EvalResult(
        task_type=TASK,
        task_name="Image segmentation",
        dataset_type=data.name,
        dataset_name=data.title or data.label,
        dataset_config=row.scope,
        dataset_split=data.split or None,
        dataset_args={"images": data.n, "manifest": data.manifest},
        metric_type=row.metric,
        metric_name=f"{run.metric(row.metric).title}, mean over classes, {row.scope}",
        metric_value=row.value,
        metric_args={"metric_set": row.metric_set, "interval_95": interval, "supervision": row.supervision},
    )


def _text(run: "Run", faults: list[str]) -> str:
    from reports.markup import counted
    from reports.record.boards import boards
    from reports.tables.scores import leaderboard_table
    from reports.tables.table import markdown

    record = run.record
    tables = [markdown(leaderboard_table(run, board)) for data in record.datasets for board in boards(run, data.label)]
    cautions = [f"**Caution:** {_plain(line)}" for line in faults]
    under = f" and under {counted(len(record.perturbations), 'perturbation')}" if record.perturbations else ""
    what = (
        f"{counted(len(record.models), 'model')}, evaluated by segbench {__version__} on the "
        f"clean images{under}. `index.html` is the "
        "whole report: one file, which needs no network. The CSV files hold every number."
    )
    return "\n\n".join([f"# {record.name}", *cautions, what, *tables]).rstrip() + "\n"


def _plain(line: str) -> str:
    """Return a line that Markdown shows as it is."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>|#" else sign for sign in line)
