/* What there is: transactions, logs, tablets, the centre, and what is under way between them. One scope.
 *
 * A transaction is a row of a table and is named by its index. Two of them are the same row exactly when they would be the
 * same bytes, so the index stands for the content hash. Versions (replica -> counter) are packed, two bits a replica.
 */

typedef Tx { byte word; byte rep; byte ctr; byte vk; bit bad; unsigned base : 16;
  unsigned saw : 8 }                /* saw: words that the writer had, a bit for each; for a property only */
Tx txs[TXS + 1];                    /* from 1 on */
byte txs_used;
byte ids = 2;                       /* next replica id to be drawn; 0 and 1 are the tablets' first ones */
byte successor[TXS + 1];            /* id under which is issued again what begins with this one */

#ifndef NO_HISTORY
#define NO_HISTORY 0
#endif

/* Envelope in one byte: empty slot, epoch, position. 0: none. REFUSED marks content sent again (Push.refused). */
#define ENV(e, p) ((e) * 8 + (p))
#define ENV_EPOCH(v) (((v) / 8) & 7)
#define ENV_EMPTY(v) (((v) & EMPTY) != 0)
#define EMPTY 64
#define REFUSED 255

typedef Log {
  byte n;                           /* head; positions from 1 on */
  byte tx[SLOTS + 1];
  byte env[SLOTS + 1];
  byte first[EPOCHS + 1]            /* history: first position of each epoch that it knows, else 0 */
}

/* ---- a tablet's file */

#define UNSENT 0
#define ACCEPTED 1
#define OFFER 2
typedef Row { byte tx; byte st; byte pos; byte env }

typedef File {
  Log log;
  byte snap;                        /* up to here folded into a snapshot: nothing to offer, nothing to rewind to */
  byte name;                        /* replica id for new work */
  byte own[IDS];                    /* of each own id its last transaction */
  Row out[SLOTS + 1];               /* outbox in causal order, from 1 on */
  byte nout;
  byte head;                        /* of the centre, last heard of */
  byte floor;                       /* own counters up to here are not in this file */
  byte restarted_at;
  unsigned data : 16;               /* the records: whose content is merged into them, a bit for each transaction */
  unsigned aside : 16;              /* set aside: a bit for each transaction */
  unsigned want : 16;               /* of these: asked for again by the centre */
  unsigned not_taken : 16;              /* of these: sent again and not taken */
  bit send_history; bit restart; bit complete
}
File tab[2];
#if PUTBACKS
File saved;                       /* an earlier day of tablet 0 */
bit is_saved;
#endif

/* ---- the centre's database and what lies beside it */

Log centre;
unsigned kept : 16;                 /* refused content that it has */
byte kept_to;
byte epochs = 1;                    /* newest epoch that the ledger names */
byte centre_name;                   /* replica id of its own writes, drawn with each epoch */
Log backup;
unsigned backup_kept : 16;
byte backup_kept_to;
bit is_backup;
#if ACK_BEFORE_COMMIT
Log disk;                           /* what a crash leaves */
unsigned disk_kept : 16;
#endif
#if LEDGER_APART
byte ledger;                        /* positions up to which it knows what it took */
#endif

/* ---- requests and answers */

#define IDLE 0
#define ASKED 1                     /* request under way */
#define TAKEN 2                     /* its pushes are committed, the answer is not read yet */
#define ANSWERED 3                  /* answer under way */

typedef Request {
  byte n; byte tx[SLOTS + 1]; byte env[SLOTS + 1];
  bit cursor; bit history;          /* it names a cursor; and the history with it */
  byte at;                          /* its position */
  byte first[EPOCHS + 1]            /* history of the tablet: its epoch, and all of it when told */
}
typedef Answer {
  byte nv;                          /* verdicts */
  byte vtx[SLOTS + 1]; byte kind[SLOTS + 1]; byte pos[SLOTS + 1]; byte env[SLOTS + 1];
  bit page; bit send_history; bit restart; bit rewind; bit history; bit snapshot;
  byte rewind_to; byte last; byte own_counter; byte kept_to;
  unsigned wanted : 16;
  Log log                           /* the centre's at the time of reading: entries, digests, epoch, history */
}
byte phase[2];
Request ask[2];                     /* of the call under way */
Request late[2];                    /* of one that was given up, or a duplicate: may still arrive */
bit is_late[2];
Answer ans[2];
bit need[2];                        /* a round is due: something was written, or the last answer said so */
bit stale[2];                       /* the centre changed since it was asked */

#define ACC 1
#define REF 2
#define NOT_YET 3                   /* pos holds the missing slot: replica * 4 + counter */
#define FORK 4

/* ---- what the properties need to know */

unsigned gone : 8;                  /* words that were in one place only when that place was put back */
unsigned told_acc : 16;             /* verdicts that were answered */
unsigned told_ref : 16;
byte words;                         /* how many so far */
byte words_left[3];                 /* 2: the centre's own */
byte crashes = CRASHES, restores = RESTORES, backups = BACKUPS;
#if PUTBACKS
byte saves = SAVES, putbacks = PUTBACKS;
#endif
#if RESTORES
byte issued[(EPOCHS + 1) * 8];      /* what each envelope was given to */
#endif

/* ---- working room of one step; no part of the state */
hidden byte who, i, j, k, m, p, q, r, s, c, x, y, z, row, from, to, first_pos, before, at, w;
hidden int v, v2, v3, marks;
hidden byte more, settled, found, own_id, in_log, twice, fits, stop, apart;
hidden byte fork_at[IDS];
hidden byte missing[IDS];
hidden byte count[IDS];
hidden byte taken_by_other[IDS];    /* of others' ids: first counter whose slot holds other content than was here */
hidden byte forked_from[IDS];       /* first counter that forked in this request */
hidden byte beyond;
