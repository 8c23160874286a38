"""Writes lbfgs.json: what PyTorch's L-BFGS does on functions with known minima, in float64.

Needs torch.
"""

import json
import pathlib

import torch

HERE = pathlib.Path(__file__).parent
STEPS = 50

torch.set_default_dtype(torch.float64)


def rosenbrock(w):
    """Of as many numbers as there are, least at 1: Rosenbrock 1960."""
    return (100 * (w[1:] - w[:-1] ** 2) ** 2 + (1 - w[:-1]) ** 2).sum()


def quadratic(w):
    """Curvatures from 1 to 100, least at 0; with more, the last digits of two programs soon tell them apart."""
    n = len(w)
    return (torch.logspace(0, 2, n) * w * w).sum() / 2


FUNCTIONS = {"rosenbrock": rosenbrock, "quadratic": quadratic}
CASES = [
    ("rosenbrock", [-1.2, 1.0], {"line_search": "strong_wolfe", "iterations": 1}),
    ("rosenbrock", [-1.2, 1.0], {"line_search": "strong_wolfe", "iterations": 20}),
    ("rosenbrock", [-1.2, 1.0, -1.2, 1.0, 0.5, -0.5], {"line_search": "strong_wolfe", "iterations": 3, "history": 8}),
    ("rosenbrock", [-1.2, 1.0], {"line_search": "none", "iterations": 2, "learning_rate": 0.05}),
    ("quadratic", [1.0] * 10, {"line_search": "strong_wolfe", "iterations": 2}),
    ("quadratic", [1.0] * 10, {"line_search": "none", "iterations": 5, "learning_rate": 0.5, "history": 3}),
    ("quadratic", [1.0] * 10, {"line_search": "strong_wolfe", "iterations": 4, "evaluations": 6}),
]


def run(function, start, members):
    w = torch.tensor(start, requires_grad=True)
    iterations = members["iterations"]
    optimizer = torch.optim.LBFGS(
        [w], lr=members.get("learning_rate", 1), max_iter=iterations,
        max_eval=members.get("evaluations", max(25, iterations * 5 // 4)),
        history_size=members.get("history", 10),
        line_search_fn="strong_wolfe" if members["line_search"] == "strong_wolfe" else None)

    def closure():
        optimizer.zero_grad()
        loss = FUNCTIONS[function](w)
        loss.backward()
        return loss

    states = []
    for _ in range(STEPS):
        loss = optimizer.step(closure)
        states.append({"loss": loss.item(), "weights": w.tolist()})
    return states


cases = [
    {"function": function, "start": start, "members": members, "steps": run(function, start, members)}
    for function, start, members in CASES
]
(HERE / "lbfgs.json").write_text(json.dumps({"cases": cases}) + "\n")
