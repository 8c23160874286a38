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

    def test_a_run_begins_with_what_numpy_wrote(self):
        """Transposed and deflated, as NumPy leaves arrays, without the head; the head is drawn anew."""
        learned = safetensors_numpy.load(self.weights(self.runs[0]))
        body = {f"net.{name}": numpy.asfortranarray(value) for name, value in learned.items()
                if not name.startswith("logits.")}
        file = io.BytesIO()
        numpy.savez_compressed(file, **body)
        made = self.server.curl("/v1/weights?name=body", "-X", "POST", "--data-binary", "@-", data=file.getvalue())
        self.assertEqual(made.status, 201, made.body[:500])
        request = digits_run(self.dataset, epochs=1)
        request["initial_weights"] = {"weights": made.json["id"], "prefix": "net.", "strict": False}
        request["training"]["optimizer"] = {
            "type": "adam", "groups": [{"layers": ["conv2d_*", "hidden"], "unfreeze_at": {"step": 5}}]}
        run = self.server.post("/v1/runs", request)
        self.assertEqual(run.status, 202, run.body[:500])
        self.assertEqual(run.json["initial_weights_report"]["missing"], ["logits.weight", "logits.bias"])
        self.assertEqual(self.server.wait_for(run.json["id"])["state"], "succeeded")
        begun = safetensors_numpy.load(self.weights(run.json["id"], "checkpoint=initial"))
        for name, value in learned.items():
            same = numpy.array_equal(begun[name], value)
            self.assertEqual(same, not name.startswith("logits."), name)
        environment = self.server.get(f"/v1/runs/{run.json['id']}").json["environment"]
        self.assertRegex(environment["data"]["train"], "^[0-9a-f]{64}$")

    def test_a_run_that_begins_elsewhere_trains_in_a_process_of_its_own_too(self):
        with_process = Server("--isolation", "process")
        self.addCleanup(with_process.close)
        dataset = with_process.upload(DIGITS + "&scale=none", self.train).json["id"]
        made = with_process.curl("/v1/weights", "-X", "POST", "--data-binary", "@-", data=self.weights(self.runs[0]))
        request = digits_run(dataset, epochs=1)
        request["initial_weights"] = made.json["id"]
        run = with_process.post("/v1/runs", request)
        self.assertEqual(run.status, 202, run.body[:500])
        self.assertEqual(with_process.wait_for(run.json["id"])["state"], "succeeded")
        begun = with_process.get(f"/v1/runs/{run.json['id']}/weights?checkpoint=initial")
        numpy.testing.assert_equal(
            safetensors_numpy.load(begun.body), safetensors_numpy.load(self.weights(self.runs[0])))


if __name__ == "__main__":
    unittest.main()
