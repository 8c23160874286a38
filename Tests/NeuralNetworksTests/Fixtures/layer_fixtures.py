"""What a layer gives and what its gradients are, by PyTorch, as the JSON that LayerReferenceTests reads.

A script of a family collects cases and writes a file for each layer:

    from layer_fixtures import Cases
    cases = Cases()
    cases.add("dense", {"units": 5}, [(7,)], nn.Linear(7, 5))
    cases.write()
"""
import json, pathlib
import torch

FOLDER = pathlib.Path(__file__).parent / "layers"


class Cases:
    def __init__(self, seed=0):
        torch.manual_seed(seed)
        self.files = {}

    def add(self, type, fields, shapes, module, forward=None, note="", batch=3, inputs=None, rename=None, inference=False, graph=None):
        """A case of the layer `type` with the members `fields`.

        shapes: the shapes of its inputs, without the batch axis; normal numbers are drawn unless `inputs` holds
            tensors with the batch axis (of integers for tokens; a vocabulary then belongs into fields).
        module: a torch module (or a dict of named tensors that require gradients) with the parameters.
        forward: from the inputs to the output; the module itself when left out. It works in float64.
        graph: what the case says of the graph whose vertices the batch is.
        rename: from a parameter's name in `module` to ours, where they differ.
        inference: whether the module only infers, from running statistics that are drawn.
        """
        if isinstance(module, torch.nn.Module):
            module = module.double().train()
            forward = forward or module
            # Whatever starts as zeros or ones says little: draw it.
            with torch.no_grad():
                for parameter in module.parameters():
                    if parameter.dim() < 2:
                        parameter.add_(0.3 * torch.randn_like(parameter))
            if inference:
                module.eval()
                for name, buffer in module.named_buffers():
                    if name.endswith(("running_mean", "running_var")):
                        buffer.add_(torch.rand_like(buffer))
            parameters = dict(module.named_parameters())
        else:
            parameters = {name: tensor.detach().double().requires_grad_() for name, tensor in module.items()}
            module.update(parameters)
        if inputs is None:
            inputs = [torch.randn(batch, *shape, dtype=torch.float64) for shape in shapes]
        inputs = [x.double().requires_grad_() if x.is_floating_point() else x for x in inputs]
        array = lambda name, t: {"name": name, "shape": list(t.shape), "values": [float(f"{v:.9g}") for v in t.detach().flatten().tolist()]}
        gradient = lambda t: t.grad if t.grad is not None else torch.zeros_like(t)
        # What a pass changes, or depends on, beside what is learned.
        states = lambda: [array(n, b) for n, b in module.named_buffers() if n.endswith(("._u", "._v", "running_mean", "running_var"))] if isinstance(module, torch.nn.Module) else []
        before = states()
        output = forward(*inputs)
        cotangent = torch.randn_like(output)
        (output * cotangent).sum().backward()
        self.files.setdefault(type, []).append({
            "name": type + (" " + note if note else ""),
            "layer": {"type": type, **fields},
            **({"graph": graph} if graph else {}),
            "batch": inputs[0].shape[0],
            "inputs": [{**array("", x), "dtype": "float32" if x.is_floating_point() else "int32",
                        "gradient": [float(f"{v:.9g}") for v in gradient(x).flatten().tolist()] if x.requires_grad else None} for x in inputs],
            "parameters": [array((rename or {}).get(n, n), p) for n, p in parameters.items()],
            "gradients": [array((rename or {}).get(n, n), gradient(p)) for n, p in parameters.items()],
            "output": array("", output),
            "cotangent": array("", cotangent),
            **({"states": before, **({"mode": "inference"} if inference else {"updates": states()})} if before else {}),
        })

    def write(self, suffix=""):
        """A file for each layer; a suffix tells it from that of another script."""
        FOLDER.mkdir(exist_ok=True)
        for type, cases in self.files.items():
            lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
            (FOLDER / f"{type}{suffix}.json").write_text("[\n" + lines + "\n]\n")
