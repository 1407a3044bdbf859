"""The cold and the warm driver as a host meets them."""

from __future__ import annotations

import json
import os
import subprocess

import numpy as np
import pytest

from edgewright_specs.interface import CARRIED_BYTES

from .conftest import BLOCKS, ECHO, driver_command

FLATTEN = {
    "scale-axes": 1.0, "average": True, "minimum": True, "maximum": False, "rms": True, "stdev": True,
    "skewness": False, "kurtosis": True,
}  # fmt: skip


def values(rows: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 8, 2)).astype(np.float32)


def test_a_task_leaves_its_outputs_and_a_result(folder, run):
    task = folder().windows(values()).request("transform", FLATTEN)
    answer = run(BLOCKS / "processing" / "flatten", task)
    assert (answer.code, answer.messages) == (0, [])
    assert task.result() == {
        "contract": 1,
        "outputs": {
            "features": {"kind": "array", "path": "features.npy", "dtype": "float32", "shape": [5, 10]}
        },
        "metrics": {},
        "warnings": [],
    }
    assert task.output("features").dtype == np.float32
    assert sorted(task.files()) == ["features.npy", "result.json"]


def test_cold_and_warm_give_the_same_bytes(folder, run, serve):
    block = BLOCKS / "processing" / "flatten"
    server = serve(block)
    for number in range(3):
        cold = folder().windows(values(seed=number)).request("transform", FLATTEN)
        warm = folder().windows(values(seed=number)).request("transform", FLATTEN)
        assert run(block, cold).code == 0
        assert server.ask(warm, number) == {"id": number, "type": "done", "ok": True}
        assert warm.files() == cold.files()
    assert server.close() == (0, "")


def test_small_files_may_come_and_go_with_the_lines(folder, run, serve, block):
    block = BLOCKS / "processing" / "flatten"
    server = serve(block)
    for operation, params in (("transform", FLATTEN), ("describe", FLATTEN), ("export", FLATTEN)):
        cold, warm = (
            folder().windows(values(3)[:2], values(3)[2:]) if operation == "transform" else folder()
            for _ in range(2)
        )
        assert run(block, cold.request(operation, params)).code == 0
        answer, carried = server.carry(warm.request(operation, params))
        assert answer == {"id": 1, "type": "done", "ok": True}
        # Of a task with a folder nothing is carried.
        assert (carried, warm.files()) == (
            ({}, cold.files()) if operation == "export" else (cold.files(), {})
        )
    assert server.close() == (0, "")


@pytest.mark.parametrize("count", [100, 1000])
def test_outputs_are_carried_whole_or_not_at_all(folder, run, serve, block, count):
    path = block(ECHO.replace("        return", "        self.context.warn('w' * 7000)\n        return"))
    cold, warm = (folder().windows(values(count)).request("transform") for _ in range(2))
    assert run(path, cold).code == 0
    answer, carried = serve(path).carry(warm)
    assert answer["ok"]
    assert carried | warm.files() == cold.files()
    assert not carried or not warm.files()
    assert bool(carried) == (sum(map(len, cold.files().values())) <= CARRIED_BYTES)


def test_an_error_carries_nothing_and_the_next_request_is_read_where_it_begins(folder, serve, block):
    code = ECHO.replace("        return", '        raise BlockError("too quiet")\n        return')
    server = serve(block(code))
    for _ in range(2):
        answer, carried = server.carry(folder().windows(values()).request("transform"))
        assert (answer["error"], carried) == ("too quiet", {})
    task = folder().windows(values()).request("transform")
    (task.in_dir / "windows" / "0.npy").write_bytes(b"\x93NUMPY, but no more")
    answer, _ = server.carry(task)
    assert "0.npy can't be read as a .npy array" in answer["error"]
    assert server.send(b'{"id": 3, "in": "/in", "out": "/out", "files": 7}')[-1]["kind"] == "request"


def test_chunks_are_one_batch(folder, run):
    block = BLOCKS / "processing" / "flatten"
    whole = folder().windows(values(7)).request("transform", FLATTEN)
    cut = folder().windows(*np.split(values(7), [2, 2, 6])).request("transform", FLATTEN)
    for task in (whole, cut):
        assert run(block, task).code == 0
    assert cut.files() == whole.files()


def test_a_large_input_comes_in_batches_with_progress(folder, run, block):
    code = ECHO.replace("def transform", "batch_bytes = 128\n    def transform")
    task = folder().windows(values(5)).request("transform")
    answer = run(block(code), task)
    assert [m["done"] for m in answer.messages] == [2, 4, 5]
    np.testing.assert_array_equal(task.output("features"), values(5).mean(axis=1))


def test_no_windows_give_no_features(folder, run):
    task = folder().windows(values(0)).request("transform", FLATTEN)
    assert run(BLOCKS / "processing" / "flatten", task).code == 0
    assert task.output("features").shape == (0, 10)


def test_what_a_block_prints_is_log(folder, run, block):
    code = ECHO.replace(
        "        return",
        """        import os, subprocess, sys
        print('{"type": "done", "ok": true}')
        os.write(1, b'{"type": "metric", "name": "forged", "value": 1}\\n')
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        os.system("echo from a shell; ls /proc/self/fd | tr '\\\\n' ' '")  # closes nothing by itself
        assert sys.stdin.read() == ""
        return""",
    )
    task = folder().windows(values()).request("transform")
    answer = run(block(code), task)
    assert (answer.code, answer.stdout) == (0, b"")
    for line in ('{"type": "done", "ok": true}', "forged", "from a child", "from a shell"):
        assert line in answer.log
    assert task.result()["metrics"] == {}
    assert answer.log.rstrip().endswith("from a shell\n0 1 2 3"), "a child inherited the channel"


def test_prints_while_importing_are_log(folder, run, block):
    task = folder().windows(values()).request("transform")
    answer = run(block("print('hello')\n" + ECHO), task)
    assert (answer.code, answer.stdout, answer.log) == (0, b"", "hello\n")


def test_requests_of_a_warm_driver_are_safe_from_the_block(folder, serve, block):
    code = ECHO.replace(
        "        return", "        import sys; sys.stdin.read(); print('noise')\n        return"
    )
    server = serve(block(code))
    for number in range(2):
        assert server.ask(folder().windows(values()).request("transform"), number)["ok"]
    assert server.close() == (0, "noise\nnoise\n")


def test_a_block_error_is_one_line(folder, run, serve, block):
    code = ECHO.replace("        return", '        raise BlockError("axis x: too quiet")\n        return')
    path = block(code)
    task = folder().windows(values()).request("transform")
    answer = run(path, task)
    assert (answer.code, answer.log) == (1, "axis x: too quiet\n")
    assert answer.messages == [{"type": "error", "text": "axis x: too quiet", "kind": "refused"}]
    assert task.files() == {}
    expected = {"id": 7, "type": "done", "ok": False, "error": "axis x: too quiet", "kind": "refused"}
    server = serve(path)
    assert server.ask(task, 7) == expected
    assert server.close() == (0, "axis x: too quiet\n")


def test_a_fault_of_the_block_shows_its_traceback(folder, run, block):
    code = ECHO.replace("        return", "        {}['missing']\n        return")
    task = folder().windows(values()).request("transform")
    answer = run(block(code), task)
    assert answer.code == 1
    assert answer.messages == [{"type": "error", "text": "KeyError: 'missing'", "kind": "fault"}]
    assert answer.log.startswith("Traceback")
    assert not (task.out_dir / "result.json").exists()


@pytest.mark.parametrize(
    ("returned", "kind"),
    [
        ("windows.values", "output"),
        ("Features(windows.values[:, 0] * float('nan'), ['a', 'b'])", "output"),
        ("params['missing']", "request"),
        ("undefined", "fault"),
    ],
)
def test_an_error_says_whose_fault_it_is(folder, run, block, returned, kind):
    code = ECHO.replace("        return", f"        return {returned}\n        return")
    answer = run(block(code), folder().windows(values()).request("transform"))
    assert answer.messages[0]["kind"] == kind, answer.messages


@pytest.mark.parametrize(
    ("code", "message"),
    [("1 / 0", "ZeroDivisionError: division by zero"), ("x = 1", "defines no block")],
)
def test_a_block_that_can_not_be_imported(folder, run, serve, block, code, message):
    path = block(code)
    answer = run(path, folder().request("describe"))
    assert answer.code == 1
    assert answer.messages[0]["type"] == "error"
    assert message in answer.messages[0]["text"]
    assert answer.messages[0]["kind"] == "fault"
    assert message in answer.log
    process = serve(path).process
    out, err = process.communicate(timeout=30)
    assert (process.returncode, json.loads(out)) == (1, answer.messages[0])
    assert message in err.decode()


def test_a_warm_driver_survives_what_fails(folder, serve, block):
    code = ECHO.replace(
        "        return", "        import sys; windows.values.max() > 9 and sys.exit(3)\n        return"
    )
    server = serve(block(code))
    good, bad = (
        folder().windows(values()).request("transform"),
        folder().windows(values() * 99).request("transform"),
    )
    assert server.ask(bad)["error"] == "SystemExit: 3"
    assert server.send(b"not JSON")[-1] == {
        "id": None, "type": "done", "ok": False, "kind": "request",
        "error": 'a request is one line: {"id": …, "in": "DIR", "out": "DIR"}',
    }  # fmt: skip
    assert server.send(b'{"id": 2}')[-1]["ok"] is False
    assert server.ask(good)["ok"]


def test_nothing_is_left_from_the_request_before(folder, serve, block):
    code = ECHO.replace(
        "        return",
        '        self.seen = getattr(self, "seen", 0) + 1\n        self.context.metric("seen", self.seen)\n        return',
    )
    server = serve(block(code))
    tasks = [folder().windows(values()).request("transform") for _ in range(2)]
    assert all(server.ask(task)["ok"] for task in tasks)
    assert [task.result()["metrics"] for task in tasks] == [{"seen": 1.0}, {"seen": 1.0}]


def test_messages_go_out_while_the_block_works(folder, run, block):
    code = ECHO.replace(
        "        return",
        """        context = self.context
        context.progress(1, 2, "half")
        context.log("a line")
        context.metric("loss", 0.5)
        context.metric("loss", float("nan"))
        context.warn("thin data")
        context.warn("thin data")
        return""",
    )
    task = folder().windows(values()).request("transform")
    answer = run(block(code), task)
    assert answer.messages == [
        {"type": "progress", "done": 1, "total": 2, "text": "half"},
        {"type": "log", "text": "a line"},
        {"type": "metric", "name": "loss", "value": 0.5},
    ]
    assert task.result()["metrics"] == {"loss": 0.5}
    assert task.result()["warnings"] == ["metric 'loss' is nan and was left out", "thin data"]


def test_a_closed_message_channel_does_not_fail_the_task(folder, block):
    code = ECHO.replace("        return", "        self.context.log('hello')\n        return")
    task = folder().windows(values()).request("transform")
    command, environment = driver_command(
        "run", "--block", str(block(code)), "--in", str(task.in_dir), "--out", str(task.out_dir)
    )
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, env=environment, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
    assert task.result()["outputs"]


def test_a_wrong_command_line_is_exit_2():
    command, environment = driver_command("fly")
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert b"invalid choice" in done.stderr


def test_the_sdk_needs_numpy_only():
    command, environment = driver_command()
    code = (
        "import sys, json; import edgewright_sdk, edgewright_sdk.driver, edgewright_sdk.signal;"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names))))"
    )
    done = subprocess.run([command[0], "-S", "-c", code], env=environment, capture_output=True, check=False)
    if done.returncode:  # numpy lives in site-packages, which -S leaves out
        code = f"import sys; sys.path.append({os.path.dirname(os.path.dirname(np.__file__))!r}); {code}"  # noqa: PTH120
        done = subprocess.run(
            [command[0], "-S", "-c", code], env=environment, capture_output=True, check=True
        )
    allowed = {"__main__", "cython_runtime", "numpy", "edgewright_sdk", "edgewright_specs"}
    assert {name for name in json.loads(done.stdout) if not name.startswith("_cython")} <= allowed
