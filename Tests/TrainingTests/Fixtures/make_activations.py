"""What layers' outputs look like, for ActivationProbeTests.

    python3 make_activations.py > activations.json

Float32 numbers, statistics in float64. A unit is a column, or a channel of an image. Flat is where the slope of the
activation, from its output, is under a hundredth of its largest.
"""

import json

import numpy as np

RANDOM = np.random.default_rng(20261126)


def rank(samples):
    """The participation ratio of the covariance between units, from its eigenvalues."""
    covariance = np.cov(samples.astype(np.float64), rowvar=False)
    eigenvalues = np.linalg.eigvalsh(np.atleast_2d(covariance))
    return float(eigenvalues.sum() ** 2 / (eigenvalues**2).sum())


def case(name, activation, values, slope, largest):
    values = values.astype(np.float32)
    flat = values.astype(np.float64)
    finite = flat[np.isfinite(flat)]
    units = values.shape[1] if values.ndim > 2 else values.shape[-1]
    samples = np.moveaxis(values, 1, -1).reshape(-1, units) if values.ndim > 2 else values
    gradient = RANDOM.normal(size=values.shape).astype(np.float32)
    return {
        "name": name, "activation": activation, "shape": list(values.shape),
        "values": [None if not np.isfinite(v) else float(v) for v in values.reshape(-1)],
        "gradient": [float(v) for v in gradient.reshape(-1)],
        "mean": float(finite.mean()), "standard_deviation": float(finite.std()),
        "minimum": float(finite.min()), "maximum": float(finite.max()),
        "saturated": float((slope(finite) < 0.01 * largest).sum() / values.size),
        "dead": float((samples == 0).all(0).mean()),
        "nonfinite": int((~np.isfinite(values)).sum()),
        "rank": rank(samples) if np.isfinite(values).all() else None,
        "gradient_norm": float(np.linalg.norm(gradient.astype(np.float64))),
        "gradient_largest": float(np.abs(gradient).max()),
        "gradient_mean": float(gradient.astype(np.float64).mean()),
    }


def main():
    normal = lambda *shape: RANDOM.normal(size=shape)
    low = normal(30, 4) @ normal(4, 19)
    relu = np.maximum(low, 0)
    relu[:, [3, 8]] = 0
    sigmoid = 1 / (1 + np.exp(-4 * normal(13, 7)))
    tanh = np.tanh(3 * normal(6, 3, 5, 5))
    tanh[:, 1] = 0
    broken = np.maximum(normal(5, 33), 0)
    broken[2, 4] = np.nan
    elu = np.where(low > 0, low, np.exp(np.minimum(low, 0)) - 1)
    cases = [
        case("relu", "relu", relu, lambda y: (y > 0).astype(float), 1),
        case("sigmoid", "sigmoid", sigmoid, lambda y: y * (1 - y), 0.25),
        case("tanh", "tanh", tanh, lambda y: 1 - y * y, 1),
        case("elu", "elu", elu, lambda y: np.where(y > 0, 1, y + 1), 1),
        case("softsign", "softsign", low / (1 + abs(low)), lambda y: (1 - abs(y)) ** 2, 1),
        case("hard_tanh", "hard_tanh", np.clip(low, -1, 1), lambda y: (abs(y) < 1).astype(float), 1),
        case("more rows than units", "identity", normal(200, 3) * [1, 2, 3], lambda y: 1 + 0 * y, 1),
        case("one that isn't finite", "relu", broken, lambda y: (y > 0).astype(float), 1),
    ]
    print(json.dumps(cases))


main()
