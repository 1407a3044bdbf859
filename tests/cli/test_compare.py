"""``edgewright compare`` as a user sees it."""

from __future__ import annotations

import pytest


@pytest.fixture
def files(trained, monkeypatch, cli):
    """The run, its recordings, and its store."""
    monkeypatch.setenv("EDGEWRIGHT_STORE", str(trained[0] / "store"))
    return trained[1].path, trained[0] / "data"


def test_a_table_and_a_page(cli, files, tmp_path):
    run, data = files
    done = cli(
        "compare", run, run, data, "-o", tmp_path / "page.html", "--threshold", "-9", "--runner", "process"
    )
    assert done.code == 0, done.err
    assert "windows auroc" in done.out
    assert "Pearson 1, Spearman 1" in done.out
    assert "ANOMALY" in done.out
    assert "threshold of the second: as given" in done.out
    page = (tmp_path / "page.html").read_text()
    assert "ew.panels.comparison" in page
    assert '"kind":"comparison"' in page


def test_json_is_the_whole_document(cli, files):
    run, data = files
    document = cli("compare", run, run, data / "idle", "--json", "--runner", "process").json()
    assert document["windows"]["n"] == 55
    assert document["page"] is None


def test_mistakes_are_answered(cli, files, tmp_path):
    run, data = files
    assert cli("compare", run, tmp_path / "x.onnx", data).code == 2
    done = cli("compare", run, run, tmp_path / "nowhere")
    assert done.code == 2
    assert "there is no such file or folder" in done.err
