"""Writes regularization.json: fifty steps of small models under each penalty and constraint, in float64 by PyTorch.

PyTorch has none of them but weight decay, so that each is written out here from its formula: penalties on parameters and on
layers' outputs as Keras defines L1L2 and activity_regularizer, the gradient penalties of Drucker and Le Cun 1992 and Gulrajani et
al. 2017 by torch.autograd.grad with create_graph, norms bounded after each step as Hinton et al. 2012 say. For each case the spec, the
`training` members, initial weights, and what is expected: the loss and the penalty of each step, and the weights after the last.
Needs torch; run with no arguments.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

STEPS, BATCH, EXAMPLES, CLASSES = 50, 8, 32, 3
generator = torch.Generator().manual_seed(20261127)


def drawn(*shape, scale=1.0):
    return (torch.randn(*shape, generator=generator) * scale).float().double()


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().float().flatten().tolist()]


DENSE = {
    "input": {"shape": [6]},
    "layers": [
        {"type": "dense", "units": 7, "activation": "tanh", "name": "hidden_a"},
        {"type": "dense", "units": 5, "activation": "softplus", "name": "hidden_b"},
        {"type": "dense", "units": CLASSES, "name": "head"},
    ],
}
DENSE_SHAPES = {
    "hidden_a.weight": (7, 6), "hidden_a.bias": (7,), "hidden_b.weight": (5, 7), "hidden_b.bias": (5,),
    "head.weight": (CLASSES, 5), "head.bias": (CLASSES,),
}


def dense(w, x, outputs):
    a = torch.tanh(F.linear(x, w["hidden_a.weight"], w["hidden_a.bias"]))
    b = F.softplus(F.linear(a, w["hidden_b.weight"], w["hidden_b.bias"]))
    outputs.update(hidden_a=a, hidden_b=b)
    return F.linear(b, w["head.weight"], w["head.bias"])


# A convolution, one that is transposed and in groups, and a norm whose gain no penalty for weights is of.
IMAGES = {
    "input": {"shape": [2, 5, 5]},
    "layers": [
        {"type": "conv2d", "filters": 4, "kernel": 3, "activation": "tanh", "name": "down"},
        {"type": "layer_norm", "name": "norm", "axes": 3},
        {"type": "conv2d_transpose", "filters": 6, "kernel": 2, "groups": 2, "name": "up", "activation": "tanh"},
        {"type": "flatten"},
        {"type": "dense", "units": CLASSES, "name": "head"},
    ],
}
IMAGES_SHAPES = {
    "down.weight": (4, 2, 3, 3), "down.bias": (4,), "norm.weight": (4, 3, 3), "norm.bias": (4, 3, 3), "up.weight": (4, 3, 2, 2),
    "up.bias": (6,), "head.weight": (CLASSES, 96), "head.bias": (CLASSES,),
}


def images(w, x, outputs):
    a = torch.tanh(F.conv2d(x, w["down.weight"], w["down.bias"]))
    n = F.layer_norm(a, (4, 3, 3), w["norm.weight"], w["norm.bias"], 1e-5)
    u = torch.tanh(F.conv_transpose2d(n, w["up.weight"], w["up.bias"], groups=2))
    outputs.update(down=a, norm=n, up=u)
    return F.linear(u.flatten(1), w["head.weight"], w["head.bias"])


def l1l2(names, l1=0.0, l2=0.0):
    return lambda w, **_: sum(l1 * w[n].abs().sum() + l2 * w[n].square().sum() for n in names)


def activity(name, l1=0.0, l2=0.0):
    def penalty(outputs, x, **_):
        y = outputs[name]
        return (l1 * y.abs().sum() + l2 * y.square().sum()) / x.shape[0]
    return penalty


def gradient(weight, target=0.0, of="loss"):
    def penalty(x, loss, answer, **_):
        value = loss * x.shape[0] if of == "loss" else answer.sum()
        (g,) = torch.autograd.grad(value, x, create_graph=True)
        norms = g.flatten(1).norm(dim=1)
        return weight * (norms - target).square().mean()
    return penalty


def max_norm(names, limit):
    def constrain(w):
        for name in names:
            norms = w[name].flatten(1).norm(dim=1)
            scale = torch.where(norms > limit, limit / norms, torch.ones_like(norms))
            w[name].mul_(scale.view(-1, *[1] * (w[name].dim() - 1)))
    return constrain


def max_norm_transposed(name, groups, limit):
    """The kernel is [in, out/groups, h, w]: unit (g, o) has all of group g's inputs."""
    def constrain(w):
        k = w[name].view(groups, -1, *w[name].shape[1:])
        norms = k.square().sum(dim=(1, 3, 4), keepdim=True).sqrt()
        k.mul_(torch.where(norms > limit, limit / norms, torch.ones_like(norms)))
    return constrain


def unit_norm(names):
    def constrain(w):
        for name in names:
            w[name].div_(w[name].flatten(1).norm(dim=1).view(-1, *[1] * (w[name].dim() - 1)))
    return constrain


def non_negative(names):
    return lambda w: [w[name].clamp_(min=0) for name in names]


def together(*parts):
    return lambda w: [part(w) for part in parts]


SGD = {"type": "sgd", "learning_rate": 0.2, "momentum": 0.9}
ADAM = {"type": "adam", "learning_rate": 0.02}
WEIGHTS = ["hidden_a.weight", "hidden_b.weight", "head.weight"]
CONSTRAINED = ["down.weight", "head.weight"]

CASES = [
    ("l1", DENSE, SGD, {"regularization": {"l1": 0.003}}, [l1l2(WEIGHTS, l1=0.003)], None),
    ("l2", DENSE, ADAM, {"regularization": {"l2": 0.01}}, [l1l2(WEIGHTS, l2=0.01)], None),
    ("elastic", DENSE, SGD, {"regularization": [{"l1": 0.001, "l2": 0.002, "layers": ["hidden_*"]}]},
     [l1l2(["hidden_a.weight", "hidden_b.weight"], 0.001, 0.002)], None),
    ("all_and_named", DENSE, ADAM,
     {"regularization": [{"l2": 0.003, "parameters": "all"}, {"l1": 0.004, "parameters": ["*.bias", "head.weight"]}]},
     [l1l2(DENSE_SHAPES, l2=0.003), l1l2(["hidden_a.bias", "hidden_b.bias", "head.bias", "head.weight"], l1=0.004)], None),
    ("clipped", DENSE, SGD, {"regularization": {"l2": 0.2}, "clip": {"norm": 0.5}}, [l1l2(WEIGHTS, l2=0.2)], None),
    ("norms_have_no_weights", IMAGES, ADAM, {"regularization": {"l2": 0.01}},
     [l1l2(["down.weight", "up.weight", "head.weight"], l2=0.01)], None),
    ("activity", DENSE, SGD,
     {"activity_regularization": [{"l1": 0.02, "layers": ["hidden_a"]}, {"l2": 0.03, "layers": ["hidden_*"]}]},
     [activity("hidden_a", l1=0.02), activity("hidden_a", l2=0.03), activity("hidden_b", l2=0.03)], None),
    ("double_backpropagation", DENSE, ADAM, {"gradient_penalty": {"weight": 0.3}}, [gradient(0.3)], None),
    ("unit_gradient", DENSE, SGD, {"gradient_penalty": {"weight": 0.1, "target": 1, "of": "output"}},
     [gradient(0.1, 1.0, "output")], None),
    ("gradient_of_images", IMAGES, ADAM, {"gradient_penalty": {"weight": 0.2}}, [gradient(0.2)], None),
    ("everything", DENSE, ADAM,
     {"regularization": {"l1": 0.001}, "activity_regularization": {"l2": 0.01, "layers": ["hidden_b"]},
      "gradient_penalty": {"weight": 0.05}, "constraints": {"max_norm": 1.5}},
     [l1l2(WEIGHTS, l1=0.001), activity("hidden_b", l2=0.01), gradient(0.05)], max_norm(WEIGHTS, 1.5)),
    ("max_norm", IMAGES, SGD, {"constraints": [{"max_norm": 0.8, "layers": ["down", "head"]}, {"max_norm": 0.5, "layers": ["up"]}]},
     [], together(max_norm(CONSTRAINED, 0.8), max_norm_transposed("up.weight", 2, 0.5))),
    ("unit_norm", DENSE, ADAM, {"constraints": {"unit_norm": True, "layers": ["hidden_?"]}},
     [], unit_norm(["hidden_a.weight", "hidden_b.weight"])),
    ("non_negative", DENSE, SGD,
     {"constraints": [{"non_negative": True, "max_norm": 1.2, "layers": ["hidden_b"]},
                      {"non_negative": True, "parameters": ["head.*"]}]},
     [], together(non_negative(["hidden_b.weight"]), max_norm(["hidden_b.weight"], 1.2), non_negative(["head.weight", "head.bias"]))),
]


def trained(spec, optimizer, members, penalties, constrain, initial, inputs, targets):
    forward = dense if spec is DENSE else images
    w = {name: value.clone().requires_grad_() for name, value in initial.items()}
    if optimizer["type"] == "sgd":
        stepper = torch.optim.SGD(w.values(), lr=optimizer["learning_rate"], momentum=optimizer["momentum"])
    else:
        stepper = torch.optim.Adam(w.values(), lr=optimizer["learning_rate"])
    losses, values, norms = [], [], []
    for step in range(STEPS):
        start = step * BATCH % EXAMPLES
        x = inputs[start:start + BATCH].clone().requires_grad_()
        outputs = {}
        answer = forward(w, x, outputs)
        loss = F.cross_entropy(answer, targets[start:start + BATCH])
        penalty = sum((p(w=w, x=x, outputs=outputs, loss=loss, answer=answer) for p in penalties), torch.zeros((), dtype=torch.float64))
        stepper.zero_grad()
        (loss + penalty).backward()
        total = torch.stack([p.grad.norm() for p in w.values()]).norm()
        if "clip" in members:
            torch.nn.utils.clip_grad_norm_(w.values(), members["clip"]["norm"])
        stepper.step()
        if constrain:
            with torch.no_grad():
                constrain(w)
        losses.append(loss.item())
        values.append(penalty.item())
        norms.append(total.item())
    return losses, values, norms, w


def main():
    shared = {}
    for name, spec, shapes, shape in [("dense", DENSE, DENSE_SHAPES, (6,)), ("images", IMAGES, IMAGES_SHAPES, (2, 5, 5))]:
        initial = {n: drawn(*s, scale=0.5) for n, s in shapes.items()}
        # A weight of 0 has no derivative of its magnitude, and the engine takes 0.
        initial["head.weight"][0, 0] = 0.0
        shared[name] = (initial, drawn(EXAMPLES, *shape), torch.randint(CLASSES, (EXAMPLES,), generator=generator))
    cases = []
    for name, spec, optimizer, members, penalties, constrain in CASES:
        key = "dense" if spec is DENSE else "images"
        losses, values, norms, w = trained(spec, optimizer, members, penalties, constrain, *shared[key])
        cases.append({
            "name": name, "model": key, "optimizer": optimizer, "training": members, "losses": losses, "penalties": values,
            "gradient_norms": norms, "weights": {n: numbers(p) for n, p in w.items()},
        })
    models = {
        key: {
            "spec": spec, "initial": {n: numbers(p) for n, p in shared[key][0].items()},
            "inputs": numbers(shared[key][1]), "targets": shared[key][2].tolist(),
        } for key, spec in [("dense", DENSE), ("images", IMAGES)]
    }
    document = {"batch": BATCH, "classes": CLASSES, "steps": STEPS, "models": models, "cases": cases}
    path = pathlib.Path(__file__).parent / "regularization.json"
    path.write_text(json.dumps(document, separators=(",", ":")) + "\n")
    print(path.stat().st_size, "bytes;", {c["name"]: (round(c["losses"][0], 3), round(c["losses"][-1], 3), round(c["penalties"][-1], 4)) for c in cases})


main()
