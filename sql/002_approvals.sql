-- 002: approvals, allowances, channels and the outbox of notifications.

-- A call that a person has to decide. One row for each time that somebody is asked.
CREATE TABLE approval (
  id              TEXT NOT NULL PRIMARY KEY,
  key_id          TEXT NOT NULL REFERENCES api_key (id),
  server          TEXT NOT NULL,
  tool            TEXT NOT NULL,
  args_digest     TEXT NOT NULL,     -- as in audit
  shown_digest    TEXT NOT NULL,     -- SHA-256 in hex of the approval's salt and the canonical arguments: what the page checks
  policy_id       TEXT NOT NULL,     -- whose rule asked; recorded, not part of what is decided
  policy_name     TEXT NOT NULL,
  policy_version  INTEGER NOT NULL,
  rule            INTEGER NOT NULL,  -- -1: a default decision
  reason          TEXT NOT NULL,     -- for people: the rule's own, or that of the verdict
  call_id         TEXT NOT NULL,     -- of the verdict that made it
  state           TEXT NOT NULL,     -- pending, approved, denied, expired, spent
  created_ms      INTEGER NOT NULL,
  expires_ms      INTEGER NOT NULL,  -- pending and approved end here
  decided_ms      INTEGER,           -- null: not decided
  decided_by      TEXT NOT NULL,     -- name of the channel, or 'enforgatectl'; '' when not decided by a person
  duration        TEXT NOT NULL,     -- once, 1h, 8h, 24h; '' when not approved
  ended_ms        INTEGER,           -- when it was spent, denied or expired; null: still open
  told_ms         INTEGER,           -- when a caller was told that it was denied or expired; null: none was
  released_ms     INTEGER,           -- when the same call was last released before this one was made; null: never
  pin_failures    INTEGER NOT NULL,  -- wrong PINs
  asker           TEXT NOT NULL      -- the request that waits for the decision, the newest of an identical call; '' for none
);
-- An identical call attaches instead of asking twice.
CREATE UNIQUE INDEX approval_open ON approval (key_id, server, tool, args_digest)
  WHERE state IN ('pending', 'approved');
CREATE INDEX approval_call ON approval (key_id, server, tool, args_digest, created_ms);
CREATE INDEX approval_state ON approval (state, expires_ms);
CREATE INDEX approval_ended ON approval (ended_ms, id);

-- What a link carries; only the hash is known here. Kept until 30 days after the approval ended.
CREATE TABLE approval_token (
  hash         TEXT NOT NULL PRIMARY KEY,  -- SHA-256 in hex
  approval_id  TEXT NOT NULL REFERENCES approval (id),
  channel      TEXT NOT NULL,              -- name of the channel it went to
  created_ms   INTEGER NOT NULL
);
CREATE INDEX approval_token_approval ON approval_token (approval_id);

-- A person's temporary permission: the same server and tool for a while.
CREATE TABLE allowance (
  id           TEXT NOT NULL PRIMARY KEY,
  key_id       TEXT NOT NULL REFERENCES api_key (id),
  server       TEXT NOT NULL,
  tool         TEXT NOT NULL,
  args_digest  TEXT NOT NULL,     -- '': whatever the arguments
  approval_id  TEXT NOT NULL REFERENCES approval (id),
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  calls_left   INTEGER,           -- null: any number
  revoked_ms   INTEGER            -- null: in force
);
CREATE INDEX allowance_call ON allowance (key_id, server, tool, expires_ms);
CREATE INDEX allowance_approval ON allowance (approval_id);

-- The PIN that an approver of a key's calls has to know.
CREATE TABLE approver_pin (
  key_id    TEXT NOT NULL PRIMARY KEY REFERENCES api_key (id),
  hash      TEXT NOT NULL,     -- scrypt, in the modular crypt format
  set_ms    INTEGER NOT NULL,
  day       INTEGER NOT NULL,  -- days since 1970-01-01 UTC on which failures were counted last
  failures  INTEGER NOT NULL,  -- wrong PINs on that day
  locked    INTEGER NOT NULL   -- 1: approving by link is off until it is reset
);

-- Where people are told.
CREATE TABLE channel (
  id          TEXT NOT NULL PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  kind        TEXT NOT NULL,     -- email, slack, teams, telegram, webhook, console
  target      TEXT NOT NULL,     -- for people, without secrets: an address, a host
  settings    TEXT NOT NULL,     -- JSON, sealed
  enabled     INTEGER NOT NULL,
  approver    INTEGER NOT NULL,  -- 1: gets links that approve
  show_args   INTEGER NOT NULL,  -- 1: links carry the arguments
  deny_link   INTEGER NOT NULL,  -- 1: messages carry a link that denies at once
  events      TEXT NOT NULL,     -- subscribed ones, separated by commas
  created_ms  INTEGER NOT NULL
);

-- Which channels hear of a key's calls.
CREATE TABLE key_channel (
  key_id      TEXT NOT NULL REFERENCES api_key (id),
  channel_id  TEXT NOT NULL REFERENCES channel (id),
  PRIMARY KEY (key_id, channel_id)
);

-- The outbox: what has to be told to whom. No token and no argument.
CREATE TABLE delivery (
  id           TEXT NOT NULL PRIMARY KEY,
  channel_id   TEXT NOT NULL,
  key_id       TEXT NOT NULL,
  event        TEXT NOT NULL,     -- call.blocked, approval.created, approval.resolved
  approval_id  TEXT NOT NULL,     -- '' for call.blocked
  call_id      TEXT NOT NULL,     -- toolCallId
  server       TEXT NOT NULL,     -- of a blocked call; '' otherwise, as the approval has it
  tool         TEXT NOT NULL,     -- likewise
  reason       TEXT NOT NULL,     -- likewise
  state        TEXT NOT NULL,     -- due, sent, failed (given up), dropped (nobody needs it any more)
  created_ms   INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  next_ms      INTEGER NOT NULL,  -- not tried before; while an attempt is under way the end of its lease
  holder       TEXT NOT NULL,     -- process that has it on lease; '' for none
  lease_ms     INTEGER NOT NULL,  -- until then nobody else takes it
  ended_ms     INTEGER,           -- when it was sent, failed or dropped
  error        TEXT NOT NULL      -- of the last attempt, without secrets; '' for none
);
CREATE INDEX delivery_due ON delivery (next_ms) WHERE state = 'due';
CREATE INDEX delivery_blocked ON delivery (key_id) WHERE state = 'due' AND event = 'call.blocked';
CREATE INDEX delivery_approval ON delivery (approval_id);
CREATE INDEX delivery_channel ON delivery (channel_id, created_ms);
