// A whole caseload of invented people: at the centre, and on the tablet that wrote it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "demo/caseload/caseload.hpp"
#include "tests/bench/group.hpp"
#include "tests/bench/tablet.hpp"

namespace satchel::bench {

class CaseloadWorld {
 public:
  static constexpr const char* worker = "amina";
  static constexpr const char* colleague = "beth";

  CaseloadWorld(const std::filesystem::path& directory, const Scale& scale);

  Centre& centre() { return centre_; }
  Tablet& tablet() { return *tablet_; }
  std::filesystem::path file() const { return file_; }
  Link link(const char* of = worker) const { return {centre_.url(), centre_.authority(), centre_.token(of)}; }
  const demo::Surroundings& around() const { return around_; }
  const std::vector<demo::InventedCase>& cases() const { return cases_; }
  uint64_t records() const { return records_; }
  // Every commit in the order in which it was written.
  std::vector<const nlohmann::json*> commits() const;
  // Each record that was created: collection and id.
  std::vector<model::RecordKey> keys() const;
  // The day on which most people are seen: "2026-11-20".
  std::string busiest_day() const;
  // One that was not there: closed and opened again.
  void reopen();
  void sync();

 private:
  void write_all();

  std::filesystem::path file_;
  Centre centre_;
  demo::Surroundings around_;
  std::unique_ptr<Tablet> tablet_;
  std::vector<demo::InventedCase> cases_;
  demo::InventedPapers papers_;
  uint64_t records_ = 0;
};

// What an app does with satchel_transact.
void write(Tablet& tablet, store::Reader& reader, const nlohmann::json& commit);

// The same records as rows of bare SQLite: a record's values as JSON, with indexes that serve the lists.
class BareRows {
 public:
  BareRows(const std::filesystem::path& path, const std::vector<const nlohmann::json*>& commits);
  std::filesystem::path path() const { return path_; }
  static sqlite::Database open(const std::filesystem::path& path);

 private:
  static void insert(sqlite::Database& db, const nlohmann::json& change);
  std::filesystem::path path_;
};

int64_t begin_of(const std::string& day);  // "2026-03-05", in UTC; ms since 1970
// The first page of a day's visits, as the store and as bare SQLite give it; how many that is.
size_t visits_of(store::Reader& reader, const std::string& day);
size_t visits_of(sqlite::Database& bare, const std::string& day);

}  // namespace satchel::bench
