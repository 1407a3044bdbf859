"""Execute the test's text; `facts` becomes /out/facts.json."""

import json
import pathlib

facts = {}
exec(
    compile(pathlib.Path("/in/probe.py").read_text(), "probe", "exec"), {"facts": facts, "__name__": "probe"}
)
if facts:
    pathlib.Path("/out/facts.json").write_text(json.dumps(facts))
