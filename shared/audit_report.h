/* audit_report.h - what a verification found, for people and for programs. */
#ifndef ENFORGATE_AUDIT_REPORT_H
#define ENFORGATE_AUDIT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "audit.h"
#include "audit_state.h"

enum audit_finding_kind {
	AUDIT_ENTRY_CHANGED,   /* or put in another place, or inserted */
	AUDIT_ENTRY_MISSING,   /* a gap in seq, or a cut tail */
	AUDIT_ENTRY_ORDER,     /* reordered or inserted */
	AUDIT_ENTRY_INSERTED,  /* where no append ever wrote */
	AUDIT_HISTORY_MISSING, /* entries of one chain, or all of them */
	AUDIT_HEAD_CHANGED,    /* the row of a chain: changed, put back or gone */
	AUDIT_ALL_CHANGED,     /* the row of the installation head likewise */
	AUDIT_CHECKPOINT_FORGED,
	AUDIT_TRIGGER_MISSING, /* what keeps the log append-only is gone, or was changed */
	AUDIT_ANCHOR_AHEAD,    /* the log is older than its anchor */
	AUDIT_ANCHOR_OTHER,    /* the log is another one than the anchor saw */
	AUDIT_ANCHOR_MISSING,
	AUDIT_ANCHOR_DAMAGED,
	AUDIT_EXPORT_DIFFERS, /* verification of an exported file */
};

/* "entry_changed" and so on, for programs. */
const char *audit_finding_name(enum audit_finding_kind kind);

#define AUDIT_FINDINGS_MAX 16 /* kept; more are only counted */

struct audit_finding {
	enum audit_finding_kind kind;
	int64_t seq;     /* of the first entry concerned; 0: of none */
	int64_t time_ms; /* of that entry as it reads now; 0: unknown */
	char key[AUDIT_CHAIN_NAME_MAX +
		 1]; /* name of the key, else id of the chain; "" where unknown */
	struct problem text;
};

struct audit_report {
	struct audit_finding findings[AUDIT_FINDINGS_MAX];
	int64_t nfindings; /* all, also those that were not kept */
	int64_t entries;
	int64_t first_seq, last_seq; /* what was verified */
	int64_t chains;
	int64_t checkpoints;
	int64_t leftover_seq; /* first entry that a roll still has to remove; 0: none */
	bool has_anchor;
	struct audit_head anchor;
	int64_t anchor_ms;
	int64_t elapsed_us;
	char export_sha256[SECRET_DIGEST_TEXT]; /* of an exported file */
};

/* Adds a finding; returns where its details go, NULL where there is no more room. */
struct audit_finding *audit_report_add(struct audit_report *report, enum audit_finding_kind kind,
    int64_t seq, const char *format, ...) PRINTF_LIKE(4, 5);

/* Adds what `breaks` (audit_state.h) says about an entry; `previous` is the seq before it. */
void audit_report_breaks(struct audit_report *report, const struct audit_entry *entry,
    int64_t previous, unsigned breaks);

/* Whether there are findings and all are about the anchor: a restored backup looks like this. */
bool audit_report_only_anchor(const struct audit_report *report);

#endif
