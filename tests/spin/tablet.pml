/* The tablet: core/store and sync. Each inline without a leading "one" is one transaction of its database. */

/* ---- Commit::run, Commit::load_versions, Commit::write */
inline commit(t_, bad_) {
  /* writer_in: the last own one that is unsent, else the last own offer, else the tablet's name */
  r = tab[t_].name; found = 0;
  s = UNSENT;
  do
  :: s > OFFER || found -> break
  :: s <= OFFER && !found ->
     i = tab[t_].nout;
     do
     :: i == 0 || found -> break
     :: i > 0 && !found ->
        is_own(tab[t_], REP(tab[t_].out[i].tx), own_id);
        if
        :: tab[t_].out[i].st == s && own_id -> r = REP(tab[t_].out[i].tx); found = 1
        :: else
        fi;
        i--
     od;
     s = s + 2
  od;
  /* base: what is applied here, sequenced or in the outbox, with the past of its own last one */
  version_of(tab[t_].log, v);
  i = 1;
  do
  :: i <= tab[t_].nout -> raise(v, REP(tab[t_].out[i].tx), CTR(tab[t_].out[i].tx)); i++
  :: else -> break
  od;
  c = CTR(tab[t_].own[r]);
  v2 = txs[tab[t_].own[r]].base;
  join(v, v2);
  v = WITH(v, r, c);
  /* first_without_verdict */
  x = c; i = tab[t_].nout;
  do
  :: i > 0 ->
     if
     :: REP(tab[t_].out[i].tx) == r && tab[t_].out[i].st == UNSENT && CTR(tab[t_].out[i].tx) <= x -> x = CTR(tab[t_].out[i].tx) - 1
     :: else
     fi;
     i--
  :: else -> break
  od;
  words++; words_left[t_]--;
  words_here(tab[t_], v3);
  v3 = v3 | txs[tab[t_].own[r]].saw;
  make_tx(words, r, c + 1, x, bad_, v, v3, k);
  add_row(tab[t_], k, UNSENT, 0, 0);
  tab[t_].own[r] = k;
  need[t_] = 1;
  printf("tablet %d writes word %d (bad: %d) as slot (%d, %d): transaction %d\n", t_, words, bad_, r, c + 1, k)
}

/* ---- make_request: own work without a verdict, offers, content asked for again. Of own ids the first one only. */
inline send(t_) {
  clear_request(ask[t_]);
  i = 1;
  do
  :: i > txs_used -> break
  :: i <= txs_used && (tab[t_].want & BIT(i)) != 0 ->
     ask[t_].n++; ask[t_].tx[ask[t_].n] = i; ask[t_].env[ask[t_].n] = REFUSED; i++
  :: else -> i++
  od;
  i = 1; r = IDS;                   /* r: the own id that goes */
  do
  :: i > tab[t_].nout -> break
  :: i <= tab[t_].nout && tab[t_].out[i].st == ACCEPTED -> i++
  :: i <= tab[t_].nout && tab[t_].out[i].st != ACCEPTED ->
     is_own(tab[t_], REP(tab[t_].out[i].tx), own_id);
     if
     :: own_id && r == IDS -> r = REP(tab[t_].out[i].tx)
     :: else
     fi;
     if
     :: !own_id || r == REP(tab[t_].out[i].tx) ->
        ask[t_].n++; ask[t_].tx[ask[t_].n] = tab[t_].out[i].tx;
        ask[t_].env[ask[t_].n] = (tab[t_].out[i].st == OFFER -> tab[t_].out[i].env : 0)
     :: else
     fi;
     i++
  od;
  if                                /* the cursor goes where something is sent */
  :: ask[t_].n > 0 && !tab[t_].restart ->
     ask[t_].cursor = 1; ask[t_].at = tab[t_].log.n; ask[t_].history = tab[t_].send_history;
     copy_history(ask[t_], tab[t_].log)
  :: else
  fi;
  phase[t_] = ASKED; need[t_] = 0;
  printf("tablet %d asks with %d pushes, position %d\n", t_, ask[t_].n, tab[t_].log.n)
}

/* The call was given up: answer lost, timeout, tablet killed. What the request holds may still arrive. */
inline give_up(t_) {
  clear_request(ask[t_]); clear_answer(ans[t_]);
  phase[t_] = IDLE; need[t_] = 1;
  printf("tablet %d gives its call up\n", t_)
}

/* ---- what several parts of an answer do */

inline set_aside(t_, at_) {          /* put_aside_alone */
  if
  :: !ENV_EMPTY(tab[t_].out[at_].env) -> tab[t_].aside = tab[t_].aside | BIT(tab[t_].out[at_].tx)
  :: else
  fi;
  leaves_with_verdict(t_, at_);
  delete_row(tab[t_], at_)
}

inline forked_at(t_, r_, c_) {       /* Applying::forked_at */
  if
  :: r_ == tab[t_].name -> twice = 1
  :: else
  fi;
  if
  :: fork_at[r_] == 0 || c_ < fork_at[r_] -> fork_at[r_] = c_
  :: else
  fi
}

inline other_holds(r_, c_) {        /* Applying::other_holds */
  taken_by_other[r_] = (taken_by_other[r_] == 0 || (c_) < taken_by_other[r_] -> (c_) : taken_by_other[r_])
}

inline builds_on_other(k_, res_) {  /* Applying::builds_on_other */
  res_ = 0; q = 0;
  do
  :: q < IDS ->
     res_ = (taken_by_other[q] != 0 && VAT(txs[k_].base, q) >= taken_by_other[q] -> 1 : res_);
     res_ = (fork_at[q] != 0 && VAT(txs[k_].base, q) >= fork_at[q] -> 1 : res_);
     q++
  :: else -> break
  od
}

/* What waits here and was written upon words whose slot holds others now: one's own is issued again without them. */
inline part_with_others(t_) {
  i = 1;
  do
  :: i > tab[t_].nout -> break
  :: i <= tab[t_].nout ->
     k = tab[t_].out[i].tx;
     builds_on_other(k, found);
     is_own(tab[t_], REP(k), own_id);
     if
     :: found && own_id -> forked_at(t_, REP(k), CTR(k)); i++
     :: found && !own_id -> other_holds(REP(k), CTR(k)); set_aside(t_, i)
     :: !found -> i++
     fi
  od
}

/* rewind_scope: the entries above p go in front of the outbox as offers, whoever wrote them. */
inline go_back(t_, p_) {
  i = tab[t_].log.n;
  more = (i > p_ -> 1 : more);
  do
  :: i > p_ ->
#if OWN_OFFERS_ONLY
     is_own(tab[t_], REP(tab[t_].log.tx[i]), own_id);
     if
     :: own_id -> add_in_front(tab[t_], tab[t_].log.tx[i], OFFER, tab[t_].log.env[i])
     :: else
     fi;
#else
     add_in_front(tab[t_], tab[t_].log.tx[i], OFFER, tab[t_].log.env[i]);
#endif
     i--
  :: else -> break
  od;
  cut_here(tab[t_], p_)
}

inline begin_again(t_) {
  if
  :: !tab[t_].restart -> go_back(t_, tab[t_].snap)
  :: else
  fi;
  tab[t_].restart = 1;
  tab[t_].floor = CTR(tab[t_].own[tab[t_].name]);
  more = 1
}

/* ---- apply_verdicts */

inline offer_missing(t_, slot_) {
  r = (slot_) / 4; c = (slot_) & 3;
  find_row(tab[t_], r, c, row);
  is_own(tab[t_], r, own_id);
  if
  :: row == 0 && own_id -> missing[r] = c
  :: row == 0 && !own_id
  :: row != 0 && tab[t_].out[row].st == ACCEPTED -> tab[t_].out[row].st = OFFER; tab[t_].out[row].pos = 0; more = 1
  :: else
  fi
}

inline apply_verdict(t_, n_) {
  k = ans[t_].vtx[n_];
  if
  :: ans[t_].kind[n_] != NOT_YET ->   /* content_answered */
     if
     :: (tab[t_].want & BIT(k)) != 0 && ans[t_].kind[n_] != REF -> tab[t_].not_taken = tab[t_].not_taken | BIT(k)
     :: else
     fi;
     tab[t_].want = tab[t_].want & ~BIT(k)
  :: else
  fi;
  find_row(tab[t_], REP(k), CTR(k), row);
  version_of(tab[t_].log, v);
  in_log = (VAT(v, REP(k)) >= CTR(k));
  if
  :: ans[t_].kind[n_] == NOT_YET -> offer_missing(t_, ans[t_].pos[n_])
  :: ans[t_].kind[n_] != NOT_YET && row == 0
  :: ans[t_].kind[n_] == ACC && row != 0 && in_log ->
     settled = 1; leaves_with_verdict(t_, row); delete_row(tab[t_], row)
  :: ans[t_].kind[n_] == ACC && row != 0 && !in_log ->
     settled = 1;
#if EMPTIED_AT_VERDICT
     delete_row(tab[t_], row)
#else
     tab[t_].out[row].st = ACCEPTED; tab[t_].out[row].pos = ans[t_].pos[n_]; tab[t_].out[row].env = ans[t_].env[n_]
#endif
  :: ans[t_].kind[n_] == REF && row != 0 ->
     settled = 1;
     set_aside(t_, row);
     if
     :: !in_log -> add_row(tab[t_], k, ACCEPTED, ans[t_].pos[n_], ans[t_].env[n_])  /* keep_slot */
     :: else
     fi
  :: ans[t_].kind[n_] == FORK && row != 0 ->
     is_own(tab[t_], REP(k), own_id);
     if
     :: own_id -> forked_at(t_, REP(k), CTR(k))
     :: else -> other_holds(REP(k), CTR(k)); set_aside(t_, row)
     fi
  fi
}

/* ---- apply_page */

inline take_epochs(t_) {
  tab[t_].send_history = ans[t_].send_history;
  more = (ans[t_].send_history -> 1 : more);
  if
  :: ans[t_].history -> copy_history(tab[t_].log, ans[t_].log)
  :: else ->
     last_epoch(ans[t_].log, x);
     last_epoch(tab[t_].log, y);
     if
     :: x != y -> tab[t_].log.first[x] = tab[t_].log.n + 1   /* Log::begin_epoch */
     :: else
     fi
  fi
}

inline apply_snapshot(t_) {
  if
  :: ans[t_].snapshot && (tab[t_].restart || tab[t_].log.n < ans[t_].kept_to || tab[t_].log.n == 0) ->
     if
     :: tab[t_].log.n > 0 -> tab[t_].floor = CTR(tab[t_].own[tab[t_].name])
     :: else
     fi;
     tab[t_].restart = 0; tab[t_].complete = 0;
     cut_here(tab[t_], 0);
     i = 1;
     do
     :: i <= ans[t_].kept_to -> append_here(tab[t_], ans[t_].log.tx[i], ans[t_].log.env[i]); i++
     :: else -> break
     od;
     tab[t_].snap = ans[t_].kept_to;
     version_of(tab[t_].log, v);
     twice = (VAT(v, tab[t_].name) > CTR(tab[t_].own[tab[t_].name]) -> 1 : twice)  /* check_own_counter */
  :: else
  fi
}

/* Entries::apply. stop: nothing behind it is taken now. */
inline apply_entry(t_, p_) {
  k = ans[t_].log.tx[p_]; x = ans[t_].log.env[p_];
  find_row(tab[t_], REP(k), CTR(k), row);
  is_own(tab[t_], REP(k), own_id);
  if
  :: row != 0 && tab[t_].out[row].tx != k && own_id -> forked_at(t_, REP(k), CTR(k)); more = 1; stop = 1
  :: row != 0 && tab[t_].out[row].tx != k && !own_id -> set_aside(t_, row); row = 0; other_holds(REP(k), CTR(k))
  :: else
  fi;
  if
  :: !stop && row == 0 && REP(k) == tab[t_].name && CTR(k) > CTR(tab[t_].own[tab[t_].name]) -> twice = 1  /* check_own */
  :: else
  fi;
  /* ask_for_bytes: the centre left out the content of what it took to be here */
  if
  :: !stop && row == 0 && !ENV_EMPTY(x) && REP(k) == tab[t_].name && CTR(k) <= ans[t_].own_counter ->
     c = CTR(tab[t_].own[tab[t_].name]);
     assert(!(tab[t_].floor != 0 && tab[t_].floor == c));  /* fits: asked for once, it comes with its content */
     tab[t_].floor = c; more = 1; stop = 1
  :: else
  fi;
  if
  :: !stop ->
     version_of(tab[t_].log, v);
     fits_behind(k, v);
     append_here(tab[t_], k, x);
     if
     :: row != 0 && ENV_EMPTY(x) && !ENV_EMPTY(tab[t_].out[row].env) -> set_aside(t_, row)
     :: row != 0 && !(ENV_EMPTY(x) && !ENV_EMPTY(tab[t_].out[row].env)) -> leaves_with_verdict(t_, row); delete_row(tab[t_], row)
     :: else
     fi
  :: else
  fi
}

/* settle_accepted: what the centre does not hold where it said was lost in a restore. */
inline settle_accepted(t_) {
  version_of(tab[t_].log, v);
  row = tab[t_].nout;
  do
  :: row > 0 ->
     if
     :: tab[t_].out[row].st == ACCEPTED && VAT(v, REP(tab[t_].out[row].tx)) >= CTR(tab[t_].out[row].tx) ->
        leaves_with_verdict(t_, row); delete_row(tab[t_], row)
     :: tab[t_].out[row].st == ACCEPTED && VAT(v, REP(tab[t_].out[row].tx)) < CTR(tab[t_].out[row].tx) &&
        (tab[t_].out[row].pos <= tab[t_].log.n || tab[t_].out[row].pos > ans[t_].log.n) ->
        tab[t_].out[row].st = OFFER; tab[t_].out[row].pos = 0; more = 1
     :: else
     fi;
     row--
  :: else -> break
  od
}

inline same_logs(A_, B_, res_) {
  res_ = (A_.n == B_.n); i = 1;
  do
  :: i <= A_.n && res_ -> res_ = (A_.tx[i] == B_.tx[i] && A_.env[i] == B_.env[i]); i++
  :: else -> break
  od
}

inline content_of(L_, res_) {
  res_ = 0; i = 1;
  do
  :: i <= L_.n -> res_ = (ENV_EMPTY(L_.env[i]) -> res_ : res_ | BIT(L_.tx[i])); i++
  :: else -> break
  od
}

inline finish_page(t_) {
  tab[t_].head = ans[t_].log.n;
  if
  :: !tab[t_].restart ->
     if
     :: tab[t_].log.n == ans[t_].log.n ->
        tab[t_].complete = 1;
        same_logs(tab[t_].log, ans[t_].log, found);  /* compare_digests */
        content_of(ans[t_].log, v);
        found = (found && v == tab[t_].data);
        if
        :: !found && tab[t_].restarted_at != ans[t_].log.n -> tab[t_].restarted_at = ans[t_].log.n; begin_again(t_)
        :: else
        fi
     :: else
     fi;
     settle_accepted(t_);
#if FOLD_TO_HEAD
     x = tab[t_].log.n;
#else
     x = (ans[t_].kept_to < tab[t_].log.n -> ans[t_].kept_to : tab[t_].log.n);
#endif
     tab[t_].snap = (x > tab[t_].snap -> x : tab[t_].snap)  /* fold_away */
  :: else
  fi
}

inline apply_page(t_) {
  if
  :: ans[t_].rewind ->
     assert(ans[t_].rewind_to >= tab[t_].snap);  /* no backup covers less than what was let go */
     go_back(t_, ans[t_].rewind_to)
  :: else
  fi;
  if
  :: ans[t_].restart -> begin_again(t_)
  :: else
  fi;
  take_epochs(t_);
  apply_snapshot(t_);
  p = tab[t_].log.n + 1; stop = (tab[t_].restart || ans[t_].send_history || ans[t_].restart || ans[t_].rewind);
  do
  :: p <= ans[t_].last && !stop -> apply_entry(t_, p); p++
  :: else -> break
  od;
  if
  :: !ans[t_].send_history -> finish_page(t_)
  :: else
  fi
}

/* ---- fork.cpp */

/* Entries of the old id from first_pos on, as they read under the new one. */
inline rename_base(version_) {
  x = VAT(version_, from);
  if
  :: x >= first_pos ->
     version_ = WITH(version_, from, first_pos - 1);
     y = 0; q = first_pos;
     do
     :: q <= x -> y = y + count[q]; q++
     :: else -> break
     od;
     if
     :: y > 0 -> raise(version_, to, before + y)
     :: else
     fi
  :: else
  fi
}

/* Reissue::run: what is in the outbox under id `from`, counter first_pos and up, under an id that follows from it. */
inline reissue(t_) {
  to = IDS; q = 0;
  do
  :: q < IDS -> count[q] = 0; q++
  :: else -> break
  od;
  row = 1;
  do
  :: row > tab[t_].nout -> break
  :: row <= tab[t_].nout ->
     k = tab[t_].out[row].tx;
     if
     :: REP(k) == from && CTR(k) >= first_pos ->
        if
        :: to == IDS ->
#if REISSUE_RANDOM
           draw_id(to);
#else
           if
           :: successor[k] == 0 -> draw_id(successor[k])
           :: else
           fi;
           to = successor[k];
#endif
           before = CTR(tab[t_].own[to])
        :: else
        fi;
        if
        :: ENV_EMPTY(tab[t_].out[row].env) -> delete_row(tab[t_], row)  /* its content is set aside already */
        :: else ->
           c = CTR(tab[t_].own[to]);
           v = txs[k].base;
           rename_base(v);
           v2 = txs[tab[t_].own[to]].base;
           join(v, v2);
           q = 0;                   /* Reissue::lower */
           do
           :: q < IDS ->
              v = (taken_by_other[q] != 0 && q != to && q != from && VAT(v, q) >= taken_by_other[q] -> WITH(v, q, taken_by_other[q] - 1) : v);
              v = (fork_at[q] != 0 && q != to && q != from && VAT(v, q) >= fork_at[q] -> WITH(v, q, fork_at[q] - 1) : v); q++
           :: else -> break
           od;
           v = WITH(v, to, c);
           make_tx(txs[k].word, to, c + 1, 0, txs[k].bad, v, txs[k].saw, m);
           count[CTR(k)] = 1;
           printf("tablet %d issues transaction %d again as %d, slot (%d, %d)\n", t_, k, m, to, c + 1);
           set_row(tab[t_], row, m, UNSENT, 0, 0);
           tab[t_].own[to] = m;
           row++
        fi
     :: else -> row++
     fi
  od
}

inline take_new_name(t_) {
  draw_id(tab[t_].name);
  printf("tablet %d is now replica %d\n", t_, tab[t_].name);
  tab[t_].floor = 0
}

inline give_up_missing(t_) {
  r = 0;
  do
  :: r < IDS ->
     if
     :: missing[r] != 0 && !tab[t_].restart && tab[t_].complete && tab[t_].log.n == tab[t_].head ->
        find_row(tab[t_], r, missing[r], row);
        version_of(tab[t_].log, v);
        if
        :: row == 0 && VAT(v, r) < missing[r] -> forked_at(t_, r, missing[r])
        :: else
        fi
     :: else
     fi;
     r++
  :: else -> break
  od
}

inline cure_forks(t_) {
  r = 0;
  do
  :: r < IDS ->
     if
     :: fork_at[r] != 0 -> more = 1; from = r; first_pos = fork_at[r]; reissue(t_)
     :: else
     fi;
     r++
  :: else -> break
  od;
  if
  :: twice -> more = 1; take_new_name(t_)
  :: else
  fi
}

/* ---- apply_response: one transaction */
inline apply(t_) {
  more = 0; settled = 0; twice = 0;
  i = 0;
  do
  :: i < IDS -> fork_at[i] = 0; missing[i] = 0; taken_by_other[i] = 0; i++
  :: else -> break
  od;
  m = 1;
  do
  :: m <= ans[t_].nv -> apply_verdict(t_, m); m++
  :: else -> break
  od;
  if
  :: ans[t_].page -> apply_page(t_)
#if !QUIET_IS_KEPT
  :: !ans[t_].page && !tab[t_].restart -> settle_accepted(t_)  /* settle_without_page */
#endif
  :: else
  fi;
  x = (ans[t_].page && (ans[t_].send_history || ans[t_].restart || ans[t_].rewind || ans[t_].last < ans[t_].log.n));
  more = (x -> 1 : more);
  /* want_set_aside */
#if CONTENT_NOT_ASKED
  marks = 0;
#else
  marks = ans[t_].wanted & tab[t_].aside & ~tab[t_].not_taken;
#endif
  if
  :: marks != 0 -> tab[t_].want = tab[t_].want | marks; more = 1
  :: else
  fi;
  give_up_missing(t_);
#if !BASES_KEPT
  part_with_others(t_);
#endif
  cure_forks(t_);
  /* another round: the answer said so, or something waits and this round settled something */
  i = 1; x = 0;
  do
  :: i <= tab[t_].nout -> x = (tab[t_].out[i].st != ACCEPTED -> 1 : x); i++
  :: else -> break
  od;
  if
  :: more || (x && settled) -> need[t_] = 1
  :: else
  fi;
  printf("tablet %d applied the answer: log %d of %d, outbox %d, set aside %d, another round: %d\n", t_, tab[t_].log.n,
         ans[t_].log.n, tab[t_].nout, tab[t_].aside, need[t_]);
  clear_answer(ans[t_]);
  phase[t_] = IDLE;
  holds_together(t_)
}

/* The file is put back to its earlier day, or that day's copy is used on another tablet. Where the secret is not the one
 * that the store knows, it takes a new name when it is opened: bind_to_device. */
inline put_back(t_, secret_here_) {
  r = tab[t_].name;
  printf("the file of tablet %d is put back\n", t_);
  copy_file(tab[t_], saved);
  if
  :: r != tab[t_].name && !(secret_here_) -> take_new_name(t_)
  :: else
  fi;
  give_up(t_)
}
