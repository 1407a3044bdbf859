"""``edgewright import edge-impulse`` as a user sees it."""

from __future__ import annotations

import json

IMPULSE = {
    "inputBlocks": [
        {"id": 1, "type": "time-series", "windowSizeMs": 1000, "windowIncreaseMs": 500, "frequencyHz": 50}
    ],
    "dspBlocks": [{"id": 2, "type": "flatten", "title": "Flatten", "axes": ["temp"], "input": 1}],
    "learnBlocks": [{"id": 3, "type": "keras", "title": "Classifier", "dsp": [2]}],
}


def test_it_writes_a_folder_and_names_what_stayed_behind(cli, tmp_path):
    (tmp_path / "impulse.json").write_text(json.dumps(IMPULSE))
    done = cli("import", "edge-impulse", tmp_path / "impulse.json", "-o", tmp_path / "new")
    assert done.code == 0
    assert "~ learning block “Classifier” (keras): as neural_network" in done.out
    assert "- the recordings" in done.out
    assert (tmp_path / "new" / "impulse.yaml").read_text().startswith("# Imported from impulse.json")
    again = cli("import", "edge-impulse", tmp_path / "impulse.json", "-o", tmp_path / "new")
    assert again.code == 2
    assert "is not empty" in again.err


def test_json_is_one_document(cli, tmp_path):
    (tmp_path / "impulse.json").write_text(json.dumps(IMPULSE))
    document = cli(
        "import", "edge-impulse", tmp_path / "impulse.json", "-o", tmp_path / "new", "--json"
    ).json()
    assert document["ok"]
    assert not document["runs"]
    assert {note["what"] for note in document["left"]} >= {"the recordings"}
    assert "block: flatten" in document["text"]
