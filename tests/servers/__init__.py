"""Real servers for the tests: each on free ports of loopback, in a directory of its own, stopping what it started."""
