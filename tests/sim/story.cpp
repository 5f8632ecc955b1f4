#include "tests/sim/story.hpp"

#include <array>
#include <cstdio>

namespace satchel::sim {
namespace {

// Two sides that compare digests and find them different have a fault somewhere, also when they cure it.
constexpr std::array<std::string_view, 5> events_of_faults = {"check_failed", "digests_differ", "state_digest_differs",
                                                              "log_digest_differs", "older_history_refused"};

}  // namespace

void Story::line(std::string_view who, std::string_view what) {
  if (!on_) return;
  const int64_t now = timeline_.now();
  char stamp[48];
  std::snprintf(stamp, sizeof stamp, "%3dd %02d:%02d:%02d.%03d  ", static_cast<int>(now / kDay),
                static_cast<int>(now / kHour % 24), static_cast<int>(now / kMinute % 60),
                static_cast<int>(now / kSecond % 60), static_cast<int>(now % kSecond));
  text_.append(stamp)
      .append(who)
      .append(who.size() < 10 ? 10 - who.size() : 0, ' ')
      .append(" ")
      .append(what)
      .append("\n");
}

std::string Story::name_of(const std::string& id) const {
  const auto found = names_.find(id);
  return found == names_.end() ? id : found->second;
}

std::string Story::text() const {
  std::string out = text_;
  for (const auto& [id, name] : names_) {
    for (size_t at = out.find(id); at != std::string::npos; at = out.find(id, at + name.size())) {
      out.replace(at, id.size(), name);
    }
  }
  return out;
}

void MachineLogger::log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  if (event == "replica_replaced") ++forks_;
  bool fault = false;
  for (const std::string_view word : events_of_faults) fault = fault || event == word;
  if (!fault && (!story_.on() || level == LogLevel::debug)) return;
  std::string text(event);
  for (const LogField& field : fields) text.append(" ").append(field.key).append("=").append(field.value);
  if (fault) faults_.append(text).append("; ");
  story_.line(who_, "  . " + text);
}

}  // namespace satchel::sim
