CREATE TABLE rounds (
    seq          INTEGER PRIMARY KEY,
    label        TEXT    NOT NULL UNIQUE,
    profile      TEXT    NOT NULL,
    seed         TEXT    NOT NULL,
    block        INTEGER NOT NULL,
    deadline     INTEGER,
    opened_at    INTEGER NOT NULL,
    closed_at    INTEGER,
    submitted_at INTEGER,
    submitted_tx TEXT    NOT NULL
);
-- At most one round is open, whoever asks.
CREATE UNIQUE INDEX rounds_open ON rounds ((1)) WHERE closed_at IS NULL;

CREATE TABLE jobs (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    round       INTEGER NOT NULL REFERENCES rounds (seq),
    uid         INTEGER NOT NULL,
    hotkey      TEXT    NOT NULL,
    task        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    seed        TEXT    NOT NULL,
    payload     BLOB,
    deadline    INTEGER,
    state       TEXT    NOT NULL CHECK (state IN ('queued', 'leased', 'done', 'skipped')),
    worker      TEXT    NOT NULL,
    lease_until INTEGER,
    attempts    INTEGER NOT NULL,
    UNIQUE (round, uid, task)
);
CREATE INDEX jobs_waiting ON jobs (id) WHERE state IN ('queued', 'leased');

CREATE TABLE scores (
    id               INTEGER PRIMARY KEY AUTOINCREMENT, -- an id handed out is never used again
    round            INTEGER NOT NULL REFERENCES rounds (seq),
    uid              INTEGER NOT NULL,
    hotkey           TEXT    NOT NULL,
    task             TEXT    NOT NULL,
    kind             TEXT    NOT NULL,
    content_type     TEXT    NOT NULL,
    content_length   REAL    NOT NULL,
    task_seed        TEXT    NOT NULL,
    reference_sha256 TEXT    NOT NULL,
    reference_bytes  INTEGER NOT NULL,
    result_sha256    TEXT    NOT NULL,
    result_bytes     INTEGER NOT NULL,
    metric           TEXT    NOT NULL,
    metric_build     TEXT    NOT NULL,
    frames           INTEGER NOT NULL,
    frame_digest     TEXT    NOT NULL,
    vmaf             REAL,
    neg              REAL,
    psnr_cb          REAL,
    psnr_cr          REAL,
    pie_app          REAL,
    rate             REAL    NOT NULL,
    threshold        REAL    NOT NULL,
    gate             TEXT    NOT NULL,
    s_q              REAL    NOT NULL,
    s_l              REAL    NOT NULL,
    s_f              REAL    NOT NULL,
    base_s_f         REAL    NOT NULL,
    paid             REAL    NOT NULL,
    bonus            INTEGER NOT NULL,
    low_score        INTEGER NOT NULL,
    low_quality      INTEGER NOT NULL,
    profile          TEXT    NOT NULL,
    issued_at        INTEGER,
    answered_at      INTEGER,
    scored_at        INTEGER NOT NULL,
    deadline         INTEGER,
    error            TEXT    NOT NULL,
    validator        TEXT    NOT NULL,
    signature        TEXT    NOT NULL,
    UNIQUE (round, uid, task)
);
CREATE INDEX scores_miner ON scores (uid, hotkey, id);
CREATE INDEX scores_hotkey ON scores (hotkey, id);

CREATE TABLE skips (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    round  INTEGER NOT NULL REFERENCES rounds (seq),
    uid    INTEGER NOT NULL,
    hotkey TEXT    NOT NULL,
    task   TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    error  TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    UNIQUE (round, uid, task)
);

-- One row for each miner and closed round; a miner's present record is that of the last one.
CREATE TABLE states (
    round              INTEGER NOT NULL REFERENCES rounds (seq),
    uid                INTEGER NOT NULL,
    hotkey             TEXT    NOT NULL,
    kind               TEXT    NOT NULL,
    since              INTEGER NOT NULL,
    accumulated        REAL    NOT NULL,
    bonus_multiplier   REAL    NOT NULL,
    penalty_f          REAL    NOT NULL,
    penalty_q          REAL    NOT NULL,
    total_multiplier   REAL    NOT NULL,
    bonus_count        INTEGER NOT NULL,
    penalty_f_count    INTEGER NOT NULL,
    penalty_q_count    INTEGER NOT NULL,
    avg_s_q            REAL    NOT NULL,
    avg_s_l            REAL    NOT NULL,
    avg_s_f            REAL    NOT NULL,
    avg_content_length REAL    NOT NULL,
    avg_rate           REAL    NOT NULL,
    longest_content    REAL    NOT NULL,
    rounds             INTEGER NOT NULL,
    responses          INTEGER NOT NULL,
    successes          INTEGER NOT NULL,
    tier               TEXT    NOT NULL,
    weight             REAL    NOT NULL,
    PRIMARY KEY (round, uid)
);
