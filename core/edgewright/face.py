"""``edgewright.open_block``: a block as an object, kept warm between calls."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgewright.arrays import load_array
from edgewright.errors import TaskError, UsageError
from edgewright.request_folder import npy_header, put_array, put_request
from edgewright.single import as_windows, run_once, window_spec, workspace
from edgewright.trees import empty_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from edgewright.plugins import Plugins
    from edgewright.registry import Block
    from edgewright.runners.base import OnMessage
    from edgewright.runners.warm import Answer, WarmWorker
    from edgewright.single import Finished
    from edgewright_specs.interface import Operation, WindowSpec

#: How long one warm answer may take, in seconds.
ANSWER_SECONDS = 600.0
#: A block that warns of something else each time, for days, doesn't fill our memory.
MOST_WARNINGS = 1000
CHECK_HINT = "`edgewright blocks check` says what of a block is not as the contract wants it"


@dataclass(frozen=True)
class BlockFeatures:
    """Features of a batch of windows.

    Attributes
    ----------
    values : np.ndarray [shape=(n, f), dtype=float32]
    labels : tuple of str
        One a column.
    shape : dict
        The block's output shape: ``{"type": "flat", "width": f}``, ``{"type": "spectrogram", …}`` or ``{"type": "image", …}``.
    """

    values: NDArray[np.float32]
    labels: tuple[str, ...]
    shape: dict[str, Any]


def open_block(
    reference: str | Path,
    *,
    runner: str = "auto",
    trust: bool = False,
    plugins: Plugins | None = None,
    base: Path | None = None,
) -> OpenBlock:
    """Open a processing block for direct use.

    Parameters
    ----------
    reference : str or Path
        A built-in name, a folder or an image.
    runner : str
        ``auto``: a built-in block answers as a plain process; any other goes to the strongest isolation present.
        Or the name of a runner. A block on the SDK is kept warm by each of them, with its whole profile; others are
        started anew for every call.
    trust : bool
        Run a block that isn't built in as a plain process, with this user's rights.
    plugins : Plugins, optional
        Loaded anew when not given.
    base : Path, optional
        Where a relative folder starts; the current folder when not given.

    Examples
    --------
    >>> import numpy as np
    >>> with open_block("flatten") as block:
    ...     features = block.transform(np.ones((2, 10, 1)), frequency=10.0, axes=["x"])
    >>> features.labels[0], features.values.shape
    ('x Average', (2, 7))
    """
    from edgewright.plugins import make_plugins
    from edgewright.registry import resolve

    loaded = plugins if plugins is not None else make_plugins()
    block = resolve(str(reference), base or Path.cwd(), loaded, otherwise="processing")
    if block.type != "processing":
        raise UsageError(
            f"{block.name} is a {block.type} block",
            hint="open_block and `features` work with processing blocks; see `edgewright blocks list`",
        )
    return OpenBlock(block, loaded, runner=runner, trust=trust)


class OpenBlock:
    """A block that is ready to be asked; close it, or use it in a ``with`` statement."""

    def __init__(
        self,
        block: Block,
        plugins: Plugins,
        *,
        runner: str = "auto",
        trust: bool = False,
        on_message: OnMessage = lambda _message: None,
    ) -> None:
        from edgewright.runners.choose import Chooser
        from edgewright.runners.limits import limits_of
        from edgewright.runners.warm import WarmWorker, can_be_warm

        self.block = block
        self.seconds = 0.0
        self.warnings: list[str] = []  # of its answers, each once, the first MOST_WARNINGS or so
        self._lock = threading.Lock()
        self._descriptions: dict[str, dict[str, Any]] = {}
        self._completed: dict[str, dict[str, Any]] = {}
        self._worker: WarmWorker | None = None
        with ExitStack() as stack:
            chooser = Chooser(list(plugins.runners().values()), runner, trust=trust)
            stack.callback(chooser.close)
            self._runner = chooser.choose_warm(block)
            self._prepared = self._runner.prepare(block, on_message)
            warm = can_be_warm(self._runner, block)
            self._folder = stack.enter_context(workspace(in_memory=warm))
            self._in, self._out = self._folder / "in", self._folder / "out"
            self._in.mkdir()
            self._out.mkdir()
            if warm:
                self._worker = WarmWorker(self._runner, self._prepared, limits=limits_of(block))
                stack.callback(self._worker.close)
            self._stack = stack.pop_all()

    @property
    def runner(self) -> str:
        """Name of the runner that answers."""
        return self._runner.name

    @property
    def enforced(self) -> Mapping[str, Any]:
        """What holds for a block that is kept warm, limit by limit; empty before the first call."""
        return {} if self._worker is None else self._worker.enforced

    def transform(
        self,
        windows: ArrayLike,
        *,
        frequency: float | None = None,
        axes: Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> BlockFeatures:
        """Compute the features of a batch of windows.

        Parameters
        ----------
        windows : array [shape=(n, length, axes)]
            Or uint8 images, ``(n, height, width, channels)``.
        frequency : float > 0, optional
            Samples a second, in Hz; 1 when not given.
        axes : sequence of str, optional
            Names of the axes; they begin the labels.
        params : mapping, optional
            Parameters that differ from their defaults, by the spec's names (dash or underscore).

        Raises
        ------
        UsageError, edgewright_specs.problems.SpecError
            Windows, axes or parameters are not what the block takes.
        TaskError
            The block failed; its message says why.
        """
        values = as_windows(windows)
        window = window_spec(values, frequency=frequency, axes=axes)
        complete = self.complete(params)
        description = self._describe(window, complete)
        started = time.perf_counter()
        with self._ask("transform", window, complete, values) as path:
            features = _read_features(path, self.block.name, (len(values), description["features"]))
        self.seconds = time.perf_counter() - started
        return BlockFeatures(features, tuple(description["labels"]), dict(description["shape"]))

    def plots(
        self,
        windows: ArrayLike,
        *,
        frequency: float | None = None,
        axes: Sequence[str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """What the block draws of a few windows, as data (``plots.json``); parameters as in :meth:`transform`.

        Raises
        ------
        UsageError, edgewright_specs.problems.SpecError
            As in :meth:`transform`, and where a plot isn't what the contract allows.
        TaskError
            The block failed.
        """
        from edgewright_specs.catalog import check_text

        section = self.block.spec.edgewright
        if section is not None and section.operations is not None and "plot" not in section.operations:
            return []
        values = as_windows(windows)
        window = window_spec(values, frequency=frequency, axes=axes)
        with self._ask("plot", window, self.complete(params), values) as path:
            text = path.read_text(encoding="utf-8")
            check_text("plots", text, f"{self.block.name}: {path.name}")
            drawn: list[dict[str, Any]] = json.loads(text)["plots"]
        return drawn

    def describe(self, window: WindowSpec, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the block says of its features for a window: ``features``, ``labels``, ``shape``, ``dtype``."""
        return dict(self._describe(window, self.complete(params)))

    def complete(self, params: Mapping[str, Any] | None) -> dict[str, Any]:
        """Parameters checked against the spec, with defaults filled in."""
        from edgewright_specs.parameters import resolve_params

        given = dict(params or {})
        key = repr(sorted(given.items(), key=str))
        if key not in self._completed:
            self._completed[key] = resolve_params(self.block.spec, given, where=self.block.name)
        return dict(self._completed[key])

    def close(self) -> None:
        """End the worker and remove its folder."""
        self._stack.close()

    def __enter__(self) -> OpenBlock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _describe(self, window: WindowSpec, params: Mapping[str, Any]) -> dict[str, Any]:
        key = repr((window, params))
        if key not in self._descriptions:
            with self._ask("describe", window, params, None) as path:
                self._descriptions[key] = _checked(
                    json.loads(path.read_text(encoding="utf-8")), self.block.name
                )
        return self._descriptions[key]

    @contextmanager
    def _ask(
        self,
        operation: Operation,
        window: WindowSpec,
        params: Mapping[str, Any],
        values: NDArray[Any] | None,
    ) -> Iterator[Path]:
        """Run one request and give the path of its one output, which is gone afterwards."""
        with self._lock:
            in_dir, out_dir = self._in, self._out
            inputs = {} if values is None else {"windows": put_array(in_dir, "windows", values)}
            put_request(in_dir, operation, params, inputs=inputs, window=window)
            try:
                answer: Answer | Finished
                if self._worker is not None:
                    answer = self._worker.request(operation, in_dir, out_dir, ANSWER_SECONDS)
                else:
                    answer = run_once(self._runner, self._prepared, in_dir, out_dir, operation=operation)
                if len(self.warnings) < MOST_WARNINGS:
                    self.warnings += [text for text in answer.warnings if text not in self.warnings]
                yield answer.outputs[_OUTPUT[operation]]
            finally:
                empty_folder(out_dir)


def _checked(description: Any, block: str) -> dict[str, Any]:
    """What a block says of its features, which may be anything as far as the harvest knows."""
    found: dict[str, Any] = description if isinstance(description, dict) else {}
    width, labels = found.get("features"), found.get("labels")
    if (
        type(width) is int
        and isinstance(labels, list)
        and len(labels) == width
        and isinstance(found.get("shape"), dict)
    ):
        return found
    raise TaskError(
        f"{block} describe",
        "bad_output",
        "description.json doesn't say `features`, a number, as many `labels`, and a `shape`",
        hint=CHECK_HINT,
    )


#: The one output of each operation asked for here.
_OUTPUT = {"transform": "features", "describe": "description", "plot": "plots"}


def _read_features(path: Path, block: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    import numpy as np

    content = path.read_bytes()
    header = npy_header("<f4", shape)
    features: NDArray[np.float32]
    if content.startswith(header) and len(content) == len(header) + 4 * shape[0] * shape[1]:
        # Parsing a header costs more than all the rest; the one expected needs none.
        features = np.frombuffer(bytearray(content), np.float32, offset=len(header)).reshape(shape)
    else:
        features = load_array(path)
    if features.dtype != np.float32 or features.shape != shape:
        raise TaskError(
            f"{block} transform",
            "bad_output",
            f"features are {features.dtype} {features.shape}; described were float32 {shape}",
        )
    if not np.isfinite(features).all():
        row, column = np.argwhere(~np.isfinite(features))[0]
        raise TaskError(
            f"{block} transform", "bad_output", f"feature {column} of window {row} is {features[row, column]}"
        )
    return features
