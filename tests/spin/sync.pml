/* Satchel's sync protocol as a model for Spin: one centre, two tablets, one scope, a network that loses, delays, repeats and
 * reorders, and places that die or are put back to an earlier day. docs/MODEL.md says what each step stands for in the
 * code, what is left out, and which properties are checked. check.sh runs it: the protocol as it is, and broken ones.
 *
 * What happens how often is set by macros; without them, two words on tablet 0, one on tablet 1, and the network.
 */
#ifndef WORDS_A
#define WORDS_A 2        /* commits on tablet 0 */
#endif
#ifndef WORDS_B
#define WORDS_B 1        /* on tablet 1 */
#endif
#ifndef WORDS_CENTRE
#define WORDS_CENTRE 0   /* the centre's own */
#endif
#ifndef BAD
#define BAD 0            /* 1: a commit may be one that the centre refuses */
#endif
#ifndef CRASHES
#define CRASHES 0        /* of the centre; a tablet's are lost calls, any number */
#endif
#ifndef BACKUPS
#define BACKUPS 0
#endif
#ifndef RESTORES
#define RESTORES 0
#endif
#ifndef UNNOTICED
#define UNNOTICED 0      /* 1: a restore with all that lies beside the database: the centre takes it for a clean start */
#endif
#ifndef SAVES
#define SAVES 0          /* copies made of the file of tablet 0 */
#endif
#ifndef PUTBACKS
#define PUTBACKS 0       /* how often it is put back to its copy */
#endif
#ifndef COPIED
#define COPIED 0         /* 1: or the copy becomes the file of tablet 1, 2: also with the secret beside it */
#endif
#ifndef SAVED
#define SAVED 0          /* 1: the backup and the copy of the file are made at the beginning */
#endif
#ifndef LOSS
#define LOSS 1           /* calls are given up, before or after the centre took them */
#endif
#ifndef LATE
#define LATE 1           /* requests arrive twice, or after their call was given up */
#endif
#ifndef SPLIT
#define SPLIT 0          /* 1: an answer may have room for one entry only */
#endif
#ifndef PROGRESS
#define PROGRESS 0       /* 1: mark faults as progress, so that a cycle without any is an error (pan -l) */
#endif
/* Bounds. Where one is too low an assertion says so. */
#ifndef SLOTS
#define SLOTS 4          /* positions of the log, rows of an outbox: at most 7 */
#endif
#ifndef TXS
#define TXS SLOTS        /* transactions: at most 15 */
#endif
#ifndef IDS
#define IDS 4            /* replica ids: at most 8 */
#endif
#define EPOCHS (1 + CRASHES + RESTORES)
#define NONE IDS

#include "state.pml"
#include "words.pml"
#include "properties.pml"
#include "tablet.pml"
#include "centre.pml"

#if PROGRESS
#define FAULT(name) ; progress_##name: skip
#else
#define FAULT(name)
#endif

proctype Tablet(byte t) {
end:
  do
  :: d_step { words_left[t] > 0 -> commit(t, 0) }
#if BAD
  :: d_step { words_left[t] > 0 -> commit(t, 1) }
#endif
  :: d_step { phase[t] == IDLE && (need[t] || stale[t]) -> send(t) }
  :: d_step { phase[t] == ANSWERED -> apply(t) }
#if PUTBACKS
  :: d_step { t == 0 && saves > 0 -> saves--; copy_file(saved, tab[0]); is_saved = 1 }
  :: d_step { t <= (COPIED > 0) && putbacks > 0 && is_saved -> putbacks--; put_back(t, 0); forget_gone(); skip }
#endif
#if COPIED == 2
  :: d_step { t == 1 && putbacks > 0 && is_saved -> putbacks--; put_back(t, 1); forget_gone(); skip }
#endif
  od
}

proctype Centre(byte t) {
end:
  do
  :: d_step { phase[t] == ASKED -> take_in(ask[t], t, 1); stale[t] = 0; clear_request(ask[t]); phase[t] = TAKEN }
  :: d_step { phase[t] == TAKEN -> read(t, 0); phase[t] = ANSWERED }
#if SPLIT
  :: d_step { phase[t] == TAKEN && tab[t].log.n + 1 < centre.n -> read(t, 1); phase[t] = ANSWERED }
#endif
#if LATE
  :: d_step { is_late[t] -> take_in(late[t], t, 0); clear_request(late[t]); is_late[t] = 0 }
#endif
  od
}

/* What happens at the centre by itself, or is done to it. */
#if WORDS_CENTRE || CRASHES || RESTORES || ACK_BEFORE_COMMIT || LEDGER_APART
proctype Operator() {
end:
  do
#if WORDS_CENTRE
  :: d_step { words_left[2] > 0 -> write_own() }
#endif
#if CRASHES
  :: d_step { crashes > 0 -> crashes--; start_anew() }
#endif
#if RESTORES
  :: d_step { backups > 0 -> backups--; back_up() }
  :: d_step { restores > 0 && is_backup -> restores--; restore(); start_anew(); forget_gone(); skip }
#endif
#if ACK_BEFORE_COMMIT
  :: d_step { disk.n < centre.n -> reach_disk(); skip }
#endif
#if LEDGER_APART
  :: d_step { ledger < centre.n -> ledger = centre.n }
#endif
  od
}
#define OPERATOR run Operator()
#else
#define OPERATOR skip
#endif

#if LOSS
proctype Network(byte t) {
end:
  do
  :: d_step { phase[t] != IDLE -> give_up(t) } FAULT(lost)
#if LATE
  :: d_step { phase[t] == ASKED && !is_late[t] && ask[t].n > 0 -> copy_request(late[t], ask[t]); is_late[t] = 1 } FAULT(twice)
  :: d_step { is_late[t] -> clear_request(late[t]); is_late[t] = 0 } FAULT(never_came)
#endif
  od
}
#define NETWORK run Network(0); run Network(1)
#else
#define NETWORK skip
#endif

/* When nothing can move any more, all has to be well. */
active proctype Rest() {
end:
  timeout -> d_step { check_rest(); skip }
}

init {
  d_step {
    centre_name = NONE;
    words_left[0] = WORDS_A; words_left[1] = WORDS_B; words_left[2] = WORDS_CENTRE;
    centre.first[1] = 1;
    tab[0].log.first[1] = 1; tab[0].name = 0; tab[0].complete = 1;
    tab[1].log.first[1] = 1; tab[1].name = 1; tab[1].complete = 1
#if ACK_BEFORE_COMMIT
    ; disk.first[1] = 1
#endif
#if SAVED
    ; copy_log(backup, centre); is_backup = 1; copy_file(saved, tab[0]); is_saved = 1
#endif
  }
  atomic { run Tablet(0); run Tablet(1); run Centre(0); run Centre(1); OPERATOR; NETWORK }
}
