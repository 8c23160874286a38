"""Takes K-FAC's steps with a small network by the papers' formulas in float64, for KFACTests.

    python3 make_kfac.py > kfac.json

Martens and Grosse 2015 (arXiv:1503.05671) for dense layers, Grosse and Martens 2016 (arXiv:1602.01407) for convolutions, with the
batch's own gradients. Patches come from torch.nn.functional.unfold, each example's gradient from a pass of its own.
"""

import json

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(15)
BATCH, STEPS = 8, 6
RATE, MOMENTUM, DAMPING, DECAY, DIVERGENCE, INVERSES_EVERY = 0.05, 0.9, 0.01, 0.8, 0.001, 2


def rounded(*shape):
    return torch.round(torch.randn(*shape) * 256) / 1024


inputs = 4 * rounded(BATCH, 2, 5, 5)
classes = torch.randint(0, 3, (BATCH,))
weights = {
    "filters.weight": rounded(3, 2, 3, 3), "filters.bias": rounded(3),
    "hidden.weight": rounded(4, 27), "hidden.bias": rounded(4),
    "output.weight": rounded(3, 4), "output.bias": rounded(3),
}
start = {name: w.clone() for name, w in weights.items()}
LAYERS = ["filters", "hidden", "output"]


def forward(w, x):
    """The outputs, with what each layer multiplies its weight by, and what comes of it."""
    patches = torch.nn.functional.unfold(x, 3, padding=1, stride=2)
    s0 = torch.nn.functional.conv2d(x, w["filters.weight"], w["filters.bias"], padding=1, stride=2)
    a1 = torch.tanh(s0).flatten(1)
    s1 = a1 @ w["hidden.weight"].T + w["hidden.bias"]
    a2 = torch.tanh(s1)
    s2 = a2 @ w["output.weight"].T + w["output.bias"]
    return s2, [patches.transpose(1, 2), a1[:, None], a2[:, None]], [s0, s1, s2]


def factors(w):
    """E[Σ_t a_t a_tᵀ] with a 1 behind each a_t, and E[(1/T) Σ_t s_t s_tᵀ], over examples one by one."""
    found = [[0, 0] for _ in LAYERS]
    for n in range(BATCH):
        logits, rows, sums = forward(w, inputs[n:n + 1])
        loss = torch.nn.functional.cross_entropy(logits, classes[n:n + 1])
        for place, (a, s) in enumerate(zip(rows, torch.autograd.grad(loss, sums))):
            a = torch.cat([a[0], torch.ones(a.shape[1], 1)], 1).detach()
            s = s.reshape(s.shape[1], -1).T
            found[place][0] = found[place][0] + a.T @ a / BATCH
            found[place][1] = found[place][1] + s.T @ s / len(s) / BATCH
    return found


record = {"factors": None, "steps": []}
averages, inverses = None, None
velocity = {name: torch.zeros_like(w) for name, w in weights.items()}
for step in range(STEPS):
    w = {name: x.clone().requires_grad_() for name, x in weights.items()}
    loss = torch.nn.functional.cross_entropy(forward(w, inputs)[0], classes)
    gradients = dict(zip(w, torch.autograd.grad(loss, w.values())))
    measured = factors(w)
    if record["factors"] is None:
        record["factors"] = [[f.flatten().tolist() for f in layer] for layer in measured]
    kept = min(1 - 1 / (step + 1), DECAY)
    averages = measured if averages is None else [
        [kept * old + (1 - kept) * new for old, new in zip(*pair)] for pair in zip(averages, measured)]
    if step % INVERSES_EVERY == 0:
        inverses = []
        for a, s in averages:
            pi = ((a.trace() / len(a)) / (s.trace() / len(s))) ** 0.5
            inverses.append((
                torch.linalg.inv(a + pi * DAMPING ** 0.5 * torch.eye(len(a))),
                torch.linalg.inv(s + DAMPING ** 0.5 / pi * torch.eye(len(s)))))
    steps, promise = {}, 0
    for name, (ofInputs, ofOutputs) in zip(LAYERS, inverses):
        g = torch.cat([gradients[f"{name}.weight"].flatten(1), gradients[f"{name}.bias"][:, None]], 1)
        p = ofOutputs @ g @ ofInputs
        promise = promise + (p * g).sum()
        steps[f"{name}.weight"] = p[:, :-1].reshape(weights[f"{name}.weight"].shape)
        steps[f"{name}.bias"] = p[:, -1]
    scale = min(1, (DIVERGENCE / (RATE ** 2 * promise)) ** 0.5)
    for name in weights:
        velocity[name] = MOMENTUM * velocity[name] + scale * steps[name]
        weights[name] = weights[name] - RATE * velocity[name]
    record["steps"].append({
        "loss": loss.item(), "scale": float(scale),
        "weights": {name: x.flatten().tolist() for name, x in weights.items()}})

print(json.dumps({
    "inputs": inputs.flatten().tolist(), "classes": classes.tolist(),
    "weights": {name: {"shape": list(x.shape), "values": x.flatten().tolist()} for name, x in start.items()},
    **record}))
