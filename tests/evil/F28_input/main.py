"""Tries to change its input."""
# ruff: noqa: PTH101, PTH104

import os

from task import paths

target = paths.source / "request.json"
attempts = {
    "write": lambda: target.open("a").write(" "),
    "chmod": lambda: os.chmod(target, 0o777),
    "new file": lambda: (paths.source / "new").touch(),
    "remove": lambda: target.unlink(),
    "rename over": lambda: ((paths.out / "x").write_text("{}"), os.rename(paths.out / "x", target)),
    "remount": lambda: os.truncate(target, 0),
}
for name, attempt in attempts.items():
    try:
        attempt()
    except OSError as error:
        print(f"{name}: refused, {error.strerror}", flush=True)
    else:
        print(f"{name}: DONE", flush=True)
raise SystemExit(5)
