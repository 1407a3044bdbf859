"""A pickle is data: nothing of it runs, whatever it names; estimators that aren't supported are named."""

from __future__ import annotations

import io
import os
import pickle
import subprocess

import joblib
import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC

from edgewright_sdk.artifacts import links
from edgewright_sdk.artifacts.pickles import Shell, read_pickle
from edgewright_sdk.artifacts.sklearn_models import read_sklearn
from edgewright_sdk.errors import BlockError

X = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pkl"


class Runs:
    """Runs a function when it is unpickled."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    ("function", "arguments", "name"),
    [
        (os.system, ("touch {there}",), "posix.system"),
        (subprocess.check_output, (["touch", "{there}"],), "subprocess.check_output"),
        (eval, ("open('{there}', 'w')",), "builtins.eval"),
        (getattr, (dict, "fromkeys"), "builtins.getattr"),
        (open, ("{there}", "w"), "open"),
        (pickle.loads, (b"",), "_pickle.loads"),
        (joblib.load, ("{there}",), None),
        (np.testing.assert_equal, (1, 1), None),
        (np.save, ("{there}", np.zeros(1)), None),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_nothing_that_a_pickle_names_is_called(function, arguments, name, protocol, path, tmp_path):
    there = tmp_path / "there"
    filled = [
        argument.format(there=there)
        if isinstance(argument, str)
        else [part.format(there=there) for part in argument]
        if isinstance(argument, list)
        else argument
        for argument in arguments
    ]
    path.write_bytes(pickle.dumps(Runs(function, *filled), protocol))
    if name is None:  # of numpy or joblib: inert
        assert isinstance(read_pickle(path), Shell)
    else:
        with pytest.raises(
            BlockError, match=f"model.pkl: it asks for .*{name.split('.')[-1]}; only objects of scikit-learn"
        ):
            read_pickle(path)
    assert not there.exists()
    assert not (tmp_path / "there.npy").exists()


def test_own_classes_are_refused_with_advice(path):
    path.write_bytes(b"c__main__\nMine\n.")
    with pytest.raises(BlockError, match=r"it asks for __main__.Mine; .*: an own class can't be read"):
        read_pickle(path)
    path.write_bytes(b"cxgboost.sklearn\nXGBClassifier\n.")
    with pytest.raises(BlockError, match=r'save it by model.save_model\("model.json"\)'):
        read_pickle(path)


def test_damaged_files_are_refused_in_one_line(path):
    whole = pickle.dumps(LogisticRegression().fit(X, Y))
    random = np.random.default_rng(0)
    for cut in [0, 1, 10, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:cut])
        with pytest.raises(BlockError, match=r"^model.pkl"):
            read_sklearn(path)
    for _ in range(300):
        flipped = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            flipped[place] = random.integers(0, 256)
        path.write_bytes(bytes(flipped))
        try:
            read_sklearn(path)
        except BlockError as error:
            assert str(error).startswith("model.pkl")  # noqa: PT017 - either way is right


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("zlib", 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_joblib_files_are_read(compress, order, path):
    held = {
        "a": np.asarray(X, order=order),
        "words": np.array(["x", None], dtype=object),
        "empty": np.zeros((0, 2)),
    }
    joblib.dump(held, path, compress=compress)
    read = read_pickle(path)
    np.testing.assert_array_equal(read["a"], X)
    assert list(read["words"]) == ["x", None]
    assert read["empty"].shape == (0, 2)


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol_is_read(protocol, path):
    estimator = RandomForestClassifier(3, random_state=0).fit(X, Y)
    path.write_bytes(pickle.dumps(estimator, protocol))
    read = read_sklearn(path)
    np.testing.assert_allclose(read.scorer.raw(X), estimator.predict_proba(X), atol=1e-6)
    assert read.labels == [0, 1]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (KMeans(2, n_init=1), r"model.pkl \(KMeans\): this estimator is not supported; allowed: .*SVC"),
        (DummyClassifier(), "this estimator is not supported"),
        (SVC(kernel="poly"), r"\(SVC\) has kernel 'poly'; allowed: 'linear', 'rbf'"),
        (
            CalibratedClassifierCV(OneVsRestClassifier(SVC()), method="isotonic", ensemble=False),
            "calibrated by 1",
        ),
        (
            CalibratedClassifierCV(SVC(), ensemble=False),
            "calibrates a SVC; allowed: OneVsRestClassifier of SVC",
        ),
        (
            CalibratedClassifierCV(OneVsRestClassifier(LogisticRegression()), ensemble=False),
            "OneVsRestClassifier of LogisticRegression; allowed: SVC",
        ),
        (
            make_pipeline(PolynomialFeatures(2), LogisticRegression()),
            "a pipeline with PolynomialFeatures is not",
        ),
        (make_pipeline(MinMaxScaler(clip=True), LogisticRegression()), "with MinMaxScaler with clip is not"),
        (HistGradientBoostingClassifier(categorical_features=[0], max_iter=2), "categorical features"),
    ],
)
def test_other_estimators_are_named(estimator, message, path):
    path.write_bytes(pickle.dumps(estimator.fit(np.round(np.abs(X)), Y)))
    with pytest.raises(BlockError, match=message):
        read_sklearn(path)


def test_what_is_no_fitted_estimator_is_refused(path):
    for held, message in [
        ({"a": 1}, "holds no scikit-learn estimator but a dict"),
        (LogisticRegression(), r"can't be read \(KeyError: 'coef_'\); is it fitted\?"),
        (RandomForestClassifier(), "is it fitted"),
        (LinearRegression().fit(X, np.stack([Y, Y], axis=1)), "gives 2 values; allowed: 1"),
        (MultiOutputRegressor(LinearRegression()).fit(X, np.stack([Y, Y], axis=1)), "is not supported"),
    ]:
        path.write_bytes(pickle.dumps(held))
        with pytest.raises(BlockError, match=message):
            read_sklearn(path)


def test_a_scaler_before_trees_keeps_every_decision(path):
    """Ties with thresholds included: many values are equal after scaling."""
    x = np.random.default_rng(1).integers(-3, 4, size=(400, 3)).astype(np.float32) * np.float32(
        0.1
    ) + np.float32(7)
    y = (x[:, 0] + x[:, 1] > 14.1).astype(int)
    estimator = make_pipeline(
        StandardScaler(), MinMaxScaler(), RandomForestClassifier(5, random_state=0)
    ).fit(x, y)
    path.write_bytes(pickle.dumps(estimator))
    read = read_sklearn(path)
    near = np.concatenate([x, np.nextafter(x, np.float32(99)), np.nextafter(x, np.float32(-99))])
    np.testing.assert_allclose(
        links.apply(read.link, read.scorer.raw(near)), estimator.predict_proba(near), atol=1e-6
    )


def test_a_shell_tells_its_name():
    shell = read_bytes(pickle.dumps(StandardScaler()))
    assert (shell.name, shell.module) == ("StandardScaler", "sklearn.preprocessing._data")
    assert shell.get("nothing", "with_mean") is True
    assert shell.get("nothing", default=3) == 3


def read_bytes(data):
    from edgewright_sdk.artifacts.pickles import _Reader

    return _Reader(io.BytesIO(data)).load()
