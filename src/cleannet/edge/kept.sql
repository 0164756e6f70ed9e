-- What `edge follow` keeps (edge.kept). Spans lie as spans.to_bytes writes them.
CREATE TABLE counter (
    number INTEGER PRIMARY KEY, program TEXT, kind TEXT, province TEXT, UNIQUE (program, kind, province)
);
CREATE TABLE segment (number INTEGER PRIMARY KEY, day INTEGER, spans BLOB);
CREATE INDEX segment_day ON segment (day);
CREATE TABLE hits (program TEXT, day INTEGER, hits INTEGER, PRIMARY KEY (program, day)) WITHOUT ROWID;
CREATE TABLE fee (
    program TEXT, record BLOB, refund INTEGER, fen INTEGER, contradictions INTEGER, day INTEGER,
    PRIMARY KEY (program, record, refund)
) WITHOUT ROWID;
CREATE INDEX fee_day ON fee (day);
CREATE TABLE lost (program TEXT PRIMARY KEY, fen INTEGER) WITHOUT ROWID;
CREATE TABLE noted (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE seen (entry TEXT, day INTEGER, hits INTEGER, PRIMARY KEY (entry, day)) WITHOUT ROWID;
CREATE TABLE changed (day INTEGER PRIMARY KEY);
CREATE TABLE passed (
    program TEXT, fact TEXT, figure INTEGER, day INTEGER, PRIMARY KEY (program, fact, figure, day)
) WITHOUT ROWID;
CREATE TABLE sent (day INTEGER, program TEXT, digest BLOB, PRIMARY KEY (day, program)) WITHOUT ROWID;
CREATE TABLE log (number INTEGER PRIMARY KEY, position TEXT, source TEXT);
