"""The bounds of a filter: of its text, and of one evaluation."""

MAX_LENGTH = 4_096  # characters
MAX_NODES = 400
MAX_DEPTH = 40
MAX_DIGITS = 1_000  # of a number in the text

#: An evaluation may take so many steps. A step is a node in a loop, or about 64 characters or one member of what an
#: operation walks over; 100,000 of them take a few milliseconds.
MAX_STEPS = 100_000
CHARACTERS_A_STEP = 64
MEMBERS_A_STEP = 16  # of a string or list that is copied
MAX_RESULT_LENGTH = 100_000  # of a string or list that an operation makes
MAX_BITS = 4_096  # of a whole number that an operation makes
MAX_ROUND_DIGITS = 300
