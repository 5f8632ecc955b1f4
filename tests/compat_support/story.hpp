// What happens before a set is kept: invented people, a transcript, disagreements, something refused, something unsent.
#pragma once

#include "tests/compat_support/kept_set.hpp"

namespace satchel::compat {

// As today's Satchel leaves it. `format` goes into its description. The same on every run, byte for byte, as long as
// nothing in Satchel changes that it shows.
KeptSet live_through(int format);

}  // namespace satchel::compat
