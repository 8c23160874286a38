"""Writes schedules.json: the rate of each of 200 steps, as PyTorch's schedulers have it.

Where PyTorch has no such scheduler, the paper's formula in float64. Needs torch (1.13 or newer).
"""

import json
import math
import pathlib

import torch
from torch.optim import SGD, lr_scheduler

HERE = pathlib.Path(__file__).parent
STEPS = 200
# For schedules that count in epochs: steps of one.
PER_EPOCH = 8


def optimizer(rate=1.0):
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def rates_of(scheduled, scheduler, per=1):
    """The rate before each step; the scheduler moves after every `per` of them."""
    rates = []
    for step in range(STEPS):
        rates.append(scheduled.param_groups[0]["lr"])
        scheduled.step()
        if (step + 1) % per == 0:
            scheduler.step()
    return rates


def warm(scheduled, after, warmup, first=None):
    if warmup == 0:
        return after
    first = first or lr_scheduler.LinearLR(
        scheduled, start_factor=1 / (warmup + 1), end_factor=1, total_iters=warmup)
    return lr_scheduler.SequentialLR(scheduled, [first, after], milestones=[warmup])


def cyclic(o, base=0.1, **rest):
    return lr_scheduler.CyclicLR(o, base_lr=base, max_lr=1.0, cycle_momentum=False, **rest)


class Exactly:
    """OneCycleLR of exactly as many steps as there are, which it refuses to be asked past."""

    def __init__(self, o, n, **rest):
        self.inner = lr_scheduler.OneCycleLR(
            o, max_lr=1.0, total_steps=n, cycle_momentum=False, **rest)
        self.left = n - 1

    def step(self):
        if self.left:
            self.inner.step()
            self.left -= 1


L = lr_scheduler
# Configuration, steps of warm-up, scheduler of an optimizer and the steps left, steps between its moves.
TORCH = [
    ({"type": "constant"}, 0, lambda o, n: L.ConstantLR(o, factor=1), 1),
    ({"type": "constant", "warmup_steps": 10}, 10, lambda o, n: L.ConstantLR(o, factor=1), 1),
    ({"type": "step", "every_steps": 30, "gamma": 0.5}, 0,
     lambda o, n: L.StepLR(o, step_size=30, gamma=0.5), 1),
    ({"type": "step", "every_steps": 17, "gamma": 0.7, "warmup_steps": 12}, 12,
     lambda o, n: L.StepLR(o, step_size=17, gamma=0.7), 1),
    ({"type": "step", "every_epochs": 3, "gamma": 0.5}, 0,
     lambda o, n: L.StepLR(o, step_size=3, gamma=0.5), PER_EPOCH),
    ({"type": "multi_step", "milestones": [1, 40, 41, 150], "gamma": 0.3}, 0,
     lambda o, n: L.MultiStepLR(o, milestones=[1, 40, 41, 150], gamma=0.3), 1),
    ({"type": "multi_step", "milestones": [50, 120], "warmup_steps": 9}, 9,
     lambda o, n: L.MultiStepLR(o, milestones=[50, 120], gamma=0.1), 1),
    ({"type": "multi_step", "epoch_milestones": [2, 7, 20], "gamma": 0.2}, 0,
     lambda o, n: L.MultiStepLR(o, milestones=[2, 7, 20], gamma=0.2), PER_EPOCH),
    ({"type": "exponential", "gamma": 0.97}, 0, lambda o, n: L.ExponentialLR(o, 0.97), 1),
    ({"type": "exponential", "gamma": 0.8, "every_epochs": 1, "staircase": True}, 0,
     lambda o, n: L.ExponentialLR(o, 0.8), PER_EPOCH),
    ({"type": "exponential", "gamma": 0.5, "every_steps": 25, "staircase": True}, 0,
     lambda o, n: L.StepLR(o, step_size=25, gamma=0.5), 1),
    ({"type": "polynomial"}, 0, lambda o, n: L.PolynomialLR(o, n), 1),
    ({"type": "polynomial", "power": 2.5, "decay_steps": 120}, 0,
     lambda o, n: L.PolynomialLR(o, 120, power=2.5), 1),
    ({"type": "polynomial", "power": 0.5, "decay_epochs": 20}, 0,
     lambda o, n: L.PolynomialLR(o, 20 * PER_EPOCH, power=0.5), 1),
    ({"type": "linear", "final_fraction": 0.2}, 0,
     lambda o, n: L.LinearLR(o, start_factor=1, end_factor=0.2, total_iters=n), 1),
    ({"type": "linear", "warmup_steps": 5}, 5,
     lambda o, n: L.LinearLR(o, start_factor=1, end_factor=0, total_iters=n), 1),
    ({"type": "linear", "decay_steps": 60, "final_fraction": 0.5}, 0,
     lambda o, n: L.LinearLR(o, start_factor=1, end_factor=0.5, total_iters=60), 1),
    ({"type": "cosine"}, 0, lambda o, n: L.CosineAnnealingLR(o, n), 1),
    ({"type": "cosine", "warmup_steps": 17, "final_fraction": 0.1}, 17,
     lambda o, n: L.CosineAnnealingLR(o, n, eta_min=0.1), 1),
    ({"type": "cosine", "warmup_epochs": 2}, 2 * PER_EPOCH,
     lambda o, n: L.CosineAnnealingLR(o, n), 1),
    ({"type": "cosine_restarts", "first_steps": 30}, 0,
     lambda o, n: L.CosineAnnealingWarmRestarts(o, 30), 1),
    ({"type": "cosine_restarts", "first_steps": 11, "multiplier": 2, "final_fraction": 0.05}, 0,
     lambda o, n: L.CosineAnnealingWarmRestarts(o, 11, T_mult=2, eta_min=0.05), 1),
    ({"type": "cosine_restarts", "first_epochs": 3, "multiplier": 3}, 0,
     lambda o, n: L.CosineAnnealingWarmRestarts(o, 3 * PER_EPOCH, T_mult=3), 1),
    ({"type": "one_cycle"}, 0, lambda o, n: Exactly(o, n), 1),
    ({"type": "one_cycle", "anneal_strategy": "linear", "pct_start": 0.45, "div_factor": 10,
      "final_div_factor": 100}, 0,
     lambda o, n: Exactly(o, n, anneal_strategy="linear", pct_start=0.45, div_factor=10,
                          final_div_factor=100), 1),
    ({"type": "one_cycle", "three_phase": True}, 0,
     lambda o, n: Exactly(o, n, three_phase=True), 1),
    ({"type": "one_cycle", "three_phase": True, "anneal_strategy": "linear", "pct_start": 0.23,
      "final_div_factor": 50}, 0,
     lambda o, n: Exactly(o, n, three_phase=True, anneal_strategy="linear", pct_start=0.23,
                          final_div_factor=50), 1),
    ({"type": "one_cycle", "pct_start": 0}, 0, lambda o, n: Exactly(o, n, pct_start=0.0), 1),
    ({"type": "one_cycle", "pct_start": 1}, 0, lambda o, n: Exactly(o, n, pct_start=1.0), 1),
    ({"type": "one_cycle", "cycle_steps": 130}, 0, lambda o, n: Exactly(o, 130), 1),
    ({"type": "cyclic", "up_steps": 13}, 0, lambda o, n: cyclic(o, step_size_up=13), 1),
    ({"type": "cyclic", "up_steps": 10, "down_steps": 25, "mode": "triangular2",
      "base_fraction": 0.01}, 0,
     lambda o, n: cyclic(o, 0.01, step_size_up=10, step_size_down=25, mode="triangular2"), 1),
    ({"type": "cyclic", "up_epochs": 2, "mode": "exp_range", "gamma": 0.99}, 0,
     lambda o, n: cyclic(o, step_size_up=2 * PER_EPOCH, mode="exp_range", gamma=0.99), 1),
]

WARMUPS = [
    ({"type": "cosine", "warmup_steps": 20, "warmup_start": 0.25}, 20,
     lambda o: L.LinearLR(o, start_factor=0.25, end_factor=1, total_iters=20)),
    ({"type": "cosine", "warmup_steps": 20, "warmup_shape": "constant", "warmup_start": 0.3}, 20,
     lambda o: L.ConstantLR(o, factor=0.3, total_iters=20)),
    ({"type": "cosine", "warmup_steps": 20, "warmup_shape": "exponential", "warmup_start": 0.01},
     20, lambda o: L.LambdaLR(o, lambda t: 0.01 ** (1 - t / 20))),
]

schedules = []


def add(config, rates, per_epoch=PER_EPOCH):
    schedules.append({
        "schedule": config, "total": STEPS, "steps_per_epoch": per_epoch, "factors": rates})


for config, warmup, make, per in TORCH:
    scheduled = optimizer()
    add(config, rates_of(scheduled, warm(scheduled, make(scheduled, STEPS - warmup), warmup), per))
for config, warmup, first in WARMUPS:
    scheduled = optimizer()
    after = L.CosineAnnealingLR(scheduled, STEPS - warmup)
    scheduled = optimizer()
    # Each alone, since a sequence's first step depends on the order in which its parts are made.
    climb = rates_of(scheduled, first(scheduled))[:warmup]
    scheduled = optimizer()
    add(config, climb + rates_of(
        scheduled, L.CosineAnnealingLR(scheduled, STEPS - warmup))[:STEPS - warmup])


def part(make, steps):
    scheduled = optimizer()
    return rates_of(scheduled, make(scheduled))[:steps]


# SequentialLR's parts, each from its own beginning.
add({"type": "sequence", "milestones": [40, 100], "schedules": [
        {"type": "exponential", "gamma": 0.95}, {"type": "cosine", "final_fraction": 0.2},
        {"type": "step", "every_steps": 30, "gamma": 0.5, "warmup_steps": 10}]},
    part(lambda o: L.ExponentialLR(o, 0.95), 40)
    + part(lambda o: L.CosineAnnealingLR(o, 60, eta_min=0.2), 60)
    + part(lambda o: warm(o, L.StepLR(o, step_size=30, gamma=0.5), 10), 100))
add({"type": "sequence", "epoch_milestones": [5], "schedules": [
        "linear", {"type": "multi_step", "epoch_milestones": [3, 4], "gamma": 0.5}]},
    part(lambda o: L.LinearLR(o, start_factor=1, end_factor=0, total_iters=5 * PER_EPOCH), 40)
    + [1.0] * 24 + [0.5] * 8 + [0.25] * 128)
scheduled = optimizer()
both = [L.ConstantLR(scheduled, factor=0.1, total_iters=30), L.ExponentialLR(scheduled, 0.99)]
add({"type": "sequence", "milestones": [30], "schedules": [
        {"type": "constant", "warmup_steps": 200, "warmup_shape": "constant", "warmup_start": 0.1},
        {"type": "exponential", "gamma": 0.99}]},
    rates_of(scheduled, L.SequentialLR(scheduled, both, milestones=[30])))

# What PyTorch has no scheduler for. Steps of the formulas count from 1.
S = range(1, STEPS + 1)
add({"type": "noam", "width": 512, "warmup_steps": 60},
    [512 ** -0.5 * min(s ** -0.5, s * 60 ** -1.5) for s in S])
add({"type": "noam", "width": 64, "warmup_epochs": 3},
    [64 ** -0.5 * min(s ** -0.5, s * 24 ** -1.5) for s in S])


def inverse_root(s, warmup, timescale):
    """As transformers.get_inverse_sqrt_schedule after its warm-up; the climb is ours."""
    if s <= warmup:
        return s / (warmup + 1)
    return 1 / math.sqrt((s - 1 + timescale - warmup) / timescale)


add({"type": "inverse_sqrt", "warmup_steps": 40}, [inverse_root(s, 40, 40) for s in S])
add({"type": "inverse_sqrt", "warmup_steps": 10, "timescale": 75},
    [inverse_root(s, 10, 75) for s in S])
add({"type": "inverse_sqrt"}, [inverse_root(s, 0, 10_000) for s in S])
add({"type": "exponential", "gamma": 0.5, "every_steps": 40}, [0.5 ** ((s - 1) / 40) for s in S])
add({"type": "polynomial", "power": 2, "final_fraction": 0.1},
    [0.1 + 0.9 * (1 - (s - 1) / STEPS) ** 2 for s in S])
add({"expression": "where(step <= 20, step / 20, rsqrt(step / 20)) * (1 - progress / 2)"},
    [(s / 20 if s <= 20 else (s / 20) ** -0.5) * (1 - (s - 1) / STEPS / 2) for s in S])
add({"type": "expression", "expression": "a^(epoch - 1) + 0 * (total + epochs)", "warmup_steps": 6,
     "constants": {"a": 0.9}},
    [s / 7 if s <= 6 else 0.9 ** ((s - 1) // PER_EPOCH) for s in S])

# ReduceLROnPlateau: a value an epoch, and the rate after each.
values = torch.Generator().manual_seed(20261124)
falling = [2.0 * 0.9 ** i for i in range(12)]
noisy = [1.0 / (1 + 0.1 * i) + 0.05 * torch.randn(1, generator=values).item() for i in range(60)]
METRICS = {
    "flat": [1.0] * 40, "falling": falling + [falling[-1]] * 28, "noisy": noisy,
    "negative": [-v for v in noisy], "nan": [float("nan"), 1.0, float("nan"), 0.5] + [float("nan")] * 20,
}
PLATEAUS = [
    ("flat", {}, {}), ("flat", {"patience": 0, "factor": 0.5}, {}),
    ("flat", {"patience": 2, "cooldown": 4, "factor": 0.3}, {}),
    ("flat", {"patience": 1, "factor": 0.1, "min_learning_rate": 3e-4}, {"min_lr": 3e-4}),
    ("flat", {"patience": 1, "factor": 0.1, "min_fraction": 0.02}, {"min_lr": 0.02 * 0.05}),
    ("flat", {"patience": 0, "factor": 0.1, "epsilon": 1e-4}, {"eps": 1e-4}),
    ("falling", {"patience": 3}, {}),
    ("falling", {"patience": 2, "threshold": 0.15, "threshold_mode": "rel"}, {}),
    ("falling", {"patience": 2, "threshold": 0.15, "threshold_mode": "abs"}, {}),
    ("noisy", {"patience": 4, "factor": 0.5, "cooldown": 3}, {}),
    ("noisy", {"patience": 2, "factor": 0.7, "threshold": 0.01, "threshold_mode": "abs"}, {}),
    ("noisy", {"patience": 3, "factor": 0.5, "mode": "max"}, {}),
    ("negative", {"patience": 3, "factor": 0.5, "mode": "max", "threshold": 0.02}, {}),
    ("nan", {"patience": 2, "factor": 0.5}, {}),
]
NAMES = {"epsilon": "eps"}
plateaus = []
for name, config, torchs in PLATEAUS:
    scheduled = optimizer(0.05)
    own = {NAMES.get(k, k): v for k, v in config.items()
           if k not in ("min_learning_rate", "min_fraction")}
    scheduler = L.ReduceLROnPlateau(scheduled, **{**own, **torchs})
    rates = []
    for value in METRICS[name]:
        scheduler.step(value)
        rates.append(scheduled.param_groups[0]["lr"])
    plateaus.append({"metric": name, "schedule": {"type": "reduce_on_plateau", **config},
                     "rate": 0.05, "rates": rates})

(HERE / "schedules.json").write_text(json.dumps({
    "schedules": schedules,
    "metrics": {k: [None if math.isnan(x) else x for x in v] for k, v in METRICS.items()},
    "plateaus": plateaus,
}, separators=(",", ":")) + "\n")
