#include "server/main/operator.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>

#include "server/http/json_logger.hpp"

namespace satchel::server::cli {

Result<model::Schema> load_schema(const Config& config) {
  auto text = read_file(config.schema_file);
  if (!text) return make_error(text.error().code, config.schema_file + ": " + text.error().message, "/schema_file");
  auto schema = model::Schema::parse(*text);
  if (schema) return schema;
  return make_error(Code::invalid, config.schema_file + ": " + schema.error().message, schema.error().place);
}

Result<std::unique_ptr<Operator>> Operator::open(const Common& common) {
  std::unique_ptr<Operator> opened(new Operator());
  opened->common_ = common;
  SATCHEL_ASSIGN(opened->config_, load_config(common.config_file));
  SATCHEL_ASSIGN(model::Schema schema, load_schema(opened->config_));
  SATCHEL_ASSIGN(opened->logger_, http::JsonLogger::open("", LogLevel::error, opened->clock_));
  SATCHEL_ASSIGN(opened->admin_, Admin::open(opened->config_.service, std::move(schema), opened->clock_,
                                             opened->random_, *opened->logger_));
  return opened;
}

Result<std::string> Operator::organisation() const {
  if (!common_.organisation.empty()) return common_.organisation;
  if (!config_.organisation.empty()) return config_.organisation;
  return make_error(Code::invalid,
                    "Which organisation? Give --org, or set it as /organisation in " + config_.file + ".", "--org");
}

Result<ServingLock> ServingLock::take(const std::string& data_dir) {
  const std::string path = data_dir + "/serving.lock";
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.open()) return file_error("open the file", path);
  if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0) return ServingLock(std::move(file));
  if (errno != EWOULDBLOCK) return file_error("lock the file", path);
  return make_error(Code::busy, "A satchel-server is running on " + data_dir + ". Stop it first.", path);
}

}  // namespace satchel::server::cli
