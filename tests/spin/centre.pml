/* The centre: server. Each inline without "part of" in its comment is one transaction of its database. */

inline changed() { stale[0] = 1; stale[1] = 1 }

#if ACK_BEFORE_COMMIT
inline reach_disk() { copy_log(disk, centre); disk_kept = kept }
#endif

/* ---- Work::begin_epoch: the ledger outside the database knows the greatest one; part of a transaction */
inline begin_epoch() {
  assert(epochs < EPOCHS);
  epochs++;
  centre.first[epochs] = centre.n + 1;
  printf("centre: epoch %d from position %d on\n", epochs, centre.n + 1);
#if !CENTRE_KEEPS_NAME
  centre_name = NONE;
#endif
}

/* Acceptance::sequence, Log::append: the next position, with envelope x (0: one of its own). Part of a transaction. */
inline sequence(k_, x_) {
  last_epoch(centre, y);
  if
  :: (x_) == 0 -> x = ENV(y, centre.n + 1) + (txs[k_].bad -> EMPTY : 0); note_envelope(x, k_)
  :: else -> x = x_
  fi;
  stands_once(k_);
  version_of(centre, v);
  fits_behind(k_, v);
  past_was_seen(k_);
  append(centre, k_, x);
  if
  :: (x_) == 0 && txs[k_].bad -> kept = kept | BIT(k_)  /* put_in_quarantine */
  :: else
  fi;
  changed()
}

/* What the centre knows of a replica's slots: its log, in the transaction that appends to it. */
inline known_version(res_) {
#if LEDGER_APART
  res_ = 0; q = 1;
  do
  :: q <= centre.n ->
     if
     :: q <= ledger -> res_ = WITH(res_, REP(centre.tx[q]), CTR(centre.tx[q]))
     :: else
     fi;
     q++
  :: else -> break
  od
#else
  version_of(centre, res_)
#endif
}

/* The slot first missing in the base of k_, as replica * 4 + counter; 0: none. Appender::first_missing. */
inline first_missing(k_, version_, res_) {
  res_ = 0; q = 0;
  do
  :: q < IDS && res_ == 0 ->
     if
     :: q != REP(k_) && VAT(txs[k_].base, q) > VAT(version_, q) -> res_ = q * 4 + VAT(version_, q) + 1
     :: else
     fi;
     q++
  :: else -> break
  od
}

/* A refused slot that k_ may build on and whose content a restore took away. unknown_ground. */
inline unknown_ground(k_, res_) {
  res_ = 0; i = centre.n;
  do
  :: i > 0 ->
     if
     :: ENV_EMPTY(centre.env[i]) && (kept & BIT(centre.tx[i])) == 0 && REP(centre.tx[i]) == REP(k_) &&
        CTR(centre.tx[i]) > txs[k_].vk && CTR(centre.tx[i]) < CTR(k_) -> res_ = REP(k_) * 4 + CTR(centre.tx[i])
     :: else
     fi;
     i--
  :: else -> break
  od
}

inline verdict_of(position_) {
  if
  :: ENV_EMPTY(centre.env[position_]) -> z = REF
  :: else -> z = ACC
  fi;
  at = position_; x = centre.env[position_]
}

/* One pushed row, k_ with envelope e_: z := kind, at := position or missing slot, x := envelope. Acceptance::push,
 * ::offer, ::refused_content with ::not_its_turn, ::known_slot, ::keep_content. marks: replicas that forked in this request.
 */
inline take(k_, e_) {
  known_version(v);
  c = VAT(v, REP(k_)); z = 0; x = 0; at = 0;
  if
  :: (e_) != REFUSED && (marks & BIT(REP(k_))) != 0 -> z = FORK
  :: !((e_) != REFUSED && (marks & BIT(REP(k_))) != 0) && CTR(k_) <= c ->
     find_slot(centre, REP(k_), CTR(k_), p);
     if
#if !HASH_IGNORED
     :: centre.tx[p] != k_ -> z = FORK; marks = marks | BIT(REP(k_));
        forked_from[REP(k_)] = (forked_from[REP(k_)] == 0 || CTR(k_) < forked_from[REP(k_)] -> CTR(k_) : forked_from[REP(k_)])
#endif
     :: else ->
        verdict_of(p);
        if
        :: z == REF && ((e_) == 0 || (e_) == REFUSED || !ENV_EMPTY(e_)) -> kept = kept | BIT(k_)
        :: else
        fi
     fi
  :: !((e_) != REFUSED && (marks & BIT(REP(k_))) != 0) && CTR(k_) > c ->
     if
     :: (e_) == REFUSED || CTR(k_) > c + 1 -> at = REP(k_) * 4 + c + 1
     :: else -> first_missing(k_, v, at)
     fi;
     if
     :: at == 0 && (e_) == 0 -> unknown_ground(k_, at)
     :: else
     fi;
#if !FORK_FORGOTTEN
     q = 0;                         /* written upon what this device has in a slot that holds something else */
     do
     :: q < IDS && at == 0 ->
        at = (forked_from[q] != 0 && q != REP(k_) && VAT(txs[k_].base, q) >= forked_from[q] -> q * 4 + forked_from[q] : 0); q++
     :: else -> break
     od;
#endif
     if
     :: at == 0 && (e_) == 0 && beyond -> z = NOT_YET   /* stands_apart */
     :: at != 0 ->
#if GAP_IS_REFUSAL
        z = REF; at = 0; x = ENV(1, 0) + EMPTY
#else
        z = NOT_YET
#endif
     :: else ->
        last_epoch(centre, y);
        if
        :: (e_) != 0 && ENV_EPOCH(e_) == y -> begin_epoch()   /* prove_restore */
        :: else
        fi;
        sequence(k_, e_);
        verdict_of(centre.n)
     fi
  fi
}

/* Acceptance::stands_apart: does the cursor of the request stand in a history that is not this centre's? */
inline stands_apart(Q_) {
  beyond = 0;
#if !APART_TAKEN
  if
  :: Q_.cursor ->
     epoch_at(Q_, Q_.at, x);
     s = 0;
     if
     :: centre.first[x] != 0 -> s = centre.n; end_of(centre, x, s); beyond = (Q_.at > s)
     :: centre.first[x] == 0 && !Q_.history -> beyond = 1
     :: centre.first[x] == 0 && Q_.history -> shared_prefix(Q_, Q_.at, s); beyond = (Q_.at > s)
     fi
  :: else
  fi
#endif
}

/* ServiceImpl::write, ::take_in: all pushes of a request. The verdicts wait in the answer until the commit has returned. */
inline take_in(Q_, t_, answered_) {
  marks = 0; j = 0;
  do
  :: j < IDS -> forked_from[j] = 0; j++
  :: else -> break
  od;
  stands_apart(Q_);
  j = 1;
  do
  :: j <= Q_.n ->
     take(Q_.tx[j], Q_.env[j]);
     printf("centre: transaction %d of tablet %d (envelope %d): verdict %d, position or missing slot %d\n", Q_.tx[j], t_,
            Q_.env[j], z, at);
     if
     :: answered_ ->
        ans[t_].nv++; ans[t_].vtx[j] = Q_.tx[j]; ans[t_].kind[j] = z; ans[t_].pos[j] = at; ans[t_].env[j] = x;
        one_verdict(Q_.tx[j], z)
     :: else
     fi;
     j++
  :: else -> break
  od
}

/* ---- the later read: Pull::answer, ::page */

/* Pull::has_news: e is the epoch of the cursor. */
inline has_news(t_, e_, res_) {
  same_logs(tab[t_].log, centre, found);
  content_of(centre, v);
  found = (found && v == tab[t_].data);
  epoch_at(centre, centre.n, y);
  res_ = (tab[t_].restart || !found || tab[t_].snap < kept_to || e_ != y)
}

/* shared_prefix: the histories of both, item by item. */
inline shared_prefix(H_, head_, res_) {
  res_ = 0; i = 1; p = 0;
  do
  :: i <= EPOCHS && centre.first[i] == H_.first[i] ->
     p = (centre.first[i] != 0 -> i : p); i++
  :: else -> break
  od;
  if
  :: p != 0 ->
     x = centre.n; end_of(centre, p, x);
     y = head_; end_of(H_, p, y);
     res_ = (x < y -> x : y)
  :: else
  fi
}

/* agree_on_history. apart: nothing else can be sent before that. */
inline agree_on_history(t_, e_) {
  apart = 0; s = 0;
  if
  :: centre.first[e_] != 0 -> s = centre.n; end_of(centre, e_, s)
  :: centre.first[e_] == 0 && (!tab[t_].send_history || NO_HISTORY) -> ans[t_].send_history = 1; apart = 1
  :: centre.first[e_] == 0 && tab[t_].send_history && !NO_HISTORY -> shared_prefix(tab[t_].log, tab[t_].log.n, s)
  fi;
  if
  :: !apart ->
     last_epoch(centre, y);
     ans[t_].history = (tab[t_].log.n > s || centre.first[e_] == 0 || e_ != y);
     if
     :: tab[t_].log.n > s -> ans[t_].rewind = 1; ans[t_].rewind_to = s; apart = 1
     :: else
     fi
  :: else
  fi
}

/* digests_agree: of the log up to the cursor, and of the states at the head. */
inline digests_agree(t_, res_) {
  res_ = (tab[t_].log.n <= centre.n); i = 1;
  do
  :: i <= tab[t_].log.n && res_ ->
     res_ = (tab[t_].log.tx[i] == centre.tx[i] && (tab[t_].log.n < centre.n || tab[t_].log.env[i] == centre.env[i])); i++
  :: else -> break
  od;
  content_of(centre, v);
  res_ = (res_ && (tab[t_].log.n < centre.n || v == tab[t_].data))
}

/* few: the budget of the answer has room for one entry only. */
inline read(t_, few_) {
  /* content_wanted */
  i = 1;
  do
  :: i <= centre.n ->
     if
     :: ENV_EMPTY(centre.env[i]) && (kept & BIT(centre.tx[i])) == 0 -> ans[t_].wanted = ans[t_].wanted | BIT(centre.tx[i])
     :: else
     fi;
     i++
  :: else -> break
  od;
  epoch_at(tab[t_].log, tab[t_].log.n, r);
  has_news(t_, r, ans[t_].page);
  if
  :: ans[t_].page ->
     copy_log(ans[t_].log, centre);
     ans[t_].kept_to = kept_to;
     s = (tab[t_].floor == 0);       /* cursor_of: own_are_here */
     version_of(tab[t_].log, v);
     ans[t_].own_counter = (s || (!tab[t_].restart && VAT(v, tab[t_].name) >= tab[t_].floor) -> CTR(tab[t_].own[tab[t_].name]) : 0);
     p = tab[t_].log.n; apart = 0;
     if
     :: tab[t_].restart -> ans[t_].snapshot = 1; p = kept_to; ans[t_].history = 1
     :: else ->
        agree_on_history(t_, r);
        if
        :: !apart -> digests_agree(t_, found); ans[t_].restart = !found; apart = !found
        :: else
        fi;
        p = tab[t_].log.n
     fi;
     printf("answer to tablet %d: send_history %d, restart %d, rewind %d to %d, snapshot %d\n", t_, ans[t_].send_history,
            ans[t_].restart, ans[t_].rewind, ans[t_].rewind_to, ans[t_].snapshot);
     ans[t_].last = (apart -> 0 : (few_ && p + 1 < centre.n -> p + 1 : centre.n))
  :: else
  fi
}

/* ---- what else happens to the centre */

/* write_own: a header, a release, an amendment. */
inline write_own() {
  words++; words_left[2]--;
  if
  :: centre_name == NONE -> draw_id(centre_name)
  :: else
  fi;
  version_of(centre, v3);
  words_of(centre, marks);
  make_tx(words, centre_name, VAT(v3, centre_name) + 1, VAT(v3, centre_name), 0, v3, marks, k);
  printf("centre writes word %d as slot (%d, %d): transaction %d\n", words, REP(k), CTR(k), k);
  sequence(k, 0)
}

/* The process dies and starts again: what was committed is there, what was under way in it is not. An unclean start, so a
 * new epoch: settle_epoch. */
inline start_anew() {
  who = 0;
  do
  :: who < 2 ->
     if
     :: phase[who] == TAKEN -> give_up(who)
     :: else
     fi;
     who++
  :: else -> break
  od;
#if ACK_BEFORE_COMMIT
  copy_log(centre, disk); kept = disk_kept;
#endif
  answered_is_here();
#if !NO_NEW_EPOCH && !UNNOTICED
  begin_epoch();
#endif
#if ACK_BEFORE_COMMIT
  reach_disk();
#endif
  changed()
}

/* backup_centre: copied, verified; only then kept_to moves. */
inline back_up() {
  printf("centre: backup, head %d\n", centre.n);
  copy_log(backup, centre);
  backup_kept = kept; backup_kept_to = kept_to; is_backup = 1;
  kept_to = centre.n;
  changed()
}

inline restore() {
  printf("centre: put back to head %d\n", backup.n);
  copy_log(centre, backup);
  kept = backup_kept; kept_to = backup_kept_to;
#if ACK_BEFORE_COMMIT
  reach_disk();
#endif
#if LEDGER_APART
  ledger = centre.n;
#endif
  forget_told()
}
