// The same door from C++: a wrong schema is refused with its place, a right one opens.
#include <satchel.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace {

satchel_error* open_and_close(const std::string& path, const std::string& schema) {
  satchel_options options{};
  options.size = sizeof options;
  options.path = {path.data(), path.size()};
  options.schema = {schema.data(), schema.size()};
  options.organisation = satchel_text("north-net");
  options.worker = satchel_text("amira");
  satchel_store* store = nullptr;
  if (satchel_error* error = satchel_open(&options, &store)) return error;
  return satchel_close(store);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  satchel_error* wrong = open_and_close(std::string(argv[1]) + "-wrong", "{}");
  if (wrong == nullptr || satchel_error_code(wrong) != SATCHEL_INVALID) return 1;
  satchel_error_free(wrong);
  std::stringstream schema;
  schema << std::ifstream(argv[2]).rdbuf();
  if (satchel_error* error = open_and_close(argv[1], schema.str())) {
    std::fprintf(stderr, "%s\n", satchel_error_message(error));
    satchel_error_free(error);
    return 1;
  }
  return 0;
}
