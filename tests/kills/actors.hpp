// The programs that are killed: each is started, heard and killed, and started again with the same files. What they
// tell is kept in one account of the run.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/kills/journal.hpp"
#include "tests/sim/promises.hpp"
#include "tests/sim/rights.hpp"
#include "tests/support_programs/process.hpp"

namespace satchel::kills {

// What is known of a run by whoever drives it.
struct Account {
  std::string directory;  // in which what programs say on their error stream is kept
  sim::Promises promises;
  sim::Rights rights;
  std::map<uint32_t, uint64_t> kills_before;  // of a mark: how many kills there had been
  uint64_t kills = 0, commits = 0, cut_off = 0, objected = 0, uncertain = 0, openings = 0;
  std::map<std::string, std::string> faults;  // by actor
  std::map<std::string, uint64_t> forks;      // by tablet
};

class Actor {
 public:
  Actor(std::string name, Account& account) : name_(std::move(name)), account_(account) {}
  virtual ~Actor() = default;
  const std::string& name() const { return name_; }
  test::Process& process() { return *process_; }
  bool running() const { return process_ != nullptr; }

  virtual void start() = 0;
  void strike();  // SIGKILL alone: for several at one instant
  void bury();    // hears the last words of one that was struck
  void hear();    // what it has said so far
  // Ends it in its own way; its words on a bad end are a fault.
  void end();
  virtual bool ready() const = 0;   // has come as far as to do its work since it was started
  uint64_t starts() const { return starts_; }

 protected:
  void begin(const std::string& program, const std::vector<std::string>& arguments);
  virtual void heard(const std::string& line) = 0;
  virtual void heard_error(const std::string&) {}
  virtual void ask_to_end() = 0;
  virtual void died() {}
  void fault(const std::string& words);

  const std::string name_;
  Account& account_;
  bool ready_ = false;

 private:
  void listen_to_the_end();
  std::unique_ptr<test::Process> process_;
  uint64_t starts_ = 0;
};

// satchel-server on a directory that `satchel-server init` made.
class Centre final : public Actor {
 public:
  Centre(std::string directory, uint16_t port, Account& account)
      : Actor("centre", account), directory_(std::move(directory)), port_(port) {}
  void start() override;
  bool ready() const override { return ready_; }

 private:
  void heard(const std::string&) override {}
  void heard_error(const std::string& line) override;
  void ask_to_end() override;
  const std::string directory_;
  const uint16_t port_;
};

struct TabletSetUp {
  std::string name, worker, store, server, authority, token;
  size_t number = 0;
  bool grouped = false;
  bool syncs = true;  // false: `satchel sync --watch` does, a process of its own
};

// What is done wrong on purpose, so that the checks have something to find.
enum class Planted { nothing, commit_that_never_was, told_before_it_is_made, marks_used_twice };

// The program of tablet_main.cpp.
class Tablet final : public Actor {
 public:
  Tablet(TabletSetUp set_up, uint64_t seed, uint32_t pause_ms, Planted planted, Account& account)
      : Actor(set_up.name, account),
        set_up_(std::move(set_up)),
        seed_(seed),
        pause_ms_(pause_ms),
        planted_(planted),
        next_mark_(first_mark()) {}
  void start() override;
  bool ready() const override { return ready_; }
  const TabletSetUp& set_up() const { return set_up_; }
  void verify_next() { verify_next_ = true; }  // the next one that is started verifies its store
  uint64_t begun() const { return begun_; }    // commits that were told so
  bool has_written() const { return has_written_; }  // since it was started
  uint64_t syncs() const { return syncs_; }    // requests likewise

 private:
  void heard(const std::string& text) override;
  void ask_to_end() override {}  // the end of its input is enough
  void died() override;
  void promise(bool certain);
  uint32_t first_mark() const { return 1 + 100'000 * static_cast<uint32_t>(set_up_.number); }

  const TabletSetUp set_up_;
  const uint64_t seed_;
  const uint32_t pause_ms_;
  const Planted planted_;
  uint32_t next_mark_;
  Line last_;  // commit that began
  bool pending_ = false;  // nothing has been heard of it since
  bool has_written_ = false;
  uint64_t begun_ = 0, syncs_ = 0;
  bool verify_next_ = false;
};

// `satchel sync --watch` on the file of a tablet.
class Watch final : public Actor {
 public:
  Watch(const TabletSetUp& tablet, Account& account)
      : Actor(tablet.name + "'s sync", account), store_(tablet.store) {}
  void start() override;
  bool ready() const override { return ready_; }

 private:
  void heard(const std::string&) override { ready_ = true; }
  void ask_to_end() override;
  const std::string store_;
};

}  // namespace satchel::kills
