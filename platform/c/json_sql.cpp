#include "platform/c/json_sql.hpp"

#include "platform/c/json_object.hpp"
#include "platform/c/json_writer.hpp"

namespace satchel::abi {
namespace {

using nlohmann::json;

Result<sqlite::Cell> parse_parameter(const json& value, const std::string& place) {
  if (value.is_null()) return sqlite::Cell();
  if (value.is_string()) return sqlite::Cell(value.get<std::string>());
  if (value.is_boolean()) return sqlite::Cell(int64_t{value.get<bool>()});
  if (value.is_number_float()) return sqlite::Cell(value.get<double>());
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) {
    return make_error(Code::invalid, "A number here is too large.", place);
  }
  if (value.is_number_integer()) return sqlite::Cell(value.get<int64_t>());
  return make_error(Code::invalid, "A parameter is a text, a number, true, false or null.", place);
}

struct CellJson {
  JsonWriter& out;
  void operator()(std::monostate) const { out.nothing(); }
  void operator()(int64_t integer) const { out.any(json(integer)); }
  void operator()(double real) const { out.any(json(real)); }  // one without end becomes null
  void operator()(const std::string& text) const { out.text(text); }
};

}  // namespace

Result<ParsedSql> parse_sql(std::string_view text) {
  constexpr int64_t within_most_ms = 60'000;
  SATCHEL_ASSIGN(const json parsed, parse_json(text));
  SATCHEL_ASSIGN(JsonObject object, JsonObject::of(parsed, ""));
  ParsedSql result;
  SATCHEL_ASSIGN(result.sql.text, object.text("sql"));
  SATCHEL_ASSIGN(const json* parameters, object.array_or_null("parameters"));
  for (size_t i = 0; parameters != nullptr && i < parameters->size(); ++i) {
    SATCHEL_ASSIGN(sqlite::Cell cell, parse_parameter((*parameters)[i], "/parameters/" + std::to_string(i)));
    result.sql.parameters.push_back(std::move(cell));
  }
  SATCHEL_ASSIGN(const int64_t limit, object.count_or("limit", query::sql_rows_most, result.sql.limit));
  result.sql.limit = static_cast<uint32_t>(limit);
  SATCHEL_ASSIGN(result.within_ms, object.count_or("within_ms", within_most_ms, result.within_ms));
  SATCHEL_ASSIGN(result.sql.include_voided, object.flag_or("include_voided", false));
  SATCHEL_TRY(object.no_others());
  return result;
}

std::string sql_answer_json(const query::SqlAnswer& answer) {
  JsonWriter out;
  out.open('{');
  out.name("columns").open('[');
  for (const std::string& column : answer.columns) out.text(column);
  out.close(']');
  out.name("more").flag(answer.more);
  out.name("rows").open('[');
  for (const auto& row : answer.rows) {
    out.open('[');
    for (const sqlite::Cell& cell : row) std::visit(CellJson{out}, cell);
    out.close(']');
  }
  out.close(']');
  out.name("token").text(answer.token);
  out.close('}');
  return out.take();
}

}  // namespace satchel::abi
