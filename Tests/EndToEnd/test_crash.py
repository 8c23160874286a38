"""Thirty kills at random moments: nothing acknowledged is lost or doubled, and every run ends in the same bits."""

import random
import unittest

import crash_harness


class CrashTest(unittest.TestCase):
    def test_thirty_kills(self):
        seed = random.randrange(1 << 30)
        print(f"crash_harness.py --kills 30 --seed {seed}")
        print(crash_harness.run(30, seed))


if __name__ == "__main__":
    unittest.main()
