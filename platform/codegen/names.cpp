#include "platform/codegen/names.hpp"

#include <cctype>

namespace satchel_codegen {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
char to_upper(char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
char to_lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// No language lets a name begin with a digit, and a label may be of signs alone.
std::string as_name(std::string name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(name.begin(), '_');
  return name;
}

std::string joined(std::string_view name, bool first_is_upper) {
  std::string out;
  bool begins = first_is_upper;
  for (const char c : name) {
    if (!is_word(c)) {
      begins = begins || !out.empty();
      continue;
    }
    out += begins ? to_upper(c) : c;
    begins = false;
  }
  if (!first_is_upper && !out.empty()) out.front() = to_lower(out.front());
  return as_name(std::move(out));
}

std::string underscored(std::string_view name, char (*spell)(char)) {
  std::string out;
  for (const char c : name) out += is_word(c) ? spell(c) : '_';
  return as_name(std::move(out));
}

}  // namespace

std::string camel(std::string_view name) { return joined(name, false); }
std::string pascal(std::string_view name) { return joined(name, true); }
std::string upper(std::string_view name) { return underscored(name, to_upper); }
std::string snake(std::string_view name) { return underscored(name, to_lower); }

Names::Names(std::string where, std::set<std::string> taken) : where_(std::move(where)) {
  for (const std::string& spelling : taken) owners_.emplace(spelling, "");
}

std::string Names::take(const std::string& name, std::string spelling) {
  const auto [it, fresh] = owners_.emplace(spelling, name);
  if (fresh) return spelling;
  const std::string other = it->second.empty() ? "what is generated itself" : "\"" + it->second + "\"";
  throw NameClash(where_ + ": \"" + name + "\" would be called " + spelling + ", as is " + other +
                  ". Give one of them another name in the schema.");
}

}  // namespace satchel_codegen
