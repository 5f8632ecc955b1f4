// From start to shutdown: who uses the data directory, and whether the file found there is the very file that the last
// process closed (DESIGN §5, restore). A clean shutdown leaves a nonce inside the database and, beside it, a file with
// the nonce and what the file system says of the database; a start takes that file away. A database put back by
// whatever means has another nonce or another stamp, and a killed process leaves no file at all: then the centre
// begins a new epoch. Service and the admin commands may run at once; only the first to come and the last to go count.
#pragma once

#include <memory>
#include <string>

#include "core/base/random.hpp"
#include "core/base/result.hpp"
#include "core/sqlite/database.hpp"
#include "server/files.hpp"

namespace satchel::server {

class Occupancy {
 public:
  // Waits while another process starts or stops.
  static Result<Occupancy> enter(Files& files, const std::string& directory);
  bool first() const { return first_; }
  void started();     // others may come in
  bool last_to_go();  // true: nobody else is in, and nobody comes in before the destructor

 private:
  using Lock = std::unique_ptr<Files::Lock>;
  Occupancy(Lock door, Lock room, bool first) : door_(std::move(door)), room_(std::move(room)), first_(first) {}
  Lock door_, room_;  // the door is let go last
  bool first_ = false;
};

// The database file of a centre and what lies beside it.
struct Place {
  Files& files;
  std::string directory, database, vfs;
};

// The nonce of a clean shutdown if the database file is unchanged since, else empty; taken away either way.
// Before the database is opened.
Result<Bytes> take_shutdown_nonce(const Place& place);
// After the database is closed.
Result<> leave_shutdown_nonce(const Place& place, BytesView nonce);

// A killed process leaves a write-ahead log; if the main file was put back from elsewhere since, that log must not be
// played into it. Moves such a log aside (never deletes it) and says so. Before the database is opened.
Result<bool> set_foreign_log_aside(const Place& place, int64_t now_ms);
// Draws the generation that this start marks main file and directory with, as belonging together, and says beside the
// main file that it has this one or the one it has now. The checkpoint that brings the mark into the main file may be
// cut off at any page: until it is through, the write-ahead log is needed, and is known by both. Before the database is
// opened, by the first to come.
Result<Bytes> announce_generation(const Place& place, Random& random);
// Marks them, after the database is open and before anybody else comes in.
Result<> mark_generation(sqlite::Database& db, const Place& place, BytesView generation);

}  // namespace satchel::server
