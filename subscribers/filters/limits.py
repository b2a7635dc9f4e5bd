"""The bounds of a filter: of its text, and of one evaluation.

A step stands for about 50 ns of work on the reference machine (tests/fuzz/reference.py), so that an evaluation ends
within 5 ms there. Steps, not time, are counted: the same filter must say the same of the same event on every machine.
"""

MAX_LENGTH = 4_096  # characters
MAX_NODES = 400
MAX_DEPTH = 40
MAX_DIGITS = 1_000  # of a number in the text

MAX_STEPS = 80_000
MAX_RESULT_LENGTH = 100_000  # of a string or list that an operation makes
MAX_BITS = 4_096  # of a whole number that an operation makes
MAX_ROUND_DIGITS = 300
MAX_NUMBER_LENGTH = 1_000  # of a text that int or float reads
MAX_ALTERNATIVES = 100  # of a tuple for startswith or endswith
