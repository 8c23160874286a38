"""Writes layers/*_learned.json and activation_expression.json:

    python3 make_layers_activations.py
"""
import torch
from torch import nn
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases(seed=7)
turned = lambda module: lambda x: module(x.transpose(1, 2)).transpose(1, 2)
points = lambda *shape: 2 * torch.randn(*shape, dtype=torch.float64)


class Learned(nn.Module):
    """A function with scalars that are learned, each of one element."""

    def __init__(self, function, **initial):
        super().__init__()
        self.function = function
        for name, value in initial.items():
            self.register_parameter(name, nn.Parameter(torch.tensor(value if isinstance(value, list) else [value])))

    def forward(self, x):
        return self.function(x, **dict(self.named_parameters()))


prelu = {"type": "prelu", "per_channel": True}
cases.add("activation", {"activation": "prelu"}, [], nn.PReLU(), inputs=[points(4, 3, 5)], note="prelu")
cases.add("activation", {"activation": prelu}, [], nn.PReLU(5, init=-0.3), inputs=[points(6, 5)], note="prelu of features")
cases.add("activation", {"activation": prelu}, [], nn.PReLU(3), inputs=[points(2, 3, 4, 2)], note="prelu of channels")
cases.add("activation", {"activation": prelu}, [], (p := nn.PReLU(3)), turned(p), inputs=[points(2, 4, 3)], note="prelu of a sequence")
cases.add("activation", {"activation": {"type": "softplus", "beta": 2.5, "threshold": 3}}, [], {}, nn.Softplus(2.5, 3),
          inputs=[points(4, 7)], note="softplus with a threshold")

convolution = nn.Sequential(nn.Conv2d(2, 32, 3), nn.PReLU(32))
cases.add("conv2d", {"filters": 32, "kernel": 3, "activation": prelu}, [(2, 5, 4)], convolution,
          rename={"0.weight": "weight", "0.bias": "bias", "1.weight": "activation.weight"}, batch=2, note="with prelu")
swish = lambda x, beta: x * torch.sigmoid(beta * x)
written = {"expression": "x * sigmoid(beta * x)", "parameters": {"beta": 1.5}}
dense = nn.Sequential(nn.Linear(6, 4), Learned(swish, beta=1.5))
cases.add("dense", {"units": 4, "activation": written}, [(6,)], dense,
          rename={"0.weight": "weight", "0.bias": "bias", "1.beta": "activation.beta"}, note="with a learned swish")
wide = nn.Sequential(nn.Linear(5, 3), Learned(swish, beta=[0.5, 0.5, 0.5]))
cases.add("dense", {"units": 3, "activation": {"expression": "x * sigmoid(beta * x)",
                                               "parameters": {"beta": {"initial": 0.5, "per_channel": True}}}}, [(4, 2, 5)], wide,
          rename={"0.weight": "weight", "0.bias": "bias", "1.beta": "activation.beta"}, note="with a swish for each unit")
block = nn.TransformerEncoderLayer(
    6, 2, dim_feedforward=10, dropout=0, batch_first=True, activation=Learned(lambda x, a, b: a * F.relu(x) ** 2 + b * x, a=0.8, b=0.1))
cases.add("transformer_block", {"heads": 2, "feed_forward": 10, "activation": {"expression": "a * relu(x)^2 + b * x", "parameters": {"a": 0.8, "b": 0.1}}},
          [(4, 6)], block, batch=2, note="with an expression")
cases.add("conv2d_transpose", {"filters": 3, "kernel": 2, "stride": 2, "activation": prelu}, [(2, 3, 2)],
          nn.Sequential(nn.ConvTranspose2d(2, 3, 2, 2), nn.PReLU(3)),
          rename={"0.weight": "weight", "0.bias": "bias", "1.weight": "activation.weight"}, batch=2, note="with prelu")


class Pair(nn.Module):
    """A bilinear layer and a PReLU with a slope a unit."""

    def __init__(self):
        super().__init__()
        self.product, self.activation = nn.Bilinear(3, 2, 4), nn.PReLU(4)

    def forward(self, a, b):
        return self.activation(self.product(a, b))


cases.add("bilinear", {"units": 4, "activation": prelu}, [(3,), (2,)], Pair(),
          rename={"product.weight": "weight", "product.bias": "bias"}, note="with prelu")
gate = Learned(swish, beta=[0.7, 0.7])
cases.add("glu", {"gate": {"expression": "x * sigmoid(beta * x)", "parameters": {"beta": {"initial": 0.7, "per_channel": True}}}},
          [(3, 4)], gate, lambda x: x[..., :2] * gate(x[..., 2:]), rename={"beta": "gate.beta"}, note="with a gate that learns")
cases.write("_learned")

# Each function of the language, and each operator.
c = torch.tensor
expressions = {
    "x * tanh(softplus(x))": F.mish,
    "0.5 * x * (1 + erf(x / sqrt(2)))": F.gelu,
    "max(x, -0.1)": lambda x: torch.maximum(x, c(-0.1)),
    "exp(x) - expm1(x / 2) * log1p(x^2)": lambda x: x.exp() - torch.expm1(x / 2) * torch.log1p(x**2),
    "log(x^2 + 1) + sqrt(abs(x) + 0.5) - rsqrt(square(x) + 2)": lambda x: (x**2 + 1).log() + (x.abs() + 0.5).sqrt() - (x**2 + 2).rsqrt(),
    "sin(x) * cos(2 * x) + tan(x / 9)": lambda x: x.sin() * (2 * x).cos() + (x / 9).tan(),
    "asin(tanh(x) / 2) + acos(tanh(x) / 3) * atan(x)": lambda x: (x.tanh() / 2).asin() + (x.tanh() / 3).acos() * x.atan(),
    "sinh(x / 3) - cosh(x / 4) + asinh(x) + acosh(2 + x^2) + atanh(tanh(x) / 2)":
        lambda x: (x / 3).sinh() - (x / 4).cosh() + x.asinh() + (2 + x**2).acosh() + (x.tanh() / 2).atanh(),
    "x - floor(x) + x * (ceil(x) - round(x)) + sign(x) * x^2":
        lambda x: x - x.floor() + x * (x.ceil() - x.round()) + x.sign() * x**2,
    "min(x, 1, 3 * x) + clip(x, -1.5, 0.5) + clamp(x, -sqrt(2), x^2)":
        lambda x: torch.minimum(torch.minimum(x, c(1.0)), 3 * x) + x.clamp(-1.5, 0.5) + torch.minimum(torch.maximum(x, -c(2.0).double().sqrt()), x**2),
    "where(x > 0.5, x^3, if(x <= -1, -x, x / 7))": lambda x: torch.where(x > 0.5, x**3, torch.where(x <= -1, -x, x / 7)),
    "sigmoid(x) * log_sigmoid(x) + softsign(x)": lambda x: x.sigmoid() * F.logsigmoid(x) + F.softsign(x),
    "relu(x) - relu6(3 * x) + leaky_relu(x) + leaky_relu(x, 0.3) + elu(x) + elu(x, 0.7)":
        lambda x: F.relu(x) - F.relu6(3 * x) + F.leaky_relu(x) + F.leaky_relu(x, 0.3) + F.elu(x) + F.elu(x, 0.7),
    "elu(x, x^2) + leaky_relu(x, sin(x))": lambda x: torch.where(x > 0, x, x**2 * torch.expm1(x)) + torch.where(x > 0, x, x.sin() * x),
    "gelu(x) + gelu_tanh(2 * x) - swish(x) * silu(-x) + mish(x / 2)":
        lambda x: F.gelu(x) + F.gelu(2 * x, approximate="tanh") - F.silu(x) * F.silu(-x) + F.mish(x / 2),
    "-x^2 + 2^-x - x^-2 / 50 + pow(x^2 + 1, 0.75) + (x^2 + 0.1)^0.5 + x^7 / 99":
        lambda x: -(x**2) + 2**-x - x**-2 / 50 + (x**2 + 1) ** 0.75 + (x**2 + 0.1) ** 0.5 + x**7 / 99,
    "x * (x > -1) * (x < 2) + x^2 * (x >= 2) + 3 * x * (x != x) + x / 5 * (x == x)":
        lambda x: x * (x > -1) * (x < 2) + x**2 * (x >= 2) + x / 5,
    "(1 + abs(x))^(x / 4) - 2 ** x ** 2 / 999": lambda x: (1 + x.abs()) ** (x / 4) - 2 ** (x**2) / 999,
    "e^x / (pi + e^x)": lambda x: x.exp() / (torch.pi + x.exp()),
}
expected = Cases(seed=8)
for expression, function in expressions.items():
    # No point lies so near to 0, a half or a whole that a step of a difference could cross a kink.
    x = points(3, 7)
    x = x + 0.03 * ((2 * x - (2 * x).round()).abs() < 0.05)
    activation = {"type": "expression", "expression": expression}
    expected.add("activation", {"activation": activation}, [], {}, function, inputs=[x], note=expression)
expected.add("activation", {"activation": {"expression": "a * x + sin(b * x) * scale", "constants": {"scale": 0.4},
                                           "parameters": {"b": 2, "a": {"initial": 0.5, "per_channel": True}}}}, [],
             Learned(lambda x, a, b: a * x + torch.sin(b * x) * 0.4, b=2.0, a=[0.5, 0.5, 0.5, 0.5]), inputs=[points(2, 3, 4)],
             note="constants and parameters")
expected.write("_expression")
