"""Environment variables of a task: built from nothing, the same under every runner."""

from __future__ import annotations

#: Libraries size their pools by one of these.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def task_environment(*, threads: int, home: str, temporary: str) -> dict[str, str]:
    """Return every variable that a task sees but ``PATH``, which the runner knows.

    Parameters
    ----------
    threads : int >= 1
        How many threads numeric libraries may use; more than one costs the promise of equal bytes.
    home, temporary : str
        Folders as the task sees them.
    """
    return {
        "HOME": home,
        "TMPDIR": temporary,
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": "0",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
    }
