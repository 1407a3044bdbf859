"""Our seccomp profile as a program for the kernel, by libseccomp, which knows the numbers of system calls."""

from __future__ import annotations

import ctypes
import ctypes.util
import json
import os
import tempfile
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

ALLOW: Final = 0x7FFF0000
ERRNO: Final = 0x00050000
OPERATORS: Final = {"SCMP_CMP_EQ": 4, "SCMP_CMP_MASKED_EQ": 7}
UNKNOWN: Final = -1  # of a name that this libseccomp has never heard of


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


@lru_cache(maxsize=1)
def libseccomp() -> ctypes.CDLL | None:
    """The library, None where it is not installed."""
    try:
        library = ctypes.CDLL(ctypes.util.find_library("seccomp") or "libseccomp.so.2")
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_syscall_resolve_name.argtypes = [ctypes.c_char_p]
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Comparison),
    ]  # fmt: skip
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


@lru_cache(maxsize=1)
def filter_program() -> bytes:
    """The profile of ``seccomp.json`` for this machine's system calls, as ``bwrap --seccomp`` reads it.

    Raises
    ------
    OSError
        libseccomp is missing or refuses a rule.
    """
    library = libseccomp()
    if library is None:
        raise OSError("libseccomp.so.2 is not installed")
    profile = json.loads(files("edgewright.runners").joinpath("seccomp.json").read_text(encoding="utf-8"))
    default = _action(profile["defaultAction"], profile["defaultErrnoRet"])
    context = library.seccomp_init(default)
    if not context:
        raise OSError("libseccomp takes no filter")
    try:
        for rule in profile["syscalls"]:
            _add(library, context, rule, default)
        with tempfile.TemporaryFile() as file:
            _check(library.seccomp_export_bpf(context, file.fileno()), "writes no filter")
            file.seek(0)
            return file.read()
    finally:
        library.seccomp_release(context)


def _add(library: ctypes.CDLL, context: int, rule: dict[str, Any], default: int) -> None:
    action = _action(rule["action"], rule.get("errnoRet", 0))
    if action == default:
        return  # the library takes no rule that changes nothing
    wanted = rule.get("args") or []
    comparisons = (_Comparison * len(wanted))(
        *(
            _Comparison(each["index"], OPERATORS[each["op"]], each["value"], each["valueTwo"])
            for each in wanted
        )
    )
    for name in rule["names"]:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number != UNKNOWN:
            added = library.seccomp_rule_add_array(context, action, number, len(wanted), comparisons)
            _check(added, f"takes no rule for {name}")


def _action(name: str, errno: int) -> int:
    return ALLOW if name == "SCMP_ACT_ALLOW" else ERRNO | errno


def _check(answer: int, what: str) -> None:
    if answer:
        raise OSError(-answer, f"libseccomp {what}: {os.strerror(-answer)}")
