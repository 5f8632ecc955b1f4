#include "tests/sim/process.hpp"

#include <malloc.h>
#include <sqlite3.h>

namespace satchel::sim {

void prepare_process() {
  // Worlds allocate and free the same again and again: give nothing back in between.
  mallopt(M_MMAP_THRESHOLD, 256 << 20);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  // One thread, and nobody asks how much SQLite has allocated: no locks, no counting.
  sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace satchel::sim
