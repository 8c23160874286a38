"""Writes trajectories/graphs.json: networks on graphs, and PyTorch's losses of twenty training steps.

The graph convolution is written out with the normalised adjacency as a sparse tensor, the attention edge by edge.
PyTorch trains in float64 from the same initial weights, which lie in graph_NAME.safetensors in float32 with the
features. Needs torch and safetensors.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(20261125)
STEPS, V, D, CLASSES = 20, 30, 12, 4

# A ring with chords; half the features are 0, so that they can be stored sparsely.
EDGES = sorted({(i, (i + 1) % V) for i in range(V)} | {(i, (7 * i + 3) % V) for i in range(0, V, 2) if i != (7 * i + 3) % V})
BOTH = sorted(set(EDGES) | {(t, s) for s, t in EDGES}, key=lambda e: (e[1], e[0]))
LOOPED = BOTH + [(v, v) for v in range(V)]
X = torch.randn(V, D) * (torch.rand(V, D) < 0.5)
LABELS = (X @ torch.randn(D, CLASSES)).argmax(1)
TRAINING = [v for v in range(V) if v % 3 != 0]


class Convolution(nn.Module):
    def __init__(self, i, o):
        super().__init__()
        self.bias, self.lin = nn.Parameter(0.1 * torch.randn(o)), nn.Linear(i, o, bias=False)
        s, t = zip(*LOOPED)
        degree = torch.zeros(V, dtype=torch.float64).index_add(0, torch.tensor(t), torch.ones(len(t), dtype=torch.float64))
        values = (degree[list(s)] * degree[list(t)]) ** -0.5
        self.adjacency = torch.sparse_coo_tensor(torch.tensor([t, s]), values, (V, V))

    def forward(self, x):
        return torch.sparse.mm(self.adjacency, self.lin(x)) + self.bias


class Attention(nn.Module):
    def __init__(self, i, o, heads, concat=True):
        super().__init__()
        self.heads, self.units, self.concat = heads, o, concat
        self.att_src, self.att_dst = (nn.Parameter(0.5 * torch.randn(1, heads, o)) for _ in range(2))
        self.bias, self.lin = nn.Parameter(torch.zeros(heads * o if concat else o)), nn.Linear(i, heads * o, bias=False)

    def forward(self, x):
        s, t = map(torch.tensor, zip(*LOOPED))
        h = self.lin(x).view(V, self.heads, self.units)
        score = F.leaky_relu((h * self.att_src).sum(-1)[s] + (h * self.att_dst).sum(-1)[t], 0.2).exp()
        alpha = score / torch.zeros(V, self.heads, dtype=x.dtype).index_add(0, t, score)[t]
        y = torch.zeros(V, self.heads, self.units, dtype=x.dtype).index_add(0, t, alpha[..., None] * h[s])
        return (y.flatten(1) if self.concat else y.mean(1)) + self.bias


class Network(nn.Module):
    def __init__(self, conv1, conv2, activation):
        super().__init__()
        self.conv1, self.conv2, self.activation = conv1, conv2, activation

    def forward(self, x):
        return self.conv2(self.activation(self.conv1(x)))


CASES = [
    ("gcn", Network(Convolution(D, 8), Convolution(8, CLASSES), F.relu), [
        {"type": "graph_conv", "name": "conv1", "units": 8, "activation": "relu"},
        {"type": "graph_conv", "name": "conv2", "units": CLASSES}]),
    ("gat", Network(Attention(D, 4, 3), Attention(12, CLASSES, 2, concat=False), F.elu), [
        {"type": "graph_attention", "name": "conv1", "units": 4, "heads": 3, "activation": "elu"},
        {"type": "graph_attention", "name": "conv2", "units": CLASSES, "heads": 2, "concat": False}]),
]

folder = pathlib.Path(__file__).with_name("trajectories")
out = []
for name, model, layers in CASES:
    tensors = {key: value.float().clone().contiguous() for key, value in model.state_dict().items()}
    save_file(tensors | {"features": X.contiguous()}, folder / f"graph_{name}.safetensors")
    model.double()
    optimizer = torch.optim.Adam(model.parameters(), 0.02, weight_decay=5e-4)
    losses = []
    for step in range(STEPS):
        loss = F.cross_entropy(model(X.double())[TRAINING], LABELS[TRAINING])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    out.append({"name": name, "spec": {"input": {"shape": [D], "graph": True}, "layers": layers},
                "optimizer": {"type": "adam", "learning_rate": 0.02, "weight_decay": 5e-4},
                "parameters": list(tensors), "losses": losses})
(folder / "graphs.json").write_text(json.dumps(
    {"vertices": V, "edges": BOTH, "labels": LABELS.tolist(), "classes": CLASSES, "training": TRAINING, "cases": out}) + "\n")
