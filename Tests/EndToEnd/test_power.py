"""The power is lost at some calls of a session, with what wasn't synced: nothing acknowledged goes with it."""

import random
import unittest

import power_harness


class PowerTest(unittest.TestCase):
    def lose(self, cuts, depth):
        seed = random.randrange(1 << 30)
        print(f"seed {seed}")
        print(power_harness.run(cuts, seed, depth))

    def test_a_loss_of_power_loses_nothing_acknowledged(self):
        self.lose(4, depth=0)

    def test_nor_does_another_while_the_server_recovers(self):
        self.lose(2, depth=1)


if __name__ == "__main__":
    unittest.main()
