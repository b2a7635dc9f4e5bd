"""From a checked tree to closures. A closure returns the value of its part, or raises UndecidedError.

simpleeval itself walks every intermediate result to measure it: 22 ms for one comparison on a payload of 0.85 MB.
"""

# Each of these tells which nodes it compiles.
from subscribers.filters.compiling import calls, comparing, logic, loops, values
from subscribers.filters.compiling.parts import REFUSALS, Part, compile_node, reason_of

__all__ = ["REFUSALS", "Part", "calls", "comparing", "compile_node", "logic", "loops", "reason_of", "values"]
