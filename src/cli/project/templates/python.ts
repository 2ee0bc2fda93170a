import type { Template } from "./template.ts";

/** Python without packages: JSON objects on the standard streams. */
export function pythonTemplate(): Template {
  return {
    files: { "func.py": FUNC_PY },
    settings: { runtime: "python", entrypoint: "python3 func.py", format: "json" },
  };
}

const FUNC_PY = `import json
import sys


def handler(body, call):
    """Answers one call: a text, or what becomes JSON. \`call\` is all that is known of it."""
    name = (json.loads(body) if body else {}).get("name", "World")
    return {"message": f"Hello {name}"}


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
        print(json.dumps(answer(call)), file=answers, flush=True)


def answer(call):
    try:
        result = handler(call.get("body", ""), call)
    except Exception as error:
        print(f"Error in function: {error!r}", file=sys.stderr, flush=True)
        return {"body": '{"error":{"message":"function failed"}}', "protocol": {"status_code": 502}}
    return {"body": result if isinstance(result, str) else json.dumps(result)}


if __name__ == "__main__":
    output = sys.stdout
    # What the function prints goes to its log.
    sys.stdout = sys.stderr
    serve(output)
`;
