"""The memory bank as tables for the device: ``runtime/include/edgewright/nearest.h``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edgewright_sdk.codegen.memory import scratch_bytes
from edgewright_sdk.compiler.packing import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .bank import Bank

BLOCK = 32  # ew_bound_block
_SHARE = 0.95  # of the cells' variance that lies along the leading directions
_TOGETHER = 1 << 18  # bounds held at once: a megabyte
_HUGE = 1e37


def bank_tables(bank: Bank, columns: int) -> tuple[dict[str, Any], int]:
    """Give the tables, and the scratch that the search takes; `columns` cells at most are compared at once."""
    stepped, features = bank.steps is not None, bank.cells.shape[1]
    none = np.zeros((0, features))
    bounds = _bounds(bank.cells) if _pays(bank) else _no_bounds()
    wide, places = bounds["leading"] + 1, len(bounds["squares"])
    together = max(min(columns, _TOGETHER // max(places, 1)), 1)
    tables = {
        "kept": len(bank.cells),
        "stepped": int(stepped),
        "cells": none.astype(np.float32) if stepped else bank.cells,
        "steps": none.astype(np.int8) if bank.steps is None else bank.steps.numbers,
        "scale": none[:, 0].astype(np.float32) if bank.steps is None else bank.steps.scale,
        "offset": none[:, 0].astype(np.float32) if bank.steps is None else bank.steps.offset,
        **bounds,
        "together": together,
        "neighbours": bank.support.shape[1],
        "support": bank.support,
    }
    search = together * (1 + wide + places) if places else 0
    return tables, scratch_bytes(together * features, together, search)


def _pays(bank: Bank) -> bool:
    """Whether directions cost less than they save, and memory isn't what counts."""
    return bank.steps is None and len(bank.cells) >= 2 * bank.cells.shape[1]


def _bounds(cells: NDArray[np.float32]) -> dict[str, Any]:
    middle = cells.mean(axis=0, dtype=np.float64).astype(np.float32)
    away = cells.astype(np.float64) - middle
    spread, directions = np.linalg.eigh(away.T @ away)
    share = np.cumsum(spread[::-1]) / max(spread.sum(), np.finfo(np.float64).tiny)
    leading = min(int(np.searchsorted(share, _SHARE)) + 1, len(share))
    turned = away @ directions[:, ::-1]
    squares = np.square(away).sum(axis=1)
    rest = np.sqrt(np.square(turned[:, leading:]).sum(axis=1))
    more = -len(cells) % BLOCK
    panels = np.pad(-2 * np.column_stack([turned[:, :leading], rest]), [(0, more), (0, 0)])
    outputs = np.zeros((leading + 1, len(middle)))
    outputs[:leading] = directions[:, ::-1][:, :leading].T
    return {
        "leading": leading,
        "middle": middle,
        "directions": packed(outputs).astype(np.float32),
        "shifts": (-outputs @ middle).astype(np.float32),
        "panels": packed(panels).astype(np.float32),
        "squares": np.pad(squares, (0, more), constant_values=_HUGE).astype(np.float32),
        "largest": float(squares.max()),
    }


def _no_bounds() -> dict[str, Any]:
    none = np.zeros(0, np.float32)
    return {
        "leading": 0,
        "middle": none,
        "directions": none,
        "shifts": none,
        "panels": none,
        "squares": none,
        "largest": 0.0,
    }
