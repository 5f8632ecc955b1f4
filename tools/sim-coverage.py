#!/usr/bin/env python3
"""sim-coverage.py REPORT REASONS MISSED: what simulated worlds reach of the product, from gcovr's JSON.

REASONS says of every function that they do not reach why: "## reason", and below it lines of a file and its functions, or
* for all of them. Written to MISSED: each line of a function that was entered where a branch was never taken. Ends with 1
when a function is not reached and has no reason, or has one and is reached.
"""
import collections
import json
import re
import sys

# Of the branches in a line, those that are taken when something failed below, and those that say what is wrong.
PASSES_ON = re.compile(r"SATCHEL_(TRY|ASSIGN|CHECK)|if \(!\w+\.ok\(\)\)")
SAYS_WHAT_IS_WRONG = re.compile(r"make_error|return (rows::)?(damaged|unfit|broken|gone|wrong_\w+|not_\w+|refuse\w*)\(|corrupt")


def short_name(name):
    """satchel::store::(anonymous namespace)::Commit::run(...) is Commit::run; a lambda has its function's name."""
    name = name.replace("(anonymous namespace)::", "")
    for inner in (r"\{lambda\([^{}]*\)#\d+\}", r"<[^<>]*>"):
        plain = None
        while plain != name:
            plain, name = name, re.sub(inner, "lambda" if "lambda" in inner else "", name)
    name = name.split("::lambda")[0]
    name = re.sub(r"\[abi:\w+\]", "", name)
    name = re.sub(r"^decltype \(.*?\)\) ", "", name)
    parts = name.split("(")[0].split(" ")[-1].split("::")
    while len(parts) > 1 and parts[0][:1].islower():
        parts.pop(0)
    return "::".join(parts)


def read_reasons(path):
    reasons, reason = {}, None
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("## "):
                reason = line[3:]
            elif line and not line.startswith("#"):
                file, *names = line.split()
                for name in names:
                    reasons[file, name] = reason
    return reasons


def folder_of(file):
    return "/".join(file.split("/")[:2]) if file.startswith("core/") else file.split("/")[0]


def functions(report):
    """By file and short name: was it reached?"""
    reached = collections.OrderedDict()
    for file in report["files"]:
        for function in file["functions"]:
            key = file["file"], short_name(function["name"])
            reached[key] = reached.get(key, False) or function["execution_count"] > 0
    return reached


def branches(report, missed):
    """By folder and class: [taken, all], of the lines that were reached."""
    counts = collections.defaultdict(lambda: [0, 0])
    for file in report["files"]:
        with open(file["file"], encoding="utf-8") as text:
            source = text.read().split("\n")
        for line in file["lines"]:
            found = [b for b in line.get("branches", []) if not b["throw"]]
            if not found or line["count"] == 0 or line["gcovr/excluded"] or line["gcovr/noncode"]:
                continue
            number = line["line_number"]
            taken = sum(b["count"] > 0 for b in found)
            kind = "decisions"
            if PASSES_ON.search(source[number - 1]):
                kind = "errors passed on"
            elif SAYS_WHAT_IS_WRONG.search(" ".join(source[number - 1 : number + 2])):
                kind = "says what is wrong"
            count = counts[folder_of(file["file"]), kind]
            count[0] += taken
            count[1] += len(found)
            if kind == "decisions" and taken < len(found):
                missed.write(f"{file['file']}:{number}: {taken} of {len(found)}: {source[number - 1].strip()}\n")
    return counts


def share(count):
    return f"{count[0]} of {count[1]}" + (f" ({100 * count[0] // count[1]} %)" if count[1] else "")


def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        report = json.load(text)
    reasons = read_reasons(sys.argv[2])
    reached = functions(report)
    with open(sys.argv[3], "w", encoding="utf-8") as missed:
        counts = branches(report, missed)
    kinds = ["decisions", "says what is wrong", "errors passed on"]
    print("folder: functions reached; in reached lines, branches taken of " + ", of ".join(f'"{kind}"' for kind in kinds))
    for folder in sorted({folder_of(file) for file, _ in reached}):
        here = [good for (file, _), good in reached.items() if folder_of(file) == folder]
        print(f"  {folder}: {share([sum(here), len(here)])}; " + "; ".join(share(counts[folder, kind]) for kind in kinds))

    def reason_of(key):
        return reasons.get(key) or reasons.get((key[0], "*"))

    why = collections.Counter(reason_of(key) for key, good in reached.items() if not good and reason_of(key))
    print("functions not reached, by reason:")
    for reason, number in why.most_common():
        print(f"  {number}: {reason}")
    unexplained = [key for key, good in reached.items() if not good and not reason_of(key)]
    stale = [key for key in reasons if key[1] != "*" and reached.get(key, True)]
    for file, name in unexplained:
        print(f"not reached, and nothing says why: {file} {name}")
    for file, name in stale:
        print(f"has a reason, and is reached or not there: {file} {name}")
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
