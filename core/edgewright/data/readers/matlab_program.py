"""Reads one MATLAB file in a process of its own: ``python -I matlab_program.py FILE.mat OUT.npz``.

scipy's reader isn't hardened, as its documentation says: damaged files end the process. Exit code 3: the last line on
stderr says why the file can't be read.
"""

from __future__ import annotations

import contextlib
import sys
import warnings

MEMORY_BYTES = 8 << 30
NOT_READ = 3


def main() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    import numpy as np
    from scipy.io import loadmat

    warnings.simplefilter("ignore")  # of duplicate and unreadable variables: what is left decides
    try:
        loaded = loadmat(sys.argv[1], squeeze_me=False)
    except NotImplementedError:
        reason = "is a version 7.3 file (HDF5), which is not read; save it with -v7"
    except (
        Exception
    ) as error:  # of a damaged file scipy raises what its code runs into: IndexError, MemoryError …
        reason = f"can't be read as a MATLAB file: {error}"
    else:
        numbers = {
            name: value
            for name, value in loaded.items()
            if not name.startswith("__") and isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
        }
        with open(sys.argv[2], "wb") as file:  # noqa: PTH123
            np.savez(file, **numbers)  # type: ignore[arg-type]
        return
    sys.stderr.write("\n" + " ".join(reason.split()))
    raise SystemExit(NOT_READ)


if __name__ == "__main__":
    main()
