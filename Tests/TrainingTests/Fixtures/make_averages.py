"""Writes averages.json: sharpness-aware steps and averages of weights, with PyTorch in float64.

A small network on thirty points, all in one batch, for twelve steps. Needs torch.
"""

import json
import pathlib

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

torch.set_default_dtype(torch.float64)
torch.manual_seed(20261127)
HERE = pathlib.Path(__file__).parent
STEPS = 12

inputs = torch.randn(30, 2)
classes = (inputs[:, 0] > 0).long() + (inputs[:, 1] > 0.3).long()


def network(norm):
    layers = [torch.nn.Linear(2, 6)] + ([torch.nn.BatchNorm1d(6)] if norm else [])
    return torch.nn.Sequential(*layers, torch.nn.Tanh(), torch.nn.Linear(6, 3))


NAMES = {False: {"0": "first", "2": "last"}, True: {"0": "first", "1": "norm", "3": "last"}}
START = {norm: {k: v.clone() for k, v in network(norm).state_dict().items()} for norm in [False, True]}


def named(state, norm):
    out = {}
    for key, value in state.items():
        place, name = key.replace("module.", "").split(".")
        if name != "num_batches_tracked":
            out[f"{NAMES[norm][place]}.{name}"] = [float("%.10g" % x) for x in value.reshape(-1)]
    return out


def loss_of(model):
    return torch.nn.functional.cross_entropy(model(inputs), classes)


def train(norm, rho=None, adaptive=False, average=None, first=1, every=1):
    model = network(norm)
    model.load_state_dict(START[norm])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    averaged = AveragedModel(model, multi_avg_fn=average) if average else (
        AveragedModel(model) if every > 1 or first > 1 else None)
    losses = []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        loss = loss_of(model)
        losses.append(loss.item())
        loss.backward()
        if rho is not None:
            parameters = list(model.parameters())
            foot = [p.detach().clone() for p in parameters]
            slopes = [p.grad.clone() for p in parameters]
            scaled = [w.abs() * g if adaptive else g for w, g in zip(foot, slopes)]
            norm_ = torch.sqrt(sum((g * g).sum() for g in scaled))
            with torch.no_grad():
                for p, w, g in zip(parameters, foot, slopes):
                    p += rho * (w * w * g if adaptive else g) / (norm_ + 1e-12)
            optimizer.zero_grad()
            loss_of(model).backward()
            with torch.no_grad():
                for p, w in zip(parameters, foot):
                    p.copy_(w)
        optimizer.step()
        if averaged is not None and step >= first and (step - first) % every == 0:
            averaged.update_parameters(model)
    kept = averaged if averaged is not None else model
    if averaged is not None and norm:
        # One batch again and again: with enough of them the running statistics are the batch's.
        update_bn([inputs], averaged)
    kept.eval()
    state = {k: v for k, v in kept.state_dict().items() if k != "n_averaged"}
    return {
        "losses": [float("%.10g" % x) for x in losses], "weights": named(state, norm),
        "evaluated": float("%.10g" % loss_of(kept).item()), "start": named(START[norm], norm),
    }


plain = {"type": "sgd", "learning_rate": 0.3, "momentum": 0.9}
cases = [
    {"name": "sam", "norm": False, "optimizer": {"type": "sam", "rho": 0.2, "optimizer": plain},
     **train(False, rho=0.2)},
    {"name": "asam", "norm": False,
     "optimizer": {"type": "sam", "rho": 0.5, "adaptive": True, "optimizer": plain},
     **train(False, rho=0.5, adaptive=True)},
    {"name": "ema", "norm": False, "optimizer": plain, "average": {"type": "ema", "decay": 0.8},
     **train(False, average=get_ema_multi_avg_fn(0.8))},
    {"name": "ema with batch_norm", "norm": True, "optimizer": plain,
     "average": {"type": "ema", "decay": 0.7, "start": 0.25, "every_steps": 2,
                 "statistics_batches": 250},
     **train(True, average=get_ema_multi_avg_fn(0.7), first=4, every=2)},
    {"name": "swa", "norm": False, "optimizer": plain,
     "average": {"type": "swa", "start": 0.5, "every_steps": 2},
     **train(False, first=7, every=2)},
    {"name": "swa of epochs with batch_norm", "norm": True, "optimizer": plain,
     "average": {"type": "swa", "start": 0.75, "statistics_batches": 250},
     **train(True, first=10)},
]
(HERE / "averages.json").write_text(json.dumps({
    "inputs": [float("%.10g" % x) for x in inputs.reshape(-1)], "classes": classes.tolist(),
    "cases": cases,
}, separators=(",", ":")) + "\n")
