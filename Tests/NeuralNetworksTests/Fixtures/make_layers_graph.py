"""Writes the graph layers' cases into layers/: make_layers_graph.py

PyTorch has no graph layers, so that their formulas stand here with the whole adjacency as a matrix. Names
are PyTorch Geometric's.
"""
import torch
import torch.nn.functional as F
from layer_fixtures import Cases

cases = Cases()
V, D = 6, 5
# Sources and targets, in the order of the targets: a loop at 1, two edges from 0 to 2, nothing reaches 5.
EDGES = [(1, 0), (3, 0), (1, 1), (4, 1), (0, 2), (0, 2), (1, 2), (2, 3), (5, 3), (0, 4), (2, 4), (3, 4)]
LOOPED = sorted(EDGES + [(v, v) for v in range(V) if (v, v) not in EDGES], key=lambda e: e[1])


def adjacency(edges, weights=None):
    a = torch.zeros(V, V, dtype=torch.float64)
    for k, (s, t) in enumerate(edges):
        one = torch.zeros(V, V, dtype=torch.float64)
        one[t, s] = 1
        a = a + one * (1 if weights is None else weights[k])
    return a


def weight(*shape):
    return torch.randn(*shape) * 0.5


class Features:
    """Edge features, which the case has beside its inputs."""

    def __init__(self, width, positive=False):
        x = torch.randn(len(EDGES), width, dtype=torch.float64)
        self.tensor = (x.abs() + 0.3 if positive else x).requires_grad_()

    def json(self):
        return {"shape": list(self.tensor.shape), "values": [float(f"{v:.9g}") for v in self.tensor.detach().flatten().tolist()],
                "gradient": [float(f"{v:.9g}") for v in self.tensor.grad.flatten().tolist()]}

    def looped(self, loops):
        """The looped edges' features: a vertex's new loop has its row of `loops`."""
        rest, rows = {e: [k for k, f in enumerate(EDGES) if f == e] for e in EDGES}, []
        for s, t in LOOPED:
            known = rest.get((s, t))
            rows.append(self.tensor[known.pop(0)] if known else loops[t])
        return torch.stack(rows)

    def means(self):
        return torch.stack([torch.stack(found).mean(0) if (found := [self.tensor[k] for k, e in enumerate(EDGES) if e[1] == v])
                            else torch.zeros(self.tensor.shape[1], dtype=torch.float64) for v in range(V)])


# Stored elements of sparse features.
ROWS, COLUMNS = [0, 0, 1, 2, 2, 2, 4, 5], [1, 4, 0, 2, 3, 1, 4, 0]


def add(type, fields, parameters, forward, note="", features=None, sparse=False, graphs=None):
    graph = {"vertices": V, "features": D, "edges": EDGES}
    if graphs:
        graph["graphs"] = graphs
    if sparse:
        graph["sparse"] = {"rows": ROWS, "columns": COLUMNS}
        dense = lambda x: torch.zeros(V, D, dtype=x.dtype).index_put((torch.tensor(ROWS), torch.tensor(COLUMNS)), x)
        inner, inputs = forward, [torch.randn(len(ROWS))]
        forward = lambda x: inner(dense(x))
    else:
        inputs = [torch.randn(V, D)]
    cases.add(type, fields, None, parameters, forward, note=note, inputs=inputs, graph=graph)
    if features:
        graph["edge_features"] = features.json()


def convolution(fields, note="", weights=None, **options):
    units, normalization, loops = fields["units"], fields.get("normalization", "symmetric"), fields.get("self_loops", True)
    p = {"bias": weight(units)} if fields.get("bias", True) else {}
    p["lin.weight"] = weight(units, D)

    def forward(x):
        if weights:
            ones = torch.ones(V, 1, dtype=torch.float64)
            a = adjacency(LOOPED, weights.looped(ones)) if loops else adjacency(EDGES, weights.tensor)
        else:
            a = adjacency(LOOPED if loops else EDGES)
        degree = a.sum(1)
        if normalization == "symmetric":
            root = torch.where(degree > 0, degree, 1) ** -0.5 * (degree > 0)
            a = root[:, None] * a * root[None]
        elif normalization == "row":
            a = a / torch.where(degree > 0, degree, 1)[:, None]
        y = a @ x @ p["lin.weight"].T + p.get("bias", 0)
        return torch.relu(y) if fields.get("activation") == "relu" else y

    add("graph_conv", fields, p, forward, note, weights, **options)


convolution({"units": 3})
convolution({"units": 9, "activation": "relu"}, "wider than its input")
convolution({"units": 4, "normalization": "row", "bias": False}, "by rows, without bias")
convolution({"units": 4, "self_loops": False}, "without loops")
convolution({"units": 2, "normalization": "none"}, "not normalised")
convolution({"units": 3, "edge_weights": True}, "of weighted edges", Features(1, True))
convolution({"units": 7, "edge_weights": True, "self_loops": False, "normalization": "row"}, "of weighted edges, without loops", Features(1, True))
convolution({"units": 3}, "of sparse features", sparse=True)
convolution({"units": 8}, "of sparse features, wider", sparse=True)


def over_targets(scores, edges):
    """Softmax over the edges of each target."""
    rows = [None] * len(edges)
    for v in range(V):
        found = [k for k, e in enumerate(edges) if e[1] == v]
        if found:
            for k, row in zip(found, torch.softmax(scores[found], 0)):
                rows[k] = row
    return torch.stack(rows)


def attention(fields, note="", features=None, **options):
    units, heads, version = fields["units"], fields.get("heads", 1), fields.get("version", 1)
    concat, loops, bias = fields.get("concat", True), fields.get("self_loops", True), fields.get("bias", True)
    slope, width = fields.get("negative_slope", 0.2), units * heads
    p = {n: weight(1, heads, units) for n in (["att_src", "att_dst"] + (["att_edge"] if features else []) if version == 1 else ["att"])}
    if bias:
        p["bias"] = weight(width if concat else units)
    for name in ["lin"] if version == 1 else ["lin_l", "lin_r"]:
        p[name + ".weight"] = weight(width, D)
        if bias and version == 2:
            p[name + ".bias"] = weight(width)
    if features:
        p["lin_edge.weight"] = weight(width, features.tensor.shape[1])

    def forward(x):
        edges = LOOPED if loops else EDGES
        s, t = [e[0] for e in edges], [e[1] for e in edges]
        split = lambda z: z.view(-1, heads, units)
        e = None
        if features:
            e = split((features.looped(features.means()) if loops else features.tensor) @ p["lin_edge.weight"].T)
        if version == 1:
            source = split(x @ p["lin.weight"].T)
            scores = (source * p["att_src"]).sum(-1)[s] + (source * p["att_dst"]).sum(-1)[t]
            scores = F.leaky_relu(scores + ((e * p["att_edge"]).sum(-1) if features else 0), slope)
        else:
            source = split(x @ p["lin_l.weight"].T + p.get("lin_l.bias", 0))
            target = split(x @ p["lin_r.weight"].T + p.get("lin_r.bias", 0))
            scores = (F.leaky_relu(source[s] + target[t] + (e if features else 0), slope) * p["att"]).sum(-1)
        alpha = over_targets(scores, edges)
        y = torch.zeros(V, heads, units, dtype=x.dtype).index_add(0, torch.tensor(t), alpha[..., None] * source[s])
        y = y.reshape(V, width) if concat else y.mean(1)
        y = y + p.get("bias", 0)
        return F.elu(y) if fields.get("activation") == "elu" else y

    add("graph_attention", fields, p, forward, note, features, **options)


attention({"units": 3})
attention({"units": 4, "heads": 3, "activation": "elu"}, "of three heads")
attention({"units": 4, "heads": 2, "concat": False, "negative_slope": 0.1}, "of the heads' mean")
attention({"units": 2, "heads": 2, "self_loops": False, "bias": False}, "without loops and bias")
attention({"units": 3, "heads": 2, "edge_features": True}, "of edges with features", Features(2))
attention({"units": 3, "heads": 2}, "of sparse features", sparse=True)
attention({"units": 3, "heads": 2, "version": 2}, "version 2")
attention({"units": 3, "heads": 2, "version": 2, "concat": False, "bias": False}, "version 2, of the heads' mean")
attention({"units": 2, "heads": 2, "version": 2, "edge_features": True}, "version 2, of edges with features", Features(3))
attention({"units": 2, "version": 2, "edge_features": True, "self_loops": False}, "version 2, of edges with features, without loops", Features(1))
attention({"units": 3, "version": 2}, "version 2, of sparse features", sparse=True)


def aggregate(x, how):
    rows = []
    for v in range(V):
        found = x[[s for s, t in EDGES if t == v]]
        if len(found) == 0:
            rows.append(torch.zeros(x.shape[1], dtype=x.dtype))
        else:
            rows.append(found.amax(0) if how == "max" else getattr(found, how)(0))
    return torch.stack(rows)


def sage(fields, note="", **options):
    units, pool, how = fields["units"], fields.get("pool_units"), fields.get("aggregation", "mean")
    p = {"lin.weight": weight(pool, D), "lin.bias": weight(pool)} if pool else {}
    p["lin_l.weight"] = weight(units, pool or D)
    if fields.get("bias", True):
        p["lin_l.bias"] = weight(units)
    if fields.get("root_weight", True):
        p["lin_r.weight"] = weight(units, D)

    def forward(x):
        neighbors = torch.relu(x @ p["lin.weight"].T + p["lin.bias"]) if pool else x
        y = aggregate(neighbors, how) @ p["lin_l.weight"].T + p.get("lin_l.bias", 0)
        if "lin_r.weight" in p:
            y = y + x @ p["lin_r.weight"].T
        if fields.get("normalize"):
            y = F.normalize(y)
        return torch.relu(y) if fields.get("activation") == "relu" else y

    add("graph_sage", fields, p, forward, note, **options)


sage({"units": 3})
sage({"units": 7, "aggregation": "sum", "activation": "relu"}, "of sums, wider than its input")
sage({"units": 3, "aggregation": "max"}, "of the largest")
sage({"units": 3, "aggregation": "max", "pool_units": 4, "normalize": True}, "pooling, normalised")
sage({"units": 3, "root_weight": False, "bias": False}, "of neighbours alone")
sage({"units": 3}, "of sparse features", sparse=True)
sage({"units": 3, "aggregation": "max", "pool_units": 4}, "pooling sparse features", sparse=True)


def isomorphism(fields, note="", features=None, **options):
    hidden = fields.get("hidden_units", fields["units"])
    widths = [D] + (hidden if isinstance(hidden, list) else [hidden]) + [fields["units"]]
    p = {"eps": weight(1)} if fields.get("train_epsilon") else {}
    for k, (i, o) in enumerate(zip(widths, widths[1:])):
        p[f"nn.{2 * k}.weight"], p[f"nn.{2 * k}.bias"] = weight(o, i), weight(o)
    if features:
        p["lin.weight"], p["lin.bias"] = weight(D, features.tensor.shape[1]), weight(D)

    def forward(x):
        eps = p.get("eps", fields.get("epsilon", 0))
        if features:
            s, t = [e[0] for e in EDGES], [e[1] for e in EDGES]
            messages = torch.relu(x[s] + features.tensor @ p["lin.weight"].T + p["lin.bias"])
            total = torch.zeros(V, D, dtype=x.dtype).index_add(0, torch.tensor(t), messages)
        else:
            total = adjacency(EDGES) @ x
        y = (1 + eps) * x + total
        for k in range(len(widths) - 1):
            y = (torch.relu(y) if k else y) @ p[f"nn.{2 * k}.weight"].T + p[f"nn.{2 * k}.bias"]
        return torch.tanh(y) if fields.get("activation") == "tanh" else y

    add("graph_isomorphism", fields, p, forward, note, features, **options)


isomorphism({"units": 3})
isomorphism({"units": 4, "hidden_units": 7, "train_epsilon": True, "activation": "tanh"}, "learning epsilon")
isomorphism({"units": 2, "hidden_units": [4, 3], "epsilon": 0.5}, "of two hidden layers")
isomorphism({"units": 3, "hidden_units": []}, "of no hidden layer")
isomorphism({"units": 3, "edge_features": True, "train_epsilon": True}, "of edges with features", Features(2))
isomorphism({"units": 3, "train_epsilon": True}, "of sparse features", sparse=True)

for how in ["sum", "mean", "max"]:
    graphs = [0, 2, 1, 0, 1, 0]
    member = lambda x, g: x[[v for v in range(V) if graphs[v] == g]]
    add("graph_readout", {"aggregation": how}, {},
        lambda x: torch.stack([member(x, g).amax(0) if how == "max" else getattr(member(x, g), how)(0) for g in range(3)]),
        "of " + how, graphs=graphs)

layer = {"weight": weight(4, D), "bias": weight(4)}
add("dense", {"units": 4, "activation": "tanh"}, layer, lambda x: torch.tanh(F.linear(x, layer["weight"], layer["bias"])), "of sparse features", sparse=True)
cases.files = {("graph_dense" if name == "dense" else name): found for name, found in cases.files.items()}
cases.write()
