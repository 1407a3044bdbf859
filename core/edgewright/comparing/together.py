"""``edgewright compare``: score recordings by a run, have the other side score them too, and put both together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright.comparing.figures import Pair, differing, figures, matched_threshold
from edgewright.comparing.runs import chosen_node, recording_scores, reduce_windows, seconds_of
from edgewright.comparing.sides import Answer, Question, Wishes, ask, must_exist
from edgewright.comparing.telling import told_side
from edgewright.data.names import known_normal
from edgewright.errors import DataError
from edgewright.running.fresh import Fresh, scored
from edgewright.running.session import Options
from edgewright.trees import measure

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from edgewright.plugins import Plugins
    from edgewright.running.run import Run

#: Differing decisions that the document and the page show.
MOST_SHOWN = 12


@dataclass(frozen=True)
class Comparison:
    """Both sides: ``document`` is what is told (JSON-able), ``panels`` what the page draws besides."""

    document: dict[str, Any]
    panels: dict[str, Any]


def compare_scores(
    run: Run,
    other: Path,
    data: Path,
    *,
    wishes: Wishes | None = None,
    options: Options | None = None,
    plugins: Plugins | None = None,
    most: int = MOST_SHOWN,
) -> Comparison:
    """Compare what a run says of recordings with what something else says: anomaly scores, or classes.

    Parameters
    ----------
    run : Run
        A finished run with an anomaly or a classification node.
    other : Path
        Another run, a WebAssembly package, a Linux ``.eim``, an ONNX file, a CSV of scores, or K-means tables.
    data : Path
        File or folder that the run's readers read; labels in it say what is normal, where the run knows them.
    wishes, options, plugins : optional
        What a person says of the other side, how blocks are run, and the plugins to use.
    most : int
        Differing decisions to show.

    Raises
    ------
    UsageError
        A wrong option, or nothing that can be compared.
    DataError
        Data or the other side can't be read, or they have no window in common.
    TaskError, RunnerUnavailableError
        A program can't be run.
    """
    wishes, options = wishes or Wishes(), options or Options()
    node = chosen_node(run, wishes.node, "--node")
    if not data.exists():
        raise DataError(f"{data}: there is no such file or folder", hint="name recordings, or their folder")
    must_exist(other)
    with scored(run, data, options=options, plugins=plugins) as fresh:
        if not len(fresh.index):
            raise DataError(f"{data}: has no window", hint="recordings must be at least one window long")
        question = Question(run, node, fresh, data, wishes, options, plugins)
        answer = ask(other, question)
        if question.classifies:
            from edgewright.comparing.classes import compare_classes

            return Comparison(*compare_classes(question, answer, most))
        return _together(question, answer, most)


def _together(question: Question, answer: Answer, most: int) -> Comparison:
    run, node, fresh = question.run, question.node, question.fresh
    threshold = float(run.threshold(node)["value"])
    of_sample = truth(run, fresh)
    windows = Pair(
        np.asarray(fresh.scores[node], np.float64), answer.scores, of_sample[fresh.index["sample"]]
    )
    limit, chosen = _threshold(question, answer, windows, threshold)
    rest = reduce_windows(run, node, answer.scores, fresh, limit)
    other_recordings = (
        rest
        if answer.recordings is None
        else np.where(np.isfinite(answer.recordings), answer.recordings, rest)
    )
    recordings = Pair(recording_scores(run, node, fresh), other_recordings, of_sample)
    if not windows.both.any() and not recordings.both.any():
        raise DataError(
            f"{answer.name}: has no score for any window or recording of {question.data}",
            hint="check that both read the same recordings, and the names and start times of a list",
        )
    limits = _recording_limits(question, answer, recordings, limit)
    first = Answer(
        "run", str(run.path), windows.first, None, threshold, seconds_of(fresh, node),
        measure(run.model(node).resolve())[0], (), "computing, with the start of the blocks", "model files",
    )  # fmt: skip
    shown = differing(windows, threshold, limit, most)
    document: dict[str, Any] = {
        "kind": "anomaly",
        "data": str(question.data),
        "node": node,
        "first": told_side(first, threshold, f"of the run, by {run.threshold(node)['method']}"),
        "second": told_side(answer, limit, chosen),
        "windows": figures(windows, threshold, limit) if windows.both.any() else None,
        "recordings": figures(recordings, *limits) if recordings.both.any() else None,
        "differing": [_window(question, windows, place, threshold, limit) for place in shown],
        "notes": list(answer.notes),
    }
    from edgewright.comparing.page import drawings

    return Comparison(document, drawings(question, windows, recordings, shown, threshold, limit))


def _threshold(question: Question, answer: Answer, windows: Pair, threshold: float) -> tuple[float, str]:
    """The other side's threshold and where it is from."""
    if question.wishes.threshold is not None:
        return question.wishes.threshold, "as given"
    if answer.threshold is not None:
        return answer.threshold, "its own"
    if not windows.both.any():
        return float("nan"), "none: it scores recordings only"
    return matched_threshold(
        windows, threshold
    ), "chosen so that it calls as many windows anomalous as the run"


def _recording_limits(
    question: Question, answer: Answer, recordings: Pair, limit: float
) -> tuple[float, float]:
    """What a recording's score is held against on both sides."""
    rule = question.run.decisions(question.node)["aggregate"]
    own = float(rule["limit"])
    if question.wishes.threshold is not None:
        return own, question.wishes.threshold
    if answer.recording_limit is not None:
        return own, answer.recording_limit
    if answer.recordings is not None and answer.threshold is None:
        return own, matched_threshold(recordings, own) if recordings.both.any() else limit
    # Windows reduced by the run's own rule: a share of windows has the same limit on both sides.
    return own, own if rule["method"] == "share-over-threshold" else limit


def truth(run: Run, fresh: Fresh) -> NDArray[np.int8]:
    """1 abnormal, 0 normal, −1 unknown for each recording: by the labels that the run knows, then as its impulse says."""
    known: dict[str, bool] = {
        str(sample["label"]): bool(sample["normal"])
        for sample in run.samples
        if sample["label"] is not None and sample.get("normal") is not None
    }
    found = np.full(len(fresh.samples), -1, dtype=np.int8)
    exploring = bool(run.windows_info.get("explore"))
    others = None if exploring or not known else _others(run)
    for number, sample in enumerate(fresh.samples):
        label = sample["label"]
        if label is None:
            continue
        normal = known.get(str(label))
        if normal is None:
            normal = others if others is not None else known_normal(str(label))
        if normal is not None:
            found[number] = int(not normal)
    return found


def _others(run: Run) -> bool | None:
    """What the run's impulse makes of a label that it has not seen."""
    from edgewright_specs.loading import load_impulse

    data = load_impulse(run.path / "impulse.yaml").data
    if data.normal == "rest" or (data.normal is None and isinstance(data.abnormal, list)):
        return True
    if data.abnormal == "rest" or (data.abnormal is None and isinstance(data.normal, list)):
        return False
    return None


def _window(question: Question, windows: Pair, place: int, threshold: float, limit: float) -> dict[str, Any]:
    from edgewright.scoring import decide

    fresh = question.fresh
    row = fresh.index[place]
    sample = fresh.samples[int(row["sample"])]
    kind = int(windows.truth[place])
    return {
        "sample": sample["name"],
        "label": sample["label"],
        "normal": None if kind < 0 else kind == 0,
        "time": round((int(row["start"]) - sample["offset"]) / fresh.frequency, 6),
        "first": {
            "score": float(windows.first[place]),
            "anomalous": bool(decide([windows.first[place]], threshold)[0]),
        },
        "second": {
            "score": float(windows.second[place]),
            "anomalous": bool(decide([windows.second[place]], limit)[0]),
        },
    }
