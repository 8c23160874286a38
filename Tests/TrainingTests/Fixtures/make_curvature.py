"""Multiplies a vector by second derivatives of the two-headed model's loss, for SolverTrainingTests.

    python3 make_curvature.py > curvature.json

The model, its weights and its batch are those of objectives.json; all in float64. The vector has sin(i) at its i-th
place, over the parameters in their order.
"""

import json
import pathlib

import torch
from torch.func import functional_call, hessian, jacrev

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
data = json.loads((HERE / "objectives.json").read_text())
WEIGHTS = (1.0, 0.5)


class TwoHeads(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.left = torch.nn.Linear(5, 6)
        self.right = torch.nn.Linear(3, 6)
        self.shared = torch.nn.Linear(12, 8)
        self.kind = torch.nn.Linear(8, 3)
        self.size = torch.nn.Linear(8, 2)

    def forward(self, a, b):
        both = torch.cat([torch.tanh(self.left(a)), torch.tanh(self.right(b))], 1)
        hidden = torch.tanh(self.shared(both))
        return torch.cat([self.kind(hidden), self.size(hidden)], 1)


model = TwoHeads()
model.load_state_dict(
    {name: torch.tensor(t["values"]).reshape(t["shape"]) for name, t in data["weights"].items()})
classes = torch.tensor(data["classes"])
batch = len(classes)
a = torch.tensor(data["a"]).reshape(batch, 5)
b = torch.tensor(data["b"]).reshape(batch, 3)
numbers = torch.tensor(data["numbers"]).reshape(batch, 2)
names = [name for name, _ in model.named_parameters()]
shapes = [p.shape for p in model.parameters()]
start = torch.cat([p.detach().reshape(-1) for p in model.parameters()])


def outputs(flat):
    parts = torch.split(flat, [s.numel() for s in shapes])
    parameters = {n: p.reshape(s) for n, p, s in zip(names, parts, shapes)}
    return functional_call(model, parameters, (a, b))


def loss_of(out):
    return (WEIGHTS[0] * torch.nn.functional.cross_entropy(out[:, :3], classes)
            + WEIGHTS[1] * torch.nn.functional.mse_loss(out[:, 3:], numbers))


out = outputs(start).detach()
jacobian = jacrev(outputs)(start).reshape(batch * 5, -1)
at_outputs = hessian(loss_of)(out).reshape(batch * 5, batch * 5)
vector = torch.sin(torch.arange(1, len(start) + 1, dtype=torch.float64))
print(json.dumps({
    "gauss_newton": (jacobian.T @ (at_outputs @ (jacobian @ vector))).tolist(),
    "hessian": (hessian(lambda w: loss_of(outputs(w)))(start) @ vector).tolist(),
}))
