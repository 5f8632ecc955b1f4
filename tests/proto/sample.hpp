// Made-up transactions for the tests of proto.
#pragma once

#include <string>

#include "core/base/random.hpp"
#include "core/model/transaction.hpp"
#include "proto/codec.hpp"
#include "sync.pb.h"

// The classes that protoc makes; `wire` alone is also proto/wire.hpp.
namespace protoc = satchel::wire;

namespace satchel::sample {

template <class Id>
Id id(uint8_t number) {
  Id made;
  for (size_t i = 0; i < 16; ++i) made.bytes[i] = static_cast<uint8_t>(number + i);
  return made;
}

inline model::Op edit(std::string field, const model::Value& value, model::Kind kind = model::Kind::register_) {
  model::Op op;
  op.collection = "person";
  op.record = id<RecordId>(0x50);
  op.field = std::move(field);
  op.kind = kind;
  op.action = model::Action::assign;
  op.value = proto::encode_value(value);
  return op;
}

inline model::Op create() {
  model::Op op;
  op.collection = "person";
  op.record = id<RecordId>(0x50);
  op.action = model::Action::create;
  return op;
}

// The first transaction of a replica that has seen nothing.
inline model::Transaction first() {
  model::Transaction transaction;
  model::Header& header = transaction.header;
  header.id = {id<ScopeId>(0x10), id<ReplicaId>(0x20), 1};
  header.worker = "amy";
  header.wall_ms = 1'790'000'000'000;
  header.schema_version = 1;
  transaction.ops = {create(), edit("preferred_name", std::string("Edith"))};
  return transaction;
}

// Everything that a header and ops can hold.
inline model::Transaction rich() {
  model::Transaction transaction = first();
  model::Header& header = transaction.header;
  header.id.counter = 4;
  header.author = model::Author::centre;
  header.heard_ms = 1'789'999'000'000;
  header.base.set(header.id.replica, 3);
  header.base.set(id<ReplicaId>(0x01), 7);
  header.base.set(id<ReplicaId>(0x90), 2);
  header.shown = header.base;
  header.shown.set(id<ReplicaId>(0x90), 0);
  header.shown.set(header.id.replica, 2);
  header.verdicts_known = 2;
  header.group = id<GroupId>(0x70);
  header.origin = model::Origin{{id<ScopeId>(0x10), id<ReplicaId>(0x01), 5}, "ben"};
  header.opening = model::Opening{"case", id<ScopeId>(0x60)};
  model::Op set = edit("phones", std::string("020 7946 0123"), model::Kind::set);
  set.action = model::Action::add;
  set.element = "item-1";
  set.part = "number";
  set.reason = "She rang from a new one.";
  set.settles = true;
  model::Op removed = set;
  removed.action = model::Action::remove;
  removed.part.clear();
  removed.value.clear();
  transaction.ops.push_back(set);
  transaction.ops.push_back(removed);
  return transaction;
}

}  // namespace satchel::sample
