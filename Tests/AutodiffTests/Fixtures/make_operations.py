"""Writes operations.json: forward results and gradients by PyTorch in float64.

Run with torch installed: python3 make_operations.py > operations.json
"""

import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20261124)


def draw(*shape):
    return torch.randn(shape, generator=generator)


def array(tensor):
    return {"shape": list(tensor.shape), "values": [float(f"{v:.17g}") for v in tensor.detach().flatten().tolist()]}


def case(operation, name, inputs, function, **settings):
    """The loss is the sum of the output's elements, each times a weight."""
    leaves = [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]
    y = function(*leaves)
    weights = draw(*y.shape)
    (y * weights).sum().backward()
    return {
        "operation": operation, "name": name, "settings": settings,
        "inputs": [array(x) for x in leaves], "output": array(y), "weights": array(weights),
        "gradients": [array(x.grad) for x in leaves if x.grad is not None],
    }


cases = []
for rows, features, units in [(1, 1, 1), (4, 3, 5), (32, 13, 16), (7, 20, 2)]:
    cases.append(case("linear", f"{rows}x{features}x{units}",
                      [draw(rows, features), draw(units, features), draw(units)], F.linear))

for name, x, w, settings in [
    ("plain", (2, 3, 6, 5), (4, 3, 3, 3), {}),
    ("padded", (2, 3, 6, 5), (4, 3, 3, 3), {"padding": [1, 1]}),
    ("strided", (1, 2, 7, 8), (3, 2, 3, 2), {"stride": [2, 3], "padding": [1, 0]}),
    ("dilated", (1, 2, 8, 7), (3, 2, 3, 2), {"dilation": [2, 3], "padding": [2, 1]}),
    ("grouped", (2, 4, 5, 5), (6, 2, 3, 3), {"groups": 2, "padding": [1, 1]}),
    ("depthwise", (2, 3, 5, 5), (3, 1, 3, 3), {"groups": 3}),
    ("pointwise", (2, 5, 3, 4), (2, 5, 1, 1), {}),
    ("wide", (2, 8, 9, 9), (16, 8, 3, 3), {"padding": [1, 1]}),
]:
    cases.append(case("conv2d", name, [draw(*x), draw(*w), draw(w[0])],
                      lambda a, b, c, s=settings: F.conv2d(a, b, c, **s), **settings))

for name, x, size, settings in [
    ("halves", (2, 3, 6, 8), [2, 2], {}),
    ("overlapping", (1, 2, 7, 7), [3, 3], {"stride": [2, 2], "padding": [1, 1]}),
    ("oblong", (2, 1, 6, 9), [2, 3], {"stride": [1, 2], "padding": [0, 1]}),
    ("cut off", (1, 1, 5, 5), [2, 2], {}),
]:
    cases.append(case("max_pool2d", name, [draw(*x)],
                      lambda a, k=size, s=settings: F.max_pool2d(a, k, **s), size=size, **settings))

for rows, classes in [(1, 2), (5, 3), (32, 10), (3, 100)]:
    target = torch.randint(0, classes, (rows,), generator=generator)
    cases.append(case("softmax_cross_entropy", f"{rows}x{classes}", [draw(rows, classes) * 3, target],
                      F.cross_entropy))
# Logits that overflow when exponentiated naively.
cases.append(case("softmax_cross_entropy", "extreme",
                  [torch.tensor([[1000.0, -1000.0, 0.0], [-800.0, -900.0, -801.0]]), torch.tensor([0, 2])],
                  F.cross_entropy))

for shape in [(4,), (3, 5)]:
    cases.append(case("binary_cross_entropy", str(shape),
                      [draw(*shape) * 5, torch.rand(*shape, generator=generator)],
                      F.binary_cross_entropy_with_logits))
    cases.append(case("mean_squared_error", str(shape), [draw(*shape), draw(*shape)], F.mse_loss))

for name, function in [
    ("relu", F.relu), ("sigmoid", torch.sigmoid), ("tanh", torch.tanh),
    ("leaky_relu", lambda x: F.leaky_relu(x, 0.2)), ("elu", lambda x: F.elu(x, 0.7)), ("gelu", F.gelu),
    ("gelu_tanh", lambda x: F.gelu(x, approximate="tanh")), ("swish", F.silu),
    ("softmax", lambda x: F.softmax(x, -1)), ("log_softmax", lambda x: F.log_softmax(x, -1)),
]:
    cases.append(case(name, "3x7", [draw(3, 7) * 3], function))

print(json.dumps(cases))
