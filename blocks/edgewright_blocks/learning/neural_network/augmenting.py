"""Training windows made harder: noise, gain, shift in time, and blanked pieces (SpecAugment; Park et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgewright_sdk import Params


def augmenting(params: Params) -> Callable[[Any, Any], Any] | None:
    """Give a function that changes a batch ``(n, length, channels)`` of standardised features; None where all is off.

    Zero is the mean of a standardised feature, so blanks and what comes in by a shift are zeros.
    """
    noise, gain = float(params.noise), float(params.gain)
    along_time = params.architecture == "convolution"
    shift, frames, bands = (
        int(params[name]) if along_time else 0 for name in ("shift", "mask-frames", "mask-bands")
    )
    if not any((noise, gain, shift, frames, bands)):
        return None

    def augment(batch: Any, generator: Any) -> Any:
        import torch

        if gain:
            batch = batch + gain * torch.randn((len(batch), 1, 1), generator=generator)
        if noise:
            batch = batch + noise * torch.randn(batch.shape, generator=generator)
        if shift:
            batch = _shifted(batch, shift, generator)
        if frames:
            batch = batch * _unmasked(len(batch), batch.shape[1], frames, generator)[:, :, None]
        if bands:
            batch = batch * _unmasked(len(batch), batch.shape[2], bands, generator)[:, None, :]
        return batch

    return augment


def _shifted(batch: Any, most: int, generator: Any) -> Any:
    import torch

    length = batch.shape[1]
    by = torch.randint(-most, most + 1, (len(batch), 1), generator=generator)
    source = torch.arange(length)[None] - by
    inside = (source >= 0) & (source < length)
    rows = torch.gather(batch, 1, source.clamp(0, length - 1)[:, :, None].expand_as(batch))
    return rows * inside[:, :, None]


def _unmasked(count: int, length: int, most: int, generator: Any) -> Any:
    """Ones, but zeros in up to ``most`` neighbours at a place of their own in each row, ``(count, length)``."""
    import torch

    width = torch.randint(0, min(most, length) + 1, (count, 1), generator=generator)
    start = (torch.rand((count, 1), generator=generator) * (length - width + 1)).long()
    place = torch.arange(length)[None]
    return ((place < start) | (place >= start + width)).float()
