"""Writes preconditioned.json: Shampoo and SOAP by their papers' formulas in NumPy, in float64.

50 steps over parameters of 0 to 4 axes with gradients drawn beforehand. Sides of more than `max_factor` rows aren't
multiplied, and for SOAP the others have eigenvectors that rounding doesn't decide. Needs numpy.
"""

import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
STEPS, KEPT = 50, [1, 10, 50]
SHAPES = [[3, 2], [5], [2, 19], [2, 3, 2, 2], []]
random = np.random.default_rng(20261128)


def draw(shape, scale=1.0):
    """Multiples of 1/1024, which float32 and float64 both hold exactly, and few digits write."""
    return np.round(random.standard_normal(shape) * scale * 1024) / 1024


START = [draw(s) for s in SHAPES]
GRADIENTS = [[draw(s, 0.5 + t % 7) for s in SHAPES] for t in range(STEPS)]


def adam(t, g, s, b1, b2, eps):
    s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
    s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
    return s["m"] / (1 - b1**t) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)


def factors(g, s, decay, most):
    share = 1 - decay if decay < 1 else 1
    for name, product in (("L", g @ g.T), ("R", g.T @ g)):
        if len(product) <= most:
            s[name] = decay * s.get(name, 0) + share * product


def power(a, exponent, ridge):
    values, vectors = np.linalg.eigh(a)
    return (vectors * (np.maximum(values, 0) + ridge * values[-1]) ** exponent) @ vectors.T


def shampoo(lr, b1=0.9, b2=0.999, eps=1e-8, decay=0.99, ridge=1e-6, graft=True, wd=0.0, every=10, most=1024):
    def rule(t, p, g, s):
        if p.ndim < 2 or min(p.shape[0], p.size // p.shape[0]) > most:
            return p * (1 - lr * wd) - lr * adam(t, g, s, b1, b2, eps)
        g = g.reshape(p.shape[0], -1)
        factors(g, s, decay, most)
        length = np.linalg.norm(adam(t, g, s, b1, b2, eps))
        sides = [n for n in "LR" if n in s]
        if t == 1 or t % every == 0:
            for n in sides:
                s["root " + n] = power(s[n], -1 / (2 * len(sides)), ridge)
        step = s["m"]
        if "L" in s:
            step = s["root L"] @ step
        if "R" in s:
            step = step @ s["root R"]
        if graft:
            step = step * (length / np.linalg.norm(step))
        return p * (1 - lr * wd) - lr * step.reshape(p.shape)
    return rule


def soap(lr, b1=0.95, b2=0.95, eps=1e-8, decay=0.95, wd=0.01, every=10, most=1024):
    def rule(t, p, g, s):
        if p.ndim < 2 or min(p.shape[0], p.size // p.shape[0]) > most:
            return p * (1 - lr * wd) - lr * adam(t, g, s, b1, b2, eps)
        g = g.reshape(p.shape[0], -1)
        factors(g, s, decay, most)
        if t == 1:
            for n in "LR":
                s["basis " + n] = np.linalg.eigh(s[n])[1][:, ::-1] if n in s else np.eye(g.shape["LR".index(n)])
            return p * (1 - lr * wd)
        ql, qr = s["basis L"], s["basis R"]
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        turned = ql.T @ g @ qr
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * turned**2
        step = (ql.T @ s["m"] @ qr) / (1 - b1**(t - 1)) / (np.sqrt(s["v"] / (1 - b2**(t - 1))) + eps)
        if t % every == 0:
            for n in "LR":
                if n in s:
                    q, r = np.linalg.qr(s[n] @ s["basis " + n])
                    s["basis " + n] = q * np.where(np.diag(r) < 0, -1, 1)
        return p * (1 - lr * wd) - lr * (ql @ step @ qr.T).reshape(p.shape)
    return rule


CASES = [
    ("shampoo", {"type": "shampoo", "learning_rate": 0.01, "ridge": 0.01}, shampoo(0.01, ridge=0.01)),
    ("shampoo sums", {"type": "shampoo", "learning_rate": 0.05, "factor_decay": 1, "graft": "none", "ridge": 0.001,
                      "precondition_every": 3, "beta1": 0.5}, shampoo(0.05, b1=0.5, decay=1, graft=False, ridge=0.001, every=3)),
    ("shampoo one side", {"type": "shampoo", "learning_rate": 0.01, "max_factor": 2, "ridge": 0.01, "weight_decay": 0.1,
                          "precondition_every": 1}, shampoo(0.01, most=2, ridge=0.01, wd=0.1, every=1)),
    ("soap", {"type": "soap", "learning_rate": 0.01, "max_factor": 3}, soap(0.01, most=3)),
    ("soap often", {"type": "soap", "learning_rate": 0.02, "max_factor": 3, "precondition_every": 2, "beta1": 0.8,
                    "factor_decay": 0.9, "weight_decay": 0.1}, soap(0.02, b1=0.8, decay=0.9, wd=0.1, every=2, most=3)),
]


def numbers(arrays):
    return [[float(f"{x:.14g}") for x in np.ravel(a)] for a in arrays]


cases = []
for name, optimizer, rule in CASES:
    parameters, states = [p.copy() for p in START], [{} for _ in START]
    kept = []
    for t, gradients in enumerate(GRADIENTS, 1):
        for i, g in enumerate(gradients):
            parameters[i] = rule(t, parameters[i], g, states[i])
        if t in KEPT:
            kept.append(numbers(parameters))
    cases.append({"name": name, "optimizer": optimizer, "float32": kept, "float64": kept})
(HERE / "preconditioned.json").write_text(json.dumps({
    "shapes": SHAPES, "layers": [str(i) for i in range(len(SHAPES))], "start": numbers(START),
    "gradients": [numbers(g) for g in GRADIENTS], "kept": KEPT, "cases": cases,
}, separators=(",", ":")) + "\n")
