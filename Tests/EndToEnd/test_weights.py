"""What the server learned is what Python reads, and gives the same answers."""

import io
import json
import unittest

from server import DIGITS, Server, digits, digits_run, package

numpy = package("numpy")
safetensors_numpy = package("safetensors.numpy")


def correlate(x, weight, bias):
    """A 3x3 convolution with padding 1, as PyTorch defines it: x [N, C, H, W], weight [O, C, 3, 3]."""
    n, _, h, w = x.shape
    padded = numpy.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    out = numpy.zeros((n, weight.shape[0], h, w))
    for i in range(3):
        for j in range(3):
            out += numpy.einsum("nchw,oc->nohw", padded[:, :, i:i + h, j:j + w], weight[:, :, i, j])
    return out + bias[None, :, None, None]


def forward(parameters, x):
    """The example's network from its weights, in float64; dropout does nothing here."""
    p = {name: value.astype(numpy.float64) for name, value in parameters.items()}
    x = numpy.maximum(correlate(x, p["conv2d_0.weight"], p["conv2d_0.bias"]), 0)
    x = numpy.maximum(correlate(x, p["conv2d_1.weight"], p["conv2d_1.bias"]), 0)
    n, c, h, w = x.shape
    x = x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5)).reshape(n, -1)
    x = numpy.maximum(x @ p["hidden.weight"].T + p["hidden.bias"], 0)
    return x @ p["logits.weight"].T + p["logits.bias"]


def softmax(z):
    e = numpy.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class WeightsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.close)
        cls.train, cls.test = digits()
        # Unscaled, so that NumPy's forward pass may take the rows as they stand.
        cls.dataset = cls.server.upload(DIGITS + "&scale=none&name=train", cls.train).json["id"]
        cls.runs = []
        for _ in range(2):
            run = cls.server.post("/v1/runs", digits_run(cls.dataset, epochs=4))
            assert run.status == 202, run.body
            cls.runs.append(run.json["id"])
        for run in cls.runs:
            assert cls.server.wait_for(run)["state"] == "succeeded"

    def weights(self, run, query=""):
        answer = self.server.get(f"/v1/runs/{run}/weights?{query}")
        self.assertEqual(answer.status, 200, answer.body[:500])
        return answer.body

    def test_the_names_and_shapes_are_pytorchs(self):
        parameters = safetensors_numpy.load(self.weights(self.runs[0]))
        self.assertEqual(
            {name: value.shape for name, value in parameters.items()},
            {"conv2d_0.weight": (32, 1, 3, 3), "conv2d_0.bias": (32,),
             "conv2d_1.weight": (32, 32, 3, 3), "conv2d_1.bias": (32,),
             "hidden.weight": (128, 512), "hidden.bias": (128,),
             "logits.weight": (10, 128), "logits.bias": (10,)})

    def test_npz_holds_the_same_arrays(self):
        tensors = safetensors_numpy.load(self.weights(self.runs[0]))
        arrays = numpy.load(io.BytesIO(self.weights(self.runs[0], "format=npz")))
        self.assertEqual(sorted(tensors), sorted(arrays.files))
        for name in tensors:
            numpy.testing.assert_array_equal(tensors[name], arrays[name])

    def test_numpys_forward_pass_gives_the_servers_predictions(self):
        parameters = safetensors_numpy.load(self.weights(self.runs[0]))
        rows = numpy.loadtxt(io.BytesIO(self.test), delimiter=",")[:100]
        images = rows[:, :64].reshape(-1, 1, 8, 8)
        answer = self.server.post(f"/v1/runs/{self.runs[0]}/predictions",
                                  {"inputs": images.tolist()})
        self.assertEqual(answer.status, 200, answer.body[:500])
        served = numpy.array(answer.json["outputs"])
        logits = forward(parameters, images)
        numpy.testing.assert_allclose(served, softmax(logits), rtol=0, atol=1e-5)

    def test_two_runs_with_one_seed_leave_the_same_bits(self):
        first, second = (self.weights(run) for run in self.runs)
        self.assertEqual(first, second)
        self.assertNotEqual(self.weights(self.runs[0], "checkpoint=initial"), first)


if __name__ == "__main__":
    unittest.main()
