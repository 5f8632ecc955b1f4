#include "tests/compat_support/kept_set.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "proto/messages.hpp"
#include "tests/compat_support/world.hpp"

namespace satchel::compat {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t unpacked_most = 64 << 20;
constexpr const char* packed_end = ".zst";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << content;
  if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string unpacked(const fs::path& path) { return must(proto::decompress(read_file(path), unpacked_most)); }

// Databases are packed, what a person can read is not.
bool is_packed(const std::string& name) { return name.ends_with(".db"); }

void write_files(const fs::path& directory, const FilesByName& files) {
  for (const auto& [name, content] : files) {
    if (is_packed(name)) {
      write_file(directory / (name + packed_end), proto::compress(content));
    } else {
      write_file(directory / name, content);
    }
  }
}

FilesByName read_files(const fs::path& directory) {
  FilesByName files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    fs::path name = entry.path().lexically_relative(directory);
    if (name.extension() == packed_end) {
      files[name.replace_extension().generic_string()] = unpacked(entry.path());
    } else {
      files[name.generic_string()] = read_file(entry.path());
    }
  }
  if (files.empty()) throw std::runtime_error("nothing is kept in " + directory.string());
  return files;
}

Bytes bytes_of(const json& hex) {
  Bytes bytes;
  if (!from_hex(hex.get<std::string>(), bytes)) throw std::runtime_error("the transcript is not hexadecimal");
  return bytes;
}

json to_json(const std::vector<Exchange>& transcript) {
  json all = json::array();
  for (const Exchange& each : transcript) {
    all.push_back({{"at_ms", each.at_ms},
                   {"worker", each.worker},
                   {"path", each.path},
                   {"request", to_hex(each.request)},
                   {"status", each.status},
                   {"reply", to_hex(each.reply)}});
  }
  return all;
}

}  // namespace

KeptSet read_set(const fs::path& directory) {
  KeptSet set;
  set.about = json::parse(read_file(directory / "set.json"));
  set.contents = json::parse(read_file(directory / "contents.json"));
  set.tablet = read_files(directory / "tablet");
  set.centre_before = read_files(directory / "centre-before");
  set.centre_after = read_files(directory / "centre-after");
  const json transcript = json::parse(unpacked(directory / "transcript.json.zst"));
  for (const json& each : transcript) {
    set.transcript.push_back({each.at("at_ms").get<int64_t>(), each.at("worker").get<std::string>(),
                              each.at("path").get<std::string>(), bytes_of(each.at("request")),
                              bytes_of(each.at("reply")), each.at("status").get<int>()});
  }
  return set;
}

void write_set(const fs::path& directory, const KeptSet& set) {
  fs::remove_all(directory);
  write_file(directory / "set.json", set.about.dump(1) + "\n");
  write_file(directory / "contents.json", set.contents.dump(1) + "\n");
  write_files(directory / "tablet", set.tablet);
  write_files(directory / "centre-before", set.centre_before);
  write_files(directory / "centre-after", set.centre_after);
  write_file(directory / "transcript.json.zst", proto::compress(to_json(set.transcript).dump()));
}

}  // namespace satchel::compat
