// What an app shows a worker. Plain words, short sentences.
#include <cstdlib>
#include <string>

#include "core/base/clock.hpp"
#include "core/log/ord.hpp"
#include "sync/engine.hpp"

namespace satchel::sync {
namespace {

constexpr int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;

std::string say_in(merge::Language language, const std::string& english, const std::string& welsh) {
  return language == merge::Language::welsh ? welsh : english;
}

// Both languages of each sentence stand beside each other. Welsh has the noun in the singular after a number, with
// mutations: where one would be needed, the number stands behind a colon.
class Words {
 public:
  Words(const EngineStatus& status, int64_t now_wall_ms, merge::Language language)
      : status_(status), store_(status.store), now_(now_wall_ms), language_(language) {}

  std::string all() {
    add(unsent());
    add(of_phase());
    if (words_.empty()) add(all_well());
    add(set_aside());
    add(unfit());
    add(to_decide());
    add(sealed());
    add(clock());
    return words_;
  }

 private:
  std::string say(const std::string& english, const std::string& welsh) const {
    return say_in(language_, english, welsh);
  }
  std::string count(uint64_t number, const char* one, const char* many, const char* welsh) const {
    return std::to_string(number) + " " + say(number == 1 ? one : many, welsh);
  }

  std::string years(uint64_t number) const {
    const bool plain = number == 3 || number == 4 || number == 6;
    return count(number, "year", "years", number == 2 ? "flynedd" : plain ? "blynedd" : "mlynedd");
  }
  std::string duration(int64_t ms) const {
    const auto whole = [ms](int64_t unit) { return static_cast<uint64_t>(ms / unit); };
    if (ms >= 2 * 365 * kDay) return years(whole(365 * kDay));
    if (ms >= kDay) return count(whole(kDay), "day", "days", whole(kDay) == 2 ? "ddiwrnod" : "diwrnod");
    if (ms >= kHour) return count(whole(kHour), "hour", "hours", "awr");
    if (ms >= kMinute) return count(whole(kMinute), "minute", "minutes", whole(kMinute) == 2 ? "funud" : "munud");
    return say("less than a minute", "llai na munud");
  }

  void add(const std::string& sentence) {
    if (sentence.empty()) return;
    if (!words_.empty()) words_ += ' ';
    words_ += sentence;
  }

  std::string unsent() const {
    if (store_.unsent == 0) return {};
    std::string words = count(store_.unsent, "item", "items", "eitem") +
                        say(" not yet at base", " heb gyrraedd y ganolfan eto");
    const int64_t age = store_.oldest_unsent_ms > 0 ? now_ - store_.oldest_unsent_ms : 0;
    if (age < kMinute) return words + ".";
    if (store_.unsent == 1) return words + say(", " + duration(age) + " old.", ", ers " + duration(age) + ".");
    return words + say(", oldest ", ", yr hynaf ers ") + duration(age) + ".";
  }

  std::string all_well() const {
    if (store_.last_sync_ms == 0) {
      return say("This tablet has not been in touch with base yet.",
                 "Nid yw'r llechen hon wedi cysylltu â'r ganolfan eto.");
    }
    if (store_.scopes_incomplete > 0) {
      return say("Still fetching what you need.", "Yn dal i nôl yr hyn sydd ei angen arnoch.");
    }
    // last_sync_ms is the server's time: this tablet's clock minus its skew is comparable.
    const int64_t age = now_ - store_.clock_skew_ms - store_.last_sync_ms;
    if (status_.phase == Phase::connected || age < kMinute) {
      return say("Everything is up to date.", "Mae popeth yn gyfredol.");
    }
    return say("Everything you wrote is at base. Last in touch " + duration(age) + " ago.",
               "Mae popeth a ysgrifennoch wedi cyrraedd y ganolfan. Y cysylltiad diwethaf: " + duration(age) +
                   " yn ôl.");
  }

  std::string of_phase() const {
    const std::string why = status_.last_error ? status_.last_error->message : std::string{};
    switch (status_.phase) {
      case Phase::signing_in:
        return say("Signing in.", "Yn mewngofnodi.");
      case Phase::syncing:
        return say("Sending and fetching now.", "Yn anfon ac yn nôl nawr.");
      case Phase::offline:
        return say("No connection. Everything you write is safe on this tablet.",
                   "Dim cysylltiad. Mae popeth a ysgrifennwch yn ddiogel ar y llechen hon.");
      case Phase::needs_sign_in: {
        const std::string again = say("Please sign in again.", "Mewngofnodwch eto.");
        return why.empty() || why == "Please sign in again." ? again : again + " " + why;
      }
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

  std::string set_aside() const {
    if (store_.set_aside == 0) return {};
    const bool one = store_.set_aside == 1;
    const std::string items = count(store_.set_aside, "item was", "items were", "eitem");
    return say(items + " not accepted. You can still read " + (one ? "it" : "them") + ", with the reason.",
               "Ni dderbyniwyd " + items + ". Gallwch " + (one ? "ei darllen" : "eu darllen") +
                   " o hyd, gyda'r rheswm.");
  }

  std::string unfit() const {
    if (store_.scopes_unfit == 0) return {};
    return say("What comes for " + count(store_.scopes_unfit, "place", "places", "") +
                   " does not fit together. Please tell your support team.",
               "Nid yw'r hyn sy'n dod ar gyfer rhai lleoedd (" + std::to_string(store_.scopes_unfit) +
                   ") yn cyd-fynd. Dywedwch wrth eich tîm cymorth.");
  }

  std::string to_decide() const {
    if (store_.to_decide == 0) return {};
    const auto number = static_cast<uint64_t>(store_.to_decide);
    return say(count(number, "question waits", "questions wait", "") + " for you.",
               "Cwestiynau sy'n aros amdanoch: " + std::to_string(number) + ".");
  }

  // Whoever takes the tablet back should know that it still holds something.
  std::string sealed() const {
    if (store_.sealed == 0) return {};
    const std::string items = count(store_.sealed, "sealed item", "sealed items", "eitem dan sêl");
    const std::string words = say("This tablet keeps " + items + " for base",
                                  "Mae'r llechen hon yn cadw " + items + " i'r ganolfan");
    if (store_.sealed_to_send == 0) {
      return words + say(" until base has a backup.", " nes bod gan y ganolfan gopi wrth gefn.");
    }
    return words + say(" and is giving back what base has lost.", " ac yn rhoi'n ôl yr hyn a gollodd y ganolfan.");
  }

  std::string clock() const {
    const int64_t wrong = std::llabs(store_.clock_skew_ms);
    if (wrong <= log::tolerated_skew_ms) return {};
    return say("This tablet's clock is " + duration(wrong) + " wrong.",
               "Mae cloc y llechen hon " + duration(wrong) + " yn anghywir.");
  }

  const EngineStatus& status_;
  const store::Status& store_;
  const int64_t now_;
  const merge::Language language_;
  std::string words_;
};

}  // namespace

std::string status_words(const EngineStatus& status, int64_t now_wall_ms, merge::Language language) {
  return Words(status, now_wall_ms, language).all();
}

std::vector<StatusDetail> status_details(const EngineStatus& status, merge::Language language) {
  std::vector<StatusDetail> details;
  const auto count = [&](const char* what, int64_t number, const char* one, const char* many, const char* welsh) {
    if (number == 0) return;
    const std::string digits = std::to_string(number);
    details.push_back({what, say_in(language, digits + " " + (number == 1 ? one : many), welsh + (": " + digits))});
  };
  const store::Status& store = status.store;
  count("to_decide", store.to_decide, "thing waits for you to decide", "things wait for you to decide",
        "Pethau sy'n aros am eich penderfyniad");
  count("to_know", store.to_know, "thing for you to know", "things for you to know", "Pethau i chi eu gwybod");
  count("set_aside", static_cast<int64_t>(store.set_aside), "item was not accepted", "items were not accepted",
        "Eitemau na dderbyniwyd");
  count("scopes_unfit", static_cast<int64_t>(store.scopes_unfit), "place needs your support team",
        "places need your support team", "Lleoedd sydd angen eich tîm cymorth");
  if (store.last_sync_ms != 0) {
    const std::string at = format_instant(store.last_sync_ms);
    details.push_back({"last_sync", say_in(language, "Last at base: ", "Yn y ganolfan ddiwethaf: ") + at});
  }
  return details;
}

}  // namespace satchel::sync
