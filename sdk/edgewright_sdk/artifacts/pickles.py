"""A pickle read as data: no class of it is ever imported, let alone run.

A pickle names classes and functions to call. Here each name of scikit-learn, scipy, joblib and most of numpy becomes an
inert :class:`Shell`, which only keeps what it is given; numpy's arrays, dtypes and scalars and a few plain containers are
real; everything else is refused by name. So files of any scikit-learn version can be read, without scikit-learn.
"""

from __future__ import annotations

import collections
import gzip
import io
import pickle
import zlib
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from edgewright_sdk.errors import BlockError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Packages whose names become shells; ``_loss`` is what scikit-learn's compiled losses call their module.
SHELLS = ("sklearn", "scipy", "numpy", "joblib", "_loss")


class Shell:
    """Stands for an object of a foreign class: the arguments it was made with and the state it was given."""

    path: ClassVar[str] = ""
    args: tuple[Any, ...]
    state: dict[str, Any]
    items: dict[Any, Any]

    def __new__(cls, *args: Any, **_named: Any) -> Shell:
        shell = super().__new__(cls)
        shell.args, shell.state, shell.items = args, {}, {}
        return shell

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.state.update(part)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items[key] = value

    def append(self, value: Any) -> None:
        """Keep an item of a list-like object."""
        self.items[len(self.items)] = value

    def extend(self, values: Any) -> None:
        """Keep items of a list-like object."""
        for value in values:
            self.append(value)

    @property
    def name(self) -> str:
        """Name of the class, without its module, which moved between versions."""
        return type(self).path.rpartition(".")[2]

    @property
    def module(self) -> str:
        """Module of the class."""
        return type(self).path.rpartition(".")[0]

    def get(self, *names: str, default: Any = None) -> Any:
        """First attribute there is of these."""
        return next((self.state[name] for name in names if name in self.state), default)


def read_pickle(path: Path) -> Any:
    """Read a file that ``pickle.dump`` or ``joblib.dump`` wrote.

    Raises
    ------
    BlockError
        The file is damaged, or names something other than scikit-learn's, scipy's and numpy's objects.
    """
    return read_pickled(path.read_bytes(), path.name)


def read_pickled(data: bytes, name: str) -> Any:
    """Read a pickle's bytes; `name` is what messages call it."""
    try:
        return _Reader(io.BytesIO(_unpacked(data))).load()
    except BlockError as error:
        raise BlockError(f"{name}: {error}") from None
    except Exception as error:  # a damaged pickle can raise anything
        raise BlockError(f"{name} is no pickle that can be read: {type(error).__name__}: {error}") from None


def _unpacked(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    return zlib.decompress(data) if data[:1] == b"\x78" else data  # joblib.dump(compress=…)


class _Reader(pickle._Unpickler):  # the C one has no hook for joblib's arrays
    """An unpickler that makes shells."""

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self._file = file

    def find_class(self, module: str, name: str) -> Any:
        """Resolve a name of the pickle."""
        root, last = module.partition(".")[0], name.rpartition(".")[2]
        real = _REAL.get((root, last))
        if real is not None:
            return real
        if root in SHELLS:
            return _shell_class(f"{module}.{name}")
        raise BlockError(_refusal(module, name))

    def load_build(self) -> None:
        """Give an object its state; joblib's wrapper is followed by the bytes of its array."""
        super().load_build()  # type: ignore[misc]
        last = self.stack[-1]  # type: ignore[attr-defined]
        if isinstance(last, Shell) and last.name == "NumpyArrayWrapper":
            self.stack[-1] = self._wrapped(last)  # type: ignore[attr-defined]

    dispatch[pickle.BUILD[0]] = load_build

    def _wrapped(self, wrapper: Shell) -> Any:
        dtype = np.dtype(wrapper.get("dtype"))
        if dtype.hasobject:
            return _Reader(self._file).load()
        shape = tuple(int(size) for size in wrapper.get("shape"))
        if wrapper.get("numpy_array_alignment_bytes") is not None:
            self._file.read(self._file.read(1)[0])
        count = int(np.prod(shape, dtype=np.int64))
        array = np.frombuffer(self._file.read(count * dtype.itemsize), dtype)
        return array.reshape(shape[::-1]).T if wrapper.get("order") == "F" else array.reshape(shape)


def _shell_class(path: str) -> type[Shell]:
    return type(path.rpartition(".")[2], (Shell,), {"path": path})


def _reconstructor(kind: Any, _base: Any, _state: Any) -> Any:
    if not (isinstance(kind, type) and issubclass(kind, Shell)):
        raise BlockError(f"an object of {kind!r} is made in an unknown way")
    return kind()


def _encode(text: str, encoding: str) -> bytes:
    return text.encode({"latin1": "latin1"}.get(encoding, "ascii"))


def _refusal(module: str, name: str) -> str:
    root = module.partition(".")[0]
    advice = {
        "xgboost": 'save it by model.save_model("model.json")',
        "lightgbm": 'save it by model.booster_.save_model("model.txt")',
        "torch": "export it to model.onnx",
        "keras": "export it to model.tflite or model.onnx",
        "__main__": "an own class can't be read; dump the scikit-learn estimator itself",
    }
    allowed = "only objects of scikit-learn, scipy and numpy are read"
    return f"it asks for {module}.{name}; {allowed}" + (f": {advice[root]}" if root in advice else "")


_PLAIN = (dict, list, set, frozenset, tuple, bytes, bytearray, str, int, float, bool, complex, range, slice)
_REAL: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "_frombuffer"): np.zeros(2).__reduce_ex__(5)[0],
    ("numpy", "scalar"): np.float64(0).__reduce__()[0],
    ("copyreg", "_reconstructor"): _reconstructor,
    ("copy_reg", "_reconstructor"): _reconstructor,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("functools", "partial"): _shell_class("functools.partial"),
    **{(module, kind.__name__): kind for module in ("builtins", "__builtin__") for kind in _PLAIN},
    ("builtins", "object"): object,
    ("__builtin__", "object"): object,
}
