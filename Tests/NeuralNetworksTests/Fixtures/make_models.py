"""Writes models.json: small models with inputs, targets, and what PyTorch makes of them.

Weights and inputs are float32; outputs, losses and gradients are PyTorch's in float64 from those
same numbers, so that they are the reference for a float32 engine. Needs torch and numpy.
"""

import json
import pathlib

import numpy as np
import torch
from torch import nn

torch.manual_seed(20261124)


class Named(nn.Module):
    """Layers in a chain under the names that the spec gives them."""

    def __init__(self, layers):
        super().__init__()
        self.order = []
        for name, layer, activation in layers:
            if isinstance(layer, nn.Module):
                self.add_module(name, layer)
            self.order.append((layer, activation))

    def forward(self, x):
        for layer, activation in self.order:
            x = layer(x)
            if activation is not None:
                x = activation(x)
        return x


F = nn.functional

CASES = [
    dict(
        name="mlp",
        spec={
            "input": {"shape": [7]},
            "layers": [
                {"type": "dense", "units": 9, "activation": "gelu", "name": "hidden"},
                {"type": "dense", "units": 8, "activation": "tanh", "bias": False},
                {"type": "dense", "units": 6, "activation": "relu"},
                {"type": "dense", "units": 4},
            ],
        },
        layers=[
            ("hidden", nn.Linear(7, 9), F.gelu),
            ("dense_1", nn.Linear(9, 8, bias=False), torch.tanh),
            ("dense_2", nn.Linear(8, 6), F.relu),
            ("dense_3", nn.Linear(6, 4), None),
        ],
        loss="cross_entropy", batch=5, classes=4,
    ),
    dict(
        name="cnn",
        spec={
            "input": {"shape": [2, 9, 8]},
            "layers": [
                {"type": "conv2d", "filters": 4, "kernel": 3, "padding": "same", "name": "stem",
                 "activation": "relu"},
                {"type": "conv2d", "filters": 6, "kernel": [3, 2], "stride": [2, 1],
                 "padding": [1, 0], "groups": 2, "activation": "swish"},
                {"type": "conv2d", "filters": 5, "kernel": 2, "dilation": 2, "bias": False},
                {"type": "activation", "activation": {"type": "leaky_relu", "slope": 0.2}},
                {"type": "max_pool2d", "size": 2, "stride": 1, "padding": 1},
                {"type": "flatten"},
                {"type": "dense", "units": 3, "name": "head"},
            ],
        },
        layers=[
            ("stem", nn.Conv2d(2, 4, 3, padding=1), F.relu),
            ("conv2d_1", nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), groups=2), F.silu),
            ("conv2d_2", nn.Conv2d(6, 5, 2, dilation=2, bias=False), None),
            ("activation_3", lambda x: F.leaky_relu(x, 0.2), None),
            ("max_pool2d_4", nn.MaxPool2d(2, stride=1, padding=1), None),
            ("flatten_5", nn.Flatten(), None),
            ("head", nn.Linear(5 * 4 * 6, 3), None),
        ],
        loss="cross_entropy", batch=4, classes=3,
    ),
    dict(
        name="regression",
        spec={
            "input": {"shape": [3, 5]},
            "layers": [
                {"type": "dense", "units": 6, "activation": {"type": "elu", "alpha": 0.7}},
                {"type": "dense", "units": 4,
                 "activation": {"type": "gelu", "approximate": "tanh"}},
                {"type": "dense", "units": 4, "activation": "softmax"},
                {"type": "flatten"},
                {"type": "dense", "units": 2, "activation": "sigmoid"},
            ],
        },
        layers=[
            ("dense_0", nn.Linear(5, 6), lambda x: F.elu(x, 0.7)),
            ("dense_1", nn.Linear(6, 4), lambda x: F.gelu(x, approximate="tanh")),
            ("dense_2", nn.Linear(4, 4), lambda x: F.softmax(x, -1)),
            ("flatten_3", nn.Flatten(), None),
            ("dense_4", nn.Linear(12, 2), torch.sigmoid),
        ],
        loss="mean_squared_error", batch=6, classes=None,
    ),
    dict(
        name="yes_or_no",
        spec={
            "input": {"shape": [6]},
            "layers": [
                {"type": "dense", "units": 5, "activation": "swish"},
                {"type": "dropout", "rate": 0.0},
                {"type": "dense", "units": 3},
            ],
        },
        layers=[
            ("dense_0", nn.Linear(6, 5), F.silu),
            ("dense_2", nn.Linear(5, 3), None),
        ],
        loss="binary_cross_entropy", batch=7, classes=None,
    ),
]

LOSSES = {
    "cross_entropy": F.cross_entropy,
    "mean_squared_error": F.mse_loss,
    "binary_cross_entropy": F.binary_cross_entropy_with_logits,
}


def numbers(tensor):
    """Shortest decimals that read back as the same number (float32) or to 12 digits (float64)."""
    array = tensor.detach().numpy().reshape(-1)
    if array.dtype == np.float32:
        return [float(str(x)) for x in array]
    if array.dtype == np.float64:
        return [float(f"{x:.12g}") for x in array]
    return [int(x) for x in array]


out = []
for case in CASES:
    model = Named(case["layers"])
    # PyTorch's own initial weights are small; larger ones use more of each activation.
    for parameter in model.parameters():
        fan = parameter[0].numel() if parameter.dim() > 1 else 4
        nn.init.normal_(parameter, std=1.5 / fan ** 0.5)
    x = torch.randn(case["batch"], *case["spec"]["input"]["shape"])
    parameters = [
        {"name": name, "shape": list(p.shape), "values": numbers(p)}
        for name, p in model.state_dict().items()
    ]
    model.double()
    y = model(x.double())
    if case["classes"]:
        t = torch.randint(case["classes"], (case["batch"],))
        loss = LOSSES[case["loss"]](y, t)
    else:
        t = torch.rand(y.shape)
        loss = LOSSES[case["loss"]](y, t.double())
    loss.backward()
    out.append({
        "name": case["name"], "spec": case["spec"], "loss": case["loss"], "batch": case["batch"],
        "parameters": parameters, "input": numbers(x), "target": numbers(t),
        "output_shape": list(y.shape), "output": numbers(y), "loss_value": loss.item(),
        "gradients": [
            {"name": name, "values": numbers(p.grad)} for name, p in model.named_parameters()
        ],
    })

path = pathlib.Path(__file__).with_name("models.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
