"""Gives outputs that are not what the contract says."""

import struct

from task import params, paths, succeed

variant = params["variant"]
succeed()
if variant == "nan":
    data = bytearray((paths.out / "features.npy").read_bytes())
    data[-4:] = struct.pack("<f", float("nan"))
    (paths.out / "features.npy").write_bytes(data)
elif variant == "pickle":
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    magic = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header))
    (paths.out / "features.npy").write_bytes(magic + header + b"cos\nsystem\n(S'touch /tmp/owned'\ntR.")
elif variant == "cut":
    data = (paths.out / "features.npy").read_bytes()
    (paths.out / "features.npy").write_bytes(data[:-4])
elif variant == "claim":
    text = (paths.out / "result.json").read_text()
    (paths.out / "result.json").write_text(text.replace("[2, 3]", "[2, 4]"))
