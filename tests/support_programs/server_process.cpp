#include "tests/support_programs/server_process.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

namespace satchel::test {

Outcome run_server(const std::vector<std::string>& arguments) { return run(SATCHEL_SERVER_BINARY, arguments); }

ServerProcess::ServerProcess(const std::vector<std::string>& arguments, uint16_t port) {
  std::vector<std::string> words = {"serve", "--port", std::to_string(port)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  process_ = std::make_unique<Process>(SATCHEL_SERVER_BINARY, words);
  const std::string line = wait_for_line("listening");
  if (line.empty()) throw std::runtime_error("the server did not start: " + log());
  port_ = nlohmann::json::parse(line)["port"].get<uint16_t>();
}

std::string ServerProcess::wait_for_line(const std::string& event) {
  for (std::string line = process_->next_error_line(); !line.empty(); line = process_->next_error_line()) {
    if (line.find("\"event\":\"" + event + "\"") != std::string::npos) return line;
  }
  return {};
}

}  // namespace satchel::test
