#pragma once

#include "core/store/work.hpp"

namespace satchel::store {

// A fresh replica id with a fresh secret, in work.row.
void draw_replica(Work& work);

}  // namespace satchel::store
