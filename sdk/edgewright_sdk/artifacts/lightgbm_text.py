"""``model.txt`` as LightGBM writes it (``save_model``, versions 2 to 4).

Blocks of ``key=value`` lines: a header, then one block a tree. Tests are ``x <= threshold`` in float64. In
``decision_type`` bit 0 says categorical, bit 1 the default direction, bits 2 and 3 what counts as missing (1: zero).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.artifacts.trees import Builder, at_most
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg")
_EXP = ("poisson", "gamma", "tweedie")
_OBJECTIVES = ("binary", "multiclass", "multiclassova", *_IDENTITY, *_EXP, "cross_entropy")
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_IS_ZERO = 1, 2, 4
_MISSING = 12


def read_lightgbm(path: Path) -> Predictor:
    """Read a model file.

    Raises
    ------
    BlockError
        It is something else, damaged, or uses what is not supported, which is named.
    """
    try:
        return _read(path.read_text(encoding="utf-8", errors="replace"), path.name)
    except (ValueError, KeyError, IndexError, OSError) as error:
        raise BlockError(
            f'{path.name} is no LightGBM model that can be read ({type(error).__name__}: {error}); write it by save_model("model.txt")'
        ) from None


def _read(text: str, name: str) -> Predictor:
    header, *trees = _blocks(text)
    if "max_feature_idx" not in header:
        raise BlockError(f"{name} is no LightGBM model: it has no max_feature_idx")
    objective, *options = header.get("objective", "").split() or [""]
    source = f"{name} (LightGBM, {objective or 'no objective'})"
    if objective not in _OBJECTIVES:
        raise BlockError(f"{source}: this objective is not supported; allowed: {', '.join(_OBJECTIVES)}")
    outputs = int(header.get("num_tree_per_iteration", 1))
    link, slope = _link(objective, options)
    builder = Builder(source, int(header["max_feature_idx"]) + 1, outputs)
    weight = slope / (len(trees) // outputs) if "average_output" in header else slope
    for number, tree in enumerate(trees):
        _add(builder, tree, number, weight)
    labels: list[object] | None = None
    if link in ("sigmoid-pair", "softmax") or objective == "multiclassova":
        labels = list(range(2 if link == "sigmoid-pair" else outputs))
    return Predictor(source, builder.done(0.0), link, labels)


def _link(objective: str, options: list[str]) -> tuple[str, float]:
    """Link, and the factor that goes into the leaves."""
    slope = next((float(option.split(":")[1]) for option in options if option.startswith("sigmoid:")), 1.0)
    if objective == "binary":
        return "sigmoid-pair", slope
    if objective == "multiclassova":
        return "sigmoid", slope
    if objective == "multiclass":
        return "softmax", 1.0
    if objective == "cross_entropy":
        return "sigmoid", 1.0
    if objective in _EXP:
        return "exp", 1.0
    return ("square" if "sqrt" in options else "identity"), 1.0


def _blocks(text: str) -> list[dict[str, str]]:
    """The header and the trees; what follows the trees (importances, parameters) is left out."""
    blocks: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        if line.startswith("end of trees"):
            break
        key, _, value = line.partition("=")
        if key == "Tree":
            blocks.append({})
        if key:
            blocks[-1][key] = value
    return blocks


def _add(builder: Builder, tree: dict[str, str], number: int, weight: float) -> None:
    where = f"{builder.source}: tree {number}"
    if tree.get("is_linear", "0") != "0":
        raise BlockError(f"{where} has linear leaves, which are not supported; train with linear_tree=false")
    leaves = _numbers(tree["leaf_value"]) * weight
    tests = int(tree["num_leaves"]) - 1
    if tests == 0:
        builder.add([0], np.zeros(1, np.float32), [-1], [-1], leaves[:1], number % builder.outputs)
        return
    kinds = _numbers(tree["decision_type"]).astype(np.int64)
    threshold = _numbers(tree["threshold"])
    if (kinds & _CATEGORICAL).any():
        raise BlockError(
            f"{where} has a categorical split, which is not supported; encode categories as numbers"
        )
    zero = (kinds & _MISSING) == _MISSING_IS_ZERO
    if (zero & (((kinds & _DEFAULT_LEFT) != 0) != (threshold >= 0))).any():
        raise BlockError(
            f"{where} sends zeros another way than other numbers, which is not supported; train with zero_as_missing=false"
        )
    # LightGBM's children: a test ≥ 0, a leaf ~leaf. Here leaves follow the tests in one table.
    left, right = (_numbers(tree[side]).astype(np.int64) for side in ("left_child", "right_child"))
    none = np.full(len(leaves), -1)
    blank = np.zeros(len(leaves))
    builder.add(
        feature=np.concatenate([_numbers(tree["split_feature"]), blank]),
        threshold=at_most(np.concatenate([threshold, blank])),
        left=np.concatenate([_child(left, tests), none]),
        right=np.concatenate([_child(right, tests), none]),
        leaves=np.concatenate([np.zeros(tests), leaves]),
        output=number % builder.outputs,
    )


def _child(child: NDArray[np.int64], tests: int) -> NDArray[np.int64]:
    return np.where(child >= 0, child, tests - 1 - child)


def _numbers(text: str) -> NDArray[np.float64]:
    return np.array(text.split(), np.float64)
