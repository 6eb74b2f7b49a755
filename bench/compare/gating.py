"""`bench gate`: whether scores keep a bound: pass, fail, or undecided where the interval holds the bound."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Literal, NamedTuple

from bench.compare.asked import Asked
from bench.compare.draws import CountedCell, Estimated, drawn, estimate, mean_under, resampling_for
from bench.compare.pairing import ModelPair, PairReader, model_pairs
from bench.compare.stored_run import CellPlace, StoredRun, check_label
from bench.metrics import MetricSet
from bench.statistics.board import BoardCondition
from registry.errors import BenchError, first_of

Verdict = Literal["pass", "fail", "undecided"]
ALL = "all"
"""Names the clean images and every perturbation."""
_ROUNDING = 1e-12


class Limits(NamedTuple):
    """What is asked of each score: `minimum` of its value; `max_drop` from the baseline; None: nothing."""

    minimum: float | None = None
    max_drop: float | None = None

    def check(self, asked: Asked, *, has_baseline: bool) -> None:
        """Raise BenchError where nothing is asked, or what makes no sense."""
        if self.minimum is None and self.max_drop is None:
            raise BenchError("the gate asks nothing; give --min, or --against with --max-drop, or both")
        if has_baseline != (self.max_drop is not None):
            raise BenchError("--max-drop is measured from the run of --against; give both or none")
        if not all(isfinite(one) for one in self if one is not None) or (self.max_drop or 0.0) < 0:
            raise BenchError("--min is a number, --max-drop one that is not negative; correct them")
        if self.minimum is not None and asked.sign < 0:
            raise BenchError(f"of {asked.metric} less is better, so it has no least value; use --max-drop")


class Gated(NamedTuple):
    """One score and its bound. value: the score, or the change from the baseline. reason: why it fails unmeasured."""

    dataset: str
    model: str
    score: str
    bound: str
    value: Estimated
    verdict: Verdict
    reason: str = ""


@dataclass
class Gate:
    """What is gated: models by label (none: all that look at the image), the clean images or perturbations by label.

    notes: what has to be said.
    """

    run: StoredRun
    asked: Asked
    limits: Limits
    baseline: StoredRun | None = None
    perturbations: Sequence[str] = ()
    models: Sequence[str] = ()
    renamed: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)

    def results(self) -> list[Gated]:
        """Return every check of every model.

        Raises:
            BenchError: a word is unknown, nothing is asked, or the runs have no cell in common.
        """
        runs = [self.run, *([self.baseline] if self.baseline else [])]
        self.asked = self.asked.settled([run.record for run in runs])
        self.limits.check(self.asked, has_baseline=self.baseline is not None)
        self._check_words()
        found = list(self._floors()) if self.limits.minimum is not None else []
        if self.baseline is not None:
            found += self._drops(self.baseline)
        if not found:
            raise BenchError(f"{self.run.path} has no model to gate but baselines; name one with --model")
        return found

    def _check_words(self) -> None:
        runs = [self.run, *([self.baseline] if self.baseline else [])]
        labels = list(dict.fromkeys(label for run in runs for label in run.condition_labels()))
        known = list(dict.fromkeys(model.label for run in runs for model in run.record.models))
        sets = [one.name for one in self.run.record.metric_sets]
        for word in self.perturbations:
            check_label(word, [*labels, ALL], "perturbation")
        for word in self.models:
            check_label(word, known, "model")
        if self.asked.metric_set is not None:
            check_label(self.asked.metric_set, sets, "metric set")

    def _is_gated(self, run: StoredRun, name: tuple[str, str]) -> bool:
        return name[1] in self.models if self.models else not run.models[name].baseline

    def _labels(self, conditions: Iterable[BoardCondition]) -> list[str]:
        """Return the scores that are gated of a model with these conditions: by labels of perturbations, or "clean"."""
        if ALL in self.perturbations:
            return list(dict.fromkeys(["clean", *(label for label, _ in conditions)]))
        return list(dict.fromkeys(self.perturbations or ["clean"]))

    def _floors(self) -> Iterator[Gated]:
        for name in self.run.models:
            if not self._is_gated(self.run, name):
                continue
            planned = [place for place in self.run.keys if place[:2] == name]
            for label in self._labels(place.condition for place in planned):
                yield self._floor(name, label, [place for place in planned if place.perturbation == label])

    def _floor(self, name: tuple[str, str], label: str, places: list[CellPlace]) -> Gated:
        minimum = self.limits.minimum
        assert minimum is not None
        draws, resampling = {}, None
        try:
            metric_set = self._metric_set(name)
            classes = self.run.record.dataset(name[0]).classes
            for place in places:
                _check_there(self.run, place, "run")
                counted = CountedCell.of(self.run.cell(place))
                draws[place.condition] = drawn(counted, metric_set, classes, self.asked)
                resampling = resampling_for(len(counted.counts), self.asked)
        except BenchError as error:
            return Gated(*name, label, f"at least {minimum:g}", Estimated(None, None, None), "fail", str(error))
        value = estimate(mean_under(draws, label), resampling) if resampling else Estimated(None, None, None)
        reason = "" if places else "it is not planned in the run"
        return _gated(*name, label, f"at least {minimum:g}", value, minimum, reason)

    def _metric_set(self, name: tuple[str, str]) -> MetricSet:
        known = self.run.metric_sets(self.run.models[name])
        if self.asked.metric_set is not None and self.asked.metric_set not in known:
            raise BenchError(f"the metric set {self.asked.metric_set} does not score this model")
        if not known:
            raise BenchError("no metric set of the run scores this model")
        return known[self.asked.metric_set or next(iter(known))]

    def _drops(self, baseline: StoredRun) -> Iterator[Gated]:
        pairs = [
            pair for pair in model_pairs(baseline, self.run, self.renamed) if self._is_gated(self.run, pair.names[1])
        ]
        if pairs and not any(pair.common and not pair.faults for pair in pairs):
            why = first_of(pairs[0].faults or ["none was evaluated in both"])
            raise BenchError(f"{self.run.path} and {baseline.path} have no cell in common that compares: {why}")
        yield from self._unpaired(baseline, pairs)
        for pair in pairs:
            yield from self._drops_of(pair)

    def _unpaired(self, baseline: StoredRun, pairs: Sequence[ModelPair]) -> Iterator[Gated]:
        """Yield a failed check for each model that only one of the runs has."""
        bound, nothing = f"drop at most {self.limits.max_drop:g}", Estimated(None, None, None)
        for run, side, where in ((baseline, 0, "run"), (self.run, 1, "baseline")):
            paired = {pair.names[side] for pair in pairs}
            for name in run.models:
                if name not in paired and self._is_gated(run, name):
                    yield Gated(*name, "clean", bound, nothing, "fail", f"the {where} has no such model on such data")

    def _drops_of(self, pair: ModelPair) -> Iterator[Gated]:
        max_drop = self.limits.max_drop
        assert max_drop is not None
        reader = PairReader(pair, self.asked, [], self.notes)
        self.notes += [f"{pair}: {mark}; compared on the images that both have" for mark in pair.marks]
        planned = list(dict.fromkeys([*pair.planned[1], *pair.planned[0]]))
        for label in self._labels(planned):
            bound = f"drop at most {max_drop:g}"
            try:
                change = self._change(pair, reader, [one for one in planned if one[0] == label])
            except BenchError as error:
                yield Gated(*pair.names[1], label, bound, Estimated(None, None, None), "fail", str(error))
                continue
            yield _gated(*pair.names[1], label, bound, change, -max_drop, "", sign=self.asked.sign)

    def _change(self, pair: ModelPair, reader: PairReader, conditions: Sequence[BoardCondition]) -> Estimated:
        """Return run minus baseline of the mean over some conditions.

        Raises:
            BenchError: one of them is missing or made by another protocol.
        """
        if not conditions:
            raise BenchError("it is planned in neither run")
        if faults := pair.faults + pair.condition_faults(conditions[0][0]):
            raise BenchError(f"not compared: {'; '.join(faults)}")
        metric_set = pair.metric_set(self.asked)
        before, after = {}, {}
        for condition in conditions:
            for run, place, words in zip(pair.runs, pair.places(condition), ("baseline", "run"), strict=True):
                _check_there(run, place, words)
            draws = reader.draws(condition, metric_set)
            if draws is None:
                raise BenchError(reader.refused[-1])
            before[condition], after[condition] = draws
        one, other = (mean_under(draws, conditions[0][0]) for draws in (before, after))
        assert one is not None
        assert other is not None
        return estimate(other - one, resampling_for(reader.images, self.asked))


def rows_of(results: Sequence[Gated]) -> list[dict[str, str]]:
    """Return checks as rows of a table; the data set has a column where there are several."""
    several = len({one.dataset for one in results}) > 1
    rows = []
    for one in results:
        value, low, high = ("–" if each is None else f"{each:.4f}" for each in one.value)
        names = {"model": one.model, **({"data": one.dataset} if several else {}), "score": one.score}
        rows.append({**names, "bound": one.bound, "value": f"{value} [{low}, {high}]", "": one.verdict})
    return rows


def _check_there(run: StoredRun, place: CellPlace, words: str) -> None:
    """Raise BenchError where a cell is not there, with the error that ended its evaluation, if there is one."""
    if run.has(place):
        return
    level = "" if place.perturbation == "clean" else f" {place.strength:.12g}"
    notes = (one for one in run.folder.failures() if (one.dataset, one.model, *one.condition) == place)
    why = next((f" ({one.message})" for one in notes), "")
    raise BenchError(f"{place.perturbation}{level} is not evaluated in the {words}{why}")


def _gated(
    dataset: str,
    model: str,
    score: str,
    bound: str,
    value: Estimated,
    least: float,
    reason: str,
    *,
    sign: int = 1,
) -> Gated:
    """Return the check of a value that is to be at least `least` in the direction of its sign."""
    if value.value is None or value.low is None or value.high is None:
        return Gated(dataset, model, score, bound, value, "fail", reason or "it is not defined")
    low, high = sorted((sign * value.low, sign * value.high))
    return Gated(dataset, model, score, bound, value, decide(low, high, least), reason)


def decide(low: float, high: float, least: float) -> Verdict:
    """Return whether an interval is above a bound, below it, or holds it.

    >>> decide(0.81, 0.9, 0.8), decide(0.7, 0.79, 0.8), decide(0.7, 0.9, 0.8)
    ('pass', 'fail', 'undecided')
    """
    if low >= least - _ROUNDING:
        return "pass"
    return "fail" if high < least - _ROUNDING else "undecided"
