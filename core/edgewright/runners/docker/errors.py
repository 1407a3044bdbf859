"""What a call of the engine can raise, as one name for ``except``."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def engine_failures() -> tuple[type[Exception], ...]:
    """Exceptions that mean "the engine, not the block": its errors, and a connection that broke."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    from edgewright.images.engine import EngineError

    return (DockerException, EngineError, RequestException, HTTPError, OSError)


def is_not_found(problem: Exception) -> bool:
    """Whether the engine says that the container is gone."""
    from docker.errors import NotFound

    return isinstance(problem, NotFound)


def explain(problem: Exception) -> str:
    """One line for a person."""
    text = getattr(problem, "explanation", None) or str(problem) or type(problem).__name__
    return str(text).strip().splitlines()[0]
