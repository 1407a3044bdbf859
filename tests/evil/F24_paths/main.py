"""Names outputs that are not in its folder."""

import json

from task import params, paths

path = params["variant"]
output = {"kind": "array", "path": path, "dtype": "float32", "shape": [2, 3]}
(paths.out / "result.json").write_text(json.dumps({"contract": 1, "outputs": {"features": output}}))
