// languages: a model as one source file of each language.
#pragma once

#include <string>

#include "platform/codegen/model.hpp"

namespace satchel_codegen {

// A header over nlohmann::json, as satchel.h hands JSON out. `place`: the namespace. NameClash: see names.hpp.
std::string write_cpp(const Model& model, const std::string& place);
// Over the Kotlin library. `place`: the package.
std::string write_kotlin(const Model& model, const std::string& place);
// Over the Swift package. `place`: the enum around the types, begun with a capital letter.
std::string write_swift(const Model& model, const std::string& place);

}  // namespace satchel_codegen
