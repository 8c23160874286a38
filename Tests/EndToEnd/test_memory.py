"""Uploads and downloads stream: their size doesn't show in the server's memory."""

import subprocess
import unittest

from server import Server, package

numpy = package("numpy")

MEBIBYTE = 1 << 20


class MemoryTest(unittest.TestCase):
    def test_a_gibibyte_moves_resident_memory_by_less_than_64_mebibytes(self):
        server = Server()
        self.addCleanup(server.close)
        # A small one first, so that what the first upload needs once is there already.
        small = server.folder / "small.npz"
        numpy.savez(small, x=numpy.zeros((100, 1024), "u1"), y=numpy.arange(100) % 10)
        self.assertEqual(
            server.curl("/v1/datasets?format=npz", "-X", "POST", "-T", small).status, 201)
        before = server.rss()

        large = server.folder / "large.npz"
        x = numpy.zeros((1 << 20, 1024), "u1")
        x[:, :8] = numpy.random.default_rng(7).integers(0, 255, (1 << 20, 8))
        numpy.savez(large, x=x, y=numpy.arange(1 << 20) % 10)
        del x
        self.assertGreater(large.stat().st_size, 1 << 30)
        with subprocess.Popen(
                ["curl", "-sS", "-o", server.folder / "answer", "-w", "%{http_code}", "-X", "POST",
                 "-T", large, server.url + "/v1/datasets?format=npz"],
                stdout=subprocess.PIPE) as upload:
            peak = max(before, server.peak_rss(upload))
            self.assertEqual(upload.stdout.read(), b"201")
        print(f"resident memory moved by {(peak - before) / MEBIBYTE:.1f} MiB")
        self.assertLess(peak - before, 64 * MEBIBYTE)

    def test_a_series_of_300000_points_moves_resident_memory_by_less_than_16_mebibytes(self):
        server = Server()
        self.addCleanup(server.close)
        text = "x,y\n" + "".join(f"{i / 64},{i * 0.0371:.4f}\n" for i in range(64))
        dataset = server.upload("format=csv&target=y", text.encode()).json["id"]
        steps = 100_000
        run = server.post("/v1/runs", {
            "model": {"input": {"shape": [1]}, "layers": [{"type": "dense", "units": 1}]}, "dataset": dataset,
            "training": {"steps": steps, "batch_size": 16, "loss": "mse", "optimizer": "adam"},
            "observe": {"histograms_every": 0, "activations_every": 0},
        }).json["id"]
        self.assertEqual(server.wait_for(run)["state"], "succeeded")
        path = f"/v1/runs/{run}/metrics?names=train_loss,learning_rate,gradient_norm"

        def download(query):
            with subprocess.Popen(
                    ["curl", "-sS", "-H", "Accept: text/csv", "-o", server.folder / "csv", server.url + path + query]
                    ) as process:
                peak = server.peak_rss(process)
            return (server.folder / "csv").read_text().count("\n"), peak

        # A short one first, so that what the first needs once is there already.
        download("&to_step=5000")
        before = server.rss()
        lines, peak = download("")
        self.assertEqual(lines, 1 + 3 * steps)
        print(f"resident memory moved by {(peak - before) / MEBIBYTE:.1f} MiB")
        self.assertLess(peak - before, 16 * MEBIBYTE)


if __name__ == "__main__":
    unittest.main()
