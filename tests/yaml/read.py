"""Reads YAML 1.1 documents with PyYAML. Each line of standard input is a JSON text with one document; the answer is a
line with {"value": ...} or {"error": "..."}. A float is {"\\0float": "its digits"}, so that no reader of JSON rounds it."""

import json
import sys

import yaml


def plain(value):
    """The value, if JSON has it. A date, bytes, or a key that is no text is an error."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"\0float": repr(value)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(item) for key, item in value.items()}
    raise ValueError(f"no JSON value: {value!r}")


for line in sys.stdin:
    try:
        answer = {"value": plain(yaml.safe_load(json.loads(line)))}
    except (yaml.YAMLError, ValueError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
