"""The page: whole, light, and deaf to hostile text, as bytes and in Chromium."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html.parser import HTMLParser

import pytest

from edgewright.errors import EdgewrightError
from edgewright.report import page, panels, render, run_info, write


class Elements(HTMLParser):
    """What an HTML parser sees: elements, and the text of each script."""

    def __init__(self):
        super().__init__()
        self.names, self.scripts, self.attributes, self._script = [], [], [], False

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.attributes += [(tag, key, value) for key, value in attrs]
        if tag == "script":
            self._script = True
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        self._script = self._script and tag != "script"

    def handle_data(self, data):
        if self._script:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)


@pytest.fixture(scope="module")
def hostile_page(hostile_run):
    return render(panels(hostile_run), run_info(hostile_run)).decode("utf-8")


def test_hostile_text_stays_inside_its_data_block(hostile_page, hostile_run):
    seen = Elements()
    seen.feed(hostile_page)
    assert len(seen.scripts) == 3
    assert not {"img", "svg", "iframe", "object", "form", "link"} & set(seen.names)
    assert not [found for found in seen.attributes if found[1].startswith("on") or found[1] == "src"]
    data = json.loads(seen.scripts[0][1])
    names = {
        sample["name"]
        for p in data["panels"]["panels"]
        if p["kind"] == "anomaly"
        for sample in p["data"]["samples"]
    }
    assert any("<img src=x onerror=alert(1)>" in name for name in names)
    assert data["info"]["name"] == hostile_run.record["name"]


def test_the_policy_allows_exactly_the_two_scripts_of_the_page(hostile_page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', hostile_page)[1]
    seen = Elements()
    seen.feed(hostile_page)
    hashes = [
        f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for _, text in seen.scripts[1:]
    ]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"].split() == hashes
    assert "connect-src" not in directives


def test_nothing_in_the_page_points_outside(hostile_page, plain_run):
    own = render(panels(plain_run), run_info(plain_run)).replace(page._plotly(), b"").decode("utf-8")
    assert set(re.findall(r"https?://[^\"'\s<)]+", own)) <= {"http://www.w3.org/2000/svg"}


def test_the_same_run_gives_the_same_page_of_a_sane_size(plain_run, tmp_path):
    write(plain_run, tmp_path / "a.html")
    write(plain_run, tmp_path / "b.html")
    text = (tmp_path / "a.html").read_bytes()
    assert text == (tmp_path / "b.html").read_bytes()
    assert 4e6 < len(text) < 8e6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_page_that_would_be_too_large_is_refused(plain_run, monkeypatch):
    monkeypatch.setattr(page, "MAX_BYTES", 1_000_000)
    with pytest.raises(EdgewrightError, match="would be 5 MB, more than 1 MB"):
        render(panels(plain_run), run_info(plain_run))


def test_a_place_that_cannot_be_written_is_a_clear_error(plain_run, tmp_path):
    with pytest.raises(EdgewrightError, match="can't be written: No such file"):
        write(plain_run, tmp_path / "nowhere" / "report.html")


def test_missing_plotly_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(page.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EdgewrightError, match="pip install"):
        page._plotly()


def test_plotly_is_not_imported():
    import subprocess
    import sys

    code = "import sys, edgewright.report.page as page; page._plotly(); assert 'plotly' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
