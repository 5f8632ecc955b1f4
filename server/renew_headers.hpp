// Headers of cases that were there before the schema said what a team's list shows of them, or while it said something
// else (DESIGN §5). Each change to a case brings its own header up to date (headers.hpp); this is for those that nobody
// changes. The centre's file says under which definitions its headers were made.
#pragma once

#include "server/centre.hpp"

namespace satchel::server {

// No effect when the schema says of headers what the file says. Otherwise every header is made to say what the schema
// says now: those that are missing, those that show other fields, and those of collections that have none any more are
// put away. Portion by portion, in database transactions of their own; where it is cut short, the next call begins
// again and finds what is done in order.
Result<> renew_headers(Centre& centre);

}  // namespace satchel::server
