"""A block that fails because the disk is full is not to blame."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgewright.errors import TaskError
from edgewright.plugins import make_plugins
from edgewright.registry import resolve
from edgewright.request_folder import put_array, put_request
from edgewright.runners.process import ProcessRunner
from edgewright.single import run_once

KIB = 1 << 10


@pytest.mark.parametrize(("disk_kib", "reason"), [(512, "infra"), (4096, "block_error")])
def test_a_full_disk_is_told_from_a_fault_of_the_block(tmp_path: Path, disk_kib: int, reason: str) -> None:
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small file system needs root on Linux")
    request, disk = tmp_path / "request", tmp_path / "disk"
    request.mkdir()
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={disk_kib}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    windows = np.zeros((64, 1024, 4), np.float32)  # a MiB
    axes = ["a", "b", "c", "d"] if reason == "infra" else ["a", "b", "c"]
    put_request(
        request,
        "transform",
        {"scale-axes": 1.0},
        inputs={"windows": put_array(request, "windows", windows)},
        window={"kind": "time-series", "length": 1024, "axes": axes, "frequency": 1.0},
    )
    runner = ProcessRunner()
    try:
        prepared = runner.prepare(resolve("raw", tmp_path, make_plugins()), lambda _message: None)
        with pytest.raises(TaskError) as caught:
            run_once(runner, prepared, request, disk, operation="transform")
        assert caught.value.reason == reason
        assert ("is full" in str(caught.value)) == (reason == "infra")
    finally:
        runner.close()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)
