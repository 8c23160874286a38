"""Writes lr_range.json: loss curves of range tests, smoothed, and the rates they suggest.

By the rules as fastai's documentation of lr_find describes them, written anew over every pair of points in float64:
`valley`, half way into the middle third of the longest falling subsequence; `steep`, where the loss falls most for a decade;
`minimum`, a tenth of the rate of the smallest loss. The first tenth of the steps and the last five are left out. Needs numpy.
"""

import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20261124)


def smooth(losses, beta):
    mean, out = 0.0, []
    for index, loss in enumerate(losses):
        mean = beta * mean + (1 - beta) * loss
        out.append(mean / (1 - beta ** (index + 1)))
    return np.array(out)


def valley(rates, losses):
    n = len(losses)
    length = np.ones(n, dtype=int)
    for i in range(1, n):
        shorter = [length[j] for j in range(i) if losses[j] > losses[i]]
        if shorter:
            length[i] = max(shorter) + 1
    end = int(np.argmax(length))
    start = end - int(length[end])
    third = (end - start) / 3
    return float(rates[max(0, start + int(third) + int(third / 2))])


def steep(rates, losses):
    slopes = np.diff(losses) / np.diff(np.log10(rates))
    return float(rates[int(np.argmin(slopes))])


def minimum(rates, losses):
    return float(rates[int(np.argmin(losses))] / 10)


def curve(x, depth, at, width, blow, noise):
    """A loss that falls around the exponent `at`, and grows again beyond `blow`."""
    fall = depth / (1 + np.exp(-(x - at) / width))
    return 2.3 - fall + np.exp(4 * (x - blow)) + noise * random.standard_normal(len(x))


CASES = [
    (1e-7, 10, 100, "exponential", 0.98, (1.2, -2.5, 0.4, 0.3, 0.03)),
    (1e-7, 10, 100, "exponential", 0.9, (1.5, -3, 0.6, 0, 0.1)),
    (1e-6, 1, 60, "exponential", 0.0, (1.0, -2, 0.3, -0.3, 0.02)),
    (1e-5, 3, 250, "exponential", 0.95, (2.0, -1.5, 0.5, 0.2, 0.05)),
    (1e-4, 1, 120, "linear", 0.8, (1.2, -2, 0.5, 0.1, 0.03)),
]
cases = []
for low, high, steps, growth, beta, shape in CASES:
    share = np.arange(steps) / (steps - 1)
    rates = low * (high / low) ** share if growth == "exponential" else low + (high - low) * share
    losses = np.round(curve(np.log10(rates), *shape), 6)
    smoothed = smooth(losses, beta)
    best = np.minimum.accumulate(smoothed)
    over = np.nonzero(smoothed > 4 * best)[0]
    taken = int(over[0]) + 1 if len(over) else steps
    kept = slice(steps // 10, taken - 5)
    cases.append({
        "test": {"min": low, "max": high, "steps": steps, "growth": growth, "smoothing": beta},
        "losses": losses[:taken].tolist(), "rates": rates[:taken].tolist(),
        "smoothed": smoothed[:taken].tolist(), "diverges": bool(len(over)),
        "valley": valley(rates[kept], smoothed[kept]),
        "steep": steep(rates[kept], smoothed[kept]),
        "minimum": minimum(rates[kept], smoothed[kept]),
    })
    print(steps, taken, [cases[-1][k] for k in ("valley", "steep", "minimum")])
(HERE / "lr_range.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
