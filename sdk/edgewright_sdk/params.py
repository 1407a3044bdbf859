"""The parameters of one request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgewright_sdk.errors import BlockError, RequestError


class Params(Mapping[str, Any]):
    """Parameters by the spec's names: complete, typed, read only.

    ``params["fft-length"]`` and ``params.fft_length`` are the same value.

    Raises
    ------
    RequestError
        From ``params[name]`` for a name that the request does not hold.
    """

    __slots__ = ("_by_attribute", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)
        self._by_attribute = {name.replace("-", "_"): name for name in self._values}

    @classmethod
    def defaults(cls, folder: str | Path, **given: Any) -> Params:
        """Read the defaults of a block's ``parameters.json``, for calling a block by hand or in its tests.

        Parameters
        ----------
        folder : str or Path
            The block's folder.
        **given
            Values that replace defaults, by underscore name. They are not checked: the host does that.
        """
        spec = json.loads((Path(folder) / "parameters.json").read_text(encoding="utf-8"))
        values: dict[str, Any] = {}
        for item in spec.get("parameters", []):
            for parameter in item.get("items", []) if "items" in item else [item]:
                values[parameter["param"]] = parameter.get("value")
        names = {name.replace("-", "_"): name for name in values}
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise BlockError(f"no parameter {unknown[0]!r}; there are {', '.join(sorted(names))}")
        return cls({**values, **{names[name]: value for name, value in given.items()}})

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[self._by_attribute.get(name, name)]
        except KeyError:
            known = ", ".join(self._values) or "none"
            raise RequestError(f"the request has no parameter {name!r} (it has: {known})") from None

    def __contains__(self, name: object) -> bool:
        return name in self._values or name in self._by_attribute

    def __getattr__(self, name: str) -> Any:
        if name in Params.__slots__ or name not in self._by_attribute:
            raise AttributeError(f"the request has no parameter {name!r}")
        return self._values[self._by_attribute[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Params({self._values!r})"
