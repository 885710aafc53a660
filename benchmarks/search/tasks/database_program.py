"""A model of a day of reports on a database with 25 numbers to set, of which three matter."""

import math
import tomllib

tables = tomllib.loads(TEXT)
given = {name: float(value) for table in tables.values() for name, value in table.items()}
assert all(value >= 0 for value in given.values()), "a setting below 0"
memory, planner, workers = tables["memory"], tables["planner"], tables["workers"]
processes = int(workers["parallel_workers"])
asked = given["shared_buffers"] + 12 * given["work_mem"] * given["hash_mem_multiplier"] * (1 + processes)
if asked > 64_000:
    raise MemoryError("the server was killed")

# What is sorted or joined goes to disk until it fits.
spilled = max(0.0, math.log2(900 / max(given["work_mem"] * given["hash_mem_multiplier"], 0.05)))
reports = 40 + 7.5 * spilled
# An index is used where a random page is cheap against one in order; on this disk it nearly is.
ratio = planner["random_page_cost"] / max(planner["seq_page_cost"], 1e-3)
scans = 1 + 0.22 * min(abs(math.log2(max(ratio, 1e-3) / 1.3)), 6) ** 1.5
together = 1 / (0.35 + 0.65 / (1 + processes)) / (1 + 0.03 * max(processes - 6, 0) ** 1.5)
hours = reports * scans / together

USUAL = {
    "shared_buffers": 4000, "maintenance_work_mem": 512, "temp_buffers": 16, "wal_buffers": 16,
    "cpu_tuple_cost": 0.02, "cpu_index_tuple_cost": 0.004, "cpu_operator_cost": 0.002,
    "effective_cache_size": 12000, "statistics_target": 300, "join_collapse": 10,
    "parallel_setup_cost": 400, "parallel_tuple_cost": 0.05, "delay": 60, "max_pages": 400,
    "multiplier": 4, "flush_after": 128, "commit_siblings": 8,
}  # fmt: skip
for at, (name, usual) in enumerate(USUAL.items()):
    away = min(abs(math.log2(max(given[name], usual / 1e4) / usual)), 5)
    hours += (0.02, 0.05, 0.1)[at % 3] * away
hours += 0.0002 * min(given["commit_delay"], 1e4) + 0.4 * abs(given["checkpoint_share"] - 0.9)
hours += 0.3 * abs(given["vacuum_scale"] - 0.1)
print(f"report_minutes: {hours:.6f}")
