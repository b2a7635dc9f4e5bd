"""What one turn of a loop costs in steps: its nodes, and more for those that are dearer."""

import ast

TURN, LEAST = 4, 18
CHAIN, LINK = 70, 20
CALL, ARGUMENT = 10, 14
LOOP = 110
SLICE = 8
DISPLAY, HASHED = 5, 32  # to make a list or tuple, a set or dictionary


def steps_of(loop: ast.expr) -> int:
    nodes = list(ast.walk(loop))
    return max(LEAST, TURN + len(nodes) * 3 // 2) + sum(_surcharge(node) for node in nodes if node is not loop)


def _surcharge(node: ast.AST) -> int:
    match node:
        case ast.Compare(ops=[_, _, *_] as operators):
            return CHAIN + LINK * len(operators)
        case ast.Call(args=arguments):
            return CALL + ARGUMENT * (len(arguments) - 1) if len(arguments) > 1 else CALL
        case ast.ListComp() | ast.GeneratorExp():
            return LOOP
        case ast.Slice():
            return SLICE
        case ast.List() | ast.Tuple():
            return DISPLAY
        case ast.Set() | ast.Dict():
            return HASHED
    return 0
