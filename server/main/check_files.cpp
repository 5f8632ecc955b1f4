#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "server/files.hpp"
#include "server/http/certificates.hpp"
#include "server/http/tls_context.hpp"
#include "server/main/commands.hpp"
#include "server/main/config.hpp"
#include "server/sealing_keys.hpp"

namespace satchel::server::cli {
namespace {

using Problems = std::vector<ConfigProblem>;

void check_certificate(const Config& config, const Clock& clock, Problems& problems, Problems& warnings) {
  auto tls = http::make_tls_context(config.http.certificate_file, config.http.private_key_file);
  if (!tls) {
    const bool key = tls.error().place == config.http.private_key_file;
    problems.push_back({key ? "/tls/private_key_file" : "/tls/certificate_file", tls.error().message});
    return;
  }
  auto pem = read_file(config.http.certificate_file);
  if (!pem) return;
  auto facts = http::read_certificate(*pem);
  if (!facts) return;
  const int64_t now = clock.wall_ms();
  const std::string until = format_instant(facts->until_ms);
  if (facts->until_ms <= now) {
    problems.push_back({"/tls/certificate_file", "The certificate ended on " + until + ". Tablets will refuse it."});
  } else if (facts->from_ms > now) {
    problems.push_back({"/tls/certificate_file",
                        "The certificate is not valid before " + format_instant(facts->from_ms) + "."});
  } else if (facts->until_ms < now + 30 * day_ms) {
    warnings.push_back({"/tls/certificate_file", "The certificate ends soon, on " + until + "."});
  }
}

void check_directory(const std::string& pointer, const std::string& path, Problems& problems) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    problems.push_back({pointer, "There is no directory " + path + "."});
  } else if (!std::filesystem::is_directory(path, error)) {
    problems.push_back({pointer, path + " is not a directory."});
  } else if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    problems.push_back({pointer, "This user may not write to " + path + "."});
  }
}

void check_schema(const Config& config, Problems& problems) {
  auto text = read_file(config.schema_file);
  if (!text) {
    problems.push_back({"/schema_file", config.schema_file + ": " + text.error().message});
    return;
  }
  auto schema = model::Schema::parse(*text);
  if (schema) return;
  problems.push_back({"/schema_file", config.schema_file + " at " + schema.error().place + ": " +
                                          schema.error().message});
}

// The centre's own keys. Before its first start there may be none yet.
void check_keys(const Config& config, Problems& problems) {
  const std::string& directory = config.service.keys_dir;
  const bool started_before = file_exists(config.service.data_dir + "/centre.db");
  for (const std::string& file : {directory + "/envelope.key", SealingKeys::path(directory)}) {
    std::error_code error;
    const auto permissions = std::filesystem::status(file, error).permissions();
    const auto of_others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    if (!file_exists(file)) {
      if (started_before) problems.push_back({"/keys_dir", file + " is missing. Put it back before the next start."});
    } else if ((permissions & of_others) != std::filesystem::perms::none) {
      problems.push_back({"/keys_dir", "Others than its owner may use " + file + ". Run: chmod 600 " + file});
    }
  }
  if (!file_exists(SealingKeys::path(directory))) return;
  SystemRandom random;
  const auto files = system_files();
  const auto sealing = SealingKeys::load(*files, directory, false, random);
  if (!sealing) problems.push_back({"/keys_dir", sealing.error().place + ": " + sealing.error().message});
}

}  // namespace

std::vector<ConfigProblem> check_files(const Config& config, const Clock& clock, std::vector<ConfigProblem>& warnings) {
  Problems problems;
  check_directory("/data_dir", config.service.data_dir, problems);
  check_directory("/keys_dir", config.service.keys_dir, problems);
  check_keys(config, problems);
  check_schema(config, problems);
  check_certificate(config, clock, problems, warnings);
  auto sign_in = make_jwt_authenticator(config.sign_in, clock);
  if (!sign_in) {
    problems.push_back({"/sign_in/keys_file", config.sign_in.keys_file + ": " + sign_in.error().message});
  }
  if (config.service.keys_dir == config.service.data_dir) {
    warnings.push_back({"/keys_dir", "Keys and data lie in one directory: a copy of it holds both. Separate them."});
  }
  return problems;
}

}  // namespace satchel::server::cli
