// The functions of include/satchel.h that take a store: each turns its arguments, calls the handle and hands over the
// result, and nothing else.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>

#include "platform/c/api_call.hpp"
#include "platform/c/json_in.hpp"
#include "platform/c/json_out.hpp"
#include "platform/c/json_search.hpp"
#include "platform/c/json_sql.hpp"

namespace {

using namespace satchel;
using namespace satchel::abi;
using nlohmann::json;

constexpr size_t first_options_size = offsetof(satchel_options, secrets);  // as in 0.1.0

// Without these two nothing is known of the struct, not even what to let go of.
Result<> check_size(const satchel_options* options) {
  if (options == nullptr) return make_error(Code::invalid, "The options are missing.", "options");
  if (options->size < first_options_size) {
    return make_error(Code::invalid, "The size of the options is not set: {.size = sizeof(satchel_options)}.", "size");
  }
  return {};
}

// Takes the callbacks over before anything can fail. An older app's struct is shorter; a newer one's must leave empty
// what this library does not know.
Result<std::unique_ptr<Taking>> take_options(const satchel_options* options) {
  SATCHEL_TRY(check_size(options));
  satchel_options known{};
  std::memcpy(&known, options, std::min(options->size, sizeof known));
  auto taking = std::make_unique<Taking>(known);
  const auto* bytes = reinterpret_cast<const unsigned char*>(options);
  for (size_t i = sizeof(satchel_options); i < options->size; ++i) {
    if (bytes[i] != 0) {
      return make_error(Code::invalid, "The app asks for something that this version of Satchel cannot do.", "size");
    }
  }
  if (options->path.size == 0) return make_error(Code::invalid, "The path of the store is missing.", "path");
  if (known.language.size != 0) {
    const auto language = merge::language_of(view(known.language));
    if (!language) {
      return make_error(Code::invalid, "Satchel speaks English (en) and Welsh (cy), not \"" + text(known.language) + "\".",
                        "language");
    }
    taking->language = *language;
  }
  SATCHEL_ASSIGN(taking->store.secrets, taking->secrets.keeper());
  return taking;
}

using Read = std::function<Result<std::string>(store::Reader&, const store::ReadToken&)>;
satchel_error* read(satchel_store* store, satchel_buffer* out, const Read& work) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const std::string text, store->handle->read(work));
    *out = give(text);
    return {};
  });
}

template <class Items, class... Language>
json list_of(const Items& items, Language... language) {
  json out = json::array();
  for (const auto& item : items) out.push_back(to_json(item, language...));
  return out;
}

using Parse = Result<ParsedDraft> (*)(std::string_view, const DraftContext&);
satchel_error* commit(satchel_store* store, satchel_slice input, satchel_buffer* out, Parse parse) {
  return on_thread<std::string>(
      store,
      [input, parse](Handle& handle) -> Result<std::string> {
        SATCHEL_ASSIGN(auto reader, handle.borrow());
        SATCHEL_ASSIGN(const ParsedDraft parsed, parse(view(input), {*reader, handle.clock(), handle.random()}));
        handle.give_back(std::move(reader));
        SATCHEL_ASSIGN(const store::Receipt receipt, handle.store().commit(parsed.draft));
        SATCHEL_TRY(handle.after_commit());
        json answer = to_json(receipt);
        answer["records"] = json::array();
        for (const RecordId& id : parsed.records) answer["records"].push_back(id.text());
        return dump(answer);
      },
      out);
}

Result<std::string> read_record(store::Reader& reader, const store::ReadToken& token, std::string_view collection,
                                std::string_view id_text, merge::Language language) {
  const auto id = RecordId::parse(id_text);
  if (!id.has_value()) return make_error(Code::invalid, "This is not the id of a record.", "record");
  SATCHEL_ASSIGN(const auto record, reader.record(collection, *id));
  if (!record.has_value()) {  // the schema need not know the collection of one that is there: a newer app's
    const std::string name(collection);
    const bool known = reader.schema().collection(collection) != nullptr;
    return make_error(
        Code::not_found,
        known ? "This store has no " + name + " " + id->text() + "." : "There is no collection \"" + name + "\".",
        name);
  }
  return record_json(&*record, token, reader.schema(), language);
}

Result<std::string> run_query(store::Reader& reader, const store::ReadToken& token, std::string_view text,
                              merge::Language language) {
  SATCHEL_ASSIGN(const ParsedQuery parsed, parse_query(text, reader.schema()));
  if (parsed.count) {
    SATCHEL_ASSIGN(const uint64_t count, query::count(reader, parsed.query));
    return dump({{"token", token}, {"count", count}});
  }
  SATCHEL_ASSIGN(const query::Page page, query::run(reader, parsed.query));
  JsonWriter out;
  out.open('{');
  out.name("next").text(page.next);
  out.name("records").open('[');
  for (const store::Record& record : page.records) write(out, record, reader.schema(), language);
  out.close(']');
  out.name("token").text(token);
  out.close('}');
  return out.take();
}

}  // namespace

extern "C" {

satchel_error* satchel_open(const satchel_options* options, satchel_store** out) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(auto taking, take_options(options));
    SATCHEL_ASSIGN(auto handle, Handle::open(std::move(taking)));
    *out = new satchel_store{std::move(handle)};
    return {};
  });
}

satchel_error* satchel_close(satchel_store* store) {
  if (store == nullptr) return nullptr;
  return guarded([&]() -> Result<> {
    SATCHEL_TRY(store->handle->close());
    delete store;
    return {};
  });
}

satchel_error* satchel_check_schema(satchel_slice schema) {
  return guarded([&]() -> Result<> {
    SATCHEL_TRY(model::Schema::parse(view(schema)));
    return {};
  });
}

satchel_error* satchel_flush(satchel_store* store) {
  return on_thread(store, [](Handle& handle) { return handle.store().flush(); });
}

satchel_error* satchel_transact(satchel_store* store, satchel_slice changes, satchel_buffer* receipt) {
  return commit(store, changes, receipt, parse_draft);
}

satchel_error* satchel_settle(satchel_store* store, satchel_slice decision, satchel_buffer* receipt) {
  return commit(store, decision, receipt, parse_decision);
}

satchel_error* satchel_read(satchel_store* store, satchel_slice collection, satchel_slice record,
                            satchel_buffer* out) {
  return read(store, out, [&](store::Reader& reader, const store::ReadToken& token) {
    return read_record(reader, token, view(collection), view(record), store->handle->language());
  });
}

satchel_error* satchel_query(satchel_store* store, satchel_slice query, satchel_buffer* page) {
  return read(store, page, [&](store::Reader& reader, const store::ReadToken& token) {
    return run_query(reader, token, view(query), store->handle->language());
  });
}

satchel_error* satchel_sql(satchel_store* store, satchel_slice sql, satchel_buffer* answer) {
  return read(store, answer, [&](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
    SATCHEL_ASSIGN(const ParsedSql parsed, parse_sql(view(sql)));
    const Deadline deadline = deadline_in(parsed.within_ms);
    const auto keep_going = [&] { return std::chrono::steady_clock::now() < *deadline; };
    SATCHEL_ASSIGN(const query::SqlAnswer found, query::run_sql(reader, parsed.sql, keep_going));
    return sql_answer_json(found);
  });
}

satchel_error* satchel_search(satchel_store* store, satchel_slice search, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const query::Search parsed, parse_search(view(search)));
    Handle& handle = *store->handle;
    SATCHEL_TRY(handle.index_words());
    const Read work = [&](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
      SATCHEL_ASSIGN(const query::Found found, query::search(reader, parsed));
      return found_json(found);
    };
    auto text = handle.read(work);
    if (!text.ok() && text.error().code == Code::corrupt) {  // the index alone, perhaps: it can be made again
      SATCHEL_TRY(handle.make_words_anew());
      text = handle.read(work);
    }
    if (!text.ok()) return text.error();
    *out = give(*text);
    return {};
  });
}

satchel_error* satchel_scopes(satchel_store* store, satchel_buffer* out) {
  return read(store, out, [](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
    SATCHEL_ASSIGN(const auto scopes, reader.scopes());
    return dump({{"scopes", list_of(scopes)}});
  });
}

satchel_error* satchel_conflicts(satchel_store* store, satchel_buffer* out) {
  return read(store, out, [store](store::Reader& reader, const store::ReadToken& token) -> Result<std::string> {
    SATCHEL_ASSIGN(const auto inbox, reader.conflicts());
    return inbox_json(inbox, token, store->handle->language());
  });
}

satchel_error* satchel_set_aside(satchel_store* store, satchel_buffer* out) {
  return read(store, out, [](store::Reader& reader, const store::ReadToken&) -> Result<std::string> {
    SATCHEL_ASSIGN(const auto set_aside, reader.set_aside());
    return dump({{"set_aside", list_of(set_aside)}});
  });
}

satchel_error* satchel_history(satchel_store* store, satchel_slice collection, satchel_slice record, satchel_slice field,
                               satchel_buffer* out) {
  return read(store, out, [&](store::Reader& reader, const store::ReadToken& token) -> Result<std::string> {
    const auto id = RecordId::parse(view(record));
    if (!id.has_value()) return make_error(Code::invalid, "This is not the id of a record.", "record");
    if (reader.schema().field(view(collection), view(field)) == nullptr) {
      const std::string place = std::string(view(collection)) + "." + std::string(view(field));
      return make_error(Code::invalid, "The schema has no field " + place + ".", place);
    }
    SATCHEL_ASSIGN(const auto versions, reader.field_history(view(collection), *id, view(field)));
    return dump({{"token", token}, {"versions", list_of(versions, store->handle->language())}});
  });
}

satchel_error* satchel_about(satchel_store* store, satchel_buffer* out) {
  return on_thread<std::string>(
      store,
      [](Handle& handle) -> Result<std::string> {
        const store::Identity identity = handle.store().identity();
        SATCHEL_ASSIGN(const json schema, [&]() -> Result<json> {
          json parsed = json::parse(handle.store().schema().source(), nullptr, false);
          SATCHEL_CHECK(!parsed.is_discarded());
          return parsed;
        }());
        return dump({{"organisation", identity.organisation},
                     {"worker", identity.worker},
                     {"replica", identity.replica.text()},
                     {"schema", schema}});
      },
      out);
}

satchel_error* satchel_verify(satchel_store* store, satchel_buffer* out) {
  return guarded([&]() -> Result<> {
    Handle& handle = *store->handle;
    SATCHEL_ASSIGN(const auto report, handle.on_thread<store::VerifyReport>([](Handle& self) { return self.store().verify(); }));
    SATCHEL_ASSIGN(const store::SearchVerdict words, handle.verify_words());
    if (!words.damage.empty()) SATCHEL_TRY(handle.make_words_anew());
    json answer = to_json(report);
    answer["search"] = to_json(words);
    *out = give(dump(answer));
    return {};
  });
}

satchel_error* satchel_copy(satchel_store* store, satchel_slice path) {
  return guarded([&]() -> Result<> { return store->handle->copy_to(text(path)); });
}

satchel_error* satchel_rescue(const satchel_options* options, satchel_buffer* report) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const auto taking, take_options(options));
    SystemRandom random;
    SATCHEL_ASSIGN(const store::Rescue rescued, store::rescue(taking->store, taking->clock, random, taking->logger));
    *report = give(dump(to_json(rescued)));
    return {};
  });
}

satchel_error* satchel_rekey(const satchel_options* options, satchel_slice new_key) {
  return guarded([&]() -> Result<> {
    SATCHEL_ASSIGN(const auto taking, take_options(options));
    return store::rekey(taking->store, SecretBytes(view(new_key)));
  });
}

}  // extern "C"
