// The domain schema, whole or with as many collections as have every kind of field between them: a store that is opened
// often should not spend its time reading a schema.
#pragma once

#include <string>

namespace satchel::sim {

enum class Collections { all, each_kind };
std::string schema_of(Collections collections);
// The app's next release: a field more.
std::string grown(const std::string& schema);

}  // namespace satchel::sim
