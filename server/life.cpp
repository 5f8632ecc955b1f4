#include "server/life.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "server/files.hpp"

namespace satchel::server {
namespace {

int open_lock(const std::string& path) { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

bool lock(int file, int how) {
  int result = 0;
  do {
    result = ::flock(file, how);
  } while (result != 0 && errno == EINTR);
  return result == 0;
}

std::string nonce_path(const std::string& directory) { return directory + "/clean-shutdown"; }
std::string generation_path(const std::string& directory) { return directory + "/generation"; }

// The generation in the main file alone, without its write-ahead log: through a second name that has none. Empty when
// it cannot be read that way (a torn checkpoint).
std::string generation_without_log(const std::string& database) {
  const std::string probe = database + ".probe";
  static_cast<void>(::unlink(probe.c_str()));
  if (::link(database.c_str(), probe.c_str()) != 0) return {};
  std::string found;
  {
    sqlite::OpenOptions options;
    options.path = probe;
    options.create = false;
    options.read_only = true;
    auto db = sqlite::Database::open(options);
    if (db.ok()) {
      auto select = db->prepare_dynamic("SELECT value FROM centre_generation");
      if (!select.ok()) {
        found = "none";
      } else {
        auto row = (*select)->step();
        if (row.ok()) found = *row ? to_hex((*select)->blob(0)) : "none";
        (*select)->reset();
      }
    }
  }
  for (const char* end : {"", "-wal", "-shm"}) static_cast<void>(::unlink((probe + end).c_str()));
  return found;
}

}  // namespace

Result<Occupancy> Occupancy::enter(const std::string& directory) {
  const int door = open_lock(directory + "/door.lock");
  const int room = open_lock(directory + "/room.lock");
  if (door < 0 || room < 0 || !lock(door, LOCK_EX)) {
    const Error failed =
        make_error(Code::io, std::string("Cannot lock the data directory: ") + std::strerror(errno) + ".", directory);
    if (door >= 0) ::close(door);
    if (room >= 0) ::close(room);
    return failed;
  }
  const bool first = lock(room, LOCK_EX | LOCK_NB);
  return Occupancy(door, room, first);
}

Occupancy::Occupancy(Occupancy&& other) noexcept : door_(other.door_), room_(other.room_), first_(other.first_) {
  other.door_ = other.room_ = -1;
}

Occupancy::~Occupancy() {
  if (room_ >= 0) ::close(room_);
  if (door_ >= 0) ::close(door_);
}

void Occupancy::started() {
  SATCHEL_CHECK(lock(room_, LOCK_SH));  // nobody holds it exclusively: the door is closed
  lock(door_, LOCK_UN);
}

bool Occupancy::last_to_go() { return lock(door_, LOCK_EX) && lock(room_, LOCK_EX | LOCK_NB); }

Result<Bytes> take_shutdown_nonce(const std::string& directory, const std::string& database) {
  const std::string path = nonce_path(directory);
  if (!file_exists(path)) return Bytes();
  SATCHEL_ASSIGN(const Bytes text, read_file(path));
  if (::unlink(path.c_str()) != 0) return make_error(Code::io, "Cannot take the mark of the last shutdown away.", path);
  SATCHEL_TRY(sync_directory(directory));
  const size_t end = text.find(' ');
  if (end == Bytes::npos || text.substr(end + 1) != file_stamp(database) + "\n") return Bytes();
  Bytes nonce;
  if (!from_hex(std::string_view(text).substr(0, end), nonce)) return Bytes();
  return nonce;
}

Result<> leave_shutdown_nonce(const std::string& directory, const std::string& database, BytesView nonce) {
  return replace_file(nonce_path(directory), to_hex(nonce) + " " + file_stamp(database) + "\n", true);
}

Result<bool> set_foreign_log_aside(const std::string& directory, const std::string& database, int64_t now_ms) {
  struct stat info {};
  const std::string log = database + "-wal";
  if (::stat(log.c_str(), &info) != 0 || info.st_size == 0) return false;
  if (!file_exists(database) || !file_exists(generation_path(directory))) return false;
  SATCHEL_ASSIGN(const Bytes expected, read_file(generation_path(directory)));
  const std::string found = generation_without_log(database);
  if (found.empty() || found + "\n" == expected) return false;
  for (const char* end : {"-wal", "-shm"}) {
    const std::string from = database + end;
    const std::string to = from + ".set-aside-" + std::to_string(now_ms);
    if (::rename(from.c_str(), to.c_str()) != 0 && errno != ENOENT) {
      return make_error(Code::io, "Cannot set a write-ahead log aside that belongs to another database file.", from);
    }
  }
  SATCHEL_TRY(sync_directory(directory));
  return true;
}

Result<> mark_generation(sqlite::Database& db, const std::string& directory, Random& random) {
  Bytes generation(16, '\0');
  random.fill(generation.data(), generation.size());
  {
    SATCHEL_ASSIGN(auto transaction, sqlite::Transaction::begin(db, sqlite::Transaction::Kind::write));
    SATCHEL_TRY(db.prepare("DELETE FROM centre_generation").run());
    SATCHEL_TRY(db.prepare("INSERT INTO centre_generation VALUES(?)").bind_blob(0, generation).run());
    SATCHEL_TRY(transaction.commit());
  }
  // First into the main file, then beside it: a crash in between leaves an empty log, which needs no question.
  SATCHEL_TRY(db.checkpoint(true));
  return replace_file(generation_path(directory), to_hex(generation) + "\n", false);
}

}  // namespace satchel::server
