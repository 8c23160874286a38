"""Writes metrics.json: outputs, targets, and what scikit-learn makes of them.

Needs numpy and scikit-learn (1.7 or later, for brier_score_loss of several classes). Outputs are float32 numbers;
probabilities are made of them in float64, and rounded to float32 for ROC and precision-recall curves alone, as the
documentation says. What scikit-learn hasn't (calibration error, perplexity, bits) is by its definition.
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn import calibration, metrics as sk

warnings.filterwarnings("ignore")
random = np.random.default_rng(20260117)
EPSILON = np.finfo(np.float64).eps
cases = []


def float32(values):
    return np.asarray(values, np.float32).astype(np.float64)


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def number(value):
    return None if value is None or not np.isfinite(value) else float(value)


def calibration_error(y, p, bins=15):
    confidence, answer = p.max(1), p.argmax(1)
    place = np.searchsorted(np.linspace(0, 1, bins + 1)[1:-1], confidence)
    error = 0.0
    for index in range(bins):
        chosen = place == index
        if chosen.any():
            error += chosen.mean() * abs((answer[chosen] == y[chosen]).mean() - confidence[chosen].mean())
    return error


def answers(y, answer, classes):
    """What depends on answers alone; an answer that is none is a label of its own."""
    y, answer = np.asarray(y), np.asarray(answer)
    labels = [k for k in range(classes) if (y == k).any() or (answer == k).any()]
    found = {"accuracy": sk.accuracy_score(y, answer)}
    found["balanced_accuracy"] = np.mean([(answer[y == k] == k).mean() for k in np.unique(y)])
    if (answer >= 0).all():
        assert np.isclose(found["balanced_accuracy"], sk.balanced_accuracy_score(y, answer))
    scores = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    for name, score in scores.items():
        for average in ["macro", "micro", "weighted"]:
            found[f"{name}_{average}"] = score(y, answer, average=average, labels=labels, zero_division=0)
        if classes == 2:
            found[name] = score(y, answer, labels=[1], average="macro", zero_division=0)
            if (answer >= 0).all():
                assert np.isclose(found[name], score(y, answer, pos_label=1, zero_division=0))
    return found


def areas(y, scores, classes):
    found = {}
    one = {"roc_auc": sk.roc_auc_score, "pr_auc": sk.average_precision_score}
    for name, area in one.items():
        values, weights = [], []
        for k in range(classes):
            is_class = y == k
            if is_class.any() and (name == "pr_auc" or not is_class.all()):
                values.append(area(is_class, scores[:, k]))
                weights.append(is_class.sum())
        found[f"{name}_macro"] = np.mean(values) if values else None
        found[f"{name}_weighted"] = np.average(values, weights=weights) if values else None
        if classes == 2:
            is_one = y == 1
            defined = name == "pr_auc" or (is_one.any() and not is_one.all())
            found[name] = area(is_one, scores[:, 1]) if defined else None
    return found


def probable(y, p, classes):
    found = {"log_loss": sk.log_loss(y, p, labels=range(classes))}
    if classes == 2:
        found["brier"] = sk.brier_score_loss(y, p[:, 1], pos_label=1)
    else:
        found["brier"] = sk.brier_score_loss(y, p, labels=range(classes))
    found["expected_calibration_error"] = calibration_error(y, p)
    found["expected_calibration_error_10"] = calibration_error(y, p, 10)
    entropy = -np.log(p[np.arange(len(y)), y]).mean()
    found["perplexity"] = np.exp(entropy)
    found["bits_per_character"] = entropy / np.log(2)
    return found


def curves(y, scores, p, k):
    false, true, thresholds = sk.roc_curve(y == k, scores[:, k], drop_intermediate=False)
    precision, recall, at = sk.precision_recall_curve(y == k, scores[:, k])
    shares, means = calibration.calibration_curve(y == k, p[:, k], n_bins=15)
    return {
        "class": k,
        "roc": [[number(t), f, r] for t, f, r in zip(thresholds, false, true)],
        "pr": [[t, r, q] for t, r, q in zip(at, recall, precision)],
        "calibration": [[m, s] for m, s in zip(means, shares)],
    }


def classes_case(name, loss, x, y, classes, places=1, ignored=None, with_curves=None):
    """x: [N * places, width], as the model's output."""
    x = float32(x)
    keep = np.ones(len(y), bool) if ignored is None else np.asarray(y) != ignored
    rows, right = x[keep], np.asarray(y)[keep]
    if loss in ("cross_entropy",) or isinstance(loss, dict):
        p = softmax(rows)
        answer, scores, raw = p.argmax(1), p, rows
    elif loss == "binary_cross_entropy" and x.shape[1] == 1:
        one = sigmoid(rows[:, 0])
        p = np.stack([1 - one, one], 1)
        answer, scores, raw = (rows[:, 0] > 0).astype(int), p, rows
    elif loss == "binary_cross_entropy":
        scores = sigmoid(rows)
        p, answer, raw = scores / scores.sum(1, keepdims=True), scores.argmax(1), rows
    elif loss == "hinge":
        p, raw = None, rows
        answer = (rows[:, 0] > 0).astype(int)
        scores = np.stack([-rows[:, 0], rows[:, 0]], 1)
    scores = float32(scores)
    broken = np.isnan(rows).any(1)
    answer = np.where(broken, -1, answer)
    expected = answers(right, answer, classes)
    if broken.any():
        expected |= {n: None for n in ["roc_auc_macro", "pr_auc_weighted"]}
        if p is not None:
            expected |= {n: None for n in ["log_loss", "brier", "expected_calibration_error", "perplexity"]}
    else:
        expected |= areas(right, scores, classes)
        if p is not None:
            expected |= probable(right, p, classes)
    if x.shape[1] > 2 and not broken.any():
        for k in range(1, x.shape[1]):
            expected[f"top_{k}_accuracy"] = sk.top_k_accuracy_score(right, raw, k=k, labels=range(x.shape[1]))
    case = {
        "name": name, "loss": loss, "width": x.shape[1], "places": places, "classes": classes,
        "outputs": [number(v) for v in x.ravel()], "targets": [int(v) for v in y],
        "expected": {k: number(v) for k, v in expected.items()},
        "confusion": sk.confusion_matrix(right, answer, labels=range(classes)).ravel().tolist(),
    }
    if with_curves is not None:
        case["curves"] = curves(right, scores, p, with_curves)
    cases.append(case)


def numbers_case(name, loss, x, t, predictions, final=None):
    x, t = float32(x), float32(t)
    predictions = predictions(x)
    one = len(t) < 2
    expected = {
        "mse": sk.mean_squared_error(t, predictions),
        "rmse": sk.root_mean_squared_error(t, predictions),
        "mae": sk.mean_absolute_error(t, predictions),
        "mape": sk.mean_absolute_percentage_error(t, predictions),
        "r2": None if one else sk.r2_score(t, predictions),
    }
    cases.append({
        "name": name, "loss": loss, "width": x.shape[1], "numbers": t.shape[1],
        "outputs": x.ravel().tolist(), "targets": t.ravel().tolist(),
        "expected": {k: number(v) for k, v in expected.items()},
    })


def logits(count, width, y, strength=1.0):
    x = random.normal(size=(count, width))
    x[np.arange(count), y] += strength
    return x


y = random.integers(0, 2, 70)
classes_case("two classes, two outputs", "cross_entropy", logits(70, 2, y), y, 2, with_curves=1)
one = random.normal(size=(60, 1)) + (random.integers(0, 2, 60)[:, None] - 0.5)
y = (one[:, 0] + random.normal(size=60) > 0.3).astype(int)
classes_case("two classes, one output", "binary_cross_entropy", one, y, 2, with_curves=1)
classes_case("scores that aren't probabilities", "hinge", one, y, 2)
y = random.integers(0, 2, 80)
classes_case("ties of two classes", "cross_entropy", np.round(logits(80, 2, y)), y, 2, with_curves=0)
classes_case("ties of one output", "binary_cross_entropy", np.round(2 * one) / 2, (one[:, 0] > 0.2).astype(int), 2)
y = random.integers(0, 5, 90)
classes_case("five classes", "cross_entropy", logits(90, 5, y), y, 5, with_curves=3)
classes_case("five classes with ties", "cross_entropy", np.round(logits(90, 5, y)), y, 5, with_curves=2)
y = random.choice([0, 1, 4], 50)
x = logits(50, 6, y)
x[:, 3] -= 20
classes_case("classes that are absent, answered and not", "cross_entropy", x, y, 6)
y = np.ones(20, int)
classes_case("all of the second class", "cross_entropy", logits(20, 2, y), y, 2)
classes_case("all of the first class", "cross_entropy", logits(20, 2, 0 * y), 0 * y, 2)
classes_case("all of one of four classes", "cross_entropy", logits(20, 4, 2 * y), 2 * y, 4)
classes_case("one example", "cross_entropy", [[0.25, -1.0, 0.5]], [2], 3)
classes_case("one example answered wrongly", "binary_cross_entropy", [[0.75]], [0], 2)
y = random.integers(0, 3, 30)
x = logits(30, 3, y)
x[4, 1] = x[9, 0] = x[17, 2] = np.nan
classes_case("outputs with NaN", "cross_entropy", x, y, 3)
y = random.integers(0, 2, 24)
x = logits(24, 2, y)[:, :1]
x[5] = np.nan
classes_case("one output with NaN", "binary_cross_entropy", x, y, 2)
y = random.integers(0, 4, 120)
x = logits(120, 4, y)
y = np.where(random.random(120) < 0.3, -100, y)
y[:3] = -100
classes_case("places of which some are ignored", "cross_entropy", x, y, 4, places=3, ignored=-100)
y = random.integers(0, 4, 90)
classes_case(
    "a class that is ignored", {"type": "cross_entropy", "ignore_index": 2}, logits(90, 4, y), y, 4, places=3,
    ignored=2)
y = random.integers(0, 3, 60)
classes_case("a sigmoid for each class", "binary_cross_entropy", logits(60, 3, y), y, 3)
classes_case("probabilities near 0 and 1", "cross_entropy", 30 * logits(60, 3, y), y, 3)

identity = lambda x: x
t = random.normal(size=(40, 3)) * [1, 50, 0.01] + [0, 10, 3]
numbers_case("three numbers", "mse", t + 0.3 * random.normal(size=t.shape), t, identity)
t = np.round(random.normal(size=(40, 2)))
numbers_case("targets that are 0", "mae", t + 0.3 * random.normal(size=t.shape), t, identity)
t = np.concatenate([np.full((30, 2), 2.5), random.normal(size=(30, 1))], 1)
x = t.copy()
x[:, 1] += 0.125
x[:, 2] += random.normal(size=30)
numbers_case("numbers that never change, met and missed", "huber", x, t, identity)
numbers_case("one example of numbers", "mse", [[1.5, 2]], [[1.0, 2.5]], identity)
t = 1e6 + random.normal(size=(50, 1)) * 8
numbers_case("numbers far from 0", "mse", t + random.normal(size=t.shape), t, identity)
x = random.normal(size=(30, 2))
numbers_case("logarithms of means", "poisson", x, random.poisson(np.exp(x)), np.exp)
x = random.normal(size=(30, 4))
numbers_case("means and variances", "gaussian_nll", x, random.normal(size=(30, 2)), lambda x: x[:, :2])
x = random.normal(size=(30, 6))
numbers_case(
    "three quantiles", {"type": "quantile", "quantile": [0.1, 0.5, 0.9]}, x, random.normal(size=(30, 2)),
    lambda x: x[:, 1::3])
x = random.normal(size=(30, 3))
numbers_case("probabilities of several labels", "binary_cross_entropy", x, random.integers(0, 2, (30, 3)), sigmoid)
numbers_case("a distribution", "cross_entropy", x, softmax(random.normal(size=(30, 3))), softmax)

text = ",\n".join(json.dumps(case) for case in cases)
pathlib.Path(__file__).with_name("metrics.json").write_text("[\n" + text + "\n]\n")
