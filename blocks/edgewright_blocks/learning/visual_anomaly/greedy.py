"""K-centre greedy: again and again the point farthest from all points picked so far. The same picks as by the textbook, sooner.

The textbook measures each new pick against every point. Here a point's distance to its nearest pick may be out of date: it is
then an upper bound, since more picks only bring points nearer. So points whose bound lies below a *level* can wait while
the farthest one lies above it. A level's few points are brought up to date by matrix products, greedy goes on among
them until none is left above, and the next level begins.

Products are float32, and how wrong they can be is known: what lies nearer together is measured anew in float64.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_CENTRES = 512  # picks a matrix product
_ROWS = 1024  # points a matrix product: its result stays in a cache
_FEWEST, _SHARE, _MOST = 1500, 1 / 32, 8192  # points that a level looks at
_ROUNDING = 2.0**-24


def k_centre_greedy(
    points: NDArray[np.float32],
    count: int,
    *,
    first: int = 0,
    known: NDArray[np.float32] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.intp]:
    """Pick points that are spread out.

    Parameters
    ----------
    points : np.ndarray [shape=(n, d), dtype=float32]
        Finite.
    count : int ≥ 1
        How many to pick.
    first : int
        The first pick; of no meaning where something is known.
    known : np.ndarray [shape=(m, d), dtype=float32], optional
        Points picked before, out of other ones: picking goes on from them.
    progress : callable
        Called with picks made and `count`, now and then.

    Returns
    -------
    np.ndarray of int
        Places in `points`, in the order picked: of equally far ones the first. Fewer than `count` where nothing is left that
        differs from what was picked.
    """
    picking = _Picking(points, count, known)
    if not picking.seen:
        picking.pick(first)
    picking.measure(np.arange(len(points)), -np.inf)
    while picking.wanted and picking.next_level():
        if progress is not None:
            progress(picking.made, count)
    return picking.picks[: picking.made].copy()


class _Picking:
    """Points, the centres so far, and for each point what is known of its nearest one.

    Attributes
    ----------
    nearest, second : np.ndarray [shape=(n,), dtype=float32]
        Square distance to the nearest of the first ``stamp`` centres, wrong by at most ``slack``, and to the next nearest.
        −inf: the point equals a centre.
    nearest_at, stamp : np.ndarray [shape=(n,), dtype=int32]
    """

    def __init__(self, points: NDArray[np.float32], count: int, known: NDArray[np.float32] | None) -> None:
        rows, width = points.shape
        before = np.zeros((0, width), np.float32) if known is None else known
        self.points = points
        self.middle = points.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.sizes = self._sizes(points)
        known_sizes = self._sizes(before)
        largest = max(float(sizes.max(initial=0)) for sizes in (self.sizes, known_sizes))
        self.slack = 4 * (width + 8) * _ROUNDING * largest
        self.picks = np.empty(count, np.intp)
        self.made = 0
        self.seen = len(before)
        self.centres = np.empty((len(before) + count, width), np.float32)
        self.factors = np.empty((len(self.centres), width + 1), np.float32)  # −2 (c − middle), and its square
        self.centres[: self.seen] = before
        self.factors[: self.seen, :-1] = -2 * (before - self.middle)
        self.factors[: self.seen, -1] = known_sizes
        self.nearest = np.full(rows, np.inf, np.float32)
        self.second = np.full(rows, np.inf, np.float32)
        self.nearest_at = np.full(rows, -1, np.int32)
        self.stamp = np.zeros(rows, np.int32)
        self.target = int(min(max(rows * _SHARE, _FEWEST), _MOST, rows))

    @property
    def wanted(self) -> bool:
        """Whether picks are still to be made."""
        return self.made < len(self.picks)

    def pick(self, place: int) -> None:
        """Take a point."""
        point = self.points[place]
        self.centres[self.seen] = point
        self.factors[self.seen, :-1] = -2 * (point - self.middle)
        self.factors[self.seen, -1] = self.sizes[place]
        self.picks[self.made] = place
        self.seen += 1
        self.made += 1

    def next_level(self) -> bool:
        """Pick all points farther away than a level; False where all that is left equals picks."""
        place = len(self.nearest) - self.target
        while True:
            farther = float(np.partition(self.nearest, place)[place])
            last = farther <= 4 * self.slack
            floor = -np.inf if last else farther - 2 * self.slack
            rows = np.flatnonzero(self.nearest > floor)
            self.measure(rows, floor)
            rows = rows[self.nearest[rows] > floor]
            if last or (len(rows) and self.nearest[rows].max() >= farther):
                break
        made = self.made
        if len(rows):
            self._pick_among(rows, 0.0 if last else farther - self.slack)
        return self.made > made or not last

    def measure(self, rows: NDArray[np.intp], floor: float) -> None:
        """Bring points up to date; those that turn out to lie below `floor` are left as they are then."""
        while len(rows):
            low = int(self.stamp[rows].min())
            high = min(low + _CENTRES, self.seen)
            if low == high:
                return
            due = rows[self.stamp[rows] < high]
            for start in range(0, len(due), _ROWS):
                self._compare(due[start : start + _ROWS], low, high)
            rows = rows[self.nearest[rows] > floor]

    def _compare(self, rows: NDArray[np.intp], low: int, high: int) -> None:
        """Measure points against centres `low` to `high`."""
        squares = self._away(rows) @ self.factors[low:high].T
        at, along = squares.argmin(axis=1), np.arange(len(rows))
        least = squares[along, at] + self.sizes[rows]
        squares[along, at] = np.inf
        next_least = squares.min(axis=1) + self.sizes[rows]
        at = at + low
        again = at == self.nearest_at[rows]  # a centre measured before is not a second one
        old = self.nearest[rows]
        closer = (least < old) & ~again
        worse = np.where(again, np.inf, np.where(closer, old, least))
        self.second[rows] = np.minimum(np.minimum(self.second[rows], next_least), worse)
        self.nearest[rows] = np.where(closer, least, old)
        self.nearest_at[rows] = np.where(closer, at, self.nearest_at[rows])
        self.stamp[rows] = high

    def _pick_among(self, rows: NDArray[np.intp], level: float) -> None:
        """Go on as the textbook does among `rows`, which are up to date, while any lies at `level` or farther."""
        away, sizes = self._away(rows), self.sizes[rows]
        far = self._exact(rows)
        at = self.nearest_at[rows]
        bound = far.astype(np.float32) + self.slack
        while self.wanted:
            place = int(far.argmax())
            if far[place] < level or far[place] == 0:
                break
            self.pick(int(rows[place]))
            squares = away @ self.factors[self.seen - 1]
            squares += sizes
            maybe = np.flatnonzero(squares < bound)
            exact = self._squares(rows[maybe], self.centres[self.seen - 1])
            closer = exact < far[maybe]
            changed = maybe[closer]
            far[changed] = exact[closer]
            at[changed] = self.seen - 1
            bound[changed] = far[changed].astype(np.float32) + self.slack
        self.nearest[rows] = np.where(far == 0, -np.inf, far)
        self.second[rows] = np.inf
        self.nearest_at[rows] = at
        self.stamp[rows] = self.seen

    def _exact(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Square distances to the nearest centre in float64, of points that are up to date."""
        far = np.concatenate(
            [
                self._squares(part, self.centres[self.nearest_at[part]])
                for part in np.split(rows, range(_ROWS, len(rows), _ROWS))
            ]
        )
        doubtful = np.flatnonzero((far > 0) & (self.second[rows] <= self.nearest[rows] + 2 * self.slack))
        for place in doubtful:
            row = rows[place : place + 1]
            squares = self.factors[: self.seen] @ self._away(row)[0] + self.sizes[row]
            near = np.flatnonzero(squares <= self.nearest[row] + 2 * self.slack)
            exact = self._squares(row, self.centres[near])
            far[place] = exact.min()
            self.nearest_at[row] = near[exact.argmin()]
        return far

    def _squares(self, rows: NDArray[np.intp], centres: NDArray[np.float32]) -> NDArray[np.float64]:
        away = self.points[rows].astype(np.float64)
        away = away - centres
        squares: NDArray[np.float64] = np.einsum("ij,ij->i", away, away)
        return squares

    def _away(self, rows: NDArray[np.intp]) -> NDArray[np.float32]:
        """Points from the middle, and a 1 beside each for the centre's own square."""
        away = np.empty((len(rows), self.points.shape[1] + 1), np.float32)
        np.subtract(self.points[rows], self.middle, out=away[:, :-1])
        away[:, -1] = 1
        return away

    def _sizes(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        sizes = np.empty(len(points), np.float32)
        for start in range(0, len(points), _ROWS):
            away = points[start : start + _ROWS] - self.middle
            sizes[start : start + _ROWS] = np.einsum("ij,ij->i", away, away, dtype=np.float64)
        return sizes
