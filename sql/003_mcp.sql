-- 003: the MCP proxy: upstreams, what is known of them, sessions of clients.

-- An MCP server behind a key.
CREATE TABLE upstream (
  id          TEXT NOT NULL PRIMARY KEY,
  key_id      TEXT NOT NULL REFERENCES api_key (id),
  name        TEXT NOT NULL,
  kind        TEXT NOT NULL,     -- http, stdio
  target      TEXT NOT NULL,     -- for people, without secrets
  settings    TEXT NOT NULL,     -- JSON, sealed: url and headers, or command and environment
  position    INTEGER NOT NULL,  -- order of configuration
  required    INTEGER NOT NULL,  -- 1: the session fails with it, 0: its tools are left out
  prefix      INTEGER NOT NULL,  -- 1: names are UPSTREAM__NAME
  pinning     TEXT NOT NULL,     -- off, warn, quarantine
  timeout_ms  INTEGER NOT NULL,  -- of a call without a word
  created_ms  INTEGER NOT NULL,
  changed_ms  INTEGER NOT NULL,  -- of the configuration: what was learnt before does not count
  UNIQUE (key_id, name)
);

-- What was found out about an upstream, so that not every process has to.
CREATE TABLE upstream_era (
  upstream_id  TEXT NOT NULL PRIMARY KEY REFERENCES upstream (id),
  era          TEXT NOT NULL,     -- modern, legacy
  facts        TEXT NOT NULL,     -- JSON: version, capabilities, serverInfo, instructions
  found_ms     INTEGER NOT NULL
);

-- Sessions towards legacy http upstreams.
CREATE TABLE upstream_session (
  upstream_id  TEXT NOT NULL REFERENCES upstream (id),
  owner        TEXT NOT NULL,     -- id of the client's session; '' for the key's own
  view         TEXT NOT NULL,     -- digest of the client's capabilities that the upstream was shown
  session      TEXT NOT NULL,     -- Mcp-Session-Id, sealed; '' where the upstream gave none
  facts        TEXT NOT NULL,     -- JSON: version, capabilities, serverInfo, instructions
  created_ms   INTEGER NOT NULL,
  PRIMARY KEY (upstream_id, owner, view)
);
CREATE INDEX upstream_session_owner ON upstream_session (owner);

-- Lists of tools, prompts, resources and templates, as upstreams gave them.
CREATE TABLE upstream_list (
  upstream_id  TEXT NOT NULL REFERENCES upstream (id),
  view         TEXT NOT NULL,     -- as in upstream_session
  kind         TEXT NOT NULL,     -- tools, prompts, resources, templates
  entries      TEXT NOT NULL,     -- JSON array
  ttl_ms       INTEGER NOT NULL,
  fetched_ms   INTEGER NOT NULL,
  fresh_ms     INTEGER NOT NULL,  -- until then it need not be fetched again; 0: it changed
  PRIMARY KEY (upstream_id, view, kind)
);

-- Counts what may have changed in the lists of an upstream, for those that wait for it.
CREATE TABLE upstream_mark (
  upstream_id  TEXT NOT NULL REFERENCES upstream (id),
  kind         TEXT NOT NULL,
  value        INTEGER NOT NULL,
  PRIMARY KEY (upstream_id, kind)
);

-- Definitions of tools as first seen.
CREATE TABLE tool_pin (
  upstream_id  TEXT NOT NULL REFERENCES upstream (id),
  tool         TEXT NOT NULL,
  digest       TEXT NOT NULL,     -- SHA-256 in hex of the definition
  pinned_ms    INTEGER NOT NULL,
  seen_digest  TEXT NOT NULL,     -- of the one that differs; '' for none
  changed_ms   INTEGER,           -- null: as pinned
  definition   TEXT NOT NULL,     -- canonical JSON; long, so it comes last, as does the next
  seen         TEXT NOT NULL,
  PRIMARY KEY (upstream_id, tool)
);

-- Sessions of legacy clients.
CREATE TABLE mcp_session (
  id            TEXT NOT NULL PRIMARY KEY,  -- for people; opens nothing
  hash          TEXT NOT NULL UNIQUE,       -- SHA-256 in hex of Mcp-Session-Id
  key_id        TEXT NOT NULL REFERENCES api_key (id),
  version       TEXT NOT NULL,
  capabilities  TEXT NOT NULL,              -- JSON: those of the client that are bridged
  client        TEXT NOT NULL,              -- name and version, for people
  log_level     TEXT NOT NULL,              -- '' for none
  created_ms    INTEGER NOT NULL,
  used_ms       INTEGER NOT NULL
);
CREATE INDEX mcp_session_key ON mcp_session (key_id, used_ms);
CREATE INDEX mcp_session_used ON mcp_session (used_ms);

-- Resources that a legacy client wants to hear of.
CREATE TABLE mcp_subscription (
  session_id  TEXT NOT NULL REFERENCES mcp_session (id),
  uri         TEXT NOT NULL,   -- as the client says it
  PRIMARY KEY (session_id, uri)
);

-- One more round of a call that a person let through (continuation.h).
CREATE TABLE continuation (
  call_id      TEXT NOT NULL,
  round        INTEGER NOT NULL,
  key_id       TEXT NOT NULL,
  args_digest  TEXT NOT NULL,
  until_ms     INTEGER NOT NULL,
  PRIMARY KEY (call_id, round)
);
CREATE INDEX continuation_until ON continuation (until_ms);
