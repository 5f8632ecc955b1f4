// What an app shows a worker. Plain words, short sentences.
#include <cstdlib>
#include <string>

#include "core/log/ord.hpp"
#include "sync/engine.hpp"

namespace satchel::sync {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

std::string count(uint64_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string duration(int64_t ms) {
  if (ms >= 2 * 365 * kDay) return count(static_cast<uint64_t>(ms / (365 * kDay)), "year", "years");
  if (ms >= kDay) return count(static_cast<uint64_t>(ms / kDay), "day", "days");
  if (ms >= kHour) return count(static_cast<uint64_t>(ms / kHour), "hour", "hours");
  if (ms >= kMinute) return count(static_cast<uint64_t>(ms / kMinute), "minute", "minutes");
  return "less than a minute";
}

void add(std::string& words, const std::string& sentence) {
  if (sentence.empty()) return;
  if (!words.empty()) words += ' ';
  words += sentence;
}

std::string unsent(const EngineStatus& status, int64_t now_wall_ms) {
  if (status.store.unsent == 0) return {};
  std::string words = count(status.store.unsent, "item", "items") + " not yet at base";
  const int64_t age = status.store.oldest_unsent_ms > 0 ? now_wall_ms - status.store.oldest_unsent_ms : 0;
  if (age >= kMinute) words += std::string(status.store.unsent == 1 ? ", " : ", oldest ") + duration(age);
  if (age >= kMinute && status.store.unsent == 1) words += " old";
  return words + ".";
}

std::string all_well(const EngineStatus& status, int64_t now_wall_ms) {
  if (status.store.last_sync_ms == 0) return "This tablet has not been in touch with base yet.";
  if (status.store.scopes_incomplete > 0) return "Still fetching what you need.";
  // last_sync_ms is the server's time: this tablet's clock minus its skew is comparable.
  const int64_t age = now_wall_ms - status.store.clock_skew_ms - status.store.last_sync_ms;
  if (status.phase == Phase::connected || age < kMinute) return "Everything is up to date.";
  return "Everything you wrote is at base. Last in touch " + duration(age) + " ago.";
}

std::string of_phase(const EngineStatus& status) {
  const std::string why = status.last_error ? status.last_error->message : std::string{};
  switch (status.phase) {
    case Phase::signing_in:
      return "Signing in.";
    case Phase::syncing:
      return "Sending and fetching now.";
    case Phase::offline:
      return "No connection. Everything you write is safe on this tablet.";
    case Phase::needs_sign_in:
      return why.empty() || why == "Please sign in again." ? "Please sign in again." : "Please sign in again. " + why;
    case Phase::blocked:
    case Phase::waiting_to_retry:
    case Phase::stopped:
    case Phase::idle:
      return why;
    case Phase::connected:
      return {};
  }
  return {};
}

// Whoever takes the tablet back should know that it still holds something.
std::string sealed(const store::Status& store) {
  if (store.sealed == 0) return {};
  const std::string words = "This tablet keeps " + count(store.sealed, "sealed item", "sealed items") + " for base";
  return words + (store.sealed_to_send > 0 ? " and is giving back what base has lost." : " until base has a backup.");
}

std::string clock(const EngineStatus& status) {
  const int64_t wrong = std::llabs(status.store.clock_skew_ms);
  if (wrong <= log::tolerated_skew_ms) return {};
  return "This tablet's clock is " + duration(wrong) + " wrong.";
}

}  // namespace

std::string status_words(const EngineStatus& status, int64_t now_wall_ms) {
  std::string words;
  const std::string phase = of_phase(status);
  const std::string waiting = unsent(status, now_wall_ms);
  add(words, waiting);
  add(words, phase);
  if (words.empty()) add(words, all_well(status, now_wall_ms));
  if (status.store.set_aside > 0) {
    add(words, count(status.store.set_aside, "item was", "items were") + " not accepted. You can still read " +
                   (status.store.set_aside == 1 ? "it, with the reason." : "them, with the reason."));
  }
  if (status.store.scopes_unfit > 0) {
    add(words, "What comes for " + count(status.store.scopes_unfit, "place", "places") +
                   " does not fit together. Please tell your support team.");
  }
  if (status.store.to_decide > 0) {
    add(words, count(status.store.to_decide, "question waits", "questions wait") + " for you.");
  }
  add(words, sealed(status.store));
  add(words, clock(status));
  return words;
}

}  // namespace satchel::sync
