// The main job as a story: a centre, two tablets, a caseload, a broken connection, and what stands in the end.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "demo/centre.hpp"
#include "demo/tablet.hpp"
#include "tests/support_tls/bad_link.hpp"

namespace satchel::demo {

struct Settings {
  std::filesystem::path server;     // the satchel-server program
  std::filesystem::path schema;     // schema/satchel-domain.json
  std::filesystem::path directory;  // services of a city; where it is absent they are invented
  std::filesystem::path work;       // everything that is made goes here
  unsigned cases = 450;
};

class Story {
 public:
  explicit Story(Settings settings);
  bool tell();  // true: all three hold the same in the end

 private:
  void set_up();
  void take_on_cases();
  void cover();
  void write_offline();
  void break_the_connection();
  void come_back();
  void list_questions();
  void decide();
  bool compare();

  std::unique_ptr<Tablet> tablet(const std::string& worker, uint16_t port);
  void show_field(const char* what, const std::string& collection, const std::string& record, const std::string& field);

  Settings settings_;
  std::unique_ptr<Centre> centre_;
  std::unique_ptr<test::BadLink> line_;  // between Amira's tablet and the centre
  std::unique_ptr<Tablet> amira_, beth_;
  std::string team_, person_, episode_, about_, draft_, action_, note_amira_, note_beth_;  // of the case that both write in
  std::string name_, case_;
};

}  // namespace satchel::demo
