/* Safety: what has to hold in every state, asserted where it could break; and what has to be at rest. */

/* A word stands at most once, a slot at most once. */
inline stands_once(k_) {
  q = 1;
  do
  :: q <= centre.n ->
     assert(!(REP(centre.tx[q]) == REP(k_) && CTR(centre.tx[q]) == CTR(k_)));
     assert(txs[k_].bad || txs[centre.tx[q]].word != txs[k_].word);
     q++
  :: else -> break
  od
}

/* Slots are dense, and everything in the base comes before: of a log whose version is `version`. */
inline fits_behind(k_, version_) {
  assert(CTR(k_) == VAT(version_, REP(k_)) + 1);
  first_missing(k_, version_, w);
  assert(w == 0)
}

/* What the centre holds in the slots of a base is what the writer had there: else "saw" is wrong. */
inline past_was_seen(k_) {
  q = 1;
  do
  :: q <= centre.n ->
     assert(CTR(centre.tx[q]) > VAT(txs[k_].base, REP(centre.tx[q])) || (txs[k_].saw & BIT(txs[centre.tx[q]].word)) != 0);
     q++
  :: else -> break
  od
}

inline words_of(L_, res_) {
  res_ = 0; q = 1;
  do
  :: q <= L_.n -> res_ = res_ | BIT(txs[L_.tx[q]].word); q++
  :: else -> break
  od
}

inline words_here(T_, res_) {
  words_of(T_.log, res_);
  q = 1;
  do
  :: q <= T_.nout -> res_ = res_ | BIT(txs[T_.out[q].tx].word); q++
  :: else -> break
  od
}

/* A slot gets one verdict, whoever asks how often; and another content never gets one. */
inline one_verdict(k_, kind_) {
  if
  :: kind_ == ACC -> assert((told_ref & BIT(k_)) == 0 && !txs[k_].bad); told_acc = told_acc | BIT(k_); find_slot(centre, REP(k_), CTR(k_), w);
     assert(centre.tx[w] == k_)
  :: kind_ == REF -> assert((told_acc & BIT(k_)) == 0 && txs[k_].bad); told_ref = told_ref | BIT(k_);
     find_slot(centre, REP(k_), CTR(k_), w);
     assert(w != 0 && centre.tx[w] == k_)
  :: else
  fi
}

/* What was answered is in the database, also after a crash. */
inline answered_is_here() {
  q = 1; marks = told_acc | told_ref;
  do
  :: q <= centre.n -> marks = marks & ~BIT(centre.tx[q]); q++
  :: else -> break
  od;
  assert(marks == 0)
}

/* A restore takes back what was answered after the backup. */
inline forget_told() {
  q = 1; marks = 0;
  do
  :: q <= centre.n -> marks = marks | BIT(centre.tx[q]); q++
  :: else -> break
  od;
  told_acc = told_acc & marks; told_ref = told_ref & marks
}

/* records == fold(log): the cursor is never ahead of the data, nor behind them. */
inline holds_together(t_) {
  content_of(tab[t_].log, v);
  assert(v == tab[t_].data)
}

/* An envelope is given once: (epoch, position) orders for good what is frozen. */
inline note_envelope(envelope_, k_) {
#if RESTORES && !UNNOTICED
  assert(issued[(envelope_) & (EMPTY - 1)] == 0);
  issued[(envelope_) & (EMPTY - 1)] = k_
#else
  skip
#endif
}

/* Content leaves the outbox only when its slot is in the log here, or it is set aside. */
inline leaves_with_verdict(t_, at_) {
  find_slot(tab[t_].log, REP(tab[t_].out[at_].tx), CTR(tab[t_].out[at_].tx), w);
  assert(w != 0 || (tab[t_].aside & BIT(tab[t_].out[at_].tx)) != 0 || ENV_EMPTY(tab[t_].out[at_].env))
}

/* found := is word w anywhere from where it can still come? Folded away it cannot come from a tablet. */
inline is_held(w_) {
  found = 0; i = 1;
  do
  :: i <= centre.n ->
     found = (txs[centre.tx[i]].word == w_ && (!ENV_EMPTY(centre.env[i]) || (kept & BIT(centre.tx[i])) != 0) -> 1 : found);
     i++
  :: else -> break
  od;
  s = 0;
  do
  :: s < 2 ->
     i = 1;
     do
     :: i <= tab[s].nout -> found = (txs[tab[s].out[i].tx].word == w_ && !ENV_EMPTY(tab[s].out[i].env) -> 1 : found); i++
     :: else -> break
     od;
     i = tab[s].snap + 1;
     do
     :: i <= tab[s].log.n -> found = (txs[tab[s].log.tx[i]].word == w_ && !ENV_EMPTY(tab[s].log.env[i]) -> 1 : found); i++
     :: else -> break
     od;
     i = 1;
     do
     :: i <= txs_used -> found = (txs[i].word == w_ && (tab[s].aside & BIT(i)) != 0 -> 1 : found); i++
     :: else -> break
     od;
     s++
  :: else -> break
  od
}

/* After a place was put back to an earlier day: what is nowhere else is nobody's promise any more. */
inline forget_gone() {
  m = 1;
  do
  :: m <= words ->
     is_held(m);
     gone = (found -> gone & ~BIT(m) : gone | BIT(m));
     m++
  :: else -> break
  od
}

/* Where the centre and a tablet were both put back, a slot may have gone to other words. Then what a colleague offers for it
 * is set aside on the colleague's tablet: docs/MODEL.md. */
#if RESTORES && PUTBACKS
#define may_be_aside(w_) (found)
#else
#define may_be_aside(w_) false
#endif

/* At rest: every word that is not gone stands at the centre once, or was refused and can be read; every outbox is empty;
 * both tablets hold what the centre holds. */
inline check_rest() {
  m = 1;
  do
  :: m <= words ->
     is_held(m);
     assert(found || (gone & BIT(m)) != 0);
     x = 0; i = 1;
     do
     :: i <= centre.n -> x = (txs[centre.tx[i]].word == m -> x + 1 : x); i++
     :: else -> break
     od;
     assert(x == 1 || (x == 0 && ((gone & BIT(m)) != 0 || may_be_aside(m))));
     m++
  :: else -> break
  od;
  m = 0;
  do
  :: m < 2 ->
     assert(tab[m].nout == 0 && tab[m].want == 0 && !tab[m].restart);
     same_logs(tab[m].log, centre, found);
     assert(found);
     m++
  :: else -> break
  od
}
