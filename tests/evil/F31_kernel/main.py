"""Asks the kernel for what no block needs."""

import ctypes
import errno
import os
import platform

libc = ctypes.CDLL(None, use_errno=True)
NUMBERS = {
    "x86_64": {
        "ptrace": 101,
        "mount": 165,
        "unshare": 272,
        "setns": 308,
        "keyctl": 250,
        "add_key": 248,
        "bpf": 321,
        "io_uring_setup": 425,
        "userfaultfd": 323,
        "perf_event_open": 298,
        "init_module": 175,
        "kexec_load": 246,
        "open_by_handle_at": 304,
        "pivot_root": 155,
        "chroot": 161,
        "reboot": 169,
        "process_vm_readv": 310,
        "sethostname": 170,
        "clone3": 435,
        "quotactl": 179,
        "swapon": 167,
        "fsopen": 430,
        "move_mount": 429,
    },
    "aarch64": {
        "ptrace": 117,
        "mount": 40,
        "unshare": 97,
        "setns": 268,
        "keyctl": 219,
        "add_key": 217,
        "bpf": 280,
        "io_uring_setup": 425,
        "userfaultfd": 282,
        "perf_event_open": 241,
        "init_module": 105,
        "kexec_load": 104,
        "open_by_handle_at": 265,
        "pivot_root": 41,
        "chroot": 51,
        "reboot": 142,
        "process_vm_readv": 270,
        "sethostname": 161,
        "clone3": 435,
        "quotactl": 60,
        "swapon": 224,
        "fsopen": 430,
        "move_mount": 429,
    },
}
for name, number in NUMBERS[platform.machine()].items():
    ctypes.set_errno(0)
    answer = libc.syscall(number, 0x10000000, 0, 0, 0, 0, 0)
    code = errno.errorcode.get(ctypes.get_errno(), "none") if answer < 0 else "DONE"
    print(f"{name}: {code}", flush=True)
for family in (17, 38, 40, 44):  # AF_PACKET, AF_ALG, AF_VSOCK, AF_XDP
    print(
        f"socket {family}:",
        "DONE" if libc.socket(family, 3, 0) >= 0 else errno.errorcode[ctypes.get_errno()],
        flush=True,
    )
namespaces = 0x10000000 | 17
print(
    "clone newuser:",
    "DONE"
    if libc.syscall(56 if platform.machine() == "x86_64" else 220, namespaces, 0, 0, 0, 0) >= 0
    else errno.errorcode[ctypes.get_errno()],
    flush=True,
)
for program in ("/usr/bin/su", "/usr/bin/passwd", "/usr/bin/mount"):
    if os.path.exists(program):  # noqa: PTH110
        os.spawnv(os.P_WAIT, program, [program, "--help"])
print("id:", os.getresuid(), flush=True)
raise SystemExit(5)
