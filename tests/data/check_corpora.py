#!/usr/bin/env python3
"""Checks the bundled parallel corpus: alignment, size, kinds, normalisation. Standard library only.

usage: check_corpora.py FOLDER
"""
import json
import re
import sys
import unicodedata
from pathlib import Path

DOCUMENTS = 216
KINDS = 12
LEAST_ENGLISH_WORDS = 9_000
SENTENCES = range(3, 7)

# A sentence ends at a stop, possibly inside a closing quotation mark. In English the next word must
# not be in lower case, so that “Go!” she said counts once.
SENTENCE_END = {
    "en": re.compile(r"[.!?]+[”’]?(?=\s+[^a-z\s]|\s*$)"),
    "hi": re.compile(r"[।!?]+[”’]?"),
}


def check_document(language: str, where: str, document: dict) -> list[str]:
    problems = []
    if set(document) != {"id", "kind", "text"}:
        return [f"{where}: expected the members id, kind and text, found {sorted(document)}"]
    text = document["text"]
    if document["id"].rpartition("-")[0] != document["kind"]:
        problems.append(f"{where}: id {document['id']!r} does not start with {document['kind']!r}")
    if text != unicodedata.normalize("NFC", text):
        problems.append(f"{where}: the text is not in normalisation form C")
    if text != " ".join(text.split()):
        problems.append(f"{where}: the text has line breaks or more than one space in a row")
    sentences = len(SENTENCE_END[language].findall(text))
    if sentences not in SENTENCES:
        problems.append(f"{where}: expected {SENTENCES[0]} to {SENTENCES[-1]} sentences, "
                        f"found {sentences}")
    devanagari = sum("\u0900" <= c <= "\u097f" for c in text)
    letters = sum(unicodedata.category(c)[0] in "LM" for c in text)
    if (language == "hi") != (devanagari > 0.9 * letters):
        problems.append(f"{where}: {devanagari} of {letters} letters and marks are Devanagari")
    return problems


def main() -> int:
    folder = Path(sys.argv[1])
    problems = []
    corpora = {}
    for language in ("en", "hi"):
        path = folder / f"parallel.{language}.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        corpora[language] = [json.loads(line) for line in lines]
        for number, document in enumerate(corpora[language], start=1):
            problems += check_document(language, f"{path.name}:{number}", document)
        if len(lines) != DOCUMENTS:
            problems.append(f"{path.name}: expected {DOCUMENTS} documents, found {len(lines)}")

    english, hindi = ([(d["id"], d["kind"]) for d in corpora[l]] for l in ("en", "hi"))
    problems += [f"document {number}: English is {a}, Hindi is {b}"
                 for number, (a, b) in enumerate(zip(english, hindi), start=1) if a != b]
    if len(set(english)) != len(english):
        problems.append("an id appears more than once")
    kinds = {kind for _, kind in english}
    if len(kinds) != KINDS:
        problems.append(f"expected {KINDS} kinds, found {len(kinds)}: {', '.join(sorted(kinds))}")
    words = sum(len(d["text"].split()) for d in corpora["en"])
    if words < LEAST_ENGLISH_WORDS:
        problems.append(f"expected at least {LEAST_ENGLISH_WORDS} English words, found {words}")

    for problem in problems:
        print(problem)
    print(f"{len(english)} pairs of documents, {len(kinds)} kinds, {words} English words, "
          f"{len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
