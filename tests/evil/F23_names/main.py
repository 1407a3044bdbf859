"""Makes files whose names are traps."""

import os

from task import params, paths, succeed

succeed()
names = {
    "newline": b"a\nb",
    "leading": b"-rf",
    "invalid": b"\xff\xfe",
    "control": b"a\x1b[31m",
    "dot": b"trailing.",
    "device": b"CON",
    "override": "a\u202egnp.exe".encode(),
}
if params["variant"] == "case":
    (paths.out / "Name").touch()
    (paths.out / "name").touch()
else:
    os.close(os.open(os.fsencode(paths.out) + b"/" + names[params["variant"]], os.O_CREAT | os.O_WRONLY))
