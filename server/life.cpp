#include "server/life.hpp"

namespace satchel::server {
namespace {

using How = Files::Lock::How;

constexpr size_t generation_bytes = 16;
constexpr const char* kNoGeneration = "none";  // of a file that no start has marked yet

// A line for each that the main file may have.
bool names_generations(std::string_view text) {
  if (text.empty()) return false;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return false;
    const std::string_view line = text.substr(0, end);
    Bytes generation;
    const bool drawn = from_hex(line, generation) && generation.size() == generation_bytes;
    if (!drawn && line != kNoGeneration) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

std::string nonce_path(const Place& place) { return place.directory + "/clean-shutdown"; }
std::string generation_path(const Place& place) { return place.directory + "/generation"; }

std::string generation_in(const sqlite::OpenOptions& options) {
  auto db = sqlite::Database::open(options);
  if (!db.ok()) return {};
  auto select = db->prepare_dynamic("SELECT value FROM centre_generation");
  if (!select.ok()) return kNoGeneration;
  sqlite::StatementScope row(**select);
  auto found = row->step();
  if (!found.ok()) return {};
  return *found ? to_hex(row->blob(0)) : kNoGeneration;
}

// The generation in the main file alone, without its write-ahead log: through a second name that has none. Empty when
// it cannot be read that way (a torn checkpoint).
Result<std::string> generation_without_log(const Place& place) {
  const std::string probe = place.database + ".probe";
  SATCHEL_TRY(place.files.remove(probe));
  if (!place.files.link(place.database, probe).ok()) return std::string();
  sqlite::OpenOptions options;
  options.path = probe;
  options.create = false;
  options.read_only = true;
  options.vfs = place.vfs;
  std::string found = generation_in(options);
  for (const char* end : {"", "-wal", "-shm"}) SATCHEL_TRY(place.files.remove(probe + end));
  return found;
}

}  // namespace

Result<Occupancy> Occupancy::enter(Files& files, const std::string& directory) {
  SATCHEL_ASSIGN(Lock door, files.open_lock(directory + "/door.lock"));
  SATCHEL_ASSIGN(Lock room, files.open_lock(directory + "/room.lock"));
  if (!door->take(How::exclusive, true)) return make_error(Code::io, "Cannot lock the data directory.", directory);
  const bool first = room->take(How::exclusive, false);
  return Occupancy(std::move(door), std::move(room), first);
}

void Occupancy::started() {
  SATCHEL_CHECK(room_->take(How::shared, true));  // nobody holds it exclusively: the door is closed
  door_->let_go();
}

bool Occupancy::last_to_go() { return door_->take(How::exclusive, true) && room_->take(How::exclusive, false); }

Result<Bytes> take_shutdown_nonce(const Place& place) {
  const std::string path = nonce_path(place);
  if (!place.files.exists(path)) return Bytes();
  SATCHEL_ASSIGN(const Bytes text, place.files.read(path));
  SATCHEL_TRY(place.files.remove(path));
  const size_t end = text.find(' ');
  if (end == Bytes::npos || text.substr(end + 1) != place.files.stamp(place.database) + "\n") return Bytes();
  Bytes nonce;
  if (!from_hex(std::string_view(text).substr(0, end), nonce)) return Bytes();
  return nonce;
}

Result<> leave_shutdown_nonce(const Place& place, BytesView nonce) {
  const std::string line = to_hex(nonce) + " " + place.files.stamp(place.database) + "\n";
  return place.files.replace(nonce_path(place), line, true);
}

Result<bool> set_foreign_log_aside(const Place& place, int64_t now_ms) {
  SATCHEL_ASSIGN(const uint64_t log_bytes, place.files.size(place.database + "-wal"));
  if (log_bytes == 0) return false;
  if (!place.files.exists(place.database) || !place.files.exists(generation_path(place))) return false;
  SATCHEL_ASSIGN(const Bytes expected, place.files.read(generation_path(place)));
  if (!names_generations(expected)) {
    return make_error(Code::corrupt,
                      "This file is damaged, so nobody can tell whether the write-ahead log belongs to the database. If no "
                      "backup was put back since the centre ran, remove it and start; else move the log aside first.",
                      generation_path(place));
  }
  SATCHEL_ASSIGN(const std::string found, generation_without_log(place));
  if (found.empty() || ("\n" + expected).find("\n" + found + "\n") != Bytes::npos) return false;
  for (const char* end : {"-wal", "-shm"}) {
    const std::string from = place.database + end;
    if (!place.files.exists(from)) continue;
    const Result<> moved = place.files.rename(from, from + ".set-aside-" + std::to_string(now_ms));
    if (!moved.ok()) {
      return make_error(moved.error().code,
                        "Cannot set a write-ahead log aside that belongs to another database file. " +
                            moved.error().message,
                        from);
    }
  }
  return true;
}

Result<Bytes> announce_generation(const Place& place, Random& random) {
  Bytes generation(generation_bytes, '\0');
  random.fill(generation.data(), generation.size());
  std::string before = kNoGeneration;
  if (place.files.exists(place.database)) {
    SATCHEL_ASSIGN(before, generation_without_log(place));
  }
  Bytes lines = before + "\n";
  if (before.empty()) {  // it cannot be read as it is: what it may have has been said before
    lines = std::string(kNoGeneration) + "\n";
    if (place.files.exists(generation_path(place))) {
      SATCHEL_ASSIGN(lines, place.files.read(generation_path(place)));
    }
  }
  SATCHEL_TRY(place.files.replace(generation_path(place), lines + to_hex(generation) + "\n", false));
  return generation;
}

Result<> mark_generation(sqlite::Database& db, const Place& place, BytesView generation) {
  {
    SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
    SATCHEL_TRY(db.prepare("DELETE FROM centre_generation").run());
    SATCHEL_TRY(db.prepare("INSERT INTO centre_generation VALUES(?)").bind_blob(0, generation).run());
    SATCHEL_TRY(transaction.commit());
  }
  // From here on the main file has it, and no longer another one.
  SATCHEL_TRY(db.checkpoint(true));
  return place.files.replace(generation_path(place), to_hex(generation) + "\n", false);
}

}  // namespace satchel::server
