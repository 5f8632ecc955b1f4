// Made-up sessions: several people write into one text, look at what others wrote or do not, and hold forms open on
// older versions. The choices come from a seed or from a fuzzer's bytes; the merged text is compared with the oracle's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/random.hpp"
#include "core/merge/text/document.hpp"
#include "tests/text_support/oracle.hpp"

namespace satchel::text_test {

// A replica whose ids compare by number.
ReplicaId replica(uint32_t number);

class Choices {
 public:
  virtual ~Choices() = default;
  virtual uint32_t below(uint32_t bound) = 0;  // bound > 0
  virtual bool exhausted() const { return false; }
};
class SeededChoices final : public Choices {
 public:
  explicit SeededChoices(uint64_t seed) : random_(seed) {}
  uint32_t below(uint32_t bound) override { return static_cast<uint32_t>(random_.below(bound)); }

 private:
  SeededRandom random_;
};
class ByteChoices final : public Choices {
 public:
  explicit ByteChoices(std::string_view bytes) : bytes_(bytes) {}
  uint32_t below(uint32_t bound) override;
  bool exhausted() const override { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

struct Written {
  ReplicaId replica;
  uint64_t counter = 0;
  std::string worker;
  model::Version shown;
  std::vector<merge::text::Edit> edits;
  merge::text::Incoming incoming() const { return {replica, counter, worker, &shown, edits}; }
};

struct Size {
  uint32_t writers = 3, steps = 100;
};

// Runs a session; every writer's text is compared with the oracle's whenever it writes, and at the end everything is
// applied again in other orders, in one go and through the form at rest. Empty: no difference; else what differed.
// `operations`: counts characters inserted and removed, and merges.
std::optional<std::string> run_session(Choices& choices, const Size& size, uint64_t* operations = nullptr);

}  // namespace satchel::text_test
