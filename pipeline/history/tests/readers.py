"""Reads the tables as any outsider would, and prints what it saw as JSON."""

import json
import sys

import polars as pl
from deltalake import DeltaTable

root, *tables = sys.argv[1:]
seen = {}
for name in tables:
    path = f"{root}/{name}"
    table, rows = DeltaTable(path), pl.read_delta(path)
    seen[name] = {
        "delta_rs_rows": sum(a["num_records"] for a in pl.DataFrame(table.get_add_actions(flatten=True)).to_dicts()),
        "rows": rows.height,
        "schema": {c: str(t) for c, t in rows.schema.items()},
        "by_date": {str(d): n for d, n in rows.group_by("date").len().iter_rows()},
        "partitions": table.metadata().partition_columns,
    }
sights = pl.scan_delta(f"{root}/sights")
seen["speed_sum"] = sights.select(pl.col("speed_kmh").sum()).collect().item()
one = sights.filter((pl.col("plate") == "084ABC01") & (pl.col("date") == pl.date(2025, 6, 30))).collect()
seen["one"] = [str(at) for at in one["at"]]
print(json.dumps(seen))
