"""Writes losses_expression.json, what PyTorch says of losses written as expressions: make_losses_expression.py"""
import json, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(5)
cases = []
rounded = lambda t: [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]


def add(fields, target, function, shape=(5, 4)):
    x = (2 * torch.randn(*shape, dtype=torch.float64)).requires_grad_()
    value = function(x, target)
    value.backward()
    cases.append({"loss": {"type": "expression", **fields}, "shape": list(shape), "output": rounded(x), "classes": False,
                  "target_shape": list(target.shape), "target": rounded(target), "value": value.item(), "gradient": rounded(x.grad)})


numbers = 2 * torch.randn(5, 4, dtype=torch.float64)
answers = torch.randint(0, 2, (5, 4)).double()
add({"expression": "(prediction - target)^2"}, numbers, F.mse_loss)
add({"expression": "where(abs(prediction - target) <= delta, (prediction - target)^2 / 2, delta * (abs(prediction - target) - delta / 2))",
     "constants": {"delta": 0.7}}, numbers, lambda x, t: F.huber_loss(x, t, delta=0.7))
add({"expression": "softplus(prediction) - target * prediction", "reduction": "sum"}, answers,
    lambda x, t: F.binary_cross_entropy_with_logits(x, t, reduction="sum"))
add({"expression": "target * (log(target) - prediction)", "reduction": "batch_mean"}, torch.rand(5, 4, dtype=torch.float64) + 0.05,
    lambda x, t: F.kl_div(x, t, reduction="batchmean"))
add({"expression": "log(cosh(prediction - target)) + w * prediction^2", "constants": {"w": 1e-2}, "reduction": "batch_mean"},
    2 * torch.randn(2, 3, 2, dtype=torch.float64), lambda x, t: ((x - t).cosh().log() + 0.01 * x**2).sum() / 2, (2, 3, 2))
lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
(pathlib.Path(__file__).parent / "losses_expression.json").write_text("[\n" + lines + "\n]\n")
