"""Writes losses.json, what PyTorch says of each loss and its gradient: make_losses.py"""
import json, math, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(0)
cases = []
rounded = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


def add(loss, target, function, shape=(5, 4), x=None, built=None, differs=False):
    """built is the target as the loss's graph takes it, where the function takes another.

    differs says that the gradient is another than the value's slope, on purpose."""
    x = (2 * torch.randn(*shape, dtype=torch.float64) if x is None else x).requires_grad_()
    value = function(x, target)
    value.backward()
    target = target if built is None else built
    cases.append({"loss": loss, **({"differs": True} if differs else {}), "shape": list(x.shape), "output": rounded(x), "classes": not target.is_floating_point(),
                  "target_shape": list(target.shape), "target": rounded(target), "value": value.item(), "gradient": rounded(x.grad)})


numbers = 2 * torch.randn(5, 4, dtype=torch.float64)
answers = torch.randint(0, 2, (5, 4)).double()
sign = 2 * answers - 1
add("cross_entropy", torch.randint(0, 4, (5,)), F.cross_entropy)
add("cross_entropy", torch.randint(0, 4, (2, 3)), lambda x, t: F.cross_entropy(x.transpose(1, 2), t), (2, 3, 4))
weights = [0.5, 2, 0, 1.25]
tensor = lambda values: torch.tensor(values, dtype=torch.float64)
marked = torch.tensor([[1, -100, 3], [-100, 2, 0]])
turned = lambda function, **settings: lambda x, t: function(x.transpose(1, 2), t.transpose(1, 2) if t.dim() == 3 else t, **settings)
add("cross_entropy", marked, turned(F.cross_entropy), (2, 3, 4))
add({"type": "cross_entropy", "label_smoothing": 0.1}, torch.randint(0, 4, (5,)), lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1))
add({"type": "cross_entropy", "class_weights": weights}, torch.tensor([0, 1, 2, 3, 1]), lambda x, t: F.cross_entropy(x, t, weight=tensor(weights)))
add({"type": "cross_entropy", "ignore_index": 2}, torch.tensor([0, 1, 2, 3, 2]), lambda x, t: F.cross_entropy(x, t, ignore_index=2))
everything = {"label_smoothing": 0.2, "class_weights": weights, "ignore_index": -1}
add({"type": "cross_entropy", **everything}, torch.tensor([[1, -1, 3], [-1, 2, 0]]),
    turned(F.cross_entropy, weight=tensor(weights), ignore_index=-1, label_smoothing=0.2), (2, 3, 4))
add("cross_entropy", torch.randn(5, 4, dtype=torch.float64).softmax(1), F.cross_entropy)
add({"type": "cross_entropy", "label_smoothing": 0.3, "class_weights": weights}, torch.randn(2, 3, 4, dtype=torch.float64).softmax(2),
    turned(F.cross_entropy, weight=tensor(weights), label_smoothing=0.3), (2, 3, 4))
add("binary_cross_entropy", answers, F.binary_cross_entropy_with_logits)
add({"type": "binary_cross_entropy", "pos_weight": 3.5}, answers,
    lambda x, t: F.binary_cross_entropy_with_logits(x, t, pos_weight=tensor(3.5)))
add({"type": "binary_cross_entropy", "pos_weight": weights}, torch.rand(2, 3, 4, dtype=torch.float64),
    lambda x, t: F.binary_cross_entropy_with_logits(x, t, pos_weight=tensor(weights)), (2, 3, 4))
add("mean_squared_error", numbers, F.mse_loss)
add("mean_absolute_error", numbers, F.l1_loss)
add({"type": "huber", "delta": 0.7}, numbers, lambda x, t: F.huber_loss(x, t, delta=0.7))
add("log_cosh", numbers, lambda x, t: (x - t).cosh().log().mean())
add({"type": "quantile", "quantile": 0.2}, numbers, lambda x, t: torch.where(t > x, 0.2 * (t - x), 0.8 * (x - t)).mean())
add("poisson", torch.randint(0, 6, (5, 4)).double(), F.poisson_nll_loss)
counts = torch.randint(0, 6, (5, 4)).double()
add({"type": "poisson", "full": True}, counts, lambda x, t: F.poisson_nll_loss(x, t, full=True))
add({"type": "poisson", "log_input": False, "eps": 1e-3}, counts, lambda x, t: F.poisson_nll_loss(x, t, log_input=False, eps=1e-3),
    x=0.2 + 3 * torch.rand(5, 4, dtype=torch.float64))
several = [0.1, 0.5, 0.9]


def pinball(x, t):
    d = t.unsqueeze(-1) - x.reshape(*t.shape, 3)
    return torch.maximum(tensor(several) * d, (tensor(several) - 1) * d).mean()


add({"type": "quantile", "quantile": several}, numbers[:, :2], pinball, (5, 6))
add({"type": "quantile", "quantile": several}, numbers[:, :1], pinball, (5, 3))
half = lambda x: x.chunk(2, -1)
add("gaussian_nll", numbers, lambda x, t: F.gaussian_nll_loss(half(x)[0], t, half(x)[1].exp()), (5, 8))
positive = torch.cat((torch.randn(5, 4, dtype=torch.float64), 0.3 + torch.rand(5, 4, dtype=torch.float64)), 1)
# Two variances below the least, whose gradient goes through.
positive[1, 5], positive[3, 7] = 0.1, 0.02
add({"type": "gaussian_nll", "variance": "value", "full": True, "eps": 0.15}, numbers,
    lambda x, t: F.gaussian_nll_loss(half(x)[0], t, half(x)[1], full=True, eps=0.15), x=positive, differs=True)


def gamma(x, t, k):
    return -torch.distributions.Gamma(tensor(k), k / x.exp()).log_prob(t).mean()


times = 0.1 + 3 * torch.rand(5, 4, dtype=torch.float64)
add({"type": "gamma_nll", "full": True}, times, lambda x, t: gamma(x, t, 1.0))
add({"type": "gamma_nll", "full": True, "concentration": 2.5}, times, lambda x, t: gamma(x, t, 2.5))
add({"type": "gamma_nll", "concentration": 0.5}, times, lambda x, t: (0.5 * (x + t * (-x).exp())).mean())
shares = torch.randn(5, 4, dtype=torch.float64).softmax(1)
add("kl_divergence", shares, lambda x, t: F.kl_div(x.log_softmax(1), t, reduction="batchmean"))
add("kl_divergence", F.one_hot(torch.randint(0, 4, (2, 3)), 4).double(), lambda x, t: F.kl_div(x.log_softmax(2), t, reduction="batchmean"), (2, 3, 4))
add({"type": "kl_divergence", "prediction": "log_probabilities", "log_target": True}, shares.log(),
    lambda x, t: F.kl_div(x, t, reduction="batchmean", log_target=True), x=torch.randn(5, 4, dtype=torch.float64).log_softmax(1).detach())
add("cosine", numbers, lambda x, t: F.cosine_embedding_loss(x, t, torch.ones(5)))
add("cosine", torch.randn(2, 3, 4, dtype=torch.float64),
    lambda x, t: F.cosine_embedding_loss(x.reshape(6, 4), t.reshape(6, 4), torch.ones(6)), (2, 3, 4))


def dice(p, t, axes, smooth, power=2):
    above, below = 2 * (p * t).sum(axes) + smooth, (p ** power).sum(axes) + (t ** power).sum(axes) + smooth
    return (1 - above / below).mean()


mask = torch.randint(0, 2, (2, 3, 4)).double()
add("dice", mask, lambda x, t: dice(x.sigmoid(), t, (1, 2), 1), (2, 3, 4))
add({"type": "dice", "prediction": "softmax", "class_axis": -1, "smooth": 0.5}, F.one_hot(torch.randint(0, 4, (2, 3)), 4).double(),
    lambda x, t: dice(x.softmax(2), t, (1,), 0.5), (2, 3, 4))
add({"type": "dice", "prediction": "softmax", "class_axis": 0, "squared": False}, mask, lambda x, t: dice(x.softmax(1), t, (2,), 1, 1), (2, 3, 4))
add({"type": "dice", "prediction": "probabilities", "smooth": 0}, answers, lambda x, t: dice(x, t, (1,), 0), x=torch.rand(5, 4, dtype=torch.float64))

classes = torch.tensor([0, 1, 0, 2, 1, 0, 3])
as_number = classes.double().reshape(-1, 1)
apart = lambda x: torch.stack([torch.stack([(a - b).square().sum() for b in x]) for a in x])
root = lambda squares: torch.where(squares > 0, squares.clamp(min=1e-30), 1.0).sqrt() * (squares > 0)
cosines = lambda x: (lambda z: 1 - z @ z.T)(F.normalize(x))


def triplets(distance, hard, margin, soft=False):
    def loss(x, t):
        d, costs = distance(x), []
        for a in range(len(x)):
            positives = [p for p in range(len(x)) if p != a and t[p] == t[a]]
            negatives = [n for n in range(len(x)) if t[n] != t[a]]
            if hard and positives:
                # Of one anchor, as PyTorch has it; its distance adds eps to each difference.
                costs.append(margin + d[a, positives].max() - d[a, negatives].min())
            elif not hard:
                costs += [margin + d[a, p] - d[a, n] for p in positives for n in negatives]
        costs = torch.stack(costs)
        if soft:
            return F.softplus(costs).mean()
        return costs.clamp(min=0).mean() if hard else costs[costs > 0].mean()
    return loss


euclidean = lambda x: root(apart(x))
add("triplet", classes, triplets(euclidean, True, 1), (7, 3), built=as_number)
add({"type": "triplet", "mining": "batch_all", "margin": 0.5}, classes, triplets(euclidean, False, 0.5), (7, 3), built=as_number)
add({"type": "triplet", "mining": "batch_all", "margin": 0.1, "distance": "squared_euclidean", "soft": True}, classes,
    triplets(apart, False, 0.1, True), (7, 3), built=as_number)
add({"type": "triplet", "soft": True, "margin": 0, "distance": "cosine"}, classes, triplets(cosines, True, 0, True), (7, 3), built=as_number)
# A batch whose only triplets torch.nn.TripletMarginLoss says the same of: two anchors of one class, one other.
add({"type": "triplet", "margin": 2}, torch.tensor([0, 0, 1]),
    lambda x, t: F.triplet_margin_loss(x[[0, 1]], x[[1, 0]], x[[2, 2]], margin=2, eps=0), (3, 4), built=tensor([[0], [0], [1]]))


def contrastive(distance, margin):
    def loss(x, t):
        d, costs = distance(x), []
        for a in range(len(x)):
            for b in range(a):
                costs.append(d[a, b] ** 2 / 2 if t[a] == t[b] else (margin - d[a, b]).clamp(min=0) ** 2 / 2)
        return torch.stack(costs).mean()
    return loss


add({"type": "contrastive", "margin": 4}, classes, contrastive(euclidean, 4), (7, 3), built=as_number)
add({"type": "contrastive", "margin": 0.8, "distance": "cosine"}, classes, contrastive(cosines, 0.8), (7, 3), built=as_number)


def supervised_contrastive(x, t, temperature):
    z = F.normalize(x)
    sims = z @ z.T / temperature
    terms = []
    for a in range(len(x)):
        others = [b for b in range(len(x)) if b != a]
        positives = [b for b in others if t[b] == t[a]]
        if positives:
            terms.append((torch.logsumexp(sims[a, others], 0) - sims[a, positives]).mean())
    return torch.stack(terms).mean()


add("supervised_contrastive", classes, lambda x, t: supervised_contrastive(x, t, 0.1), (7, 3), built=as_number)
add({"type": "info_nce", "temperature": 0.5}, torch.tensor([0, 1, 1, 0]), lambda x, t: supervised_contrastive(x, t, 0.5), (4, 5),
    built=tensor([[0], [1], [1], [0]]))


def ctc(x, t, lengths, **settings):
    steps = torch.full((len(x),), x.shape[1])
    return F.ctc_loss(x.log_softmax(2).transpose(0, 1), t, steps, torch.tensor(lengths), **settings)


labels = torch.tensor([[1, 2, 2], [3, 0, 0], [2, 1, 0], [0, 0, 0]])
add("ctc", labels, lambda x, t: ctc(x, t, [3, 1, 2, 0]), (4, 6, 4))
add({"type": "ctc", "blank": 3}, torch.tensor([[1, 2, 2], [0, -1, -1], [2, 1, 3], [0, 3, 1]]), lambda x, t: ctc(x, t, [3, 1, 2, 1], blank=3), (4, 6, 4))
# So sure of itself that all paths but one are below what a double holds as probabilities.
add("ctc", labels, lambda x, t: ctc(x, t, [3, 1, 2, 0]), x=200 * torch.randn(4, 6, 4, dtype=torch.float64))
# The first has more labels than its steps can hold.
add({"type": "ctc", "zero_infinity": True}, torch.tensor([[1, 1, 1], [3, 2, 0]]), lambda x, t: ctc(x, t, [3, 2], zero_infinity=True), (2, 4, 4))
add("hinge", answers, lambda x, t: (1 - sign * x).clamp(min=0).mean())
add("squared_hinge", answers, lambda x, t: ((1 - sign * x).clamp(min=0) ** 2).mean())


def focal(x, t, gamma=1.5, alpha=0.3):
    p = x.sigmoid()
    pt = p * t + (1 - p) * (1 - t)
    return ((alpha * t + (1 - alpha) * (1 - t)) * (1 - pt) ** gamma * F.binary_cross_entropy_with_logits(x, t, reduction="none")).mean()


add({"type": "focal", "gamma": 1.5, "alpha": 0.3}, answers, focal)
# Without weights, which two halves are but for a factor.
add({"type": "focal", "gamma": 2, "alpha": -1}, answers, lambda x, t: 2 * focal(x, t, 2, 0.5))
# PyTorch has no smoothing of its own here; this is Keras' target t (1 - ε) + ε / 2.
smoothed = lambda share, **settings: lambda x, t: F.binary_cross_entropy_with_logits(x, t * (1 - share) + share / 2, **settings)
add({"type": "binary_cross_entropy", "label_smoothing": 0.2}, answers, smoothed(0.2))
add({"type": "binary_cross_entropy", "label_smoothing": 0.1, "pos_weight": 3.5}, torch.rand(5, 4, dtype=torch.float64), smoothed(0.1, pos_weight=tensor(3.5)))
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
(pathlib.Path(__file__).parent / "losses.json").write_text("[\n" + lines + "\n]\n")
