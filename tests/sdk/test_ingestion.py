"""The ingestion service, asked by HTTP as uploading scripts ask it."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

from edgewright_sdk.ingestion.server import make_server
from edgewright_sdk.ingestion.uploads import Uploads, safe_name

KEY = "ei_secret"


@pytest.fixture
def service(tmp_path):
    server = make_server(("127.0.0.1", 0), KEY)
    server.uploads = Uploads(tmp_path)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def post(service):
    def send(path, body, **headers):
        connection = http.client.HTTPConnection(*service.server_address, timeout=10)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(
            "POST", path, body, {"x-api-key": KEY, **named}, encode_chunked=not isinstance(body, bytes)
        )
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if answer.getheader(
            "content-type"
        ) == "application/json" else content

    return send


def form(*files, field="data"):
    parts = [
        b'--B7\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: audio/wav\r\n\r\n%s\r\n'
        % (field.encode(), name.encode(), content)
        for name, content in files
    ]
    return b"".join(parts) + b"--B7--\r\n"


def labels(folder):
    document = json.loads((folder / "info.labels").read_bytes())
    assert document["version"] == 1
    return document["files"]


FORM = "multipart/form-data; boundary=B7"


def test_a_file_with_label_and_metadata(post, tmp_path):
    content = bytes(range(256)) + b"\r\n--B\r\n"
    status, answer = post(
        "/api/training/files", form(("hello.1.wav", content)), content_type=FORM, x_label="hello",
        x_metadata='{"generated_by": "me", "snr": 3}', x_synthetic_data_job_id="1",
    )  # fmt: skip
    assert status == 200
    assert answer == {
        "success": True,
        "files": [{"success": True, "projectId": 1, "sampleId": 1, "fileName": "hello.1.wav"}],
    }
    assert (tmp_path / "training" / "hello.1.wav").read_bytes() == content
    entry = {
        "path": "training/hello.1.wav",
        "category": "training",
        "label": {"type": "label", "label": "hello"},
    }
    assert labels(tmp_path) == [{**entry, "metadata": {"generated_by": "me", "snr": 3}}]


def test_labels_come_from_names_or_not_at_all(post, tmp_path):
    post("/api/split/files", form(("snake.a.wav", b"1")), content_type=FORM)
    post("/api/testing/files", form(("snake.b.wav", b"2")), content_type=FORM, x_no_label="1")
    found = {entry["path"]: entry["label"] for entry in labels(tmp_path)}
    assert found == {
        "split/snake.a.wav": {"type": "label", "label": "snake"},
        "testing/snake.b.wav": {"type": "unlabeled"},
    }


def test_several_files_one_of_them_bad(post, tmp_path):
    status, answer = post(
        "/api/training/files", form(("a.wav", b"1"), ("b.wav", b""), ("a.wav", b"3")), content_type=FORM
    )
    assert status == 200
    assert [file["success"] for file in answer["files"]] == [True, False, True]
    assert "empty" in answer["files"][1]["error"]
    assert (tmp_path / "training" / "a-2.wav").read_bytes() == b"3"


def test_duplicates_are_told_apart(post):
    for expected in (True, False):
        _, answer = post(
            "/api/training/files", form(("a.wav", b"1")), content_type=FORM, x_disallow_duplicates="1"
        )
        assert answer["files"][0]["success"] is expected


def test_an_acquisition_document(post, tmp_path):
    document = json.dumps({"payload": {"interval_ms": 10}}).encode()
    status, answer = post(
        "/api/training/data", document, content_type="application/json", x_file_name="idle.7", x_label="idle"
    )
    assert (status, answer) == (200, b"idle.7.json")
    assert (tmp_path / "training" / "idle.7.json").read_bytes() == document


def test_a_chunked_body(post, tmp_path):
    body = form(("a.wav", b"x" * 100))
    status, _ = post(
        "/api/training/files", iter([body[:50], body[50:]]), content_type=FORM, transfer_encoding="chunked"
    )
    assert status == 200
    assert (tmp_path / "training" / "a.wav").stat().st_size == 100


def test_bounding_boxes_and_foreign_letters(post, tmp_path):
    box = {"label": "hat", "x": 1, "y": 2, "width": 3, "height": 4}
    post(
        "/api/training/files",
        form(("é.png", b"1")),
        content_type=FORM,
        x_label="Hüte".encode().decode("latin-1"),
        x_bounding_boxes=json.dumps([box]),
    )
    assert labels(tmp_path)[0]["label"] == {"type": "label", "label": "Hüte"}
    assert labels(tmp_path)[0]["boundingBoxes"] == [box]


def test_boxes_have_the_labels_even_where_there_are_none(post, tmp_path):
    for number, boxes in enumerate(("[]", '[{"label": "hat", "x": 1, "y": 2, "width": 3, "height": 4}]')):
        form_data = form((f"composite.{number}.png", b"%d" % number))
        post("/api/training/files", form_data, content_type=FORM, x_bounding_boxes=boxes)
    assert [entry["label"] for entry in labels(tmp_path)] == [{"type": "unlabeled"}] * 2


@pytest.mark.parametrize(
    ("path", "headers", "status", "said"),
    [
        ("/api/training/files", {"x_api_key": "ei_wrong"}, 401, "API key"),
        ("/api/elsewhere/files", {}, 404, "uploads go to"),
        ("/api/training/files", {"x_metadata": "{"}, 400, "x-metadata is not JSON"),
        ("/api/training/files", {"x_metadata": "[]"}, 400, "JSON object"),
        ("/api/training/files", {"content_type": "multipart/form-data"}, 400, "boundary"),
        ("/api/training/files", {"content_type": "multipart/form-data; boundary=other"}, 400, "boundary"),
        ("/api/training/files", {"content_length": "-4"}, 413, "body"),
        ("http://api.example.com/api/training/files", {}, 502, "no network here"),
    ],
)
def test_what_is_refused(post, tmp_path, path, headers, status, said):
    got, answer = post(path, form(("a.wav", b"1")), **{"content_type": FORM, **headers})
    assert got == status
    assert answer["success"] is False
    assert said in answer["error"]
    assert labels(tmp_path) == []


def test_a_form_without_data_is_refused(post):
    status, answer = post("/api/training/files", form(("a.wav", b"1"), field="other"), content_type=FORM)
    assert (status, answer["error"]) == (400, "the form has no file in its field 'data'")


def test_it_is_reached_as_a_proxy_too(post, tmp_path):
    status, _ = post(
        "http://ingestion.host.docker.internal:4810/api/training/files",
        form(("a.wav", b"1")),
        content_type=FORM,
    )
    assert status == 200
    assert len(labels(tmp_path)) == 1


def test_names_stay_in_the_folder_and_apart(post, tmp_path):
    for name in ("../../x.wav", "X.wav", "..\\x.wav", "a/b/c/x.wav"):
        post("/api/training/files", form((name, b"1" + name.encode())), content_type=FORM)
    assert sorted(path.name for path in tmp_path.rglob("*.wav")) == ["X-2.wav", "x-3.wav", "x-4.wav", "x.wav"]
    assert all(entry["path"].startswith("training/") for entry in labels(tmp_path))


def test_long_names_keep_their_suffix():
    assert safe_name("ä" * 500 + ".wav").endswith("ä.wav")
    assert len(safe_name("x" * 500)) == 60


def test_too_many_uploads(tmp_path, monkeypatch):
    from edgewright_sdk.ingestion import uploads

    monkeypatch.setattr(uploads, "MAX_FILES", 2)
    taken = Uploads(tmp_path)
    described = uploads.Described("training")
    taken.add("a", b"1", described)
    taken.add("a", b"1", described)
    with pytest.raises(uploads.UploadError, match="more than 2 files"):
        taken.add("a", b"1", described)
