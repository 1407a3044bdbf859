"""Harvest as an adversary left it: what is legal arrives whole, everything else is refused and named."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import socket
import stat
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright import trees
from edgewright.errors import StoreError
from edgewright.harvest import Harvested, HarvestError, harvest, output_rules
from edgewright.harvest.result import parse_json, parse_result
from edgewright.runners.base import Limits
from edgewright.store import folder_digest

if TYPE_CHECKING:
    from pathlib import Path

RULES = output_rules("transform")


class Task:
    """What a block left, and where its outputs go."""

    def __init__(self, folder: Path) -> None:
        self.out, self.staged = folder / "out", folder / "staged"
        self.out.mkdir()
        self.staged.mkdir()
        self.outputs: dict[str, Any] = {}
        self.result: dict[str, Any] = {"contract": 1, "outputs": self.outputs, "metrics": {}, "warnings": []}

    def array(self, name: str, array: Any, path: str = "", **claims: Any) -> None:
        path = path or f"{name}.npy"
        (self.out / path).parent.mkdir(parents=True, exist_ok=True)
        np.save(self.out / path, array)
        claim = {"kind": "array", "path": path, "dtype": array.dtype.name, "shape": list(array.shape)}
        self.outputs[name] = claim | claims

    def harvest(self, rules: Any = RULES, limits: Limits | None = None, **options: Any) -> Harvested:
        if not (self.out / "result.json").is_symlink() and not (self.out / "result.json").exists():
            (self.out / "result.json").write_text(json.dumps(self.result))
        trees.remove_tree(self.staged / "features.npy")  # of a first attempt
        return harvest(self.out, self.staged, rules, limits or Limits(), **options)

    def refused(self, said: str, rules: Any = RULES, reason: str = "bad_output", **options: Any) -> str:
        with pytest.raises(HarvestError) as caught:
            self.harvest(rules, **options)
        assert caught.value.reason == reason
        assert said in caught.value.message
        return caught.value.message


@pytest.fixture
def task(tmp_path: Path) -> Task:
    return Task(tmp_path)


@pytest.fixture
def good(task: Task) -> Task:
    task.array("features", np.arange(6, dtype=np.float32).reshape(2, 3))
    return task


def carried(task: Task) -> dict[str, bytes]:
    """The files of a task, as they come with the answer of a warm block."""
    (task.out / "result.json").write_text(json.dumps(task.result))
    files = {path.name: path.read_bytes() for path in task.out.iterdir()}
    for name in files:
        (task.out / name).unlink()
    return files


def harvest_carried(task: Task, files: dict[str, bytes], **options: Any) -> Harvested:
    return harvest(task.out, task.staged, RULES, options.pop("limits", Limits()), carried=files, **options)


def test_what_came_with_an_answer_is_taken_like_what_lies_in_the_folder(good: Task, tmp_path: Path) -> None:
    files = carried(good)
    found = harvest_carried(good, files)
    assert (good.staged / "features.npy").read_bytes() == files["features.npy"]
    assert stat.S_IMODE((good.staged / "features.npy").stat().st_mode) == 0o444
    other = Task(tmp_path / "other") if (tmp_path / "other").mkdir() is None else good
    for name, content in files.items():
        (other.out / name).write_bytes(content)
    assert other.harvest() == found


@pytest.mark.parametrize(
    "name", ["../x", "a/b", "..", "con", "a\x00b", "-x", "FEATURES.npy", "result.JSON", ""]
)
def test_names_of_what_came_with_an_answer(good: Task, name: str) -> None:
    with pytest.raises(HarvestError) as caught:
        harvest_carried(good, carried(good) | {name: b"x"})
    assert caught.value.reason == "bad_output"
    assert not list(good.staged.iterdir())


def test_what_came_with_an_answer_is_checked(good: Task) -> None:
    files = carried(good)
    assert "left behind: stray" in harvest_carried(good, files | {"stray": b"x"}).warnings[0]
    (good.staged / "features.npy").unlink()
    broken = files["features.npy"][:-4] + np.float32(np.nan).tobytes()
    wrong = {
        "NaN": files | {"features.npy": broken},
        "promises": files | {"features.npy": files["features.npy"][:-1]},
        "result.json was not written": {"features.npy": files["features.npy"]},
        "not a file that was written": {"result.json": files["result.json"]},
    }
    for said, files_given in wrong.items():
        with pytest.raises(HarvestError, match=said):
            harvest_carried(good, files_given)
        trees.remove_tree(good.staged / "features.npy")
    for limits in (Limits(out_files=1), Limits(out_bytes=100)):
        with pytest.raises(HarvestError) as caught:
            harvest_carried(good, files, limits=limits)
        assert caught.value.reason == "limit"
    (good.out / "features.npy").write_bytes(b"x")
    with pytest.raises(HarvestError, match="no name of its own"):
        harvest_carried(good, files)


def test_good_outputs_arrive_read_only_with_their_digests(task: Task) -> None:
    (task.out / "model" / "deep").mkdir(parents=True)
    (task.out / "model" / "model.json").write_text('{"a": 1}')
    np.save(task.out / "model" / "deep" / "w.npy", np.zeros(3))
    task.outputs["model"] = {"kind": "folder", "path": "model"}
    task.array("train_scores", np.zeros(4))
    task.result["metrics"] = {"inertia": 2.5, "steps": 3}
    task.result["warnings"] = ["a\x1b[31mwarning"]
    got = task.harvest(output_rules("fit"))
    scores, model = got.outputs["train_scores"], got.outputs["model"]
    assert (scores.dtype, scores.shape) == ("float64", (4,))
    data = (task.staged / "train_scores.npy").read_bytes()
    assert scores.sha256 == hashlib.sha256(data).hexdigest()
    assert set(model.files) == {"model.json", "deep/w.npy"}
    assert model.sha256 == folder_digest(model.files)
    assert got.metrics == {"inertia": 2.5, "steps": 3}
    assert got.warnings == ("a\\x1b[31mwarning",)
    for path in task.staged.rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o777 == 0o444
    assert not (task.staged / "result.json").exists()


@pytest.mark.parametrize("array", [np.zeros((2, 3), ">f4"), np.asfortranarray(np.zeros((2, 3), np.float32))])
def test_big_endian_and_fortran_order_are_legal(task: Task, array: Any) -> None:
    task.array("features", array)
    assert task.harvest().outputs["features"].shape == (2, 3)
    assert np.array_equal(np.load(task.staged / "features.npy"), array)


def test_no_windows_are_legal(task: Task) -> None:
    task.array("features", np.zeros((0, 39), np.float32))
    assert task.harvest().outputs["features"].shape == (0, 39)


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.zeros((2, 3)), "dtype float64, allowed: float32"),
        (np.zeros(6, np.float32), "1 dimensions (6,), needed are 2"),
        (np.array([[0, 1], [np.nan, 2]], np.float32), "NaN or infinity at index (1, 0)"),
        (np.array([[0, np.inf]], np.float32), "NaN or infinity at index (0, 1)"),
    ],
)
def test_arrays_that_break_their_rule_are_refused(task: Task, array: Any, said: str) -> None:
    task.array("features", array)
    task.refused(said)


def test_the_planned_shape_holds(task: Task) -> None:
    task.array("features", np.zeros((2, 3), np.float32))
    rules = output_rules("transform", shapes={"features": (None, 4)})
    task.refused("the shape (2, 3), needed is (any, 4)", rules)
    assert task.harvest(output_rules("transform", shapes={"features": (2, 3)})).outputs


def test_a_spec_may_allow_values_that_are_not_finite(task: Task) -> None:
    task.array("features", np.array([[np.nan]], np.float32))
    declared = {"features": SimpleNamespace(kind="array", dtype=None, rank=None, finite=False, required=True)}
    assert task.harvest(output_rules("transform", declared)).outputs


def test_a_spec_may_add_and_tighten_outputs_but_drop_none() -> None:
    def spec(**given: Any) -> Any:
        return SimpleNamespace(
            **{"kind": "array", "dtype": None, "rank": None, "finite": True, "required": True} | given
        )

    rules = output_rules(
        "score", {"scores": spec(dtype="float64"), "notes": spec(kind="json", required=False)}
    )
    assert rules["scores"]["required"]
    assert rules["scores"]["dtypes"] == ("float64",)
    assert rules["notes"] == {"kind": "json", "required": False, "finite": True}
    assert output_rules("transform", {"features": spec(required=False)})["features"]["required"]
    assert "model" not in output_rules("transform", {"model": spec(kind="folder")})


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"dtype": "float64"}, "but result.json says float64"),
        ({"shape": [3, 2]}, "but result.json says float32 (3, 2)"),
        ({"shape": [2, -3]}, "not a list of sizes"),
        ({"shape": [2, True]}, "not a list of sizes"),
        ({"kind": "folder"}, "must be of kind 'array'"),
        ({"kind": "pickle"}, "allowed are array, folder, json"),
        ({"path": "other.npy"}, "not a file that was written"),
        ({"path": 3}, "has no path"),
    ],
)
def test_claims_that_the_files_do_not_bear_out_are_refused(good: Task, claims: Any, said: str) -> None:
    good.outputs["features"] |= claims
    good.refused(said)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../secret.npy", "a/../../b.npy", "./features.npy", "", "a//b", "file:///etc/passwd", "C:\\x",
     "\\\\host\\x", "features.npy\0", "a/", ".", ".."],
)  # fmt: skip
def test_paths_that_could_leave_the_folder_are_refused(good: Task, path: str) -> None:
    good.outputs["features"]["path"] = path
    good.refused("not a plain relative one")


def test_percent_escapes_mean_nothing(good: Task) -> None:
    good.outputs["features"]["path"] = "%2e%2e/features.npy"
    good.refused("not a file that was written")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        ("[]", "no object"),
        ('{"contract": 2}', "contract 2"),
        ('{"contract": true}', "contract True"),
        ('{"contract": 1}', "'outputs' must be an object"),
        ('{"contract": 1, "outputs": []}', "'outputs' must be an object"),
        ('{"contract": 1, "contract": 1, "outputs": {}}', "a key occurs twice"),
        ('{"contract": 1, "outputs": {}, "more": 1}', "unknown key 'more'"),
        ('{"contract": 1, "outputs": {"features": 1}}', "must be an object"),
        ('{"contract": 1, "outputs": {}, "metrics": {"a": NaN}}', "NaN is not a JSON number"),
        ('{"contract": 1, "outputs": {}, "metrics": {"a": 1e999}}', "beyond the range"),
        ('{"contract": 1, "outputs": {}, "metrics": {"a": "x"}}', "must be a number"),
        ('{"contract": 1, "outputs": {}, "metrics": {"a": true}}', "must be a number"),
        ('{"contract": 1, "outputs": {}, "warnings": "x"}', "must be a list of texts"),
        (
            '{"contract": 1, "outputs": {"x": {"kind": "json", "path": "result.json"}}}',
            "names result.json itself",
        ),
        ("[" * 100_000, "nested deeper"),
        ('{"a": "' + "[" * 200 + '"}', "contract None"),
        ('{"contract": ' + "9" * 10_000 + "}", "result.json"),
        (" " * (1 << 20) + "{}", "larger than"),
        ("\ufeff{}", "not valid JSON"),
    ],
)
def test_broken_results_are_refused(good: Task, text: str, said: str) -> None:
    (good.out / "result.json").write_text(text)
    good.refused(said)


def test_a_result_that_is_not_utf8_is_refused(good: Task) -> None:
    (good.out / "result.json").write_bytes(b'{"contract": 1, "outputs": {"\xff": 1}}')
    good.refused("not UTF-8")


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_no_result_raises_anything_else(data: bytes) -> None:
    with contextlib.suppress(HarvestError):
        parse_result(data)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))  # fmt: skip
def test_ordinary_json_is_read_as_it_is(value: Any) -> None:
    assert parse_json(json.dumps(value).encode(), "x") == value


def test_outputs_must_be_declared_and_apart(good: Task) -> None:
    good.outputs["more"] = {"kind": "json", "path": "more.json"}
    good.refused("'more' that is not declared; declared: features")
    (good.out / "result.json").unlink()
    (good.out / "model").mkdir()
    good.outputs.clear()
    good.array("train_scores", np.zeros(3), "model/train_scores.npy")
    good.outputs["model"] = {"kind": "folder", "path": "model"}
    good.refused("share the path 'model", output_rules("fit"))


def test_a_required_output_must_be_there(task: Task) -> None:
    task.refused("no output 'features', which is required")
    task.refused("no output at all", output_rules("score"))


def test_json_outputs_are_parsed(task: Task) -> None:
    task.outputs["description"] = {"kind": "json", "path": "description.json"}
    (task.out / "description.json").write_text('{"features": Infinity}')
    task.refused("Infinity is not a JSON number", output_rules("describe"))
    (task.out / "description.json").write_text('{"features": 39}')
    assert task.harvest(output_rules("describe")).outputs["description"].kind == "json"


def test_an_empty_or_missing_folder_is_refused(task: Task) -> None:
    task.outputs["model"] = {"kind": "folder", "path": "model"}
    task.refused("not a folder that was written", output_rules("fit"))
    (task.out / "model").mkdir()
    task.refused("empty folder", output_rules("fit"))


def test_files_that_nobody_named_are_a_warning_or_an_error(good: Task) -> None:
    for number in range(7):
        (good.out / f"stray{number}.txt").write_text("x")
    assert (
        "stray0.txt, stray1.txt, stray2.txt, stray3.txt, stray4.txt and 2 more" in good.harvest().warnings[0]
    )
    assert [path.name for path in good.staged.iterdir()] == ["features.npy"]
    good.refused("that no output names", undeclared="error")


def test_caps_count_entries_and_apparent_bytes(good: Task) -> None:
    with (good.out / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    good.refused("larger than", reason="limit")
    (good.out / "sparse").unlink()
    for number in range(30):
        (good.out / f"d{number}").mkdir()
    good.refused("more than 20 files", reason="limit", limits=Limits(out_files=20))


def test_deep_folders_are_refused(good: Task) -> None:
    (good.out / "/".join("d" * 40)).mkdir(parents=True)
    good.refused("nested deeper than 32")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda out: (out / "x").symlink_to("/etc/passwd"), "'x' is a symbolic link"),
        (lambda out: (out / "x").symlink_to("../.."), "'x' is a symbolic link"),
        (lambda out: (out / "x").symlink_to("x"), "'x' is a symbolic link"),
        (lambda out: os.mkfifo(out / "x"), "'x' is a FIFO"),
        (lambda out: os.link(out / "features.npy", out / "x"), "has 2 hard links"),
        (lambda out: (out / "x").write_text("") or (out / "x").chmod(0o4755), "setuid"),
        (lambda out: (out / "x").write_text("") or (out / "x").chmod(0o2755), "setuid or setgid"),
    ],
)
def test_what_is_no_plain_file_is_refused(good: Task, make: Any, said: str) -> None:
    make(good.out)
    good.refused(said)


def test_a_socket_is_refused(good: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(good.out)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("here")
    good.refused("'here' is a socket")


def test_a_device_is_refused(good: Task) -> None:
    try:
        os.mknod(good.out / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root can make a device")
    good.refused("'null' is a character device")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"a\nb", "'a\\nb' holds a control character"),
        (b"a\x1b[31m", "'a\\x1b[31m' holds a control character"),
        (b"\xff\xfe", "not UTF-8"),
        ("\u202egnp.exe".encode(), "'\\u202egnp.exe' holds a control character"),
        (b"-rf", "starts with '-'"),
        (b"trailing.", "ends with a dot"),
        (b"CON", "reserved"),
        (b"com1.txt", "reserved"),
        (b"a:b", "holds one of"),
        (b"back\\slash", "holds one of"),
    ],
)
def test_names_that_are_not_portable_are_refused_with_an_escaped_name(
    good: Task, name: bytes, said: str
) -> None:
    os.close(os.open(os.path.join(os.fsencode(good.out), name), os.O_CREAT | os.O_WRONLY))  # noqa: PTH118
    message = good.refused(said)
    assert message.isprintable()


def test_names_that_differ_only_in_case_are_refused(good: Task) -> None:
    for name in ("Readme", "README"):
        (good.out / name).touch()
    if len(list(good.out.iterdir())) < 3:
        pytest.skip("this file system folds case itself")
    good.refused("differ only in case")


def test_a_name_of_255_bytes_is_taken_and_a_longer_path_refused(good: Task) -> None:
    (good.out / ("n" * 255)).touch()
    assert "no output names" in good.harvest().warnings[0]
    (good.out / "/".join(["d" * 250] * 10)).mkdir(parents=True)
    good.refused("longer than")


def test_the_output_folder_may_not_be_a_link(good: Task) -> None:
    moved = good.out.rename(good.out.parent / "moved")
    good.out.symlink_to(moved)
    with pytest.raises(HarvestError, match="can't be opened"):
        harvest(good.out, good.staged, RULES, Limits())


def test_a_file_that_changes_while_it_is_copied_is_refused(
    good: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.read

    def grow(fd: int, count: int) -> bytes:
        with (good.out / "features.npy").open("ab") as file:
            file.write(b"more")
        return real(fd, count)

    good.result["warnings"] = []
    (good.out / "result.json").write_text(json.dumps(good.result))
    monkeypatch.setattr(os, "read", grow)
    good.refused("changed while it was harvested")


def test_swapping_file_and_link_never_leaks_the_target(good: Task, tmp_path: Path) -> None:
    canary = tmp_path / "canary.npy"
    np.save(canary, np.full((2, 3), 666, np.float32))
    (good.out / "result.json").write_text(json.dumps(good.result))
    target, spare, link = (good.out / "features.npy", tmp_path / "spare.npy", tmp_path / "link")
    spare.write_bytes(target.read_bytes())
    over = threading.Event()

    def swap() -> None:
        while not over.is_set():
            link.symlink_to(canary)
            link.rename(target)
            copy = tmp_path / "copy.npy"
            copy.write_bytes(spare.read_bytes())
            copy.rename(target)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        taken = 0
        for number in range(150):
            staged = tmp_path / f"staged{number}"
            staged.mkdir()
            try:
                harvest(good.out, staged, RULES, Limits())
            except HarvestError:
                continue
            taken += 1
            assert np.load(staged / "features.npy").max() < 666
    finally:
        over.set()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
@pytest.mark.parametrize("as_output", [True, False])
def test_the_target_of_a_link_is_never_opened(good: Task, tmp_path: Path, as_output: bool) -> None:
    canary = tmp_path / "canary"
    canary.write_text("secret")
    link = good.out / ("features.npy" if as_output else "other")
    link.unlink(missing_ok=True)
    link.symlink_to(canary)
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    assert watch >= 0
    try:
        opened_or_read = 0x20 | 0x1
        assert libc.inotify_add_watch(watch, os.fsencode(canary), opened_or_read) >= 0
        good.refused("symbolic link")
        with pytest.raises(BlockingIOError):
            os.read(watch, 4096)
        canary.read_text()
        assert os.read(watch, 4096)  # the watch does see what is opened
    finally:
        os.close(watch)


def test_a_full_disk_is_the_stores_error_not_the_blocks(good: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    good.harvest()
    good.staged.joinpath("features.npy").unlink()
    good.staged.rmdir()
    good.staged.symlink_to("/dev/full")
    with pytest.raises(StoreError, match="can't write"):
        good.harvest()


def test_folders_without_permissions_are_refused_or_read(good: Task) -> None:
    closed = good.out / "closed"
    closed.mkdir()
    (closed / "x").touch()
    closed.chmod(0)
    try:
        if os.geteuid() == 0:
            assert "closed/x" in good.harvest().warnings[0]
        else:
            good.refused("can't be opened")
    finally:
        closed.chmod(0o700)
