"""Other engines on the rules that `bench.rules` hands in; prints evaluations per CPU second, and whether hits agree."""

import json
import re
import sys
import time


def rate(judge, given, share: int = 1) -> dict:
    """`judge(row)` gives a truth for each rule; measured on every `share`-th row."""
    rows = given["rows"][::share]
    same = [list(map(bool, judge(row))) for row in rows] == given["hits"][::share]
    begun = time.process_time()
    for row in rows:
        judge(row)
    spent = time.process_time() - begun
    return {"evaluations_per_cpu_s": round(len(rows) * len(given["texts"]) / spent), "same_hits": same}


def plain_python(given) -> dict:
    """The rules as a person would write them in Python: the ceiling."""
    texts = [re.sub(r"&&", " and ", re.sub(r"\|\|", " or ", text)) for text in given["texts"]]
    code = [compile(text, "rule", "eval") for text in texts]
    return rate(lambda row: [eval(rule, {}, row) for rule in code], given)


def cel_expr_python(given) -> dict:
    from cel_expr_python import cel

    first = given["rows"][0]
    kinds = {name: cel.Type.STRING if isinstance(first[name], str) else cel.Type.INT for name in first}
    environment = cel.NewEnv(variables=kinds)
    rules = [environment.compile(text) for text in given["texts"]]
    return rate(lambda row: [rule.eval(data=row).value() for rule in rules], given, 4)


def cel_python(given) -> dict:
    import celpy

    environment = celpy.Environment()
    rules = [environment.program(environment.compile(text)) for text in given["texts"]]
    return rate(lambda row: [rule.evaluate(celpy.json_to_cel(row)) for rule in rules], given, 100)


def zen_engine(given) -> dict:
    import zen

    texts = [re.sub(r"&&", " and ", re.sub(r"\|\|", " or ", text)) for text in given["texts"]]
    rules = [zen.compile_expression(text) for text in texts]
    return rate(lambda row: [rule.evaluate(row) for rule in rules], given, 4)


def main() -> None:
    given, found = json.load(sys.stdin), {}
    for engine in (plain_python, zen_engine, cel_expr_python, cel_python):
        try:
            found[engine.__name__] = engine(given)
        except Exception as fault:
            found[engine.__name__] = {"failed": f"{type(fault).__name__}: {fault}"[:200]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
