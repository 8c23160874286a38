#!/usr/bin/env python3
"""Our epoch of a graph convolutional network against PyTorch's, in turn: gcn_cora.py --ours .build/release/chainrule

Both train Kipf and Welling's network (arXiv:1609.02907) on a random graph of Cora's sizes: 2,708 vertices, 5,278 edges,
49,216 features that aren't 0, 140 labels. PyTorch's features and adjacency are sparse tensors, in each of the forms
it has, of which the fastest counts; dropout is on the stored features, as in the authors' code. A ratio below 1
says that we are faster. Needs torch.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import warnings

V, E, S, D, H, C, LABELS = 2708, 5278, 49216, 1433, 16, 7, 140


def peer(form, threads, seconds):
    import torch
    import torch.nn.functional as F
    warnings.filterwarnings("ignore")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    pairs = torch.randint(0, V, (2, E))
    loops = torch.arange(V).repeat(2, 1)
    edges = torch.cat((pairs, pairs.flip(0), loops), 1)
    degree = torch.zeros(V).index_add(0, edges[0], torch.ones(edges.shape[1]))
    adjacency = torch.sparse_coo_tensor(edges, (degree[edges[0]] * degree[edges[1]]) ** -0.5, (V, V)).coalesce()
    places = torch.stack((torch.arange(S) * V // S, torch.randint(0, D, (S,))))
    features = torch.sparse_coo_tensor(places, torch.ones(S), (V, D)).coalesce()
    if form == "csr":
        adjacency, features = adjacency.to_sparse_csr(), features.to_sparse_csr()
    labels = torch.randint(0, C, (LABELS,))
    w1, w2 = torch.nn.Linear(D, H), torch.nn.Linear(H, C)
    parameters = [*w1.parameters(), *w2.parameters()]
    optimizer = torch.optim.Adam(parameters, 0.01, weight_decay=5e-4)

    def dropped(x):
        values = F.dropout(x.values(), 0.5)
        if form == "csr":
            return torch.sparse_csr_tensor(x.crow_indices(), x.col_indices(), values, x.shape)
        return torch.sparse_coo_tensor(x.indices(), values, x.shape, is_coalesced=True)

    def step():
        h = torch.sparse.mm(adjacency, torch.sparse.mm(dropped(features), w1.weight.T)) + w1.bias
        h = F.dropout(F.relu(h), 0.5)
        y = torch.sparse.mm(adjacency, h @ w2.weight.T) + w2.bias
        loss = F.cross_entropy(y[:LABELS], labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for _ in range(5):
        step()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e6)
    print(json.dumps({"median": statistics.median(times), "parameters": sum(p.numel() for p in parameters)}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", required=True, help="the program chainrule")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    workload = __file__.removesuffix(".py") + ".json"
    run = lambda *command: json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    for threads in options.threads.split(","):
        ratios = []
        for _ in range(options.rounds):
            ours = run(options.ours, "bench", "--workload", workload, "--threads", threads, "--seconds", str(options.seconds))
            peers = {form: run(sys.executable, __file__, "--peer", form, threads, str(options.seconds)) for form in ("coo", "csr")}
            assert all(p["parameters"] == ours["parameters"] for p in peers.values()), "not the same model"
            best = min(peers, key=lambda form: peers[form]["median"])
            ratios.append(ours["step_microseconds"]["median"] / peers[best]["median"])
            print(f"threads={threads} ours {ours['step_microseconds']['median']:.0f} us  torch ({best}) "
                  f"{peers[best]['median']:.0f} us  ratio {ratios[-1]:.3f}", flush=True)
        print(f"threads={threads} median ratio {statistics.median(ratios):.3f}", flush=True)


if sys.argv[1:2] == ["--peer"]:
    peer(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
else:
    main()
