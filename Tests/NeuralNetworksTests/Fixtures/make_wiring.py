"""Writes wiring.json: models of containers, shared layers and free wiring, and what PyTorch makes of them.

Each is written for PyTorch as one would there, with modules in modules; its state_dict, without
num_batches_tracked, has the names that the spec's layers give. All is in float64. Needs torch.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

torch.manual_seed(20261125)


def conv(channels, filters, stride=1):
    return nn.Conv2d(channels, filters, 3, stride, 1, bias=False)


def conv_spec(name, filters, stride=1):
    return {"type": "conv2d", "name": name, "filters": filters, "kernel": 3, "stride": stride,
            "padding": 1, "bias": False}


def norm_spec(name):
    return {"type": "batch_norm", "name": name}


# Smooth, so that differences find no kinks.
GELU = {"type": "activation", "activation": "gelu"}


class BasicBlock(nn.Module):
    """As in He et al. 2015; the shortcut is the identity, a projection, or a convolution with batch norm."""

    def __init__(self, channels, filters, stride=1, projection=False, shortcut=False):
        super().__init__()
        self.conv1 = conv(channels, filters, stride)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters)
        self.bn2 = nn.BatchNorm2d(filters)
        if projection:
            self.projection = nn.Conv2d(channels, filters, 1, stride, bias=False)
        if shortcut:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        y = self.bn2(self.conv2(F.gelu(self.bn1(self.conv1(x)))))
        if hasattr(self, "projection"):
            x = self.projection(x)
        if hasattr(self, "shortcut"):
            x = self.shortcut(x)
        return F.gelu(y + x)


def basic_spec(name, filters, stride=1, **members):
    return {"type": "residual", "name": name, "activation": "gelu", **members, "layers": [
        conv_spec("conv1", filters, stride), norm_spec("bn1"), {**GELU, "name": "act"},
        conv_spec("conv2", filters), norm_spec("bn2")]}


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv(2, 4)
        self.stage1 = BasicBlock(4, 4)
        self.stage2 = BasicBlock(4, 6, stride=2, shortcut=True)
        self.stage3 = BasicBlock(6, 8, stride=2, projection=True)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.stem(x))))
        return self.head(x.mean((2, 3)))


class PreActBlock(nn.Module):
    """As in He et al. 2016: what is projected has been normalised and activated."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = conv(channels, filters, stride)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv2 = conv(filters, filters)
        if channels != filters or stride != 1:
            self.projection = nn.Conv2d(channels, filters, 1, stride, bias=False)

    def forward(self, x):
        a = F.gelu(self.bn1(x))
        shortcut = self.projection(a) if hasattr(self, "projection") else x
        return self.conv2(F.gelu(self.bn2(self.conv1(a)))) + shortcut


def preact_spec(name, filters, stride):
    return {"type": "residual", "name": name, "pre_activation": True, "projection": "auto",
            "layers": [
                norm_spec("bn1"), {**GELU, "name": "act1"}, conv_spec("conv1", filters, stride),
                norm_spec("bn2"), {**GELU, "name": "act2"}, conv_spec("conv2", filters)]}


class PreActNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = conv(2, 4)
        self.a = PreActBlock(4, 4, 1)
        self.b = PreActBlock(4, 6, 2)

    def forward(self, x):
        return self.b(self.a(self.stem(x))).flatten(1)


class Branch(nn.Module):
    """x + f(norm(x)), with the layers of f under numbers, as an nn.Sequential has them."""

    def __init__(self, *layers):
        super().__init__()
        for index, layer in enumerate(layers):
            self.add_module(str(index), layer)

    def forward(self, x):
        y = x
        for layer in self.children():
            y = layer(y)
        return x + y


class Stack(nn.Module):
    """Blocks of two branches each, with parameters of their own, and a shortcut between lengths."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*[
            nn.Sequential(
                Branch(nn.LayerNorm(5), nn.Linear(5, 5), nn.Tanh()),
                Branch(nn.LayerNorm(5), nn.Linear(5, 7), nn.GELU(), nn.Linear(7, 5)))
            for _ in range(3)])
        self.wide = nn.Module()
        self.wide.up = nn.Linear(5, 6)
        self.wide.projection = nn.Linear(5, 6, bias=False)
        self.short = nn.Module()
        self.short.conv = nn.Conv1d(6, 4, 3, 2, 1)
        self.short.projection = nn.Conv1d(6, 4, 1, 2, bias=False)

    def forward(self, x):
        x = self.blocks(x)
        x = torch.tanh(self.wide.up(x)) + self.wide.projection(x)
        x = x.transpose(1, 2)
        x = self.short.conv(x) + self.short.projection(x)
        return x.transpose(1, 2)


class Shared(nn.Module):
    """A block that is applied three times, its batch norm too, inside another that is applied twice; a copy of
    the block that shares its parameters; a frozen one."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Module()
        self.inner.deep = nn.Module()
        self.inner.deep.fc = nn.Linear(5, 5, bias=False)
        self.inner.deep.bn = nn.BatchNorm1d(5)
        self.inner.out = nn.Linear(5, 5)
        self.frozen = nn.Module()
        self.frozen.fc = nn.Linear(5, 4)
        self.head = nn.Linear(4, 4)
        for parameter in self.frozen.parameters():
            parameter.requires_grad = False

    def forward(self, x):
        for _ in range(2):
            for _ in range(3):
                x = torch.tanh(self.inner.deep.bn(self.inner.deep.fc(x)))
            x = x + self.inner.out(x)
        y = torch.tanh(self.inner.deep.bn(self.inner.deep.fc(x)))
        y = y + self.inner.out(y)
        y = torch.sigmoid(self.frozen.fc(y))
        return self.head(y) + self.head(torch.tanh(self.head(y)))


class Graph(nn.Module):
    """Every way to join, written so that layers take ones that come later and ones inside containers."""

    def __init__(self):
        super().__init__()
        self.join = nn.Linear(9, 4)
        self.a = nn.Linear(4, 4)
        self.b = nn.Linear(4, 4)
        self.box = nn.Module()
        self.box.a = nn.Linear(4, 4)
        self.box.mix = nn.Linear(8, 4)

    def forward(self, x):
        a = torch.tanh(self.a(x))
        b = torch.sigmoid(self.b(a))
        inner = torch.tanh(self.box.a(b))
        box = b + self.box.mix(torch.cat([inner, a], -1)) * inner
        product = a * b * box
        average = (inner + product) / 2
        dot = (average * box).sum(-1, keepdim=True)
        return self.join(torch.cat([product, average, dot], -1))


class Iterated(nn.Module):
    """A layer with spectral norm that is applied three times: each makes one more power iteration."""

    def __init__(self):
        super().__init__()
        self.deep = nn.Module()
        self.deep.fc = spectral_norm(nn.Linear(4, 4))

    def forward(self, x):
        for _ in range(3):
            x = torch.tanh(self.deep.fc(x))
        return x


DENSE = {"type": "dense"}
CASES = [
    ("residuals", ResNet(), (2, 8, 8), [
        conv_spec("stem", 4), basic_spec("stage1", 4, projection="auto"),
        basic_spec("stage2", 6, 2, shortcut=[
            {"type": "conv2d", "name": "0", "filters": 6, "kernel": 1, "stride": 2, "bias": False},
            norm_spec("1")]),
        basic_spec("stage3", 8, 2, projection=True),
        {"type": "global_avg_pool2d"}, {**DENSE, "units": 3, "name": "head"}]),
    ("pre-activations", PreActNet(), (2, 6, 6), [
        conv_spec("stem", 4), preact_spec("a", 4, 1), preact_spec("b", 6, 2), {"type": "flatten"}]),
    ("containers in containers", Stack(), (5, 5), [
        {"type": "repeat", "name": "blocks", "times": 3, "layers": [
            {"type": "residual", "name": "0", "layers": [
                {"type": "layer_norm", "name": "0"},
                {**DENSE, "name": "1", "units": 5, "activation": "tanh"}]},
            {"type": "residual", "name": "1", "layers": [
                {"type": "layer_norm", "name": "0"},
                {**DENSE, "name": "1", "units": 7, "activation": "gelu"},
                {**DENSE, "name": "3", "units": 5}]}]},
        {"type": "residual", "name": "wide", "projection": True, "layers": [
            {**DENSE, "name": "up", "units": 6, "activation": "tanh"}]},
        {"type": "residual", "name": "short", "projection": "auto", "layers": [
            {"type": "conv1d", "name": "conv", "filters": 4, "kernel": 3, "stride": 2,
             "padding": 1}]}]),
    ("shared and frozen", Shared(), (5,), [
        {"type": "repeat", "name": "inner", "times": 2, "shared": True, "layers": [
            {"type": "repeat", "name": "deep", "times": 3, "shared": True, "layers": [
                {**DENSE, "name": "fc", "units": 5, "bias": False}, norm_spec("bn"),
                {"type": "activation", "activation": "tanh"}]},
            {**DENSE, "name": "out", "units": 5},
            {"type": "add", "inputs": ["deep", "out"]}]},
        {"type": "repeat", "name": "again", "times": 1, "share": "inner", "layers": [
            {"type": "repeat", "name": "deep", "times": 1, "shared": True, "layers": [
                {**DENSE, "name": "fc", "units": 5, "bias": False}, norm_spec("bn"),
                {"type": "activation", "activation": "tanh"}]},
            {**DENSE, "name": "out", "units": 5},
            {"type": "add", "inputs": ["deep", "out"]}], "shared": True},
        {"type": "repeat", "name": "frozen", "times": 1, "shared": True, "trainable": False,
         "layers": [{**DENSE, "name": "fc", "units": 4, "activation": "sigmoid"}]},
        {**DENSE, "name": "head", "units": 4},
        {"type": "activation", "name": "turn", "activation": "tanh"},
        {**DENSE, "name": "second", "units": 4, "share": "head"},
        {"type": "add", "inputs": ["head", "second"]}]),
    ("free wiring", Graph(), (4,), [
        {**DENSE, "name": "join", "units": 4, "inputs": "all"},
        {**DENSE, "name": "a", "units": 4, "activation": "tanh", "inputs": "input"},
        {**DENSE, "name": "b", "units": 4, "activation": "sigmoid"},
        {"type": "residual", "name": "box", "layers": [
            {"type": "multiply", "name": "gate", "inputs": ["mix", "inner"]},
            {**DENSE, "name": "a", "units": 4, "activation": "tanh", "inputs": "input"},
            {"type": "activation", "name": "inner", "activation": "identity", "inputs": "a"},
            {"type": "concat", "name": "both", "inputs": ["inner", "outer"]},
            {**DENSE, "name": "mix", "units": 4},
            {"type": "activation", "name": "end", "activation": "identity", "inputs": "gate"}]},
        {"type": "activation", "name": "outer", "activation": "identity", "inputs": "a"},
        {"type": "concat", "name": "all", "inputs": ["product", "average", "dot"]},
        {"type": "multiply", "name": "product", "inputs": ["a", "b", "box"]},
        {"type": "average", "name": "average", "inputs": ["box.a", "product"]},
        {"type": "dot", "name": "dot", "inputs": ["average", "box"]},
        {"type": "activation", "name": "end", "activation": "identity", "inputs": "join"}]),
    ("shared spectral norm", Iterated(), (4,), [
        {"type": "repeat", "name": "deep", "times": 3, "shared": True, "layers": [
            {**DENSE, "name": "fc", "units": 4, "activation": "tanh", "spectral_norm": True}]}]),
]


def array(name, tensor):
    return {"name": name, "shape": list(tensor.shape),
            "values": [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]}


out = []
for name, model, shape, layers in CASES:
    model.double().train()
    with torch.no_grad():
        for parameter in model.parameters():
            # What begins as zeros or ones says little.
            if parameter.dim() < 2:
                parameter.add_(0.3 * torch.randn_like(parameter))
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.tensor([float(f"{v:.9g}") for v in tensor.flatten().tolist()])
                             .double().reshape(tensor.shape).float().double())
    state = {n: t.clone() for n, t in model.state_dict().items() if t.is_floating_point()}
    x = torch.randn(4, *shape).double().requires_grad_()
    y = model(x)
    cotangent = torch.randn_like(y)
    (y * cotangent).sum().backward()
    out.append({
        "name": name, "spec": {"input": {"shape": list(shape)}, "layers": layers},
        "parameters": [array(n, t) for n, t in state.items()],
        "input": array("input", x), "input_gradient": array("input", x.grad),
        "output": array("output", y), "cotangent": array("cotangent", cotangent),
        "gradients": [array(n, p.grad) for n, p in model.named_parameters() if p.requires_grad],
        # What the running statistics have become.
        "states": [array(n, b) for n, b in model.named_buffers() if b.is_floating_point()],
    })

path = pathlib.Path(__file__).with_name("wiring.json")
path.write_text("[" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in out) + "]\n")
