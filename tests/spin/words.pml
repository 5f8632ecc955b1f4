/* Small steps that the others are made of. All of them run inside a d_step: one database transaction is one step. */

#define VAT(version, r) (((version) >> (2 * (r))) & 3)
#define REP(t) txs[t].rep
#define CTR(t) txs[t].ctr
#define BIT(n) (1 << (n))

/* version := version with the counter c of replica r */
#define WITH(version, r, c) (((version) & ~(3 << (2 * (r)))) | ((c) << (2 * (r))))

inline raise(version_, r_, c_) {
  if
  :: VAT(version_, r_) < (c_) -> version_ = WITH(version_, r_, c_)
  :: else
  fi
}

inline join(version_, other_) {
  q = 0;
  do
  :: q < IDS -> raise(version_, q, VAT(other_, q)); q++
  :: else -> break
  od
}

/* Counters are dense in a log, so the last one of a replica is its greatest. */
inline version_of(L_, res_) {
  res_ = 0; q = 1;
  do
  :: q <= L_.n -> res_ = WITH(res_, REP(L_.tx[q]), CTR(L_.tx[q])); q++
  :: else -> break
  od
}

/* res_ := position of slot (r, c) in L, 0: not there */
inline find_slot(L_, r_, c_, res_) {
  res_ = 0; q = 1;
  do
  :: q > L_.n -> break
  :: q <= L_.n && REP(L_.tx[q]) == r_ && CTR(L_.tx[q]) == c_ -> res_ = q; break
  :: else -> q++
  od
}

/* The epoch that position p of L lies in: proto::epoch_at. */
inline epoch_at(L_, p_, res_) {
  res_ = 0; q = 1;
  do
  :: q > EPOCHS -> break
  :: q <= EPOCHS && L_.first[q] != 0 && (res_ == 0 || L_.first[q] <= p_) -> res_ = q; q++
  :: else -> q++
  od
}

inline last_epoch(L_, res_) {
  res_ = EPOCHS;
  do
  :: res_ > 0 && L_.first[res_] == 0 -> res_--
  :: else -> break
  od
}

/* Last position of the stretch of epoch e in L, if L reaches to head. */
inline end_of(L_, e_, out_head_) {
  q = e_ + 1;
  do
  :: q > EPOCHS -> break
  :: q <= EPOCHS && L_.first[q] != 0 -> out_head_ = L_.first[q] - 1; break
  :: else -> q++
  od
}

inline copy_log(A_, B_) {
  A_.n = B_.n; q = 0;
  do
  :: q <= SLOTS -> A_.tx[q] = B_.tx[q]; A_.env[q] = B_.env[q]; q++
  :: else -> break
  od;
  copy_history(A_, B_)
}

inline copy_history(A_, B_) {
  q = 0;
  do
  :: q <= EPOCHS -> A_.first[q] = B_.first[q]; q++
  :: else -> break
  od
}

inline append(L_, t_, envelope_) {
  assert(L_.n < SLOTS);
  L_.n++; L_.tx[L_.n] = t_; L_.env[L_.n] = envelope_
}

/* A tablet's entry with what it says: the cursor moves with the page in one transaction. */
inline append_here(T_, tx_, envelope_) {
  append(T_.log, tx_, envelope_);
#if !CURSOR_BEFORE_DATA
  T_.data = (ENV_EMPTY(envelope_) -> T_.data : T_.data | BIT(tx_))
#endif
}

inline cut_here(T_, p_) {
  q = p_ + 1;
  do
  :: q <= T_.log.n -> T_.data = T_.data & ~BIT(T_.log.tx[q]); q++
  :: else -> break
  od;
  cut(T_.log, p_)
}

inline cut(L_, p_) {
  do
  :: L_.n > p_ -> L_.tx[L_.n] = 0; L_.env[L_.n] = 0; L_.n--
  :: else -> break
  od
}

/* The same bytes are the same row. */
inline make_tx(word_, rep_, ctr_, vk_, bad_, base_, saw_, res_) {
  res_ = 1;
  do
  :: res_ > txs_used -> break
  :: res_ <= txs_used && txs[res_].word == word_ && txs[res_].rep == rep_ && txs[res_].ctr == ctr_ &&
     txs[res_].vk == vk_ && txs[res_].base == base_ -> break
  :: else -> res_++
  od;
  if
  :: res_ > txs_used ->
     assert(txs_used < TXS);
     txs_used++;
     txs[res_].word = word_; txs[res_].rep = rep_; txs[res_].ctr = ctr_; txs[res_].vk = vk_;
     txs[res_].bad = bad_; txs[res_].base = base_; txs[res_].saw = saw_
  :: else
  fi
}

inline draw_id(res_) {
  assert(ids < IDS);
  res_ = ids; ids++
}

/* ---- the outbox */

/* res_ := row of slot (r, c), 0: none */
inline find_row(T_, r_, c_, res_) {
  res_ = 0; q = 1;
  do
  :: q > T_.nout -> break
  :: q <= T_.nout && REP(T_.out[q].tx) == r_ && CTR(T_.out[q].tx) == c_ -> res_ = q; break
  :: else -> q++
  od
}

inline set_row(T_, at_, tx_, st_, pos_, env_) {
  T_.out[at_].tx = tx_; T_.out[at_].st = st_; T_.out[at_].pos = pos_; T_.out[at_].env = env_
}

inline add_row(T_, tx_, st_, pos_, env_) {
  assert(T_.nout < SLOTS);
  T_.nout++;
  set_row(T_, T_.nout, tx_, st_, pos_, env_)
}

/* A row in front of all others. */
inline add_in_front(T_, tx_, st_, env_) {
  assert(T_.nout < SLOTS);
  T_.nout++; q = T_.nout;
  do
  :: q > 1 -> set_row(T_, q, T_.out[q - 1].tx, T_.out[q - 1].st, T_.out[q - 1].pos, T_.out[q - 1].env); q--
  :: else -> break
  od;
  set_row(T_, 1, tx_, st_, 0, env_)
}

inline delete_row(T_, at_) {
  q = at_;
  do
  :: q < T_.nout -> set_row(T_, q, T_.out[q + 1].tx, T_.out[q + 1].st, T_.out[q + 1].pos, T_.out[q + 1].env); q++
  :: else -> break
  od;
  set_row(T_, T_.nout, 0, 0, 0, 0);
  T_.nout--
}

inline is_own(T_, r_, res_) {
  res_ = (r_ == T_.name || T_.own[r_] != 0)
}

inline clear_request(Q_) {
  Q_.n = 0; Q_.cursor = 0; Q_.history = 0; Q_.at = 0; q = 0;
  do
  :: q <= EPOCHS -> Q_.first[q] = 0; q++
  :: else -> break
  od;
  q = 0;
  do
  :: q <= SLOTS -> Q_.tx[q] = 0; Q_.env[q] = 0; q++
  :: else -> break
  od
}

inline copy_request(A_, B_) {
  copy_history(A_, B_);
  A_.n = B_.n; A_.cursor = B_.cursor; A_.history = B_.history; A_.at = B_.at; q = 0;
  do
  :: q <= SLOTS -> A_.tx[q] = B_.tx[q]; A_.env[q] = B_.env[q]; q++
  :: else -> break
  od
}

inline clear_answer(A_) {
  A_.nv = 0; q = 0;
  do
  :: q <= SLOTS -> A_.vtx[q] = 0; A_.kind[q] = 0; A_.pos[q] = 0; A_.env[q] = 0; A_.log.tx[q] = 0; A_.log.env[q] = 0; q++
  :: else -> break
  od;
  A_.log.n = 0; q = 0;
  do
  :: q <= EPOCHS -> A_.log.first[q] = 0; q++
  :: else -> break
  od;
  A_.page = 0; A_.send_history = 0; A_.restart = 0; A_.rewind = 0; A_.history = 0; A_.snapshot = 0;
  A_.rewind_to = 0; A_.last = 0; A_.own_counter = 0; A_.kept_to = 0; A_.wanted = 0
}

inline copy_file(A_, B_) {
  copy_log(A_.log, B_.log);
  q = 0;
  do
  :: q < IDS -> A_.own[q] = B_.own[q]; q++
  :: else -> break
  od;
  q = 0;
  do
  :: q <= SLOTS -> set_row(A_, q, B_.out[q].tx, B_.out[q].st, B_.out[q].pos, B_.out[q].env); q++
  :: else -> break
  od;
  A_.snap = B_.snap; A_.name = B_.name; A_.nout = B_.nout; A_.head = B_.head; A_.floor = B_.floor;
  A_.restarted_at = B_.restarted_at; A_.data = B_.data; A_.aside = B_.aside; A_.want = B_.want;
  A_.not_taken = B_.not_taken; A_.send_history = B_.send_history; A_.restart = B_.restart; A_.complete = B_.complete
}
