"""Trains one two-headed model with each way of balancing its losses, for ObjectiveReferenceTests.

    python3 make_objectives.py > objectives.json

Kendall et al. 2017 (arXiv:1705.07115), Chen et al. 2017 (arXiv:1711.02257) and Yu et al. 2020
(arXiv:2001.06782), each written out by its paper, in float32.
"""

import json

import torch

STEPS, BATCH = 12, 8
LEARNING_RATE = 0.01
ALPHA, BALANCE_RATE = 1.5, 0.025


class TwoHeads(torch.nn.Module):
    """Inputs a [5] and b [3], a shared layer, a head of three classes and one of two numbers."""

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
        return self.kind(hidden), self.size(hidden)


def made(seed):
    torch.manual_seed(seed)
    model = TwoHeads()
    a, b = torch.randn(BATCH, 5), torch.randn(BATCH, 3)
    classes = torch.randint(0, 3, (BATCH,))
    # Numbers that pull against the classes, so that gradients conflict at some steps.
    numbers = torch.stack([classes.float() * -2 + torch.randn(BATCH), 3 * torch.randn(BATCH)], 1)
    return model, a, b, classes, numbers


def losses_of(model, a, b, classes, numbers):
    kind, size = model(a, b)
    return [
        torch.nn.functional.cross_entropy(kind, classes),
        torch.nn.functional.mse_loss(size, numbers),
    ]


def gradient(loss, parameters):
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for g, p in zip(found, parameters)]


def flat(parts):
    return torch.cat([part.reshape(-1) for part in parts])


def train(method, weights=(1.0, 1.0)):
    model, *batch = made(7)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    record = {"total": [], "losses": [], "norms": [], "conflicts": [], "weights": []}
    log_variances = torch.zeros(2, requires_grad=True)
    variance_optimizer = torch.optim.Adam([log_variances], lr=LEARNING_RATE)
    w = torch.tensor(weights, requires_grad=True)
    weight_optimizer = torch.optim.Adam([w], lr=BALANCE_RATE)
    first = None
    for step in range(1, STEPS + 1):
        terms = losses_of(model, *batch)
        record["losses"].append([t.item() for t in terms])
        own = [flat(gradient(t, parameters)) for t in terms]
        record["norms"].append([g.norm().item() for g in own])
        record["conflicts"].append(torch.cosine_similarity(own[0], own[1], dim=0).item())
        optimizer.zero_grad()
        if method == "fixed":
            used = list(weights)
            total = sum(c * t for c, t in zip(used, terms))
            total.backward()
        elif method == "scheduled":
            # The second weight falls in a straight line to a fifth over the run.
            used = [weights[0], weights[1] * (1 + (0.2 - 1) * min((step - 1) / STEPS, 1))]
            total = sum(c * t for c, t in zip(used, terms))
            total.backward()
        elif method == "uncertainty":
            variance_optimizer.zero_grad()
            factors = [1.0, 0.5]
            used = [f * torch.exp(-s).item() for f, s in zip(factors, log_variances)]
            total = sum(
                f * torch.exp(-s) * t + s / 2 for f, s, t in zip(factors, log_variances, terms))
            total.backward()
            variance_optimizer.step()
        elif method == "gradnorm":
            used = w.tolist()
            total = sum(c * t for c, t in zip(used, terms))
            total.backward(retain_graph=True)
            shared = list(model.shared.parameters())
            norms = torch.stack([flat(gradient(t, shared)).norm() for t in terms]).detach()
            values = torch.stack([t.detach() for t in terms])
            if first is None:
                first = values
            rates = values / first
            rates = rates / rates.mean()
            measured = w * norms
            wanted = (measured.mean() * rates**ALPHA).detach()
            weight_optimizer.zero_grad()
            (measured - wanted).abs().sum().backward(inputs=[w])
            weight_optimizer.step()
            with torch.no_grad():
                w *= sum(weights) / w.sum()
        elif method == "pcgrad":
            used = list(weights)
            total = sum(c * t for c, t in zip(used, terms))
            own = [flat(gradient(c * t, parameters)) for c, t in zip(used, terms)]
            changed = []
            for i, g in enumerate(own):
                g = g.clone()
                for j, other in enumerate(own):
                    dot = torch.dot(g, other)
                    if i != j and dot < 0:
                        g -= dot / torch.dot(other, other) * other
                changed.append(g)
            start = 0
            for p in parameters:
                p.grad = sum(changed)[start:start + p.numel()].view_as(p).clone()
                start += p.numel()
        record["total"].append(total.item())
        record["weights"].append(used)
        optimizer.step()
    return record


def statistics(weights):
    """Of the run with fixed weights: how gradients turn between steps, and vary between halves of a batch."""
    model, *batch = made(7)
    parameters = list(model.parameters())
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    record = {"cosines": [], "variances": [], "squares": []}
    previous = None

    def whole(rows):
        part = [tensor[:rows] for tensor in batch]
        total = sum(c * t for c, t in zip(weights, losses_of(model, *part)))
        return [g.double().reshape(-1) for g in gradient(total, parameters)]

    for _ in range(STEPS):
        own, half = whole(BATCH), whole(BATCH // 2)
        pairs = list(zip(own, half)) + [(flat(own), flat(half))]
        record["variances"].append(
            [((g - h).square().sum() / (2 / BATCH - 1 / BATCH)).item() for g, h in pairs])
        record["squares"].append(flat(own).square().sum().item())
        if previous is not None:
            pairs = list(zip(own, previous)) + [(flat(own), flat(previous))]
            record["cosines"].append(
                [(torch.dot(g, h) / (g.norm() * h.norm())).item() for g, h in pairs])
        previous = own
        optimizer.zero_grad()
        sum(c * t for c, t in zip(weights, losses_of(model, *batch))).backward()
        optimizer.step()
    return record


def projected(gradients, weights, orders):
    """What is left of weighted gradients, each looked at against the others in a given order."""
    own = [w * torch.tensor(g, dtype=torch.float64) for w, g in zip(weights, gradients)]
    result = torch.zeros_like(own[0])
    for i, g in enumerate(own):
        g = g.clone()
        for j in orders[i]:
            dot = torch.dot(g, own[j])
            if dot < 0:
                g -= dot / torch.dot(own[j], own[j]) * own[j]
        result += g
    return result.tolist()


def main():
    torch.set_num_threads(1)
    model, a, b, classes, numbers = made(7)
    torch.manual_seed(11)
    vectors = torch.randn(4, 5, dtype=torch.float64).tolist()
    weights = [0.5, 2.0, 1.0, 1.5]
    orders = [[2, 1, 3], [3, 0, 2], [0, 3, 1], [1, 2, 0]]
    document = {
        "batch": BATCH, "steps": STEPS, "learning_rate": LEARNING_RATE, "alpha": ALPHA,
        "balance_rate": BALANCE_RATE,
        "weights": {
            name: {"shape": list(p.shape), "values": p.detach().reshape(-1).tolist()}
            for name, p in model.state_dict().items()
        },
        "a": a.reshape(-1).tolist(), "b": b.reshape(-1).tolist(), "classes": classes.tolist(),
        "numbers": numbers.reshape(-1).tolist(),
        "runs": {
            "fixed": train("fixed", (0.7, 0.3)),
            "scheduled": train("scheduled", (1.0, 0.5)),
            "uncertainty": train("uncertainty"),
            "gradnorm": train("gradnorm"),
            "pcgrad": train("pcgrad", (1.0, 0.5)),
        },
        "statistics": statistics((0.7, 0.3)),
        "projection": {
            "gradients": vectors, "weights": weights, "orders": orders,
            "result": projected(vectors, weights, orders),
        },
    }
    print(json.dumps(document))


main()
