"""Uploads stream: their size doesn't show in the server's memory."""

import subprocess
import unittest

import numpy

from server import Server

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
        peak = before
        with subprocess.Popen(
                ["curl", "-sS", "-o", server.folder / "answer", "-w", "%{http_code}", "-X", "POST",
                 "-T", large, server.url + "/v1/datasets?format=npz"],
                stdout=subprocess.PIPE) as upload:
            while upload.poll() is None:
                peak = max(peak, server.rss())
                try:
                    upload.wait(0.05)
                except subprocess.TimeoutExpired:
                    pass
            self.assertEqual(upload.stdout.read(), b"201")
        print(f"resident memory moved by {(peak - before) / MEBIBYTE:.1f} MiB")
        self.assertLess(peak - before, 64 * MEBIBYTE)


if __name__ == "__main__":
    unittest.main()
