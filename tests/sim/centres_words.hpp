// What the centre wrote in its own name, as tablets got it: an id stands for one content, whatever the centre was put back to
// in between. Seen as it comes, for at the end only one of two is left.
#pragma once

#include <map>
#include <vector>

#include "core/base/hash.hpp"
#include "core/model/transaction.hpp"
#include "proto/messages.hpp"

namespace satchel::sim {

class CentresWords {
 public:
  // The ids in `page` that stood for something else once.
  std::vector<model::TransactionId> changed_in(const proto::Page& page);

 private:
  std::map<model::TransactionId, Hash256> known_;
};

}  // namespace satchel::sim
