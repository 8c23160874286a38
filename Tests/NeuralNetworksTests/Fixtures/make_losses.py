"""Writes losses.json, what PyTorch says of each loss and its gradient: make_losses.py"""
import json, math, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(0)
cases = []
rounded = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


def add(loss, target, function, shape=(5, 4)):
    x = (2 * torch.randn(*shape, dtype=torch.float64)).requires_grad_()
    value = function(x, target)
    value.backward()
    cases.append({"loss": loss, "shape": list(shape), "output": rounded(x), "classes": not target.is_floating_point(),
                  "target_shape": list(target.shape), "target": rounded(target), "value": value.item(), "gradient": rounded(x.grad)})


numbers = 2 * torch.randn(5, 4, dtype=torch.float64)
answers = torch.randint(0, 2, (5, 4)).double()
sign = 2 * answers - 1
add("cross_entropy", torch.randint(0, 4, (5,)), F.cross_entropy)
add("cross_entropy", torch.randint(0, 4, (2, 3)), lambda x, t: F.cross_entropy(x.transpose(1, 2), t), (2, 3, 4))
add("binary_cross_entropy", answers, F.binary_cross_entropy_with_logits)
add("mean_squared_error", numbers, F.mse_loss)
add("mean_absolute_error", numbers, F.l1_loss)
add({"type": "huber", "delta": 0.7}, numbers, lambda x, t: F.huber_loss(x, t, delta=0.7))
add("log_cosh", numbers, lambda x, t: (x - t).cosh().log().mean())
add({"type": "quantile", "quantile": 0.2}, numbers, lambda x, t: torch.where(t > x, 0.2 * (t - x), 0.8 * (x - t)).mean())
add("poisson", torch.randint(0, 6, (5, 4)).double(), F.poisson_nll_loss)
add("hinge", answers, lambda x, t: (1 - sign * x).clamp(min=0).mean())
add("squared_hinge", answers, lambda x, t: ((1 - sign * x).clamp(min=0) ** 2).mean())


def focal(x, t, gamma=1.5, alpha=0.3):
    p = x.sigmoid()
    pt = p * t + (1 - p) * (1 - t)
    return ((alpha * t + (1 - alpha) * (1 - t)) * (1 - pt) ** gamma * F.binary_cross_entropy_with_logits(x, t, reduction="none")).mean()


add({"type": "focal", "gamma": 1.5, "alpha": 0.3}, answers, focal)
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
(pathlib.Path(__file__).parent / "losses.json").write_text("[\n" + lines + "\n]\n")
