"""Counts over the grid of ValueHistogram, for HistogramReferenceTests.

    python3 make_histograms.py > histograms.json

Float32 tensors, edges 2^(-40 + k/4) in float64, np.histogram for each sign; moments in float64.
"""

import json

import numpy as np

RANDOM = np.random.default_rng(5)
EDGES = 2.0 ** (np.arange(64 * 4 + 1) / 4 - 40)
SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]


def encoded(values):
    return [None if np.isnan(v) else "inf" if v == np.inf else "-inf" if v == -np.inf else float(v) for v in values]


def case(name, values):
    values = values.astype(np.float32)
    wide = values.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    positive, _ = np.histogram(finite[finite > 0], EDGES)
    negative, _ = np.histogram(-finite[finite < 0], EDGES)
    # np.histogram closes its last bin on both sides; the grid's is open above.
    positive[-1] -= (finite == EDGES[-1]).sum()
    negative[-1] -= (finite == -EDGES[-1]).sum()
    counts = np.concatenate([positive, negative])
    return {
        "name": name, "values": encoded(values),
        "buckets": [[int(i), int(counts[i])] for i in np.nonzero(counts)[0]],
        "zero": int((finite == 0).sum()),
        "underflow": [int(((finite > 0) & (finite < EDGES[0])).sum()), int(((finite < 0) & (finite > -EDGES[0])).sum())],
        "overflow": [int((finite >= EDGES[-1]).sum()), int((finite <= -EDGES[-1]).sum())],
        "nan": int(np.isnan(wide).sum()), "infinities": [int((wide == np.inf).sum()), int((wide == -np.inf).sum())],
        "minimum": float(finite.min()), "maximum": float(finite.max()), "mean": float(finite.mean()),
        "variance": float(finite.var()),
        "quantiles": [float(np.quantile(finite, share)) for share in SHARES],
    }


def main():
    edges = np.concatenate([EDGES, -EDGES])[::3].astype(np.float32)
    edges = np.concatenate([edges, np.nextafter(edges, np.float32(0)), np.nextafter(edges, edges * 2)])
    special = np.array([0, -0.0, np.nan, np.inf, -np.inf, -np.inf, 1e-45, -1e-40, 1e-13, 3e38, -2e7, 1, -1])
    print(json.dumps([
        case("normal", RANDOM.normal(size=3000) * 0.01),
        case("skewed", RANDOM.lognormal(-3, 2, size=2000)),
        case("special", np.concatenate([special, RANDOM.normal(size=37)])),
        case("edges", edges),
    ]))


main()
