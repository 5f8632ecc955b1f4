// From start to shutdown: who uses the data directory, and whether the file found there is the very file that the last
// process closed (DESIGN §5, restore). A clean shutdown leaves a nonce inside the database and, beside it, a file with
// the nonce and what the file system says of the database; a start takes that file away. A database put back by
// whatever means has another nonce or another stamp, and a killed process leaves no file at all: then the centre
// begins a new epoch. Service and the admin commands may run at once; only the first to come and the last to go count.
#pragma once

#include <string>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"

namespace satchel::server {

class Occupancy {
 public:
  static Result<Occupancy> enter(const std::string& directory);  // waits while another process starts or stops
  Occupancy(Occupancy&& other) noexcept;
  Occupancy& operator=(Occupancy&&) = delete;
  ~Occupancy();
  bool first() const { return first_; }
  void started();     // others may come in
  bool last_to_go();  // true: nobody else is in, and nobody comes in before the destructor

 private:
  Occupancy(int door, int room, bool first) : door_(door), room_(room), first_(first) {}
  int door_ = -1, room_ = -1;
  bool first_ = false;
};

// The nonce of a clean shutdown if the database file is unchanged since, else empty; taken away either way.
// Before the database is opened.
Result<Bytes> take_shutdown_nonce(const std::string& directory, const std::string& database);
// After the database is closed.
Result<> leave_shutdown_nonce(const std::string& directory, const std::string& database, BytesView nonce);

// A killed process leaves a write-ahead log; if the main file was put back from elsewhere since, that log must not be
// played into it. Moves such a log aside (never deletes it) and says so. Before the database is opened.
Result<bool> set_foreign_log_aside(const std::string& directory, const std::string& database, int64_t now_ms);
// Marks main file and directory as belonging together, at each start after the database is open and nobody else in.
Result<> mark_generation(sqlite::Database& db, const std::string& directory, Random& random);

}  // namespace satchel::server
