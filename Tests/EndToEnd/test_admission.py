"""What doesn't fit into memory is refused when it is submitted; what finds none all the same ends itself alone."""

import resource
import unittest

from server import DIGITS, Server, digits, digits_run

MEBIBYTE = 1 << 20


def wide(dataset, units, **training):
    body = digits_run(dataset, **training)
    body["model"] = {"input": {"shape": [1, 8, 8]}, "layers": [
        {"type": "flatten"}, {"type": "dense", "units": units}, {"type": "dense", "units": units}, {"type": "dense", "units": 10}]}
    return body


class AdmissionTest(unittest.TestCase):
    def start(self, *flags, **options):
        server = Server("--workers", "1", *flags, **options)
        self.addCleanup(server.close)
        return server, server.upload(DIGITS, digits()[0]).json["id"]

    def test_what_never_fits_is_refused_and_the_rest_trains(self):
        server, dataset = self.start("--memory", "64MiB")
        before = server.rss()
        refusal = server.post("/v1/runs", wide(dataset, 8192, epochs=1))
        self.assertEqual(refusal.status, 422, refusal.body)
        self.assertIn("memory", refusal.json["detail"])
        # What can't be held isn't tried first.
        self.assertLess(server.rss() - before, 64 * MEBIBYTE)
        self.assertEqual(server.get("/v1/runs").json["data"], [])
        run = server.post("/v1/runs", digits_run(dataset, epochs=1)).json["id"]
        self.assertEqual(server.wait_for(run)["state"], "succeeded")
        large = server.curl(
            "/v1/runs", "-X", "POST", "-H", "Content-Type: application/json", "--data-binary", "@-",
            data=b'{"name": "' + b"x" * (9 * MEBIBYTE) + b'"}')
        self.assertEqual(large.status, 413, large.body)

    def test_memory_that_is_not_there_ends_one_run(self):
        # More than the server takes, less than the run does; it was told that there is plenty.
        server, dataset = self.start(
            "--isolation", "process", "--memory", "64GiB", limits={resource.RLIMIT_AS: 1280 * MEBIBYTE})
        run = server.post("/v1/runs", wide(dataset, 8_000, epochs=1))
        self.assertEqual(run.status, 202, run.body)
        other = server.post("/v1/runs", digits_run(dataset, epochs=1)).json["id"]
        shown = server.wait_for(run.json["id"])
        self.assertEqual(shown["state"], "failed")
        self.assertIn(shown["state_reason"], ("out_of_memory", "quarantined"))
        self.assertEqual(server.wait_for(other)["state"], "succeeded")
        self.assertIsNone(server.process.poll())
        self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
