"""Writes target_codes.csv and target_codes.json: what scikit-learn's TargetEncoder makes of two columns of categories.

For each target `codes` is what stands for every row by all rows, and `others` what stands for it by the rows outside its fold, both less
the target's mean and by its deviation. Needs scikit-learn and numpy.
"""
import csv
import json
import pathlib

import numpy as np
from sklearn.preprocessing import TargetEncoder

FOLDER = pathlib.Path(__file__).parent
MASK = (1 << 64) - 1


def fold(example, folds=5):
    """The upper bits of SplitMix64's finaliser, times the folds."""
    z = (example + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return ((z ^ (z >> 31)) * folds) >> 64


rng = np.random.default_rng(4)
rows = 240
cities = rng.choice([f"city{i}" for i in range(30)], rows, p=(w := 0.8 ** np.arange(30)) / w.sum())
colors = rng.choice(["red", "green", "blue"], rows)
effect = {city: rng.normal() for city in sorted(set(cities))}
price = np.array([effect[c] for c in cities]) * 50 + (colors == "red") * 20 + rng.normal(0, 15, rows) + 300
price = np.round(price, 2)
sold = np.where(price + rng.normal(0, 30, rows) > 300, "yes", "no")
kind = np.array(["a", "b", "c"])[np.digitize(price + rng.normal(0, 20, rows), [280, 320])]
with open(FOLDER / "target_codes.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["city", "color", "number", "price", "sold", "kind"])
    for i in range(rows):
        writer.writerow([cities[i], colors[i], i % 7, price[i], sold[i], kind[i]])

X = np.stack([cities, colors], 1)
folds = np.array([fold(i) for i in range(rows)])
known = {}
for name, y in (("price", price), ("sold", sold), ("kind", kind)):
    if name == "price":
        numbers = price[:, None]
    else:
        classes = sorted(set(y))
        numbers = np.stack([y == c for c in classes], 1).astype(float)[:, 1:] if len(classes) == 2 else np.stack([y == c for c in classes], 1).astype(float)
    mean, deviation = numbers.mean(0), numbers.std(0)

    def encoded(train, test):
        codes = TargetEncoder(smooth="auto").fit(X[train], y[train]).transform(X[test])
        # One column after the other, the classes of each together.
        return (codes - np.tile(mean, 2)) / np.tile(deviation, 2)

    every = np.arange(rows)
    others = np.zeros((rows, 2 * numbers.shape[1]))
    for f in range(5):
        others[folds == f] = encoded(every[folds != f], every[folds == f])
    known[name] = {"codes": encoded(every, every).round(9).tolist(), "others": others.round(9).tolist()}
known["folds"] = folds.tolist()
# What is found from the first 160 rows alone, of all.
half = TargetEncoder(smooth="auto").fit(X[:160], price[:160]).transform(X)
known["part"] = ((half - price[:160].mean()) / price[:160].std()).round(9).tolist()
(FOLDER / "target_codes.json").write_text(json.dumps(known, separators=(",", ":")) + "\n")
