// The central store as a machine: the real server::Service and server::Admin on a simulated disk, behind what
// server/http does with requests (batches, parked long polls), without its sockets and threads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/admin.hpp"
#include "server/service.hpp"
#include "tests/sim/link.hpp"
#include "tests/support/memory_disk.hpp"

namespace satchel::sim {

inline const std::string kOrganisation = "north-net";
inline const std::string kCentreFile = "/centre/centre.db";  // on its disk

struct CentreOptions {
  uint64_t seed = 0;
  bool backup_configured = true;
  int64_t session_ms = 15 * kMinute;
  size_t answer_bytes_most = 4 << 20;
  size_t push_bytes_most = 8 << 20;
  std::string schema;
};

// Signs in whoever carries a token of this form: stands for the identity provider.
std::string make_token(const std::string& worker, int64_t expires_ms);

class CentreMachine {
 public:
  CentreMachine(Timeline& timeline, Story& story, CentreOptions options);
  ~CentreMachine();

  void start();                 // when it is not running; may die of it
  void stop();                  // clean: everybody who waits is answered nothing
  void die(support::Stop how);  // now
  void die_after(support::Stop how, uint64_t operations);
  bool running() const { return service_ != nullptr; }
  // Runs what may touch the disk; afterwards the machine may be dead.
  template <class F>
  void act(F work) {
    guard([&] { work(); });
  }
  server::Admin& admin();  // only while running
  void arrive(const sync::HttpRequest& request, Answer answer);

  bool back_up();  // true: there is a new verified backup
  bool has_backup() const { return !backup_.empty(); }
  void put_backup_back();  // stopped before; the ledger and the keys stay
  uint64_t backups() const { return backups_; }

  support::MemoryDisk disk;
  MachineClock clock;
  MachineLogger logger;
  uint64_t deaths = 0, restores = 0;
  std::string fault;               // a failed check of its own
  std::function<void()> on_death;  // the world has it started again

 private:
  struct Waiting {
    server::Request request;
    Answer answer;
    int64_t until_ms = 0;  // parked until then
  };
  void guard(const std::function<void()>& work);
  void clear();
  void not_opened(const Error& error);
  void schedule(int64_t delay_ms);
  void work();
  void reply(const Waiting& waiting, const server::Reply& reply);

  Timeline& timeline_;
  Story& story_;
  const CentreOptions options_;
  model::Schema schema_;
  Dice random_, chance_;
  std::unique_ptr<server::Authenticator> authenticator_;
  std::unique_ptr<server::Service> service_;
  std::unique_ptr<server::Admin> admin_;
  std::vector<Waiting> queue_, parked_;
  uint64_t incarnation_ = 0, last_wake_ = 0, backups_ = 0;
  std::optional<int64_t> due_;  // when work() runs next
  int guarding_ = 0;
  std::string backup_;
};

}  // namespace satchel::sim
