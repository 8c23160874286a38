#!/usr/bin/env python3
"""Two graph networks on Cora, trained by a running server with ten seeds each: cora.py FOLDER [gcn|gat ...]

FOLDER holds Cora as three tables: features.csv (a paper's node and the indices of its words), edges.csv (pairs
of nodes) and nodes.csv (node, label, split), with the public split of 140, 500 and 1,000 papers (Yang et al.
2016, arXiv:1603.08861). An epoch is a step over the whole graph. As in the papers the first network trains for 200
epochs, and the second until its loss on the 500 papers for validation hasn't fallen for 100, with the weights of
the best epoch; each is tested once, at the end.

The published test accuracies:
  gcn      two layers of 16 units: 81.5 % (Kipf & Welling 2017, arXiv:1609.02907, table 2)
  gat      8 heads of 8 units: 83.0 ± 0.7 % (Veličković et al. 2018, arXiv:1710.10903, table 2)
"""

import pathlib
import statistics

from client import Client, arguments

GCN = [
    {"type": "dropout", "rate": 0.5},
    {"type": "graph_conv", "units": 16, "activation": "relu", "name": "conv1"},
    {"type": "dropout", "rate": 0.5},
    {"type": "graph_conv", "units": 7, "name": "conv2"},
]
GAT = [
    {"type": "dropout", "rate": 0.6},
    {"type": "graph_attention", "units": 8, "heads": 8, "dropout": 0.6, "activation": "elu", "name": "conv1"},
    {"type": "dropout", "rate": 0.6},
    {"type": "graph_attention", "units": 7, "concat": False, "dropout": 0.6, "name": "conv2"},
]
NETWORKS = {
    "gcn": dict(layers=GCN, published="81.5 %", rate=0.01, training={"epochs": 200}),
    "gat": dict(layers=GAT, published="83.0 ± 0.7 %", rate=0.005, training={
        "epochs": 1000, "validation": {"mask": True},
        "early_stopping": {"monitor": "validation_loss", "patience": 100, "restore_best": True}}),
}

parser = arguments(__doc__.splitlines()[0], "the folder with Cora's three tables")
parser.add_argument("networks", nargs="*", help="which of the two; both when left out")
parser.add_argument("--seeds", type=int, default=10, help="how many seeds, from 1 (default: 10)")
options = parser.parse_args()
client = Client(options.url, options.key)
folder = pathlib.Path(options.data)

# The same as: curl -F features=@features.csv -F edges=@edges.csv -F targets=@nodes.csv \
#     "http://127.0.0.1:8080/v1/datasets?format=graph&normalize_rows=true"
dataset = client.upload(
    "name=cora&format=graph&normalize_rows=true",
    {part: (folder / file).read_bytes()
     for part, file in [("features", "features.csv"), ("edges", "edges.csv"), ("targets", "nodes.csv")]})
width = dataset["input"]["shape"][0]
for name in options.networks or NETWORKS:
    network = NETWORKS[name]
    found = []
    for seed in range(1, options.seeds + 1):
        run = client.train({
            "name": f"cora {name}, seed {seed}",
            "model": {"name": name, "input": {"shape": [width], "graph": True}, "layers": network["layers"]},
            "dataset": dataset["id"],
            "training": network["training"] | {
                "seed": seed, "loss": "cross_entropy", "metrics": ["accuracy"],
                "optimizer": {"type": "adam", "learning_rate": network["rate"], "weight_decay": 5e-4},
                "threads": options.threads,
            },
            "observe": {"activations_every": 0, "histograms_every": 0},
        })
        found.append(100 * run["metrics"]["test_accuracy"])
        print(f"{name}, seed {seed}: {found[-1]:.1f} %", flush=True)
    deviation = statistics.stdev(found) if len(found) > 1 else 0
    print(f"{name}: {statistics.mean(found):.2f} ± {deviation:.2f} % of the test papers, "
          f"published {network['published']}", flush=True)
