"""Writes the models of ``golden/`` and what their own libraries predict.

Run it with one of the libraries installed, for example in an environment of Python 3.9 with scikit-learn 1.0.2::

    python make_golden.py sklearn golden

Each model is a folder ``golden/<library>-<version>-<name>`` with the file as a training program leaves it and
``expected.npz``: inputs ``x`` and outputs ``y`` of that library. The version is in the folder's name.
"""

import pickle
import sys
from pathlib import Path

import numpy as np

WIDTH = 6


def data(rows, seed):
    values = np.random.RandomState(seed).normal(size=(rows, WIDTH)).astype(np.float32)
    values[:, 2] = np.round(values[:, 2])  # ties with thresholds
    return values


TRAIN = data(200, 0)
SEEN = np.concatenate([data(16, 1), TRAIN[:8]])
THREE = (TRAIN[:, 0] + TRAIN[:, 2] > 0.3).astype(int) + (TRAIN[:, 3] > 0.5)
TWO = (THREE > 0).astype(int)
NUMBERS = np.abs(TRAIN @ np.arange(WIDTH) + 5)


def keep(folder, expected, x=SEEN):
    np.savez_compressed(folder / "expected.npz", x=x, y=np.asarray(expected, np.float32))


def sklearn_models(root):
    import sklearn
    from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
    from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    models = {
        "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), THREE + 1),
        "logistic-two": (LogisticRegression(), TWO + 1),
        "ridge": (Ridge(), NUMBERS),
        "ridge-classifier": (RidgeClassifier(), THREE),
        "svc": (SVC(kernel="linear"), THREE),
        "svc-probability": (SVC(kernel="linear", C=0.05, probability=True, random_state=0), THREE),
        "forest": (RandomForestClassifier(3, max_depth=3, random_state=0), THREE),
        "forest-of-numbers": (RandomForestRegressor(3, max_depth=3, random_state=0), NUMBERS),
        "boosting": (GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=0), THREE),
    }
    for name, (estimator, targets) in models.items():
        folder = root / f"sklearn-{sklearn.__version__}-{name}"
        folder.mkdir(parents=True)
        estimator.fit(TRAIN, targets)
        (folder / "model.pkl").write_bytes(pickle.dumps(estimator, 4))
        if hasattr(estimator, "predict_proba"):
            keep(folder, estimator.predict_proba(SEEN))
        elif hasattr(estimator, "classes_"):
            keep(folder, estimator.predict(SEEN)[:, None] == estimator.classes_)
        else:
            keep(folder, estimator.predict(SEEN))


def xgboost_models(root):
    import xgboost

    models = {
        "two": ({"objective": "binary:logistic"}, TWO),
        "three": ({"objective": "multi:softprob", "num_class": 3}, THREE),
        "softmax": ({"objective": "multi:softmax", "num_class": 3}, THREE),
        "numbers": ({"objective": "reg:squarederror"}, NUMBERS),
        "poisson": ({"objective": "count:poisson"}, NUMBERS),
        "dart": ({"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5, "seed": 3}, TWO),
        "linear": ({"objective": "reg:squarederror", "booster": "gblinear"}, NUMBERS),
    }
    for name, (settings, targets) in models.items():
        folder = root / f"xgboost-{xgboost.__version__}-{name}"
        folder.mkdir(parents=True)
        train = xgboost.DMatrix(TRAIN, targets)
        booster = xgboost.train({"max_depth": 2, "nthread": 1, **settings}, train, num_boost_round=3)
        booster.save_model(str(folder / "model.json"))
        predicted = booster.predict(xgboost.DMatrix(SEEN))
        keep(folder, predicted[:, None] == np.arange(3) if name == "softmax" else predicted)
    folder = root / f"xgboost-{xgboost.__version__}-stopped-early"
    folder.mkdir()
    face = xgboost.XGBClassifier(
        n_estimators=20, max_depth=2, learning_rate=1.0, early_stopping_rounds=2, n_jobs=1
    )
    face.fit(TRAIN[:50], THREE[:50], eval_set=[(TRAIN[50:], THREE[50:])], verbose=False)
    assert face.best_iteration < face.get_booster().num_boosted_rounds() - 1
    face.save_model(str(folder / "model.json"))
    keep(folder, face.predict_proba(SEEN))


def lightgbm_models(root):
    import lightgbm

    models = {
        "two": ({"objective": "binary", "sigmoid": 2.5}, TWO),
        "three": ({"objective": "multiclass", "num_class": 3}, THREE),
        "each": ({"objective": "multiclassova", "num_class": 3}, THREE),
        "numbers": ({"objective": "regression"}, NUMBERS),
        "root": ({"objective": "regression", "reg_sqrt": True}, NUMBERS),
        "gamma": ({"objective": "gamma"}, NUMBERS),
        "forest": (
            {"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
            TWO,
        ),
        "constant": ({"objective": "regression"}, 0 * NUMBERS),
    }
    for name, (settings, targets) in models.items():
        folder = root / f"lightgbm-{lightgbm.__version__}-{name}"
        folder.mkdir(parents=True)
        common = {"num_leaves": 4, "verbosity": -1, "num_threads": 1, "seed": 0}
        booster = lightgbm.train({**common, **settings}, lightgbm.Dataset(TRAIN.astype(float), targets), 3)
        booster.save_model(str(folder / "model.txt"))
        keep(folder, booster.predict(SEEN.astype(float)))


def networks(tf):
    """Small networks of the common layers, by name."""
    keras, layers = tf.keras, tf.keras.layers
    keras.utils.set_random_seed(0)

    def dense():
        inputs = keras.Input((WIDTH,))
        return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Dense(8, "relu")(inputs)))

    def series():
        inputs = keras.Input((24,))
        x = layers.Conv1D(4, 3, padding="same", activation="relu")(layers.Reshape((12, 2))(inputs))
        x = layers.Conv1D(3, 3, activation="relu")(layers.MaxPooling1D(2, padding="same")(x))
        return keras.Model(inputs, layers.Dense(3, "softmax")(layers.Flatten()(x)))

    def image():
        inputs = keras.Input((9, 7, 2))
        x = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu6")(inputs)
        x = layers.Add()([x, layers.DepthwiseConv2D(3, padding="same")(x)])
        x = layers.Concatenate()([x, layers.AveragePooling2D(2, 1, padding="same")(x)])
        x = layers.MaxPooling2D(2)(layers.ZeroPadding2D(1)(layers.Conv2D(5, (1, 3), activation="tanh")(x)))
        return keras.Model(inputs, layers.Dense(2, "sigmoid")(layers.GlobalAveragePooling2D()(x)))

    def grid():
        inputs = keras.Input((8, 8, 3))
        x = layers.LeakyReLU()(layers.Conv2D(4, 3, strides=2, padding="same")(inputs))
        return keras.Model(inputs, layers.Reshape((4, 4))(layers.Conv2D(1, 1)(x)))

    def number():
        inputs = keras.Input((10,))
        x = layers.Activation("elu")(layers.BatchNormalization()(layers.Dense(6)(inputs)))
        return keras.Model(inputs, layers.Dense(1)(x))

    def decoder():
        inputs = keras.Input((8, 6, 1))
        x = layers.Conv2D(3, 3, strides=2, padding="same", activation="relu")(inputs)
        x = layers.Conv2DTranspose(2, 3, strides=2, padding="same")(layers.UpSampling2D(2)(x))
        x = layers.UpSampling2D(2, interpolation="bilinear")(x)
        return keras.Model(
            inputs, layers.Reshape((32, 24))(layers.Conv2DTranspose(1, 2, padding="valid")(x)[:, :-1, :-1])
        )

    return {make.__name__: make() for make in (dense, series, image, grid, number, decoder)}


def tensorflow_models(root):
    import tensorflow as tf

    models, layers = networks(tf), tf.keras.layers
    random = np.random.RandomState(0)

    weights = tf.constant(random.normal(size=(WIDTH, 10)).astype(np.float32))
    one_window = [tf.TensorSpec((1, WIDTH), tf.float32)]

    @tf.function(input_signature=one_window)
    def votes(x):
        y = tf.matmul(x, weights)
        second, first = (
            tf.constant([1, 2, 3, 4, 2, 3, 4, 3, 4, 4]),
            tf.constant([0, 0, 0, 0, 1, 1, 1, 2, 2, 3]),
        )
        chosen = tf.where(y < 0, second, first)
        counts = tf.cast(tf.equal(chosen[:, :, None], tf.range(5)[None, None, :]), tf.float32)
        return tf.one_hot(tf.argmax(tf.reduce_sum(counts, 1), 1), 5)

    @tf.function(input_signature=one_window)
    def arithmetic(x):
        e = tf.exp(tf.matmul(x, weights[:, :4]) + 0.5)
        a, b = tf.split(e / tf.reduce_sum(e, 1, keepdims=True), 2, axis=1)
        z = tf.gather(tf.transpose(tf.stack([a, b], 1)[:, :, ::-1], [0, 2, 1]), [1, 0], axis=1)
        y = tf.math.rsqrt(tf.maximum(z, 0.01)) * tf.abs(z - 0.2) + tf.math.squared_difference(z, 0.3)
        return tf.reshape(y + tf.pad(z[:, :1], [[0, 0], [0, 1], [0, 0]]), (1, 4))

    def save(name, converter, x):
        folder = root / f"tensorflow-{tf.__version__}-{name}"
        folder.mkdir(parents=True)
        data = converter.convert()
        (folder / "model.tflite").write_bytes(data)
        keep(folder, [interpreted(tf, data, row) for row in x], x.reshape(len(x), -1))

    def converter_of(model):
        for layer in model.layers:
            if isinstance(layer, layers.BatchNormalization):
                layer.set_weights([w + random.uniform(0.1, 0.5, w.shape) for w in layer.get_weights()])
        return tf.lite.TFLiteConverter.from_keras_model(model)

    for name, model in models.items():
        x = random.normal(size=(8, *model.input_shape[1:])).astype(np.float32)
        save(name, converter_of(model), x)
        converter = converter_of(model)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda x=x: ([row[None]] for row in x)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        save(f"{name}-int8", converter, x)
    converter = converter_of(models["image"])
    converter.optimizations, converter.target_spec.supported_types = [tf.lite.Optimize.DEFAULT], [tf.float16]
    save("image-half", converter, random.normal(size=(8, 9, 7, 2)).astype(np.float32))
    for function in (votes, arithmetic):
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()])
        save(function.__name__, converter, SEEN[:8])


def saved_models(root):
    """Zipped as training programs do: below ``saved_model/``, or at the root of the zip."""
    import shutil

    import tensorflow as tf

    random = np.random.RandomState(0)
    for name, model in networks(tf).items():
        for layer in model.layers:
            if isinstance(layer, tf.keras.layers.BatchNormalization):
                layer.set_weights([w + random.uniform(0.1, 0.5, w.shape) for w in layer.get_weights()])
        folder = root / f"tensorflow-{tf.__version__}-saved-{name}"
        folder.mkdir(parents=True)
        target = folder / "saved_model"
        if tf.__version__ < "2.16":  # Keras 2
            model.save(str(target), save_format="tf")
        else:
            model.export(str(target), verbose=False)
        if name == "image":
            shutil.make_archive(str(target), "zip", root_dir=str(target))
        else:
            shutil.make_archive(str(target), "zip", root_dir=str(folder), base_dir="saved_model")
        shutil.rmtree(target)
        x = random.normal(size=(8, *model.input_shape[1:])).astype(np.float32)
        keep(folder, model(x).numpy(), x.reshape(len(x), -1))


def interpreted(tf, data, row):
    """What TensorFlow Lite's interpreter gives, as numbers."""
    interpreter = tf.lite.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    (given,), (made,) = interpreter.get_input_details(), interpreter.get_output_details()
    row = row.reshape(given["shape"])
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        row = np.clip(np.round(row / scale) + zero, -128, 127).astype(np.int8)
    interpreter.set_tensor(given["index"], row)
    interpreter.invoke()
    output = interpreter.get_tensor(made["index"])[0].astype(np.float32)
    if made["dtype"] == np.int8:
        scale, zero = made["quantization"]
        output = (output - zero) * scale
    return output


if __name__ == "__main__":
    makers = {
        "sklearn": sklearn_models,
        "xgboost": xgboost_models,
        "lightgbm": lightgbm_models,
        "tensorflow": tensorflow_models,
        "saved-model": saved_models,
    }
    makers[sys.argv[1]](Path(sys.argv[2]))
