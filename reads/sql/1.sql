-- The record, version 1. The rows of `event` are the truth; everything else can be rebuilt from them.
-- The triggers keep honest programs from changing a row. Against dishonest ones there is the hash chain.

CREATE TABLE event (
    seq          INTEGER PRIMARY KEY CHECK (seq >= 1),
    session      INTEGER NOT NULL CHECK (session >= 1),
    reader       TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    utc_ms       INTEGER NOT NULL,
    monotonic_ms INTEGER NOT NULL CHECK (monotonic_ms >= 0),
    boot         TEXT    NOT NULL,
    build        TEXT    NOT NULL,
    protocol     BLOB    NOT NULL CHECK (length(protocol) = 32),
    package      BLOB             CHECK (package IS NULL OR length(package) = 32),
    previous     BLOB    NOT NULL CHECK (length(previous) = 32),
    hash         BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'a record row is never changed'); END;

CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'a record row is never deleted'); END;

-- INSERT OR REPLACE would pass the two above without `recursive_triggers`.
CREATE TRIGGER event_next_only BEFORE INSERT ON event
WHEN NEW.seq <> 1 + (SELECT coalesce(max(seq), 0) FROM event)
BEGIN SELECT RAISE(ABORT, 'a record row is only ever appended'); END;
