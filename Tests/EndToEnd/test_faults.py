"""Some calls of a session fail, one each time: no wrong answer, and nothing acknowledged is lost."""

import random
import unittest

import fault_harness


class FaultTest(unittest.TestCase):
    def test_a_failed_call_is_an_error_or_nothing(self):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        print(fault_harness.run(lambda calls: sorted(random.Random(seed).sample(range(1, calls + 1), 6))))


if __name__ == "__main__":
    unittest.main()
