#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>

#include "platform/cli/commands.hpp"
#include "platform/cli/print.hpp"

namespace satchel_cli {
namespace {

using nlohmann::json;

struct SqlOptions {
  std::string text;
  std::vector<std::string> parameters;
  bool voided = false;
  std::optional<uint32_t> limit;  // the store's own where left out
  std::optional<int64_t> within_ms;
};

// Columns by tabs, a row in one line.
template <class Cells>
void print_cells(const Cells& cells) {
  const char* between = "";
  for (const json& cell : cells) {
    std::string text = value_text(cell);
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
    std::cout << between << text;
    between = "\t";
  }
  std::cout << "\n";
}

void run_sql(const Global& global, const SqlOptions& options) {
  Store store(global.open_with());
  json asked = {{"sql", options.text}, {"parameters", options.parameters}, {"include_voided", options.voided}};
  if (options.limit) asked["limit"] = *options.limit;
  if (options.within_ms) asked["within_ms"] = *options.within_ms;
  const json answer = store.sql(asked);
  global.print(answer, [&] {
    print_cells(answer["columns"]);
    for (const json& row : answer["rows"]) print_cells(row);
  });
  if (answer["more"] == true && !global.json) std::cerr << "There are more. See them with a larger --limit, or ask for less.\n";
}

}  // namespace

void add_sql_command(CLI::App& app, Global& global) {
  auto options = std::make_shared<SqlOptions>();
  CLI::App* command =
      add_command(app, "sql", "Asks in SQL: one SELECT, each kind of record being a table",
                  "satchel sql 'SELECT status, count(*) FROM episode GROUP BY status'\n"
                  "satchel sql 'SELECT p.legal_name, e.review_due FROM episode e JOIN person p ON p.id = e.person"
                  " WHERE e.review_due < ? ORDER BY 2' 2026-12-01\n"
                  "satchel sql 'SELECT legal_name FROM person WHERE fold(legal_name) LIKE fold(?)' 'llyr%'");
  command->add_option("sql", options->text, "One SELECT. Columns: id, scope, the fields, _void, _unsent, _to_decide, _to_know")
      ->required();
  command->add_option("parameters", options->parameters, "What stands for the question marks, in order");
  command->add_option("--limit", options->limit, "At most so many rows (1000)")->check(CLI::Range(1, 10'000));
  command->add_option("--within", options->within_ms, "Stop after so many milliseconds (5000)")->check(CLI::Range(1, 60'000));
  command->add_flag("--voided", options->voided, "Also records that were put away");
  command->callback([options, &global] { run_sql(global, *options); });
}

}  // namespace satchel_cli
