#include "core/query/sql.hpp"

#include "core/query/in_view.hpp"
#include "core/query/views.hpp"
#include "core/store/fold_text.hpp"

namespace satchel::query {
namespace {

Result<SqlAnswer> run_sql_in_view(store::Reader& reader, const Sql& sql, const std::function<bool()>& keep_going) {
  const auto views = collection_views(reader, sql.include_voided);
  const std::vector<sqlite::AppFunction> functions = {{"fold", store::fold_text}};
  SATCHEL_ASSIGN(sqlite::AppAnswer found,
                 sqlite::run_app_sql({sql.text, sql.parameters, sql.limit}, views, functions, keep_going));
  SATCHEL_ASSIGN(store::ReadToken token, reader.token());
  return SqlAnswer{std::move(found.columns), std::move(found.rows), found.more, std::move(token)};
}

}  // namespace

Result<SqlAnswer> run_sql(store::Reader& reader, const Sql& sql, const std::function<bool()>& keep_going) {
  if (sql.limit == 0 || sql.limit > sql_rows_most) {
    return make_error(Code::invalid, "An answer has 1 to " + std::to_string(sql_rows_most) + " rows.", "/limit");
  }
  return in_view(reader, [&] { return run_sql_in_view(reader, sql, keep_going); });
}

}  // namespace satchel::query
