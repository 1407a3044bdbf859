"""Profiles of devices: where an impulse will run, and what estimates may assume of it."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, RootModel

from edgewright_specs.documents import is_yaml, load_document, parse_document
from edgewright_specs.problems import SpecError, choices, problem, suggestion
from edgewright_specs.validation import SpecModel, build

if TYPE_CHECKING:
    from edgewright_specs.impulse import DeviceSpec, ImpulseSpec
    from edgewright_specs.problems import Problem

Positive = Annotated[float, Field(gt=0)]


class DeviceProfile(SpecModel):
    """A device: its processor, its sizes in KiB, and the cycles that an instruction is assumed to take."""

    name: str = "custom"
    cpu: str = ""
    title: str
    clock_mhz: Positive
    ram_kb: Positive
    flash_kb: Positive
    os: bool
    cycles: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    counted: str
    source: str

    def milliseconds(self, instructions: float) -> tuple[float, float]:
        """How long so many instructions take, from and to: an estimate."""
        low, high = self.cycles
        per = instructions / (self.clock_mhz * 1000)
        return per * low, per * high


class ProfilesFile(RootModel[dict[str, DeviceProfile]]):
    """``profiles.yaml``: a profile for each kind of processor."""


@cache
def profiles() -> dict[str, DeviceProfile]:
    """Every profile that is shipped, by name."""
    file = resources.files(__package__) / "profiles.yaml"
    document = parse_document(file.read_text("utf-8"), Path("profiles.yaml"))
    found = ProfilesFile.model_validate(document.value).root
    return {name: one.model_copy(update={"name": name, "cpu": name}) for name, one in found.items()}


def is_file(name: str) -> bool:
    """Whether a device is named by a file of one's own."""
    return is_yaml(Path(name)) or name.endswith(".json")


def device_of(device: str | DeviceSpec, base: Path) -> DeviceProfile:
    """Complete what an impulse or a command line says of a device.

    Parameters
    ----------
    device : str or DeviceSpec
        Name of a profile, a YAML or JSON file, or values of one's own.
    base : Path
        Folder that the file's path starts from.

    Raises
    ------
    SpecError
        There is no such profile, or the file holds something else.
    """
    from edgewright_specs.impulse import DeviceSpec

    if isinstance(device, str) and is_file(device):
        document = load_document(base / device)
        made, problems = build(DeviceSpec, document, schema="device")
        document.refuse([*(problem("is given twice", at) for at in document.duplicates), *problems])
        assert made is not None  # for mypy: there were problems otherwise
        device = made
    if isinstance(device, str):
        unknown = name_problems(device)
        if unknown:
            raise SpecError(unknown)
        return profiles()[device]
    given: dict[str, Any] = device.model_dump(exclude_none=True)
    own = {"source": f"{device.name}, and where it says nothing the profile {device.cpu}"}
    return profiles()[device.cpu].model_copy(update=own | given)


def device_of_impulse(impulse: ImpulseSpec, base: Path) -> DeviceProfile | None:
    """The device that an impulse names, if it names one. Raises SpecError."""
    return None if impulse.device is None else device_of(impulse.device, base)


def name_problems(device: str | DeviceSpec) -> list[Problem]:
    """Say where no profile has this name; a file is looked into only when the device is needed."""
    if not isinstance(device, str) or is_file(device) or device in profiles():
        return []
    hint = (
        suggestion(device, profiles()) or "or a YAML file of your own, or {cpu: cortex-m4f, ram-kb: 128, …}"
    )
    return [
        problem("is no profile of a device", "/device", got=device, allowed=choices(profiles()), hint=hint)
    ]
