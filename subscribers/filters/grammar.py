"""Which expressions are filters: the part of what simpleeval evaluates that cannot change, block or reach anything."""

import ast
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from subscribers.filters.hints import MISTAKEN_ATTRIBUTES, MISTAKEN_CONSTANTS, MISTAKEN_DATA, MISTAKEN_METHODS
from subscribers.filters.limits import MAX_DEPTH, MAX_DIGITS, MAX_NODES

DATA = "data"
FUNCTIONS = ("len", "int", "float", "str", "bool", "abs", "min", "max", "round", "any", "all")
METHODS = ("get", "lower", "upper", "strip", "startswith", "endswith", "split")
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
STRUCTURE = (ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple, ast.Set, ast.Slice, ast.comprehension)
COMPREHENSIONS = (ast.ListComp, ast.GeneratorExp)
CONSTANTS = (str, int, float, bool, type(None))
FORBIDDEN = {
    ast.Lambda: "A lambda cannot be part of a filter.",
    ast.NamedExpr: "A filter cannot assign (`:=`).",
    ast.Starred: "A `*` before a value cannot be part of a filter.",
    ast.JoinedStr: "An f-string cannot be part of a filter.",
    ast.Await: "A filter cannot await.",
    ast.Yield: "A filter cannot yield.",
    ast.YieldFrom: "A filter cannot yield.",
    ast.SetComp: "A set comprehension cannot be part of a filter; use a list.",
    ast.DictComp: "A dict comprehension cannot be part of a filter.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is not allowed, at which bytes of the source that was parsed."""

    message: str
    start: int
    end: int
    hint: str = ""


def find_refusal(tree: ast.expr) -> Refusal | None:
    """The first thing in `tree` that is not allowed, or None."""
    return _too_large(tree) or _Checker().check(tree)


def _too_large(tree: ast.expr) -> Refusal | None:
    level: list[ast.AST] = [tree]
    nodes = 0
    for _ in range(MAX_DEPTH):
        nodes += len(level)
        if nodes > MAX_NODES:
            return _refuse(
                tree, f"The expression has more than {MAX_NODES} parts.", "Split it over several subscribers."
            )
        level = [child for node in level for child in ast.iter_child_nodes(node) if not isinstance(child, _MARKS)]
        if not level:
            return None
    return _refuse(tree, f"The expression is nested deeper than {MAX_DEPTH} levels.")


_MARKS = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)


def _refuse(node: ast.AST, message: str, hint: str = "") -> Refusal:
    start = getattr(node, "col_offset", 0)
    return Refusal(message, start, getattr(node, "end_col_offset", None) or start + 1, hint)


Check = Callable[[Any, frozenset[str]], Refusal | None]


class _Checker:
    """Walks the tree with the names that are known at each place."""

    def check(self, node: ast.AST, names: frozenset[str] = frozenset((DATA,))) -> Refusal | None:
        check: Check | None = getattr(self, f"_check_{type(node).__name__.lower()}", None)
        if check is not None:
            return check(node, names)
        if isinstance(node, STRUCTURE):
            return self._check_children(node, names)
        return _refuse(node, FORBIDDEN.get(type(node), f"This ({type(node).__name__}) cannot be part of a filter."))

    def _check_children(self, node: ast.AST, names: frozenset[str]) -> Refusal | None:
        children = (child for child in ast.iter_child_nodes(node) if not isinstance(child, _MARKS))
        return next((refusal for child in children if (refusal := self.check(child, names))), None)

    def _check_constant(self, node: ast.Constant, names: frozenset[str]) -> Refusal | None:
        if not isinstance(node.value, CONSTANTS):
            return _refuse(node, f"A value of this kind ({type(node.value).__name__}) cannot be part of a filter.")
        if isinstance(node.value, int) and node.value.bit_length() > MAX_DIGITS * 3:
            return _refuse(node, "The number has too many digits.")
        return None

    def _check_name(self, node: ast.Name, names: frozenset[str]) -> Refusal | None:
        if node.id in names:
            return None
        if node.id in MISTAKEN_CONSTANTS:
            return _refuse(node, f"There is no {node.id}.", f"Write {MISTAKEN_CONSTANTS[node.id]}.")
        if node.id in FUNCTIONS:
            return _refuse(node, f"The function {node.id} must be called, as in {node.id}(…).")
        hint = f'Did you mean data["{node.id}"], or the text "{node.id}"?'
        if node.id.lower() == DATA or node.id in MISTAKEN_DATA:
            hint = "The payload is called data."
        return _refuse(node, f"The name {node.id} is not known; a filter knows only data.", hint)

    def _check_unaryop(self, node: ast.UnaryOp, names: frozenset[str]) -> Refusal | None:
        if isinstance(node.op, ast.Invert):
            return _refuse(node, "The operator ~ cannot be part of a filter.", "Write `not`.")
        return self.check(node.operand, names)

    def _check_binop(self, node: ast.BinOp, names: frozenset[str]) -> Refusal | None:
        if not isinstance(node.op, OPERATORS):
            hint = "Write `and`, `or`." if isinstance(node.op, ast.BitAnd | ast.BitOr) else ""
            return _refuse(node, "Operators on bits and matrices cannot be part of a filter.", hint)
        return self.check(node.left, names) or self.check(node.right, names)

    def _check_compare(self, node: ast.Compare, names: frozenset[str]) -> Refusal | None:
        if refusal := self._check_children(node, names):
            return refusal
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.Is | ast.IsNot) and not _is_singleton(operand):
                return _refuse(operand, "`is` compares with None, True and False only.", "Write `==`.")
        return None

    def _check_dict(self, node: ast.Dict, names: frozenset[str]) -> Refusal | None:
        if None in node.keys:
            return _refuse(node, "A ** cannot be part of a filter.")
        return self._check_children(node, names)

    def _check_subscript(self, node: ast.Subscript, names: frozenset[str]) -> Refusal | None:
        return self.check(node.value, names) or self.check(node.slice, names)

    def _check_attribute(self, node: ast.Attribute, names: frozenset[str]) -> Refusal | None:
        if node.attr in METHODS:
            return _refuse(node, f"The method {node.attr} must be called, as in .{node.attr}(…).")
        if node.attr.startswith("_"):
            return _refuse(node, f"The attribute {node.attr} cannot be reached from a filter.")
        if node.attr in MISTAKEN_ATTRIBUTES:
            return _refuse(node, f"There is no attribute {node.attr}.", f"Write {MISTAKEN_ATTRIBUTES[node.attr]}.")
        hint = f"Write {_written(_AsKeys().visit(deepcopy(node)))[:100]}."
        return _refuse(node, f"There is no attribute {node.attr}.", hint)

    def _check_call(self, node: ast.Call, names: frozenset[str]) -> Refusal | None:
        if node.keywords:
            return _refuse(node.keywords[0], "Arguments by name cannot be part of a filter.")
        refusal = self._check_callee(node.func, names)
        return refusal or next((found for each in node.args if (found := self.check(each, names))), None)

    def _check_callee(self, callee: ast.expr, names: frozenset[str]) -> Refusal | None:
        if isinstance(callee, ast.Name):
            if callee.id in FUNCTIONS:
                return None
            return _refuse(callee, f"There is no function {callee.id}.", f"There are {', '.join(FUNCTIONS)}.")
        if isinstance(callee, ast.Attribute):
            if callee.attr in METHODS:
                return self.check(callee.value, names)
            meant = MISTAKEN_METHODS.get(callee.attr)
            hint = f"Write {meant}." if meant else f"There are {', '.join(METHODS)}."
            return _refuse(callee, f"There is no method {callee.attr} in a filter.", hint)
        return _refuse(callee, "Only functions and methods that are named can be called.")

    def _check_listcomp(self, node: ast.ListComp, names: frozenset[str]) -> Refusal | None:
        return self._check_loops(node, names)

    def _check_generatorexp(self, node: ast.GeneratorExp, names: frozenset[str]) -> Refusal | None:
        return self._check_loops(node, names)

    def _check_loops(self, node: ast.ListComp | ast.GeneratorExp, names: frozenset[str]) -> Refusal | None:
        for loop in node.generators:
            if loop.is_async:
                return _refuse(node, "A filter cannot await.")
            if refusal := self.check(loop.iter, names) or self._check_target(loop.target):
                return refusal
            names = names | _names_in(loop.target)
            if refusal := next((found for each in loop.ifs if (found := self.check(each, names))), None):
                return refusal
        return self.check(node.elt, names)

    def _check_target(self, target: ast.expr) -> Refusal | None:
        if isinstance(target, ast.Tuple):
            return next((refusal for each in target.elts if (refusal := self._check_target(each))), None)
        if not isinstance(target, ast.Name):
            return _refuse(target, "Only a name can stand behind `for`.")
        if target.id == DATA or target.id in FUNCTIONS or target.id.startswith("_"):
            return _refuse(target, f"{target.id} cannot be the name of a member.")
        return None


def _names_in(target: ast.expr) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(target) if isinstance(node, ast.Name))


class _AsKeys(ast.NodeTransformer):
    """Each attribute as the key that was meant: `data.body.total` as `data["body"]["total"]`."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """A method that is called is one."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            node.func.value = self.visit(node.func.value)
            node.args = [self.visit(each) for each in node.args]
            return node
        return self.generic_visit(node)  # type: ignore[return-value]

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return ast.Subscript(self.visit(node.value), ast.Constant(node.attr), ast.Load())


def _written(node: ast.expr) -> str:
    """As people write it: with double quotation marks, where that says the same."""
    text = ast.unparse(node)
    return text if '"' in text or "\\" in text else text.replace("'", '"')


def _is_singleton(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
