"""Counts the words of a text, the most frequent ones first: {"the": 2, "fox": 1}."""

import json
import re
import sys
from collections import Counter


def handler(body):
    return dict(Counter(re.findall(r"\w+", body.lower())).most_common(100))


def serve(answers):
    """Reads calls and writes answers, one after the other, until there is no more input."""
    decoder = json.JSONDecoder()
    text = ""
    for line in sys.stdin:
        text += line
        try:
            call, end = decoder.raw_decode(text.lstrip())
        except json.JSONDecodeError:
            continue
        text = text.lstrip()[end:]
        answer = {"body": json.dumps(handler(call["body"]), ensure_ascii=False)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.stdout)
