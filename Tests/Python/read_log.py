"""Reads the log of `fairlead run --log json` and prints of each line its level, message and the names of its fields."""
import json, sys

for line in open(sys.argv[1], encoding="utf-8"):
    entry = json.loads(line)
    assert list(entry) == ["time", "level", "message", "fields"] and isinstance(entry["fields"], dict), line
    print(entry["level"], entry["message"], *sorted(entry["fields"]))
