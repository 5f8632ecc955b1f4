// satchel_plant FAULTS ROOT OUT: copies of the files that FAULTS names, with the faults in them, under OUT, and there
// names.cpp with the names of all. The format stands at the head of faults.txt.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Change {
  std::string fault, file, before, after;
};

[[noreturn]] void stop(const std::string& why) {
  std::cerr << "satchel_plant: " << why << "\n";
  std::exit(1);
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) stop("cannot read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string with_switch(std::string line, const std::string& fault) {
  static const std::string word = "PLANTED";
  const std::string call = "::satchel::sim::planted(\"" + fault + "\")";
  for (size_t at = line.find(word); at != std::string::npos; at = line.find(word, at + call.size())) {
    line.replace(at, word.size(), call);
  }
  return line;
}

std::vector<Change> parse(std::istream& in) {
  std::vector<Change> changes;
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, 2, "# ") == 0) {
      changes.push_back({line.substr(2), {}, {}, {}});
    } else if (changes.empty() || line.empty()) {
      continue;
    } else if (line.compare(0, 2, "@ ") == 0) {
      if (!changes.back().file.empty()) changes.push_back({changes.back().fault, {}, {}, {}});
      changes.back().file = line.substr(2);
    } else if (line[0] == ' ' || line[0] == '-' || line[0] == '+') {
      const std::string text = line.substr(1) + "\n";
      if (line[0] != '+') changes.back().before += text;
      if (line[0] != '-') changes.back().after += with_switch(text, changes.back().fault);
    } else {
      stop("this line is none: " + line);
    }
  }
  return changes;
}

void plant(std::string& text, const Change& change) {
  // From the beginning of a line on.
  const std::string before = "\n" + change.before;
  const size_t at = change.before.empty() ? std::string::npos : text.find(before);
  const std::string where = "the fault \"" + change.fault + "\" in " + change.file;
  if (at == std::string::npos) stop(where + " does not fit any more: its lines are not there");
  if (text.find(before, at + 1) != std::string::npos) stop(where + ": its lines are there more than once");
  text.replace(at + 1, change.before.size(), change.after);
}

void write_when_changed(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read(path) == text) return;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) stop("takes the file of the faults, the root of the sources, and where the copies go");
  const fs::path root = argv[2], out = argv[3];
  std::ifstream in(argv[1]);
  if (!in) stop(std::string("cannot read ") + argv[1]);
  std::map<std::string, std::string> files;
  std::string names;
  for (const Change& change : parse(in)) {
    auto [file, fresh] = files.try_emplace(change.file);
    if (fresh) file->second = read(root / change.file);
    plant(file->second, change);
    const std::string name = "      \"" + change.fault + "\",\n";
    if (names.find(name) == std::string::npos) names += name;
  }
  const std::string head = "#include \"tests/sim/planted/planted.hpp\"\n";
  for (const auto& [name, text] : files) {
    write_when_changed(out / name, head + "#line 1 \"" + (root / name).string() + "\"\n" + text);
  }
  write_when_changed(out / "names.cpp", head + "\nnamespace satchel::sim {\nstd::vector<std::string> planted_faults() {\n"
                                        "  return {\n" + names + "  };\n}\n}  // namespace satchel::sim\n");
  return 0;
}
