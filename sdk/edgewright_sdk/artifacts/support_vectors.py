"""Support vector machines of scikit-learn, linear and radial, alone or one against the rest behind calibrated sigmoids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.artifacts.kernels import Kernel
from edgewright_sdk.artifacts.labels import labels_of
from edgewright_sdk.artifacts.linear import Linear
from edgewright_sdk.artifacts.pickles import Shell
from edgewright_sdk.artifacts.predictor import Predictor
from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

_KERNELS = ("linear", "rbf")


def _machine(estimator: Shell, source: str) -> Predictor:
    """Read an SVR, or an SVC that compares one class against one.

    The sums of a pair are those of libsvm, whose positive side is the first class; scikit-learn turns the sign round for
    two classes, which is of no consequence here.
    """
    coefficients = _dense(estimator.get("_dual_coef_", "dual_coef_"), source)
    bias = np.asarray(estimator.get("_intercept_", "intercept_"), np.float64)
    if estimator.name.endswith("SVR"):
        return Predictor(source, _scorer(estimator, coefficients, bias, source), "identity")
    counts = np.asarray(estimator.get("_n_support", "n_support_"), np.int64)
    ends = np.cumsum(counts)
    own = [slice(end - count, end) for end, count in zip(ends, counts, strict=True)]
    pairs = [(i, j) for i in range(len(counts)) for j in range(i + 1, len(counts))]
    rows = np.zeros((len(pairs), coefficients.shape[1]))
    for row, (i, j) in zip(rows, pairs, strict=True):
        row[own[i]], row[own[j]] = coefficients[j - 1, own[i]], coefficients[i, own[j]]
    scorer = _scorer(estimator, rows, bias, source)
    slopes = np.asarray(estimator.get("_probA", "probA_", default=()), np.float32)
    if not len(slopes):
        return Predictor(source, scorer, "votes", labels_of(estimator))
    tables = {"a": slopes, "b": np.asarray(estimator.get("_probB", "probB_"), np.float32)}
    return Predictor(source, scorer, "coupling", labels_of(estimator), tables)


def _scorer(
    estimator: Shell, rows: NDArray[np.float64], bias: NDArray[np.float64], source: str
) -> Linear | Kernel:
    """One sum for each row of coefficients over the support vectors."""
    kernel = estimator.get("kernel")
    if kernel not in _KERNELS:
        raise BlockError(f"{source} has kernel {kernel!r}; allowed: {', '.join(map(repr, _KERNELS))}")
    support = _dense(estimator.get("support_vectors_"), source)
    if kernel == "linear":
        return Linear(rows @ support, bias)
    return Kernel(support, rows.T.copy(), bias, float(estimator.get("_gamma")))


def _calibrated(estimator: Shell, source: str) -> Predictor:
    """One machine against the rest a class, each behind the sigmoid that ``CalibratedClassifierCV`` fitted."""
    members = list(estimator.get("calibrated_classifiers_"))
    if len(members) != 1 or members[0].get("method") != "sigmoid":
        raise BlockError(
            f"{source} is calibrated by {len(members)} member(s); allowed: ensemble=False, method='sigmoid'"
        )
    rest = members[0].get("estimator")
    if not isinstance(rest, Shell) or rest.name != "OneVsRestClassifier":
        name = rest.name if isinstance(rest, Shell) else type(rest).__name__
        raise BlockError(f"{source} calibrates a {name}; allowed: OneVsRestClassifier of SVC")
    machines = list(rest.get("estimators_"))
    other = next((machine.name for machine in machines if machine.name != "SVC"), None)
    if other is not None:
        raise BlockError(f"{source} calibrates OneVsRestClassifier of {other}; allowed: SVC")
    scorers = [
        _scorer(
            machine,
            _dense(machine.get("dual_coef_"), source),
            np.asarray(machine.get("intercept_"), np.float64),
            source,
        )
        for machine in machines
    ]
    sigmoids = members[0].get("calibrators")
    slopes = np.array([float(sigmoid.get("a_")) for sigmoid in sigmoids])
    offsets = np.array([float(sigmoid.get("b_")) for sigmoid in sigmoids])
    supports = [np.asarray(machine.get("support_"), np.int64) for machine in machines]
    link = "sigmoid-pair" if len(machines) == 1 else "sigmoid-shares"
    return Predictor(source, _sloped(scorers, supports, -slopes, -offsets), link, labels_of(estimator))


def _sloped(
    scorers: Sequence[Linear | Kernel],
    supports: Sequence[NDArray[np.int64]],
    slopes: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> Linear | Kernel:
    """Several machines as one, with ``slope · raw + offset`` for the raw output of each; support vectors are shared."""
    bias = np.array([scorer.bias[0] for scorer in scorers]) * slopes + offsets
    linear = [scorer.weights[0] for scorer in scorers if isinstance(scorer, Linear)]
    if len(linear) == len(scorers):
        return Linear(np.array(linear) * slopes[:, None], bias)
    kernels = [scorer for scorer in scorers if isinstance(scorer, Kernel)]
    used, first = np.unique(np.concatenate(supports), return_index=True)
    vectors = np.concatenate([kernel.vectors for kernel in kernels])[first]
    coefficients = np.zeros((len(used), len(kernels)))
    for output, (kernel, support) in enumerate(zip(kernels, supports, strict=True)):
        coefficients[np.searchsorted(used, support), output] = kernel.coefficients[:, 0] * slopes[output]
    return Kernel(vectors, coefficients, bias, kernels[0].gamma)


def _dense(values: Any, source: str) -> NDArray[np.float64]:
    if isinstance(values, Shell):
        raise BlockError(
            f"{source} was trained on a sparse matrix, which is not supported; train on X.toarray()"
        )
    return np.asarray(values, np.float64)


READERS: dict[str, Callable[[Shell, str], Predictor]] = {
    **dict.fromkeys(("SVC", "NuSVC", "SVR", "NuSVR"), _machine),
    "CalibratedClassifierCV": _calibrated,
}
