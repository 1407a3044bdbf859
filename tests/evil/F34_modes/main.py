"""Leaves what its owner may not read."""

from task import params, paths, succeed

succeed()
if params["variant"] == "file":
    (paths.out / "features.npy").chmod(0)
elif params["variant"] == "folder":
    (paths.out / "deep").mkdir()
    (paths.out / "deep" / "file").touch()
    (paths.out / "deep").chmod(0)
elif params["variant"] == "out":
    paths.out.chmod(0)
