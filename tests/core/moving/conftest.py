"""A project in all its files, and the import as a function."""

from __future__ import annotations

import json

import pytest

from edgewright.moving import import_edge_impulse
from edgewright.plugins import make_plugins

from . import exports


@pytest.fixture(scope="session")
def plugins():
    return make_plugins()


@pytest.fixture
def bring(plugins, tmp_path):
    """``bring(path)`` imports into a new folder and returns what was written."""

    def run(path, *, out=None, copy=False):
        return import_edge_impulse(path, out or tmp_path / "out", plugins=plugins, copy=copy)

    return run


@pytest.fixture
def save(tmp_path):
    """``save(name, document)`` writes JSON (or text) into the folder of an export and gives its path."""

    def write(name, document):
        path = tmp_path / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return path

    return write


@pytest.fixture
def project(tmp_path, save):
    """Data, metadata and K-means tables side by side."""
    exports.data_export(tmp_path / "export")
    save("deployment-metadata.json", exports.deployment_metadata())
    save("anomaly.json", exports.clusters())
    return tmp_path / "export"
