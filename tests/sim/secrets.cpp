#include "tests/sim/secrets.hpp"

namespace satchel::sim {
namespace {

const std::string kFolder = "keystore/";

std::string file_of(std::string_view name) { return kFolder + std::string(name); }

Result<> done(bool good) {
  if (good) return {};
  return make_error(Code::io, "The keystore did not do what it was asked.", "keystore");
}

}  // namespace

bool Secrets::is_one(const std::string& file) { return file.compare(0, kFolder.size(), kFolder) == 0; }

Result<std::optional<Bytes>> Secrets::get(std::string_view name) {
  if (disk_.dead()) return make_error(Code::io, "The machine is dead.", "keystore");
  const std::string file = file_of(name);
  return disk_.exists(file) ? std::optional<Bytes>(disk_.read(file)) : std::optional<Bytes>();
}

Result<> Secrets::put(std::string_view name, BytesView secret) {
  const std::string file = file_of(name), beside = file + ".new";
  return done(disk_.write_tail(beside, 0, Bytes(secret)) && disk_.sync(beside) && disk_.rename(beside, file));
}

Result<> Secrets::remove(std::string_view name) {
  const std::string file = file_of(name);
  return done(!disk_.exists(file) || disk_.remove(file));
}

}  // namespace satchel::sim
