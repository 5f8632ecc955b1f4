// The way between one tablet and the centre: a transport that delays, loses (either way), duplicates, lets requests
// overtake one another, keeps connections half open, is slow, gone, or somebody else's captive portal.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sync/transport.hpp"
#include "tests/sim/dice.hpp"
#include "tests/sim/story.hpp"

namespace satchel::sim {

// Chances in thousandths, of each request.
struct Weather {
  uint32_t lose_request = 0, lose_answer = 0, duplicate = 0, hold_back = 0, half_open = 0, cut_answer = 0;
  int64_t delay_least_ms = 20, delay_most_ms = 200;  // each way
  int64_t bytes_per_ms = 1000;
  bool down = false;    // no way at all
  bool portal = false;  // somebody else answers
};

// How often each fault struck; `requests` were sent.
struct LinkCounts {
  uint64_t requests = 0, lost_requests = 0, lost_answers = 0, duplicates = 0, held_back = 0, half_open = 0, cut = 0,
           no_way = 0, portals = 0;
  uint64_t faults() const {
    return lost_requests + lost_answers + duplicates + held_back + half_open + cut + no_way + portals;
  }
};

// What stands at the other end. `answer` is called later, or never: then the connection hangs.
using Answer = std::function<void(sync::HttpResponse)>;
using Arrive = std::function<void(const sync::HttpRequest&, Answer)>;

struct LinkEnds {
  Timeline& timeline;
  Story& story;
  std::string who;
  const Weather& weather;  // may change at any time
  LinkCounts& counts;
  Dice& dice;
  Arrive arrive;
  // Every request as it leaves and every answer as it comes; for checks.
  std::function<void(const sync::HttpRequest&)> leaves;
  std::function<void(const sync::HttpRequest&, const sync::HttpResponse&)> comes;
};

std::unique_ptr<sync::Transport> make_link(LinkEnds ends);

}  // namespace satchel::sim
