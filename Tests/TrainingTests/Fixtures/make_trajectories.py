"""Writes trajectories/: whole models, their batches, and PyTorch's losses of twenty training steps.

For each model NAME.safetensors has the initial weights (float32, under state_dict's names), the inputs and the targets of all
batches; trajectories.json has the spec, the optimizer and the losses. PyTorch trains in float64 from the same
numbers, so that it is the reference for a float32 engine. Needs torch and safetensors.
"""

import json
import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

torch.manual_seed(20261125)
STEPS, BATCH, BATCHES = 20, 8, 4


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.conv2, self.norm2 = nn.Conv2d(8, 12, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(12)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = torch.relu(self.norm1(self.conv1(x)))
        x = torch.relu(self.norm2(self.conv2(x)))
        return self.head(x.mean((2, 3)))


class CharacterLSTM(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.lstm, self.out = nn.Embedding(11, 8), nn.LSTM(8, 12, 2, batch_first=True), nn.Linear(12, 11)

    def forward(self, x):
        return self.out(self.lstm(self.embed(x))[0])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(11, 16), nn.Parameter(torch.zeros(9, 16))
        block = lambda: nn.TransformerEncoderLayer(16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True)
        self.h1, self.h2, self.norm, self.out = block(), block(), nn.LayerNorm(16), nn.Linear(16, 11)

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=torch.float64)
        x = self.tokens(x) + self.places
        return self.out(self.norm(self.h2(self.h1(x, mask, is_causal=True), mask, is_causal=True)))


class Normalized(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = weight_norm(nn.Conv2d(3, 6, 3, 2, 1))
        self.up = spectral_norm(nn.ConvTranspose2d(6, 8, 2, 2))
        self.hidden, self.head = weight_norm(nn.Linear(36, 24)), spectral_norm(nn.Linear(12, 10))

    def forward(self, x):
        x = nn.functional.glu(self.up(torch.tanh(self.down(x))), 1)
        x = nn.functional.adaptive_avg_pool2d(nn.functional.interpolate(x, scale_factor=1.5, mode="bilinear"), 3)
        x = self.hidden(x.flatten(1)).reshape(-1, 12, 2).amax(2)
        return 5 * self.head(x).reshape(-1, 5, 2).amax(2)


def block(name):
    return {"type": "transformer_block", "name": name, "heads": 4, "feed_forward": 32, "activation": "gelu",
            "norm": "pre", "causal": True}


TOKENS = {"shape": [9], "dtype": "int32", "vocabulary": 11}
MODELS = [
    dict(
        name="cnn_with_batch_norm", model=CNN(), classes=5, places=[], x=torch.randn(BATCHES * BATCH, 3, 8, 8),
        spec={"input": {"shape": [3, 8, 8]}, "layers": [
            {"type": "conv2d", "name": "conv1", "filters": 8, "kernel": 3, "padding": 1, "bias": False},
            {"type": "batch_norm", "name": "norm1"}, {"type": "activation", "activation": "relu"},
            {"type": "conv2d", "name": "conv2", "filters": 12, "kernel": 3, "stride": 2, "padding": 1, "bias": False},
            {"type": "batch_norm", "name": "norm2"}, {"type": "activation", "activation": "relu"},
            {"type": "global_avg_pool2d"},
            {"type": "dense", "name": "head", "units": 5}]},
        optimizer={"type": "sgd", "learning_rate": 0.1, "momentum": 0.9},
        make=lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    dict(
        name="lstm", model=CharacterLSTM(), classes=11, places=[9], x=torch.randint(0, 11, (BATCHES * BATCH, 9)),
        spec={"input": TOKENS, "layers": [
            {"type": "embedding", "name": "embed", "dimensions": 8},
            {"type": "lstm", "name": "lstm", "units": 12, "layers": 2, "return_sequences": True},
            {"type": "dense", "name": "out", "units": 11}]},
        optimizer={"type": "adam", "learning_rate": 0.03}, make=lambda p: torch.optim.Adam(p, 0.03)),
    dict(
        name="transformer", model=Transformer(), classes=11, places=[9], x=torch.randint(0, 11, (BATCHES * BATCH, 9)),
        spec={"input": TOKENS, "layers": [
            {"type": "embedding", "name": "tokens", "dimensions": 16},
            {"type": "positional_embedding", "name": "places"},
            block("h1"), block("h2"), {"type": "layer_norm", "name": "norm"},
            {"type": "dense", "name": "out", "units": 11}]},
        optimizer={"type": "adamw", "learning_rate": 0.01, "weight_decay": 0.01},
        make=lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.01)),
    dict(
        name="normalized_weights", model=Normalized(), classes=5, places=[], x=torch.randn(BATCHES * BATCH, 3, 8, 8),
        spec={"input": {"shape": [3, 8, 8]}, "layers": [
            {"type": "conv2d", "name": "down", "filters": 6, "kernel": 3, "stride": 2, "padding": 1, "activation": "tanh", "weight_norm": True},
            {"type": "conv2d_transpose", "name": "up", "filters": 8, "kernel": 2, "stride": 2, "spectral_norm": True},
            {"type": "glu"}, {"type": "upsample2d", "scale": 1.5, "mode": "bilinear"}, {"type": "adaptive_avg_pool2d", "size": 3},
            {"type": "flatten"}, {"type": "dense", "name": "hidden", "units": 24, "weight_norm": True}, {"type": "maxout"},
            {"type": "dense", "name": "head", "units": 10, "spectral_norm": True}, {"type": "maxout"},
            {"type": "activation", "activation": {"expression": "5 * x"}}]},
        optimizer={"type": "adam", "learning_rate": 0.03}, make=lambda p: torch.optim.Adam(p, 0.03)),
]

folder = pathlib.Path(__file__).with_name("trajectories")
folder.mkdir(exist_ok=True)
out = []
for case in MODELS:
    model, x = case["model"], case["x"]
    # A rule to learn, so that the losses move: the target is a function of the input.
    if case["places"]:
        y = (3 * x + 1) % case["classes"]
    else:
        y = x.flatten(1)[:, : case["classes"]].argmax(1)
    names = {"places": "places.weight"}
    tensors = {
        names.get(name, name): value.clone().contiguous()
        for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    order = list(tensors)
    tensors |= {"inputs": x.float(), "targets": y.int()}
    save_file(tensors, folder / f"{case['name']}.safetensors")
    model.double()
    optimizer = case["make"](model.parameters())
    losses = []
    for step in range(STEPS):
        start = step % BATCHES * BATCH
        rows = slice(start, start + BATCH)
        inputs = x[rows].double() if x.is_floating_point() else x[rows]
        loss = nn.functional.cross_entropy(model(inputs).flatten(0, -2), y[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    out.append({"name": case["name"], "spec": case["spec"], "optimizer": case["optimizer"], "batch": BATCH,
                "classes": case["classes"], "places": case["places"], "parameters": order, "losses": losses})
(folder / "trajectories.json").write_text(json.dumps(out, indent=1) + "\n")
