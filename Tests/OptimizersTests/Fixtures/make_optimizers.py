"""Writes optimizers.json: what PyTorch's optimizers do.

Each optimizer takes 50 steps over two parameters with gradients drawn beforehand, in float32 and in
float64. Needs torch and numpy.
"""

import json
import math
import pathlib

import numpy as np
import torch
from torch.optim import SGD, Adam, AdamW

torch.manual_seed(20261124)
HERE = pathlib.Path(__file__).parent
STEPS = 50
KEPT = [1, 2, 10, 50]

SHAPES = [[3, 2], [5]]


def draw(shape, scale=1.0):
    """Multiples of 1/1024, which float32 and float64 both hold exactly, and few digits write."""
    return torch.round(torch.randn(*shape) * scale * 1024) / 1024


START = [draw(shape) for shape in SHAPES]
GRADIENTS = [[draw(shape, 0.5 + step % 7) for shape in SHAPES] for step in range(STEPS)]

CASES = [
    ("sgd", {"type": "sgd", "learning_rate": 0.05}, None,
     lambda p: SGD(p, lr=0.05)),
    ("sgd momentum", {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}, None,
     lambda p: SGD(p, lr=0.05, momentum=0.9)),
    ("sgd dampening", {"type": "sgd", "learning_rate": 0.05, "momentum": 0.8, "dampening": 0.3},
     None, lambda p: SGD(p, lr=0.05, momentum=0.8, dampening=0.3)),
    ("sgd nesterov", {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9, "nesterov": True},
     None, lambda p: SGD(p, lr=0.02, momentum=0.9, nesterov=True)),
    ("sgd decay", {"type": "sgd", "learning_rate": 0.05, "weight_decay": 0.1}, None,
     lambda p: SGD(p, lr=0.05, weight_decay=0.1)),
    ("sgd nesterov decay",
     {"type": "sgd", "learning_rate": 0.02, "momentum": 0.9, "nesterov": True,
      "weight_decay": 0.01}, None,
     lambda p: SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", {"type": "adam"}, None, lambda p: Adam(p)),
    ("adam decay", {"type": "adam", "learning_rate": 0.01, "weight_decay": 0.1}, None,
     lambda p: Adam(p, lr=0.01, weight_decay=0.1)),
    ("adam betas",
     {"type": "adam", "learning_rate": 0.02, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-3}, None,
     lambda p: Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-3)),
    ("adamw", {"type": "adamw"}, None, lambda p: AdamW(p)),
    ("adamw decay", {"type": "adamw", "learning_rate": 0.02, "weight_decay": 0.2}, None,
     lambda p: AdamW(p, lr=0.02, weight_decay=0.2)),
    ("sgd clip norm", {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}, {"norm": 2.5},
     lambda p: SGD(p, lr=0.05, momentum=0.9)),
    ("adam clip norm", {"type": "adam", "learning_rate": 0.01}, {"norm": 1.0},
     lambda p: Adam(p, lr=0.01)),
    ("sgd clip value", {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}, {"value": 0.75},
     lambda p: SGD(p, lr=0.05, momentum=0.9)),
    ("adam clip value", {"type": "adam", "learning_rate": 0.01}, {"value": 0.5},
     lambda p: Adam(p, lr=0.01)),
]


def numbers(tensors):
    return [
        [float(x) for x in t.detach().numpy().reshape(-1)] for t in tensors
    ]


def run(make, clip, dtype):
    parameters = [torch.nn.Parameter(t.clone().to(dtype)) for t in START]
    optimizer = make(parameters)
    states, norms = [], []
    for step in range(STEPS):
        for parameter, gradient in zip(parameters, GRADIENTS[step]):
            parameter.grad = gradient.clone().to(dtype)
        norms.append(math.sqrt(sum((g.double() ** 2).sum().item() for g in GRADIENTS[step])))
        if clip and "norm" in clip:
            torch.nn.utils.clip_grad_norm_(parameters, clip["norm"])
        if clip and "value" in clip:
            torch.nn.utils.clip_grad_value_(parameters, clip["value"])
        optimizer.step()
        if step + 1 in KEPT:
            states.append(numbers(parameters))
    return states, norms


cases = []
for name, config, clip, make in CASES:
    float32, norms = run(make, clip, torch.float32)
    float64, _ = run(make, clip, torch.float64)
    cases.append({
        "name": name, "optimizer": config, "clip": clip, "float32": float32, "float64": float64,
    })
(HERE / "optimizers.json").write_text(json.dumps({
    "shapes": SHAPES, "start": numbers(START), "gradients": [numbers(g) for g in GRADIENTS],
    "norms": norms, "kept": KEPT, "cases": cases,
}, separators=(",", ":")) + "\n")
