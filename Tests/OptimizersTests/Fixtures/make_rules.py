"""Writes rules.json: what other optimizers than those of make_optimizers.py do, and other treatments of gradients.

PyTorch's own where it has them; else the papers' pseudo-code in NumPy, in float32 and in float64. 50 steps over four
parameters of 0 to 4 axes with gradients drawn beforehand. Needs torch 2.5 or later, and numpy.
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch import optim

# NAdam keeps its product of momenta in the default type.
torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
STEPS, KEPT = 50, [1, 10, 50]
SHAPES = [[3, 2], [5], [2, 19], [2, 3, 2, 2], []]
LAYERS = ["a", "a", "b", "c", "c"]
random = np.random.default_rng(20261127)


def draw(shape, scale=1.0):
    """Multiples of 1/1024, which float32 and float64 both hold exactly, and few digits write."""
    return np.round(random.standard_normal(shape) * scale * 1024) / 1024


START = [draw(s) for s in SHAPES]
GRADIENTS = [[draw(s, 0.5 + t % 7) for s in SHAPES] for t in range(STEPS)]


def by_torch(make):
    def run(dtype):
        kind = torch.float32 if dtype == np.float32 else torch.float64
        parameters = [torch.nn.Parameter(torch.tensor(p, dtype=kind)) for p in START]
        optimizer = make(parameters)

        def step(t, gradients):
            for p, g in zip(parameters, gradients):
                p.grad = torch.tensor(g, dtype=kind)
            optimizer.step()
            return [p.detach().numpy() for p in parameters]
        return step
    return run


def by_rule(rule):
    """rule(t, p, g, state) answers the new parameter; state is a dictionary of its own for each parameter."""
    def run(dtype):
        parameters = [p.astype(dtype) for p in START]
        states = [{} for _ in parameters]

        def step(t, gradients):
            for i, g in enumerate(gradients):
                parameters[i] = rule(t, parameters[i], g.astype(dtype), states[i]).astype(dtype)
            return parameters
        return step
    return run


def norm(x):
    return math.sqrt(float(np.sum(np.square(x.astype(np.float64)))))


def lion(lr, b1, b2, decay):
    # arXiv:2302.06675, program 1.
    def rule(t, p, g, s):
        m = s.get("m", np.zeros_like(p))
        update = np.sign(b1 * m + (1 - b1) * g) + decay * p
        s["m"] = b2 * m + (1 - b2) * g
        return p - lr * update
    return by_rule(rule)


def lamb(lr, b1, b2, eps, decay, adapts=True):
    # arXiv:1904.00962, algorithm 2 with phi(z) = z.
    def rule(t, p, g, s):
        s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
        s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
        r = (s["m"] / (1 - b1**t)) / (np.sqrt(s["v"] / (1 - b2**t)) + eps)
        u = r + decay * p
        own, step = norm(p), norm(u)
        ratio = own / step if adapts and own > 0 and step > 0 else 1
        return p - lr * ratio * u
    return by_rule(rule)


def lars(lr, momentum, trust, eps, decay, adapts=True):
    # arXiv:1708.03888, algorithm 1.
    def rule(t, p, g, s):
        own, slope = norm(p), norm(g)
        local = trust * own / (slope + decay * own + eps) if adapts and own > 0 and slope > 0 else 1
        s["v"] = momentum * s.get("v", 0) + lr * local * (g + decay * p)
        return p - s["v"]
    return by_rule(rule)


def orthogonal(x, iterations):
    # Jordan's quintic, as in torch.optim.Muon but in the parameters' own precision.
    a, b, c = 3.4445, -4.775, 2.0315
    turned = x.shape[0] > x.shape[1]
    x = x.T if turned else x
    x = x / max(norm(x), 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if turned else x


def muon(lr, momentum, nesterov, iterations, scaling, decay, adam_lr, b1, b2, eps):
    def rule(t, p, g, s):
        if p.ndim < 2:
            s["m"] = b1 * s.get("m", 0) + (1 - b1) * g
            s["v"] = b2 * s.get("v", 0) + (1 - b2) * g * g
            divisor = np.sqrt(s["v"]) / math.sqrt(1 - b2**t) + eps
            return p * (1 - adam_lr * decay) - adam_lr / (1 - b1**t) * s["m"] / divisor
        s["b"] = momentum * s.get("b", 0) + (1 - momentum) * g
        u = (1 - momentum) * g + momentum * s["b"] if nesterov else s["b"]
        rows = p.shape[0]
        columns = p.size // rows
        o = orthogonal(u.reshape(rows, columns), iterations).reshape(p.shape)
        size = (math.sqrt(max(1, rows / columns)) if scaling == "original"
                else 0.2 * math.sqrt(max(rows, columns)))
        return p * (1 - lr * decay) - lr * size * o
    return by_rule(rule)


def lookahead(inner, steps, alpha):
    # arXiv:1907.08610, algorithm 1, around an optimizer of PyTorch.
    def run(dtype):
        kind = torch.float32 if dtype == np.float32 else torch.float64
        fast = [torch.nn.Parameter(torch.tensor(p, dtype=kind)) for p in START]
        slow = [p.detach().clone() for p in fast]
        optimizer = inner(fast)

        def step(t, gradients):
            for p, g in zip(fast, gradients):
                p.grad = torch.tensor(g, dtype=kind)
            optimizer.step()
            if t % steps == 0:
                for p, q in zip(fast, slow):
                    q += alpha * (p.detach() - q)
                    p.data.copy_(q)
            return [p.detach().numpy() for p in fast]
        return step
    return run


def treated(treat, inner):
    """What an optimizer makes of gradients that `treat(t, parameters, gradients)` has changed."""
    def run(dtype):
        step = inner(dtype)
        last = [p.astype(dtype) for p in START]

        def treated_step(t, gradients):
            nonlocal last
            changed = treat(t, last, [g.astype(dtype).astype(np.float64) for g in gradients])
            last = [p.copy() for p in step(t, changed)]
            return last
        return treated_step
    return run


def per_layer(limit, keys):
    def treat(t, parameters, gradients):
        out = []
        for key, g in zip(keys, gradients):
            whole = math.sqrt(sum(norm(h)**2 for k, h in zip(keys, gradients) if k == key))
            out.append(g * min(1, limit / (whole + 1e-6)))
        return out
    return treat


def rows(x):
    return x.reshape(x.shape[0], -1) if x.ndim > 1 else x.reshape(1, -1)


def centralize(t, parameters, gradients):
    # arXiv:2004.01461, equation 1.
    return [(rows(g) - rows(g).mean(axis=1, keepdims=True)).reshape(g.shape) if g.ndim > 1 else g
            for g in gradients]


def adaptive(limit, floor, skipped=()):
    # arXiv:2102.06171, equation 3.
    def treat(t, parameters, gradients):
        out = []
        for i, (p, g) in enumerate(zip(parameters, gradients)):
            own = np.maximum(np.linalg.norm(rows(p.astype(np.float64)), axis=1, keepdims=True), floor)
            slope = np.linalg.norm(rows(g), axis=1, keepdims=True)
            factor = np.where(slope > limit * own, limit * own / np.maximum(slope, 1e-300), 1)
            out.append(g if i in skipped else (rows(g) * factor).reshape(g.shape))
        return out
    return treat


def both(first, second):
    return lambda t, p, g: second(t, p, first(t, p, g))


sgd = by_torch(lambda p: optim.SGD(p, lr=0.05, momentum=0.9))
SGD = {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}

CASES = [
    ("adam amsgrad", {"type": "adam", "learning_rate": 0.02, "amsgrad": True},
     by_torch(lambda p: optim.Adam(p, lr=0.02, amsgrad=True))),
    ("adamw amsgrad", {"type": "adamw", "learning_rate": 0.02, "amsgrad": True, "weight_decay": 0.1},
     by_torch(lambda p: optim.AdamW(p, lr=0.02, amsgrad=True, weight_decay=0.1))),
    ("amsgrad", {"type": "amsgrad", "learning_rate": 0.02, "beta2": 0.9, "weight_decay": 0.05},
     by_torch(lambda p: optim.Adam(p, lr=0.02, betas=(0.9, 0.9), amsgrad=True, weight_decay=0.05))),
    ("nadam", {"type": "nadam"}, by_torch(lambda p: optim.NAdam(p))),
    ("nadam decay", {"type": "nadam", "learning_rate": 0.01, "momentum_decay": 0.02,
                     "weight_decay": 0.1, "decoupled_weight_decay": True},
     by_torch(lambda p: optim.NAdam(p, lr=0.01, momentum_decay=0.02, weight_decay=0.1,
                                    decoupled_weight_decay=True))),
    ("radam", {"type": "radam", "learning_rate": 0.01},
     by_torch(lambda p: optim.RAdam(p, lr=0.01))),
    ("radam decay", {"type": "radam", "learning_rate": 0.01, "beta2": 0.95, "weight_decay": 0.1},
     by_torch(lambda p: optim.RAdam(p, lr=0.01, betas=(0.9, 0.95), weight_decay=0.1))),
    ("adamax", {"type": "adamax", "learning_rate": 0.01, "weight_decay": 0.1},
     by_torch(lambda p: optim.Adamax(p, lr=0.01, weight_decay=0.1))),
    ("rmsprop", {"type": "rmsprop", "weight_decay": 0.1},
     by_torch(lambda p: optim.RMSprop(p, weight_decay=0.1))),
    ("rmsprop centred", {"type": "rmsprop", "learning_rate": 0.005, "alpha": 0.9, "momentum": 0.8,
                         "centered": True},
     by_torch(lambda p: optim.RMSprop(p, lr=0.005, alpha=0.9, momentum=0.8, centered=True))),
    ("adagrad", {"type": "adagrad", "learning_rate": 0.1, "weight_decay": 0.1},
     by_torch(lambda p: optim.Adagrad(p, lr=0.1, weight_decay=0.1))),
    ("adagrad decay", {"type": "adagrad", "learning_rate": 0.1, "lr_decay": 0.05,
                       "initial_accumulator_value": 0.3, "epsilon": 1e-6},
     by_torch(lambda p: optim.Adagrad(p, lr=0.1, lr_decay=0.05, initial_accumulator_value=0.3,
                                      eps=1e-6))),
    ("adadelta", {"type": "adadelta", "weight_decay": 0.05},
     by_torch(lambda p: optim.Adadelta(p, weight_decay=0.05))),
    ("adafactor", {"type": "adafactor"}, by_torch(lambda p: optim.Adafactor(p))),
    ("adafactor decay", {"type": "adafactor", "learning_rate": 0.05, "beta2_decay": -0.5,
                         "epsilon1": 1e-4, "epsilon2": 0.01, "clip_threshold": 1.2,
                         "weight_decay": 0.1},
     by_torch(lambda p: optim.Adafactor(p, lr=0.05, beta2_decay=-0.5, eps=(1e-4, 0.01), d=1.2,
                                        weight_decay=0.1))),
    ("lion", {"type": "lion", "learning_rate": 0.01, "weight_decay": 0.1}, lion(0.01, 0.9, 0.99, 0.1)),
    ("lamb", {"type": "lamb", "learning_rate": 0.01}, lamb(0.01, 0.9, 0.999, 1e-6, 0.01)),
    ("lamb plain", {"type": "lamb", "learning_rate": 0.01, "adapts": False, "weight_decay": 0.1},
     lamb(0.01, 0.9, 0.999, 1e-6, 0.1, adapts=False)),
    ("lars", {"type": "lars", "weight_decay": 0.01, "trust_coefficient": 0.02},
     lars(0.1, 0.9, 0.02, 1e-8, 0.01)),
    ("lars plain", {"type": "lars", "learning_rate": 0.05, "momentum": 0, "adapts": False},
     lars(0.05, 0, 0.001, 1e-8, 0, adapts=False)),
    ("muon", {"type": "muon"}, muon(0.02, 0.95, True, 5, "original", 0.1, 3e-4, 0.9, 0.95, 1e-10)),
    ("muon rms", {"type": "muon", "learning_rate": 0.01, "nesterov": False, "momentum": 0.8,
                  "iterations": 3, "scaling": "match_rms_adamw", "adamw_learning_rate": 0.01},
     muon(0.01, 0.8, False, 3, "match_rms_adamw", 0.1, 0.01, 0.9, 0.95, 1e-10)),
    ("lookahead", {"type": "lookahead", "steps": 6, "alpha": 0.3, "optimizer": SGD},
     lookahead(lambda p: optim.SGD(p, lr=0.05, momentum=0.9), 6, 0.3)),
    ("lookahead adamw", {"type": "lookahead", "optimizer": {"type": "adamw", "learning_rate": 0.02}},
     lookahead(lambda p: optim.AdamW(p, lr=0.02), 5, 0.5)),
    ("clip per layer", SGD, treated(per_layer(2.0, LAYERS), sgd), {"clip": {"norm": 2, "per": "layer"}}),
    ("clip per parameter", SGD, treated(per_layer(1.5, list(range(5))), sgd),
     {"clip": {"norm": 1.5, "per": "parameter"}}),
    ("adaptive clip", SGD, treated(adaptive(0.05, 1e-3), sgd), {"clip": {"adaptive": 0.05}}),
    ("adaptive clip except", SGD, treated(adaptive(0.1, 0.5, (2,)), sgd),
     {"clip": {"adaptive": 0.1, "floor": 0.5, "except": ["b"]}}),
    ("centralized", SGD, treated(centralize, sgd), {"gradients": {"centralize": True}}),
    ("centralized, clipped", {"type": "adam", "learning_rate": 0.01},
     treated(both(centralize, per_layer(1.0, [0] * 5)), by_torch(lambda p: optim.Adam(p, lr=0.01))),
     {"gradients": {"centralize": True}, "clip": {"norm": 1}}),
]


def numbers(arrays, digits):
    return [[float(f"%.{digits}g" % x) for x in np.asarray(a).reshape(-1)] for a in arrays]


def states(run, dtype, digits):
    step = run(dtype)
    found = []
    for t in range(1, STEPS + 1):
        values = step(t, GRADIENTS[t - 1])
        if t in KEPT:
            found.append(numbers(values, digits))
    return found


cases = []
for name, optimizer, run, *treatment in CASES:
    cases.append({
        "name": name, "optimizer": optimizer, **(treatment[0] if treatment else {}),
        "float32": states(run, np.float32, 8), "float64": states(run, np.float64, 14),
    })
(HERE / "rules.json").write_text(json.dumps({
    "shapes": SHAPES, "layers": LAYERS, "start": numbers(START, 14),
    "gradients": [numbers(g, 14) for g in GRADIENTS], "kept": KEPT, "cases": cases,
}, separators=(",", ":")) + "\n")
