"""From a model's raw outputs to probabilities or values: the same functions as the runtime's module ``link``.

A link is a name here and a number on the device. The number of raw outputs and of what comes out may differ: one raw
output of a two-class model gives two probabilities, the pairs of a one-against-one machine give one a class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: Link → its number in ``runtime/include/edgewright/link.h``.
NUMBERS = {
    "identity": 0,
    "exp": 1,
    "square": 2,
    "sigmoid": 3,
    "softmax": 4,
    "sigmoid-pair": 5,
    "sigmoid-shares": 6,
    "argmax": 7,
    "sign": 8,
    "votes": 9,
    "coupling": 10,
}

_SMALLEST = 1e-7  # of a pair's probability, as in libsvm


def width(link: str, raw: int) -> int:
    """Number of values that ``link`` makes of ``raw`` outputs."""
    if link in ("sigmoid-pair", "sign"):
        return 2
    if link in ("votes", "coupling"):
        return classes_of_pairs(raw)
    return raw


def classes_of_pairs(pairs: int) -> int:
    """Number of classes of which there are that many pairs."""
    return (1 + math.isqrt(1 + 8 * pairs)) // 2


def apply(
    link: str,
    raw: NDArray[np.float64],
    a: NDArray[np.float32] | None = None,
    b: NDArray[np.float32] | None = None,
) -> NDArray[np.float64]:
    """Apply a link.

    Parameters
    ----------
    link : str
        One of :data:`NUMBERS`.
    raw : np.ndarray [shape=(n, k)]
    a, b : np.ndarray [shape=(k,)], optional
        Slope and offset of each pair's sigmoid, for ``coupling``.

    Returns
    -------
    np.ndarray [shape=(n, width(link, k))]
    """
    if link == "coupling":
        assert a is not None
        assert b is not None
        return _coupling(raw, a.astype(np.float64), b.astype(np.float64))
    return _LINKS[link](raw)


def _identity(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return raw


def _exp(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(np.minimum(raw, 88.0)))  # what float32 holds


def _square(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.sign(raw) * np.square(raw))


def _sigmoid(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(-np.abs(raw))
    return np.asarray(np.where(raw >= 0, 1.0, e) / (1.0 + e))


def _softmax(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    e = np.exp(raw - raw.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def _sigmoid_pair(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([_sigmoid(-raw), _sigmoid(raw)], axis=1)


def _sigmoid_shares(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sigmoids divided by their sum, as a softmax of their logarithms: exact where all of them are tiny, too."""
    return _softmax(-np.logaddexp(0.0, -raw))


def _argmax(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.eye(raw.shape[1])[raw.argmax(axis=1)])


def _sign(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.eye(2)[(raw[:, 0] > 0).astype(np.intp)])


def _votes(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """One against one: a pair's positive side is its first class; most votes win, the first of equals."""
    classes = classes_of_pairs(raw.shape[1])
    votes = np.zeros((len(raw), classes))
    for pair, (i, j) in enumerate(_pairs(classes)):
        first = raw[:, pair] > 0
        votes[:, i] += first
        votes[:, j] += ~first
    return _argmax(votes)


def _coupling(
    raw: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Couple the pairs' probabilities, each a sigmoid of its output, to those of the classes.

    Wu, Lin and Weng's second method by the fixed-point iteration that libsvm ends early, so that the same is computed.
    """
    classes = classes_of_pairs(raw.shape[1])
    pair = np.clip(_sigmoid(-(a * raw + b)), _SMALLEST, 1 - _SMALLEST)
    r = np.zeros((len(raw), classes, classes))
    for at, (i, j) in enumerate(_pairs(classes)):
        r[:, i, j], r[:, j, i] = pair[:, at], 1 - pair[:, at]
    q = -np.swapaxes(r, 1, 2) * r
    for t in range(classes):
        q[:, t, t] = np.square(np.delete(r[:, :, t], t, axis=1)).sum(axis=1)
    p = np.full((len(raw), classes), 1.0 / classes)
    limit, running = 0.005 / classes, np.arange(len(raw))
    for _ in range(max(100, classes)):
        active, pr = q[running], p[running]
        qp = np.einsum("nij,nj->ni", active, pr)
        pqp = (pr * qp).sum(axis=1)
        going = np.abs(qp - pqp[:, None]).max(axis=1) >= limit
        if not going.any():
            break
        running, active, pr, qp, pqp = running[going], active[going], pr[going], qp[going], pqp[going]
        for t in range(classes):
            step = (pqp - qp[:, t]) / active[:, t, t]
            pr[:, t] += step
            grown = 1 + step
            pqp = (pqp + step * (step * active[:, t, t] + 2 * qp[:, t])) / grown**2
            qp = (qp + step[:, None] * active[:, t, :]) / grown[:, None]
            pr /= grown[:, None]
        p[running] = pr
    return p


def _pairs(classes: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(classes) for j in range(i + 1, classes)]


_LINKS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "identity": _identity,
    "exp": _exp,
    "square": _square,
    "sigmoid": _sigmoid,
    "softmax": _softmax,
    "sigmoid-pair": _sigmoid_pair,
    "sigmoid-shares": _sigmoid_shares,
    "argmax": _argmax,
    "sign": _sign,
    "votes": _votes,
}
