"""The page of a comparison in Chromium: everything is drawn, foreign names stay text."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.comparing.page import write_page
from edgewright.comparing.together import Comparison
from edgewright.report.sampling import packed

from .conftest import HOSTILE
from .test_browser import Opened

pytestmark = pytest.mark.browser


def comparison(name):
    random = np.random.default_rng(2)
    table = {
        "n": 60, "first_only": 0, "second_only": 0, "pearson": 0.5, "spearman": None, "agree": 58, "differ": 2,
        "decisions": {"both": 10, "first": 1, "second": 1, "neither": 48}, "normal": 40, "abnormal": 20,
        "first": {"anomalous": 11, "auroc": 0.9, "fpr": 0.1, "recall": 0.5}, "second": {"anomalous": 11, "auroc": 0.8, "fpr": 0.1, "recall": 0.5},
    }  # fmt: skip
    side = {
        "threshold": 0.5,
        "threshold_from": name,
        "seconds_per_window": 1e-3,
        "timed": "",
        "bytes": 9,
        "sized": "",
    }
    window = {
        "sample": name, "label": name, "normal": False, "time": 1.5,
        "first": {"score": 1.0, "anomalous": True}, "second": {"score": 0.1, "anomalous": False},
    }  # fmt: skip
    document = {
        "data": name, "node": name, "first": {"kind": "run", "name": name, **side}, "second": {"kind": "run", "name": name, **side},
        "windows": table, "recordings": None, "differing": [window, {**window, "label": None, "normal": None}], "notes": [name],
    }  # fmt: skip
    scores = random.normal(size=(2, 60))
    curve = {"fpr": [0.0, 0.5, 1.0], "recall": [0.0, 1.0, 1.0], "precision": [1.0, 1.0, 0.5]}
    signal = {"values": packed(random.normal(size=(2, 30))), "seconds": 2.0}
    drawn = {
        "what": "windows", "thresholds": [0.5, None], "curves": [curve, curve], "signals": [signal, signal], "axes": [name, "y"],
        "points": {"first": packed(scores[0]), "second": packed(scores[1]), "truth": [i % 3 - 1 for i in range(60)], "total": 60},
    }  # fmt: skip
    return Comparison(document, drawn)


def test_everything_is_drawn_and_names_stay_text(browser, tmp_path):
    for number, name in enumerate(HOSTILE[:2]):
        write_page(comparison(name), tmp_path / f"{number}.html")
        opened = Opened(browser, tmp_path / f"{number}.html")
        opened.show_everything()
        page = opened.page
        assert opened.alarms == []
        assert page.locator(".chart .main-svg").count() >= 2
        assert page.locator("svg.spark").count() == 2
        assert page.locator("main img, main script").count() == 0
        assert name in page.locator("main").inner_text()
        page.close()
