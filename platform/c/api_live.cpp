// The functions of include/satchel.h by which an app follows what it shows.
#include <nlohmann/json.hpp>
#include <utility>

#include "core/query/live.hpp"
#include "platform/c/handle.hpp"
#include "platform/c/json_in.hpp"
#include "platform/c/json_out.hpp"

namespace {

using namespace satchel;
using namespace satchel::abi;

using Json = Result<std::optional<std::string>>;

// `make` checks what is to be followed and says how it is looked at. The observer is taken over before anything can fail;
// `out` is set before it is called.
satchel_error* follow(satchel_store* store, const satchel_live_observer& observer, satchel_live** out,
                      const std::function<Result<Live::Look>(Handle&)>& make) {
  auto taken = std::make_unique<Taken<satchel_live_observer>>(observer);
  return guarded([&]() -> Result<> {
    Handle& handle = *store->handle;
    SATCHEL_ASSIGN(Live::Look look, handle.guard<Live::Look>([&] { return make(handle); }));
    const auto live = std::make_shared<Live>(std::move(look), std::move(taken));
    *out = new satchel_live{handle.notifier(), live};
    handle.notifier()->add(live);
    return {};
  });
}

Live::Look look_at_query(Handle& handle, query::Query wanted) {
  const auto live = std::make_shared<query::LiveQuery>(std::move(wanted));
  return [&handle, live](store::Reader& reader, const store::ReadToken& token, const store::Changes& changes) -> Json {
    SATCHEL_ASSIGN(const auto difference, live->look(reader, changes));
    if (!difference) return std::optional<std::string>();
    return std::optional(difference_json(*difference, token, reader.schema(), handle.language()));
  };
}

Live::Look look_at_count(query::Query wanted) {
  const auto live = std::make_shared<query::LiveCount>(std::move(wanted));
  return [live](store::Reader& reader, const store::ReadToken& token, const store::Changes& changes) -> Json {
    SATCHEL_ASSIGN(const auto count, live->look(reader, changes));
    if (!count) return std::optional<std::string>();
    return std::optional(dump({{"token", token}, {"count", *count}}));
  };
}

Live::Look look_at_record(Handle& handle, std::string collection, const RecordId& id) {
  const auto live = std::make_shared<query::LiveRecord>(std::move(collection), id);
  return [&handle, live](store::Reader& reader, const store::ReadToken& token, const store::Changes& changes) -> Json {
    SATCHEL_ASSIGN(const auto seen, live->look(reader, changes));
    if (!seen) return std::optional<std::string>();
    const store::Record* record = seen->record ? &*seen->record : nullptr;
    return std::optional(record_json(record, token, reader.schema(), handle.language()));
  };
}

Live::Look look_at_inbox(Handle& handle) {
  const auto live = std::make_shared<query::LiveInbox>();
  return [&handle, live](store::Reader& reader, const store::ReadToken& token, const store::Changes& changes) -> Json {
    SATCHEL_ASSIGN(const auto inbox, live->look(reader, changes));
    if (!inbox) return std::optional<std::string>();
    return std::optional(inbox_json(*inbox, token, handle.language()));
  };
}

Live::Look look_at_status(Handle& handle) {
  const auto last = std::make_shared<std::string>();
  return [&handle, last](store::Reader& reader, const store::ReadToken&, const store::Changes&) -> Json {
    SATCHEL_ASSIGN(const store::Status now, reader.status());
    std::string json = handle.status_json(now);
    if (json == *last) return std::optional<std::string>();
    *last = json;
    return std::optional(std::move(json));
  };
}

Live::Look look_at_changes() {
  const auto first = std::make_shared<bool>(true);
  return [first](store::Reader&, const store::ReadToken& token, const store::Changes& changes) -> Json {
    const bool anything = std::exchange(*first, false) || changes.anything;
    if (!anything && changes.records.empty()) return std::optional<std::string>();
    nlohmann::json records = nlohmann::json::array();
    for (size_t i = 0; i < changes.records.size() && !anything; ++i) {
      const model::RecordKey& key = changes.records[i].key;
      records.push_back({{"collection", key.collection}, {"id", key.record.text()}});
    }
    return std::optional(dump({{"token", token}, {"anything", anything}, {"records", std::move(records)}}));
  };
}

}  // namespace

extern "C" {

satchel_error* satchel_live_query(satchel_store* store, satchel_slice query, satchel_live_observer observer,
                                  satchel_live** live) {
  return follow(store, observer, live, [query](Handle& handle) -> Result<Live::Look> {
    SATCHEL_ASSIGN(auto reader, handle.borrow());
    SATCHEL_TRY(reader->begin());
    SATCHEL_ASSIGN(ParsedQuery parsed, parse_query(view(query), reader->schema()));
    SATCHEL_TRY(query::check(*reader, parsed.query));
    reader->end();
    handle.give_back(std::move(reader));
    return parsed.count ? look_at_count(std::move(parsed.query)) : look_at_query(handle, std::move(parsed.query));
  });
}

satchel_error* satchel_live_record(satchel_store* store, satchel_slice collection, satchel_slice record,
                                   satchel_live_observer observer, satchel_live** live) {
  return follow(store, observer, live, [collection, record](Handle& handle) -> Result<Live::Look> {
    const auto id = RecordId::parse(view(record));
    if (!id) return make_error(Code::invalid, "This is not the id of a record.", "record");
    return look_at_record(handle, text(collection), *id);
  });
}

satchel_error* satchel_live_conflicts(satchel_store* store, satchel_live_observer observer, satchel_live** live) {
  return follow(store, observer, live, [](Handle& handle) -> Result<Live::Look> { return look_at_inbox(handle); });
}

satchel_error* satchel_live_status(satchel_store* store, satchel_live_observer observer, satchel_live** live) {
  return follow(store, observer, live, [](Handle& handle) -> Result<Live::Look> { return look_at_status(handle); });
}

satchel_error* satchel_live_changes(satchel_store* store, satchel_live_observer observer, satchel_live** live) {
  return follow(store, observer, live, [](Handle&) -> Result<Live::Look> { return look_at_changes(); });
}

void satchel_live_pause(satchel_live* live) { live->notifier->pause(*live->live); }
void satchel_live_resume(satchel_live* live) { live->notifier->resume(*live->live); }

void satchel_live_stop(satchel_live* live) {
  if (live == nullptr) return;
  const std::unique_ptr<satchel_live> owned(live);
  owned->notifier->stop(owned->live);
}

}  // extern "C"
