"""The tables of the store, as numbered steps: each is run once, in its order, and never changed afterwards."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    # 1: runs, batches, and what was forgotten.
    """
    CREATE TABLE runs (
        run_id TEXT PRIMARY KEY,
        folder TEXT NOT NULL UNIQUE,        -- relative to the folder of all runs
        spec_id TEXT NOT NULL,
        spec_edition INTEGER NOT NULL,
        spec_digest TEXT NOT NULL,
        submission TEXT NOT NULL,
        source TEXT NOT NULL,
        commit_id TEXT NOT NULL,
        committed_at TEXT NOT NULL,
        tree_digest TEXT NOT NULL,
        plan_digest TEXT NOT NULL,
        measuring_version INTEGER NOT NULL,
        data_digest TEXT NOT NULL,
        device_class TEXT NOT NULL,
        started_at TEXT NOT NULL,
        wall_seconds REAL NOT NULL,
        train_seconds REAL NOT NULL,
        status TEXT NOT NULL,
        points REAL NOT NULL,
        highest REAL NOT NULL,
        max_points REAL NOT NULL,
        spec_points REAL NOT NULL,
        passed INTEGER NOT NULL,
        is_grade INTEGER NOT NULL,          -- 0: not_a_grade has reasons
        stamp TEXT NOT NULL                 -- of result.json: tells a file that was written anew
    ) STRICT;
    CREATE INDEX runs_of_evidence
        ON runs (tree_digest, plan_digest, measuring_version, data_digest, device_class);
    CREATE INDEX runs_of_submission ON runs (spec_id, submission, run_id);

    CREATE TABLE rows (
        batch TEXT NOT NULL,                -- spec id and roster, see grader.course.batch.batch
        key TEXT NOT NULL,                  -- of the roster's row
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        run_id TEXT NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        tree_digest TEXT NOT NULL DEFAULT '',
        changed_at TEXT NOT NULL,
        PRIMARY KEY (batch, key)
    ) STRICT;

    CREATE TABLE forgotten (
        code TEXT NOT NULL,                 -- a stable code, no name
        runs INTEGER NOT NULL,
        at TEXT NOT NULL,
        by TEXT NOT NULL
    ) STRICT;
    """,
)
