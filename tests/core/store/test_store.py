"""The store's promises: atomic, verified, shared between processes."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.store import Entry, Store

KEY = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def put(store: Store, key: str = KEY, value: float = 1.0, size: int = 3) -> Entry:
    with store.staging() as staged:
        np.save(staged / "features.npy", np.full((size, 2), value, np.float32))
        (staged / "model").mkdir()
        (staged / "model" / "model.json").write_text("{}")
        (staged / "stray.txt").write_text("not an output")
        outputs = {
            "features": store.describe(staged, "features.npy", "array"),
            "model": store.describe(staged, "model", "folder"),
        }
        return store.publish(key, staged, outputs, parts={"params": "x"}, meta={"seconds": 1.5})


def spoil(path: Path, data: bytes | None = None) -> None:
    path.chmod(0o644)
    bytes_now = path.read_bytes()
    path.write_bytes(bytes_now[:-1] + bytes([bytes_now[-1] ^ 1]) if data is None else data)


def test_what_is_published_is_found_by_another_store(store: Store) -> None:
    assert store.lookup(KEY) is None
    put(store)
    entry = Store(store.root).lookup(KEY)
    assert entry is not None
    assert np.load(entry.file("features")).tolist() == [[1, 1]] * 3
    assert entry.outputs["features"].dtype == "float32"
    assert entry.outputs["features"].shape == (3, 2)
    assert (entry.file("model") / "model.json").read_text() == "{}"
    assert entry.parts == {"params": "x"}
    assert entry.meta == {"seconds": 1.5}
    assert {name for name, _ in trees.iter_files(entry.path)} == {"features.npy", "model/model.json"}
    assert (entry.file("features").stat().st_mode & 0o777) == 0o444
    assert list((store.root / "staging").iterdir()) == []


@pytest.mark.parametrize("victim", ["files/features.npy", "files/model/model.json", "entry.json"])
@pytest.mark.parametrize("fault", ["flip", "truncate", "remove"])
def test_a_damaged_entry_is_a_miss_and_goes_to_quarantine(store: Store, victim: str, fault: str) -> None:
    put(store)
    path = store.entry_folder(KEY) / victim
    if fault == "remove":
        path.unlink()
    else:
        spoil(path, b"" if fault == "truncate" else None)
    assert store.lookup(KEY) is None
    assert not store.entry_folder(KEY).exists()
    (kept,) = (store.root / "quarantine").iterdir()
    assert Path(victim).name in (kept / "why.txt").read_text()
    assert put(store).key == KEY
    assert store.lookup(KEY) is not None


def test_a_foreign_file_or_link_in_an_entry_is_damage(store: Store) -> None:
    put(store)
    (store.entry_folder(KEY) / "files" / "model" / "more.json").write_text("{}")
    assert store.lookup(KEY) is None
    put(store)
    target = store.entry_folder(KEY) / "files" / "features.npy"
    copy = store.root / "copy.npy"
    target.rename(copy)
    target.symlink_to(copy)
    assert store.lookup(KEY) is None


def test_a_change_that_keeps_size_and_mtime_is_found(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n")
    time.sleep(0.03)
    before = store.digest_file(path)
    info = path.stat()
    path.write_text("a,b\n1,3\n")
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    assert store.digest_file(path) != before


def test_a_digest_is_remembered_across_processes(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(b"x" * 100_000)
    time.sleep(0.03)
    digest = store.digest_file(path)
    store.close()
    import edgewright.store.digests as digests

    monkeypatch.setattr(digests, "hash_file", lambda _: pytest.fail("the file was read again"))
    assert Store(store.root).digest_file(path) == digest


def test_a_young_file_is_never_remembered(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "young.bin"
    for value in (b"1", b"2", b"3"):
        path.write_bytes(value)
        store.digest_file(path)
        path.write_bytes(value * 2)
        assert store.digest_file(path) == store.digests.digest_file(path, remembered=False)


def test_a_damaged_memory_is_begun_anew(store: Store) -> None:
    put(store)
    store.close()
    (store.root / "memory.sqlite3").write_bytes(b"this is not a database" * 1000)
    again = Store(store.root)
    assert again.lookup(KEY) is not None
    again.remember("impulse:spectral", {"a": 1})
    assert Store(store.root).recall("impulse:spectral") == {"a": 1}
    assert again.recall("unknown") is None


def test_looking_up_twenty_entries_takes_milliseconds(store: Store) -> None:
    keys = [f"{number:064x}" for number in range(20)]
    for key in keys:
        put(store, key)
    fresh = Store(store.root)
    fresh.recall("opens the memory")
    start = time.process_time()  # not the wall's: other programs may run
    assert all(fresh.lookup(key) for key in keys)
    assert time.process_time() - start < 0.1


def test_two_processes_with_one_key_run_it_once(store: Store, tmp_path: Path) -> None:
    log = tmp_path / "ran"
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from edgewright.store import Store
        store, key, log = Store(Path(sys.argv[1])), sys.argv[2], Path(sys.argv[3])
        with store.lock(key):
            if store.lookup(key) is None:
                with log.open("a") as file:
                    file.write("ran\\n")
                time.sleep(0.4)
                with store.staging() as staged:
                    (staged / "a.json").write_text("{}")
                    outputs = {"a": store.describe(staged, "a.json", "json")}
                    store.publish(key, staged, outputs, parts={}, meta={})
        """
    )
    command = [sys.executable, "-c", script, str(store.root), KEY, str(log)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    running = [subprocess.Popen(command, env=environment) for _ in range(3)]
    assert [process.wait(30) for process in running] == [0, 0, 0]
    assert log.read_text() == "ran\n"


def test_the_crash_of_the_first_frees_the_second(store: Store) -> None:
    script = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from edgewright.store import Store
        store = Store(Path(sys.argv[1]))
        with store.lock(sys.argv[2]), store.staging() as staged:
            (staged / "half").write_text("half")
            print("holding", flush=True)
            time.sleep(60)
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.root), KEY], env=environment, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"holding\n"
        waited: list[bool] = []

        def kill() -> None:
            waited.append(True)
            first.kill()

        start = time.monotonic()
        with store.lock(KEY, on_wait=kill):
            assert waited == [True]
            assert time.monotonic() - start < 5
    assert store.lookup(KEY) is None
    store.gc(unused_seconds=0)
    assert list((store.root / "staging").iterdir()) == []


def test_waiting_for_a_key_can_be_cancelled(store: Store) -> None:
    with (
        store.lock(KEY),
        pytest.raises(StoreError, match="cancelled"),
        store.lock(KEY, cancelled=lambda: True),
    ):
        pass


def test_two_publishers_of_one_key_leave_one_entry(store: Store) -> None:
    first = put(store, value=1.0)
    second = put(store, value=2.0)
    assert second.outputs["features"].sha256 == first.outputs["features"].sha256
    spoil(first.file("features"))
    assert np.load(put(store, value=3.0).file("features"))[0, 0] == 3


@pytest.mark.parametrize("call", ["fsync", "rename", "write"])
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    put(store, OTHER)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if call == "fsync":
            patch.setattr(os, "fsync", full)
        elif call == "rename":
            patch.setattr(Path, "rename", full)
        else:
            patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StoreError, match="No space left") as caught:
            put(store)
    assert "store gc" in str(caught.value)
    assert store.lookup(KEY) is None
    assert not store.entry_folder(KEY).exists()
    assert list((store.root / "staging").iterdir()) == []
    assert store.fsck().damaged == {}
    assert store.lookup(OTHER) is not None


def test_a_really_full_disk(tmp_path: Path) -> None:
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small file system needs root on Linux")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        store = Store(disk / "store")
        put(store)
        (disk / "ballast").write_bytes(b"x" * (250 * 1024))
        for size in (40_000, 100_000):
            with pytest.raises(StoreError, match="store gc"):
                put(store, OTHER, size=size)
        store.close()
        again = Store(store.root)
        assert again.lookup(KEY) is not None
        assert list((store.root / "staging").iterdir()) == []
        again.close()
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_read_only_store_is_read_and_says_so_when_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store)
    store.close()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    for name in ("mkdir", "rename", "unlink", "utime", "chmod"):
        monkeypatch.setattr(os, name, refuse)
        monkeypatch.setattr(Path, name, refuse, raising=False)  # Python 3.10's keeps its own references
    monkeypatch.setattr(os, "access", lambda *_: False)
    reader = Store(store.root)
    assert reader.lookup(KEY) is not None
    with pytest.raises(StoreError, match="Read-only") as caught, reader.staging():
        pass
    assert "EDGEWRIGHT_STORE" in str(caught.value)
    with pytest.raises(StoreError, match="Read-only"), reader.lock(OTHER):
        pass


def test_fsck_finds_what_a_stat_does_not_show(store: Store) -> None:
    entry = put(store)
    put(store, OTHER)
    path = entry.file("features")
    spoil(path)
    store.digests._local.clear()
    info = path.stat()
    store.digests._execute(  # as if the bytes had rotted on the disk: the remembered stat is that of now
        "INSERT OR REPLACE INTO digests VALUES (?, ?, ?)",
        f"{info.st_dev}:{info.st_ino}",
        f"{info.st_size}:{info.st_mtime_ns}:{info.st_ctime_ns}",
        entry.outputs["features"].sha256,
    )
    assert store.lookup(KEY) is not None
    found = store.fsck()
    assert found.sound == 1
    assert list(found.damaged) == [KEY]
    assert store.lookup(KEY) is None


def test_gc_keeps_what_run_folders_link_to_and_what_was_just_used(store: Store, tmp_path: Path) -> None:
    kept, lost = put(store), put(store, OTHER)
    run = tmp_path / "runs" / "1"
    (run / "outputs" / "anomaly").mkdir(parents=True)
    (run / "outputs" / "anomaly" / "model").symlink_to(kept.file("model"))
    store.add_root(run)
    store.add_root(run)
    assert store.gc().removed == ()
    assert store.gc(unused_seconds=-1, dry_run=True).removed == (OTHER,)
    assert store.lookup(OTHER) is not None
    report = store.gc(unused_seconds=-1)
    assert report.removed == (OTHER,)
    assert report.kept == 1
    assert report.freed_bytes > 0
    assert not lost.path.exists()
    assert store.lookup(KEY) is not None
    trees.remove_tree(run)
    assert store.gc(unused_seconds=-1).removed == (KEY,)
    assert list((store.root / "roots").iterdir()) == []


def test_gc_keeps_what_a_run_records_without_a_link(store: Store, tmp_path: Path) -> None:
    put(store)
    put(store, OTHER)
    (tmp_path / "run.json").write_text(json.dumps({"tasks": [{"id": "anomaly/fit/fold-0", "key": KEY}]}))
    store.add_root(tmp_path)
    assert store.gc(unused_seconds=-1).removed == (OTHER,)
    (tmp_path / "run.json").write_text("{")
    assert store.gc(unused_seconds=-1).removed == (KEY,)


def test_ls_shows_entries(store: Store) -> None:
    put(store)
    (listed,) = store.ls()
    assert listed.key == KEY
    assert listed.bytes > 100
    assert listed.outputs == ("features", "model")
    assert listed.meta == {"seconds": 1.5}


def test_wrong_keys_and_paths_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        store.lookup("../../etc")
    with store.staging() as staged, pytest.raises(StoreError, match="inside"):
        store.describe(staged, "../x", "json")
    with pytest.raises(ValueError, match="staging"):
        store.publish(KEY, tmp_path, {}, parts={}, meta={})


def test_the_root_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(tmp_path))
    assert Store().root == tmp_path
    monkeypatch.delenv("EDGEWRIGHT_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform == "linux":
        assert Store().root == tmp_path / "edgewright" / "store"
