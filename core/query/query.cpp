#include "core/query/query.hpp"

#include "core/query/in_view.hpp"
#include "core/query/plan.hpp"
#include "core/store/shown_records.hpp"

namespace satchel::query {
namespace {

Result<Page> run_in_view(store::Reader& reader, const Query& query) {
  Page page;
  SATCHEL_ASSIGN(page.token, reader.token());
  SATCHEL_ASSIGN(const Plan planned, plan(reader, query));
  if (planned.nothing) return page;
  SATCHEL_ASSIGN(auto found, find(reader.database(), planned, query));
  if (found.size() > query.limit) {
    found.resize(query.limit);
    page.next = encode(found.back());
  }
  store::ShownRecords records(reader.database());
  for (const auto& at : found) {
    SATCHEL_ASSIGN(store::Record record, records.listed({1, at.scope}, {query.collection, at.record}));
    page.records.push_back(std::move(record));
  }
  return page;
}

Result<uint64_t> count_in_view(store::Reader& reader, const Query& query) {
  Query all = query;
  all.order_by.clear();
  SATCHEL_ASSIGN(const Plan planned, plan(reader, all));
  if (planned.nothing) return uint64_t{0};
  return count(reader.database(), planned, all);
}

}  // namespace

Result<> check(store::Reader& reader, const Query& query) {
  SATCHEL_TRY(plan(reader, query));
  if (!query.after.empty()) SATCHEL_TRY(decode_continuation(query.after));
  return {};
}

Result<Page> run(store::Reader& reader, const Query& query) {
  return in_view(reader, [&] { return run_in_view(reader, query); });
}

Result<uint64_t> count(store::Reader& reader, const Query& query) {
  return in_view(reader, [&] { return count_in_view(reader, query); });
}

}  // namespace satchel::query
