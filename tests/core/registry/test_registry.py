"""From a reference to a block, and what changes its digest."""

from __future__ import annotations

import platform
import shutil
import sys
from pathlib import Path

import pytest

from edgewright.blocks_init import NewBlock, write_block
from edgewright.errors import UsageError
from edgewright.plugins import make_plugins
from edgewright.registry import builtin_folders, resolve
from edgewright.registry.digest import code_files, sdk_digest
from edgewright.registry.environment import process_environment
from edgewright_specs.environment import environment, read_requirements
from edgewright_specs.problems import SpecError


@pytest.fixture(scope="module")
def plugins():
    return make_plugins()


@pytest.fixture
def mine(tmp_path):
    write_block(NewBlock("processing", tmp_path / "mine"))
    return tmp_path / "mine"


def digest(folder, plugins):
    return resolve(str(folder), Path.cwd(), plugins).digest


def test_built_in_blocks_are_found_by_name(plugins, tmp_path):
    for reference in ("spectral_analysis", "spectral-analysis", " spectral_analysis "):
        block = resolve(reference, tmp_path, plugins)
        assert (block.name, block.type, block.builtin, block.image) == (
            "spectral_analysis",
            "processing",
            True,
            None,
        )
    assert block.folder == builtin_folders(plugins)["spectral_analysis"]


def test_listing_built_in_blocks_reads_no_spec(plugins, monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_: pytest.fail("a spec was read"))
    monkeypatch.setattr(Path, "read_bytes", lambda *_: pytest.fail("a spec was read"))
    assert "kmeans" in builtin_folders(plugins)


def test_folders_are_relative_to_the_base(plugins, mine):
    block = resolve("./mine", mine.parent, plugins)
    assert (block.name, block.builtin, block.folder) == ("mine", False, mine.resolve())
    assert resolve("mine", mine.parent, plugins).digest == block.digest


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("kmeens", "did you mean 'kmeans'?"),
        ("zzz", "built-in blocks: "),
        ("./zzz", "looked from"),
        ("  ", "give a built-in name"),
        ("bad name!", "built-in blocks: "),
    ],
)
def test_an_unknown_block_is_answered_with_what_there_is(plugins, tmp_path, reference, hint):
    with pytest.raises(UsageError) as caught:
        resolve(reference, tmp_path, plugins)
    assert hint in caught.value.hint


def test_a_folder_without_a_spec_is_no_block(plugins, tmp_path):
    with pytest.raises(UsageError, match=r"it has no parameters\.json"):
        resolve(".", tmp_path, plugins)


def test_a_broken_spec_names_its_problems(plugins, mine):
    (mine / "parameters.json").write_text('{"type": "processing", "parameters": [{}]}')
    with pytest.raises(SpecError):
        resolve(str(mine), Path.cwd(), plugins)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("block.py", "np.abs", "np.square"),
        ("parameters.json", '"value": 1.0', '"value": 2.0'),
        ("parameters.json", '"min": -1000000.0', '"min": -1.0'),
        ("requirements.txt", "numpy", "numpy\nscipy"),
        ("Dockerfile", "base", "classical"),
        ("device/mine.cpp", "largest - smallest", "smallest - largest"),
    ],
)
def test_what_can_change_a_result_changes_the_digest(plugins, mine, file, old, new):
    before = digest(mine, plugins)
    text = (mine / file).read_text()
    assert old in text
    (mine / file).write_text(text.replace(old, new))
    assert digest(mine, plugins) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("README.md", "level", "LEVEL"),
        ("tests/test_block.py", "known", "other"),
        ("parameters.json", "Every sample is multiplied", "Each sample is multiplied"),
        ("parameters.json", '"title": "Mine"', '"title": "Ours"'),
        ("parameters.json", "  ", " "),
    ],
)
def test_what_people_read_does_not(plugins, mine, file, old, new):
    before = digest(mine, plugins)
    text = (mine / file).read_text()
    assert old in text
    (mine / file).write_text(text.replace(old, new))
    assert digest(mine, plugins) == before


def test_caches_hidden_files_and_the_place_do_not_count(plugins, mine, tmp_path):
    before = digest(mine, plugins)
    (mine / "__pycache__").mkdir()
    (mine / "__pycache__" / "block.pyc").write_bytes(b"x")
    (mine / ".env").write_text("secret")
    (mine / "docs").mkdir()
    (mine / "docs" / "a.txt").write_text("x")
    assert digest(mine, plugins) == before
    shutil.copytree(mine, tmp_path / "elsewhere" / "mine")
    assert digest(tmp_path / "elsewhere" / "mine", plugins) == before


def test_a_new_file_counts_and_so_does_its_name(plugins, mine):
    before = digest(mine, plugins)
    (mine / "helper.py").write_text("x = 1\n")
    with_helper = digest(mine, plugins)
    (mine / "helper.py").rename(mine / "other.py")
    assert len({before, with_helper, digest(mine, plugins)}) == 3


@pytest.mark.parametrize("target", ["/etc/passwd", "../secret", "tests"])
def test_a_link_that_leaves_the_folder_is_refused(plugins, mine, target):
    (mine.parent / "secret").write_text("x")
    (mine / "link").symlink_to(target)
    with pytest.raises(UsageError, match="a link to"):
        resolve(str(mine), Path.cwd(), plugins)


def test_what_is_no_regular_file_is_refused(plugins, mine):
    import os

    os.mkfifo(mine / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        resolve(str(mine), Path.cwd(), plugins)


def test_files_are_listed_in_one_order(mine):
    names = [name for name, _path in code_files(mine)]
    assert names == sorted(names)
    assert "device/mine.cpp" in names
    assert len(sdk_digest()) == 64


def test_the_environment_is_the_closure_of_the_requirements(plugins):
    lines = process_environment(resolve("kmeans", Path.cwd(), plugins))
    names = [line.partition("==")[0] for line in lines]
    assert {"numpy", "scikit-learn", "scipy", "joblib", "threadpoolctl"} <= set(names)
    assert names[:-2] == sorted(names[:-2])
    assert lines[-2:] == (f"python=={platform.python_version()}", f"arch=={platform.machine()}")
    assert "pytest" not in names


def test_a_missing_requirement_is_said_and_extras_are_left_out():
    lines = environment(["no-such-thing>=1", "pydantic[email]"])
    assert "no-such-thing==missing" in lines
    assert not [line for line in lines if line.startswith("email")]
    assert environment(["NumPy"]) == environment([])


def test_requirements_are_read_without_comments_and_options():
    text = "# a comment\n-r other.txt\nnumpy >= 1.2  # why\n\n--index-url x\nscipy\n"
    assert read_requirements(text) == ["numpy >= 1.2", "scipy"]


def test_the_environment_program_needs_the_standard_library_only(tmp_path):
    import json
    import subprocess

    import edgewright_specs.environment as module

    (tmp_path / "r.txt").write_text("numpy\n")
    done = subprocess.run(
        [sys.executable, "-I", module.__file__, str(tmp_path / "r.txt")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == environment(["numpy"])


def test_two_plugins_with_one_block_name_are_refused(mine):
    class Two:
        def blocks(self):
            return [("one", mine), ("two", mine.parent / "other" / "mine")]

    with pytest.raises(UsageError, match=r"two plugins bring a block 'mine': one .* and two"):
        builtin_folders(Two())
