#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "server/files.hpp"
#include "server/http/certificates.hpp"
#include "server/main/domain_schema.hpp"
#include "server/main/operator.hpp"
#include "server/sealing_keys.hpp"

namespace satchel::server::cli {
namespace {

using nlohmann::json;

Config example_config(const InitArguments& arguments) {
  Config config;
  config.organisation = arguments.organisation;
  config.service.data_dir = "centre";
  config.service.keys_dir = "keys";
  config.schema_file = "schema.json";
  config.http.port = arguments.port;
  config.http.certificate_file = "tls/server.pem";
  config.http.private_key_file = "tls/server.key";
  config.sign_in.keys_file = "sign-in/" + std::filesystem::path(development_key_set("")).filename().string();
  config.sign_in.issuer = "https://sign-in.example";
  config.sign_in.audience = "satchel";
  return config;
}

Result<> make_private_directory(const std::string& path) {
  SATCHEL_TRY(make_directory(path));
  std::error_code error;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  if (error) return make_error(Code::io, "Could not make " + path + " private: " + error.message() + ".", path);
  return {};
}

// The schema is read completely before it is copied: a centre with a wrong one would not start. `from` empty: the
// built-in one.
Result<> place_schema(const std::string& from, const std::string& to) {
  if (from.empty()) return replace_file(to, domain_schema(), false);
  SATCHEL_ASSIGN(const std::string text, read_file(from));
  auto schema = model::Schema::parse(text);
  if (!schema) return make_error(Code::invalid, from + ": " + schema.error().message, schema.error().place);
  return replace_file(to, text, false);
}

void print_problems(const char* heading, const std::vector<ConfigProblem>& problems) {
  if (problems.empty()) return;
  std::cout << heading << "\n";
  for (const auto& problem : problems) {
    const std::string where = problem.pointer.empty() ? "(whole file)" : problem.pointer;
    std::cout << "  " << where << ": " << problem.message << "\n";
  }
}

json problems_json(const std::vector<ConfigProblem>& problems) {
  json list = json::array();
  for (const auto& problem : problems) list.push_back({{"pointer", problem.pointer}, {"message", problem.message}});
  return list;
}

void print_keys(const Config& config) {
  for (const ConfigKey& key : config_keys()) {
    std::cout << key.pointer << " = " << key.show(config) << "\n    " << key.meaning;
    if (key.required) std::cout << " Must be there.";
    if (key.type == ConfigKey::Type::number) std::cout << " From " << key.least << " to " << key.most << ".";
    std::cout << "\n";
  }
}

void print_certificate(const Config& config) {
  auto pem = read_file(config.http.certificate_file);
  if (!pem) return;
  auto facts = http::read_certificate(*pem);
  if (!facts) return;
  std::cout << "Certificate for";
  for (const auto& host : facts->hosts) std::cout << " " << host;
  std::cout << ", until " << format_instant(facts->until_ms) << "\nPin: " << facts->pin << "\n";
}

}  // namespace

Result<> init(const Common&, const InitArguments& arguments) {
  const std::string& directory = arguments.directory;
  const std::string config_file = directory + "/server.json";
  if (file_exists(config_file)) {
    return make_error(Code::invalid, "There is a configuration at " + config_file + " already; it was left as it is.");
  }
  const SystemClock clock;
  SATCHEL_TRY(make_private_directory(directory));
  SATCHEL_TRY(place_schema(arguments.schema_file, directory + "/schema.json"));
  for (const char* part : {"/centre", "/keys", "/tls", "/sign-in"}) {
    SATCHEL_TRY(make_private_directory(directory + part));
  }
  SATCHEL_ASSIGN(const auto files,
                 http::make_development_certificates(directory + "/tls", arguments.hosts, clock.wall_ms()));
  SATCHEL_TRY(make_development_keys(directory + "/sign-in"));
  SystemRandom random;
  SATCHEL_TRY(SealingKeys::load(*system_files(), directory + "/keys", true, random));
  SATCHEL_TRY(replace_file(config_file, config_text(example_config(arguments)), false));
  std::cout << "A centre for trying out is ready in " << directory << ".\n"
            << "  settings:                  " << config_file << "\n"
            << "  authority tablets trust:   " << files.authority_file << "\n"
            << "Start it:       satchel-server serve --data " << directory << "\n"
            << "Let a worker in: satchel-server grant --data " << directory
            << " --worker amira --kind case --role writer --label \"A case\"\n"
            << "Its token:      satchel-server token --data " << directory << " --worker amira\n"
            << "The certificate and the sign-in keys are for trying out only; see docs/OPERATING.md.\n";
  return {};
}

Result<> check(const Common& common, bool list_keys) {
  if (!file_exists(common.config_file)) return load_config(common.config_file).error();
  Config config;
  const SystemClock clock;
  std::vector<ConfigProblem> warnings;
  std::vector<ConfigProblem> problems = read_config(common.config_file, config);
  if (problems.empty()) problems = check_files(config, clock, warnings);
  if (common.json) {
    std::cout << json{{"file", common.config_file},
                      {"problems", problems_json(problems)},
                      {"warnings", problems_json(warnings)}}
                     .dump(2)
              << "\n";
  } else {
    if (list_keys) print_keys(config);
    print_problems("To put right:", problems);
    print_problems("To look at:", warnings);
    if (problems.empty()) print_certificate(config);
  }
  if (problems.empty()) {
    if (!common.json) std::cout << common.config_file << " is in order.\n";
    return {};
  }
  return make_error(Code::invalid, common.config_file + " has " + std::to_string(problems.size()) +
                                       (problems.size() == 1 ? " problem." : " problems."),
                    "/");
}

Result<> token(const Common& common, const std::string& worker, int64_t lifetime_ms) {
  SATCHEL_ASSIGN(const Config config, load_config(common.config_file));
  const std::string organisation = common.organisation.empty() ? config.organisation : common.organisation;
  if (organisation.empty()) {
    return make_error(Code::invalid,
                      "Which organisation? Give --org, or set it as /organisation in " + config.file + ".", "--org");
  }
  const std::string directory = std::filesystem::path(config.sign_in.keys_file).parent_path().string();
  const SystemClock clock;
  auto minted = mint_token(directory, config.sign_in.issuer, config.sign_in.audience, organisation, worker, lifetime_ms,
                           clock);
  if (!minted && minted.error().code == Code::not_found) {
    return make_error(Code::not_found,
                      "There is no development signing key beside " + config.sign_in.keys_file +
                          ": tokens for this centre come from its identity provider.",
                      minted.error().place);
  }
  if (!minted) return minted.error();
  std::cout << *minted << "\n";
  return {};
}

}  // namespace satchel::server::cli
