"""Checked expressions as Python functions. The functions are built from syntax trees, never from text."""

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shiming.risk.expressions import Node

_COMPARE = {"_==_": ast.Eq, "_!=_": ast.NotEq, "_<_": ast.Lt, "_<=_": ast.LtE, "_>_": ast.Gt, "_>=_": ast.GtE}
_BINARY = {"_+_": ast.Add, "_-_": ast.Sub, "_*_": ast.Mult}

Values = Mapping[str, Any]


def condition(tree: Node) -> Callable[[Values], bool]:
    """One expression as a function of the values of its names."""
    return _made(_python(tree))


def conditions(trees: Sequence[Node]) -> Callable[[Values], tuple[bool, ...]]:
    """Several expressions as one function, which gives a truth for each."""
    return _made(ast.Tuple([_python(tree) for tree in trees], ast.Load()))


def _made(body: ast.expr) -> Callable[[Values], Any]:
    """Only nodes made below are in `body`: names become look-ups in the argument `v`. There are no built-ins, and two
    functions of ours for CEL's division, which rounds towards zero.
    """
    # Judged: eval of a tree made of _python's nodes only, never of text, and without built-ins.
    arguments = ast.arguments([], [ast.arg("v")], None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    return eval(compile(tree, "<policy>", "eval"), {"__builtins__": {}, "_div": _div, "_mod": _mod})  # nosec B307


def _python(node: Node) -> ast.expr:
    if node.op == "const":
        return ast.Constant(node.value)
    if node.op == "name":
        return ast.Subscript(ast.Name("v", ast.Load()), ast.Constant(node.value), ast.Load())
    args = [_python(arg) for arg in node.args]
    if node.op in ("_&&_", "_||_"):
        return ast.BoolOp(ast.And() if node.op == "_&&_" else ast.Or(), args)
    if node.op in ("!_", "-_"):
        return ast.UnaryOp(ast.Not() if node.op == "!_" else ast.USub(), args[0])
    if node.op in _COMPARE:
        return ast.Compare(args[0], [_COMPARE[node.op]()], [args[1]])
    if node.op in _BINARY:
        return ast.BinOp(args[0], _BINARY[node.op](), args[1])
    return _special(node.op, args)


def _special(op: str, args: list[ast.expr]) -> ast.expr:
    if op == "list":
        return ast.Tuple(args, ast.Load())
    if op == "@in":
        return ast.Compare(args[0], [ast.In()], [args[1]])
    if op == "_?_:_":
        return ast.IfExp(args[0], args[1], args[2])
    return ast.Call(ast.Name({"_/_": "_div", "_%_": "_mod"}[op], ast.Load()), args, [])


def _div(a: int, b: int) -> int:
    return a // b if a >= 0 else -(-a // b)


def _mod(a: int, b: int) -> int:
    return a % b if a >= 0 else -(-a % b)
