// satchel-demo: ./run demo. Everything it makes lies in one directory of its own, which it removes again.
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "demo/story.hpp"

int main(int argc, char** argv) {
  namespace fs = std::filesystem;
  satchel::demo::Settings settings;
  settings.server = SATCHEL_SERVER_PROGRAM;
  settings.schema = fs::path(SATCHEL_SOURCE_DIR) / "schema/satchel-domain.json";
  settings.directory = fs::path(SATCHEL_SOURCE_DIR) / "../shared/data/services.json";
  bool keep = false;
  CLI::App app("Two tablets and a centre: write without signal, break the connection, agree.", "satchel-demo");
  app.add_option("--cases", settings.cases, "People on the caseload")->check(CLI::Range(1, 2000))->capture_default_str();
  app.add_flag("--keep", keep, "Leave the stores and the centre's files behind, and say where");
  CLI11_PARSE(app, argc, argv);
  std::string pattern = (fs::temp_directory_path() / "satchel-demo-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    std::cerr << "satchel-demo: cannot make a directory in " << fs::temp_directory_path() << "\n";
    return 1;
  }
  settings.work = pattern;
  bool good = false;
  try {
    good = satchel::demo::Story(settings).tell();
  } catch (const std::exception& failure) {
    std::cerr << "satchel-demo: " << failure.what() << "\n";
  }
  if (keep) std::cout << "\nEverything is in " << pattern << ".\n";
  std::error_code ignored;
  if (!keep) fs::remove_all(settings.work, ignored);
  return good ? 0 : 1;
}
