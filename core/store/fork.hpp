// The cure for a store that was copied, or put back to an earlier day (DESIGN §2.5). Two parts:
//
// The tablet takes a new replica id for its sessions and for what it writes from now on.
//
// What the centre holds something else for - its verdict said so, or a page - is issued again, from that counter on, in
// that scope; nothing else is. The rest stays as it is and is pushed under its old id: perhaps the other life of the file
// has sent it already, and then the centre says so instead of writing it twice.
//
// Issuing again is a function of what is issued: new id, counters, salts follow from the first of these transactions.
// So when two files hold the same unsent work (one was copied from the other, or put back to a day before the cure), both
// come to the same bytes, and the second to arrive is a repeat.
#pragma once

#include "core/store/applying.hpp"

namespace satchel::store {

// A fresh replica id with a fresh secret, in work.row.
void draw_replica(Work& work);
// The same for a store that had one: nothing of the new id was ever purged.
Result<> take_new_name(Work& work);
// After all verdicts and pages of an answer: cures what they found (Applying::first_fork, wrote_twice).
Result<> cure_forks(Applying& a);

}  // namespace satchel::store
