from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.edge.test_columns import GOOD, read_mapping
from tests.edge.test_kernel import ENTRIES

from cleannet.edge import bulk
from cleannet.edge.bulk import Bulk
from cleannet.edge.rows import Source


def test_only_what_may_match_is_read_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table(GOOD | {"host": pa.array(["good.example", "x.evil.example"])}), path)
    source = Source("x.parquet", 2**60)
    rows = list(Bulk(ENTRIES, print).parquet(path, source, read_mapping(tmp_path)))
    assert [row.host for row in rows] == ["x.evil.example"]
    assert (source.rows, source.broken) == (2, 0)


@pytest.mark.parametrize(("compiled", "told"), [(True, 0), (False, 1)])
def test_the_first_run_says_that_it_compiles(monkeypatch: pytest.MonkeyPatch, compiled: bool, told: int) -> None:
    monkeypatch.setattr(bulk, "is_compiled", lambda: compiled)
    heard: list[str] = []
    Bulk(ENTRIES, heard.append)
    assert len(heard) == told
