-- 001: keys, policies, the kill switch and the audit log.
--
-- Ids are random text, times are milliseconds since 1970-01-01 UTC. INTEGER means 64 bits: the
-- PostgreSQL engine reads it as BIGINT. A file of this folder is never changed once released.

-- What this installation is called in exports and anchors. One row.
CREATE TABLE installation (
  id          TEXT NOT NULL PRIMARY KEY,
  created_ms  INTEGER NOT NULL
);

-- Counts every change of keys, policies and the kill switch. A verdict is recorded only if the
-- generation it was decided under is still the present one. One row.
CREATE TABLE generation (
  id          INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  value       INTEGER NOT NULL
);
INSERT INTO generation (id, value) VALUES (1, 1);

-- The keys of agents. The key itself is nowhere: hash is its SHA-256 in hex, prefix is for display.
CREATE TABLE api_key (
  id                   TEXT NOT NULL PRIMARY KEY,
  name                 TEXT NOT NULL UNIQUE,
  hash                 TEXT NOT NULL UNIQUE,
  prefix               TEXT NOT NULL,
  created_ms           INTEGER NOT NULL,
  expires_ms           INTEGER,           -- null: never
  revoked_ms           INTEGER,           -- null: in use
  approval_timeout_ms  INTEGER NOT NULL,  -- a held call is denied after it
  allowances           INTEGER NOT NULL   -- 1: an approver may allow for a time, 0: only once
);

-- Policies by name; what they say is in policy_version.
CREATE TABLE policy (
  id          TEXT NOT NULL PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  enabled     INTEGER NOT NULL,           -- 0: skipped by every key
  version     INTEGER NOT NULL,           -- the version in force
  removed_ms  INTEGER                     -- null: in use; the versions stay for the audit log
);

-- Every version that was ever put, as it was put.
CREATE TABLE policy_version (
  policy_id         TEXT NOT NULL REFERENCES policy (id),
  version           INTEGER NOT NULL,     -- from 1
  priority          INTEGER NOT NULL,     -- higher is looked at first
  default_decision  TEXT,                 -- null: none
  document          TEXT NOT NULL,        -- JSON
  created_ms        INTEGER NOT NULL,
  PRIMARY KEY (policy_id, version)
);

-- Which policies judge a key's calls.
CREATE TABLE key_policy (
  key_id     TEXT NOT NULL REFERENCES api_key (id),
  policy_id  TEXT NOT NULL REFERENCES policy (id),
  PRIMARY KEY (key_id, policy_id)
);

-- The kill switch. scope '' stops every key, else the id of the key that is stopped.
CREATE TABLE stop (
  scope     TEXT NOT NULL PRIMARY KEY,
  since_ms  INTEGER NOT NULL
);

-- The audit log: append-only (triggers), no secondary index (each one costs a third of the throughput).
CREATE TABLE audit (
  seq             INTEGER NOT NULL PRIMARY KEY,  -- 1, 2, 3 ... without a gap over all chains
  chain           TEXT NOT NULL,     -- id of the key, or 'installation'
  chain_seq       INTEGER NOT NULL,  -- 1, 2, 3 ... without a gap in this chain
  kind            TEXT NOT NULL,     -- verdict, outcome, admin, checkpoint
  time_ms         INTEGER NOT NULL,
  call_id         TEXT NOT NULL,     -- toolCallId; links verdict and outcome; '' for admin
  key_name        TEXT NOT NULL,     -- the key's name at that time; '' for admin
  surface         TEXT NOT NULL,     -- check, mcp, approve, ctl
  server          TEXT NOT NULL,
  tool            TEXT NOT NULL,     -- for admin the act, as key.add
  args_digest     TEXT NOT NULL,     -- HMAC-SHA-256 in hex of the canonical arguments; '' for admin
  decision        TEXT NOT NULL,     -- verdict: allow, deny, require_approval; outcome: completed, error, ...
  policy_id       TEXT NOT NULL,     -- '' when no policy decided
  policy_name     TEXT NOT NULL,
  policy_version  INTEGER NOT NULL,  -- 0 when no policy decided
  rule            INTEGER NOT NULL,  -- index from 0; -1 when no rule decided
  reason          TEXT NOT NULL,
  latency_us      INTEGER NOT NULL,  -- from the request's arrival to this record
  approval_id     TEXT NOT NULL,     -- '' for none
  mac             TEXT NOT NULL      -- HMAC over the chain's previous mac and every column above, hex
);

-- Where each chain stands: one row per chain, and '*' for the installation head over all chains.
CREATE TABLE audit_head (
  chain    TEXT NOT NULL PRIMARY KEY,
  seq      INTEGER NOT NULL,   -- chain_seq of the last entry; for '*' its seq
  mac      TEXT NOT NULL,      -- mac of the last entry; for '*' the mac over all entries in order
  time_ms  INTEGER NOT NULL    -- of the last entry: for a key, when it was last used
);

-- Where verification starts after old entries were exported and removed (audit roll).
CREATE TABLE audit_checkpoint (
  upto_seq    INTEGER NOT NULL PRIMARY KEY,  -- entries up to this one may be removed
  head_mac    TEXT NOT NULL,       -- mac over all entries up to it
  created_ms  INTEGER NOT NULL,
  export_sha256  TEXT NOT NULL,    -- of the exported file
  heads       TEXT NOT NULL,       -- JSON: [[chain, chain_seq, mac], ...] as of upto_seq
  mac         TEXT NOT NULL        -- HMAC over the previous checkpoint's mac and every column above, hex
);
