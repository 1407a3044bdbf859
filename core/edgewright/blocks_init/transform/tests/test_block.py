"""What the block writes, and that it keeps every promise of its spec."""

from pathlib import Path

from edgewright.testing import parametrize_with_checks
from edgewright_sdk import Context, Params, load_block

BLOCK = Path(__file__).parents[1]


def test_numbers_are_multiplied_and_times_kept(tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    (source / "walking").mkdir(parents=True)
    out.mkdir()
    (source / "walking" / "1.csv").write_text("timestamp,x,note\n0,1.5,a\n10,-2,b\n", encoding="utf-8")
    loaded = load_block(BLOCK)
    loaded.new().apply(source, Params.defaults(BLOCK, factor=2.0), out, Context())
    loaded.close()
    assert (out / "walking" / "1.csv").read_text() == "timestamp,x,note\n0,3.0,a\n10,-4.0,b\n"


@parametrize_with_checks(BLOCK)
def test_block_keeps_its_promises(check):
    check()
