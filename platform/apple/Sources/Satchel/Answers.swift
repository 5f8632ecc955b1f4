// What the store answers: the JSON objects of docs/ABI.md as Swift's own types.

/// A record as it stands. A field shows what stands; of several that stand the first, the others are in `conflicts`.
public struct Record: Hashable, Sendable, Identifiable {
    public let id: String
    public let collection: String
    public let scope: String
    /// It was put away (and can be read for ever).
    public let isPutAway: Bool
    /// The store holds changes of it that are not yet at base.
    public let isUnsent: Bool
    public let fields: [String: JSON]
    /// The texts that were sent in: who, when.
    public let submitted: [String: Submitted]
    /// Where several people wrote.
    public let conflicts: [Conflict]

    public struct Submitted: Hashable, Sendable, Codable {
        public let by: String
        public let at: String
        public let received: String?
    }

    /// What a field of type reference holds to name this record.
    public var reference: Reference { Reference(collection: collection, id: id) }

    public subscript(field: String) -> JSON? { fields[field] }

    /// nil: no value, or none of this kind.
    public func text(_ field: String) -> String? { fields[field]?.text }
    public func number(_ field: String) -> Int64? { fields[field]?.number }
    public func flag(_ field: String) -> Bool? { fields[field]?.flag }

    /// The plain elements of a set or list.
    public func texts(_ field: String) -> [String] { fields[field]?.elements?.compactMap(\.text) ?? [] }

    /// The items of a set or list with parts: each has its "id".
    public func items(_ field: String) -> [[String: JSON]] { fields[field]?.elements?.compactMap(\.members) ?? [] }

    /// The fields as a type of the app's own. `SatchelError.Code.invalid` when they do not fit it.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(SatchelError) -> T {
        do {
            return try readJSON(type, try writeJSON(fields))
        } catch {
            throw SatchelError(.invalid, "The record is no \(type): \(error.message)", place: collection)
        }
    }
}

extension Record: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, collection, scope, void, unsent, fields, submitted, conflicts
    }

    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let id = try members.decode(String.self, forKey: .id)
        let collection = try members.decode(String.self, forKey: .collection)
        let scope = try members.decode(String.self, forKey: .scope)
        self.id = id
        self.collection = collection
        self.scope = scope
        isPutAway = try members.decodeIfPresent(Bool.self, forKey: .void) ?? false
        isUnsent = try members.decodeIfPresent(Bool.self, forKey: .unsent) ?? false
        fields = try members.decodeIfPresent([String: JSON].self, forKey: .fields) ?? [:]
        submitted = try members.decodeIfPresent([String: Submitted].self, forKey: .submitted) ?? [:]
        // Those of a record name neither collection nor record nor scope.
        conflicts = try (members.decodeIfPresent([Conflict].self, forKey: .conflicts) ?? []).map {
            $0.of(collection, id, scope)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(id, forKey: .id)
        try members.encode(collection, forKey: .collection)
        try members.encode(scope, forKey: .scope)
        try members.encode(isPutAway, forKey: .void)
        try members.encode(isUnsent, forKey: .unsent)
        try members.encode(fields, forKey: .fields)
        try members.encode(submitted, forKey: .submitted)
        try members.encode(conflicts, forKey: .conflicts)
    }
}

extension Record: CustomStringConvertible, CustomDebugStringConvertible {
    // No words of anybody: it may come into a log.
    public var description: String { "Record(\(collection)/\(id))" }
    public var debugDescription: String { description }
}

/// One record, and the `token` of this read: give it back as `shown` when a form about it is saved.
public struct Read: Hashable, Sendable, Codable {
    public let token: String
    public let record: Record
}

public struct Page: Hashable, Sendable, Codable {
    public let token: String
    public let records: [Record]
    private let next: String

    /// Give it back as `Query.after`; nil: the end.
    public var after: String? { next.isEmpty ? nil : next }
}

/// What a commit made.
public struct Receipt: Hashable, Sendable, Codable {
    public struct Transaction: Hashable, Sendable, Codable {
        public let scope: String
        public let replica: String
        public let counter: Int64
    }

    public let token: String
    /// One for each scope.
    public let transactions: [Transaction]
    /// One id per change, new ones made by the store.
    public let records: [String]

    /// The id of the record that this change was about.
    public subscript(change: Change) -> String { records[change.index] }

    /// The same as the value of a field of type reference.
    public func reference(_ change: Change) -> Reference { Reference(collection: change.collection, id: self[change]) }
}

/// Where several people wrote without seeing each other.
public struct Conflict: Hashable, Sendable {
    /// What one of them wrote, and when.
    public struct Side: Hashable, Sendable, Codable {
        public let by: String
        public let author: String?
        /// The tablet's clock as it stood.
        public let at: String
        /// The central store's time; nil: not yet there.
        public let received: String?
        public let value: JSON?
        public let reason: String?
        public let replica: String?
        public let counter: Int64?

        /// The value where it is a plain one.
        public var text: String? { value?.text }
    }

    /// Of a text: where in what stands, in UTF-16 code units, and who.
    public struct Sentence: Hashable, Sendable, Codable {
        public let from: Int
        public let count: Int
        public let by: JSON
    }

    public let scope: String
    public let collection: String
    public let record: String
    /// nil: the record itself was put away by one and changed by another.
    public let field: String?
    public let element: String?
    public let part: String?
    /// How what stands was chosen: a stable name, and a sentence to show.
    public let rule: String
    public let words: String
    /// true: a person should decide, when they can. false: only to know.
    public let decide: Bool
    public let sentences: [Sentence]?
    public let standing: [Side]
    public let others: [Side]

    func of(_ collection: String, _ record: String, _ scope: String) -> Conflict {
        Conflict(
            scope: scope, collection: collection, record: record, field: field, element: element, part: part, rule: rule,
            words: words, decide: decide, sentences: sentences, standing: standing, others: others
        )
    }
}

extension Conflict: Codable {
    public init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        scope = try members.decodeIfPresent(String.self, forKey: .scope) ?? ""
        collection = try members.decodeIfPresent(String.self, forKey: .collection) ?? ""
        record = try members.decodeIfPresent(String.self, forKey: .record) ?? ""
        field = try members.decodeIfPresent(String.self, forKey: .field)
        element = try members.decodeIfPresent(String.self, forKey: .element)
        part = try members.decodeIfPresent(String.self, forKey: .part)
        rule = try members.decode(String.self, forKey: .rule)
        words = try members.decodeIfPresent(String.self, forKey: .words) ?? ""
        decide = try members.decode(Bool.self, forKey: .decide)
        sentences = try members.decodeIfPresent([Sentence].self, forKey: .sentences)
        standing = try members.decodeIfPresent([Side].self, forKey: .standing) ?? []
        others = try members.decodeIfPresent([Side].self, forKey: .others) ?? []
    }
}

extension Conflict: CustomStringConvertible, CustomDebugStringConvertible {
    public var description: String { "Conflict(\(collection)/\(record), \(field ?? "record"), \(rule))" }
    public var debugDescription: String { description }
}

/// The inbox.
public struct Conflicts: Hashable, Sendable, Codable {
    /// Of this list, for a `Decision`.
    public let token: String
    public let list: [Conflict]

    private enum CodingKeys: String, CodingKey {
        case token
        case list = "conflicts"
    }
}

/// One version of a field, as one person wrote it.
public struct Version: Hashable, Sendable, Codable {
    public let by: String
    public let author: String?
    public let at: String
    public let received: String?
    public let value: JSON?
    public let element: String?
    public let part: String?
    public let reason: String?
    /// Was it what a reader saw at that moment, alone or beside others; by which rule.
    public let stood: Bool
    public let rule: String?
    public let words: String?
    /// true: it took the element out.
    public let removed: Bool?
    /// true: it was a decision about a conflict.
    public let settles: Bool?
    /// true: this sent the text in.
    public let submitted: Bool?
    /// true: it was written in the record amended, after that was sent in.
    public let late: Bool?
    public let released: Bool?
    /// true: only on this tablet so far.
    public let unsent: Bool?
    public let replica: String?
    public let counter: Int64?

    /// The value where it is a plain one.
    public var text: String? { value?.text }
}

/// What is shared, granted and synced as one: a case, a team's directory.
public struct Scope: Hashable, Sendable, Identifiable, Codable {
    public let id: String
    public let kind: String
    public let role: String
    public let label: String
    public let parent: String?
    /// Everything of it is on this device.
    public let isComplete: Bool
    public let isWithdrawn: Bool
    public let keepsHistory: Bool
    /// The first position whose transaction is here; 1: the whole history.
    public let historyFrom: Int64
    /// To compare with the centre's.
    public let logDigest: String?
    public let stateDigest: String?

    private enum CodingKeys: String, CodingKey {
        case id, kind, role, label, parent
        case isComplete = "complete"
        case isWithdrawn = "withdrawn"
        case keepsHistory = "keeps_history"
        case historyFrom = "history_from"
        case logDigest = "log_digest"
        case stateDigest = "state_digest"
    }
}

/// What the central store did not accept, whole, outside the records.
public struct SetAside: Hashable, Sendable, Codable {
    public let scope: String
    public let replica: String
    public let counter: Int64
    public let reason: String
    public let at: String
    /// It builds on a refused one and is not judged yet.
    public let waiting: Bool
    public let changes: JSON
}

/// Who the store belongs to.
public struct About: Hashable, Sendable, Codable {
    public let organisation: String
    public let worker: String
    public let replica: String
    public let schema: JSON
}

/// What `SatchelStore.verify` counted.
public struct VerifyReport: Hashable, Sendable, Codable {
    /// Of the search index.
    public struct Words: Hashable, Sendable, Codable {
        /// How many records' words were compared; how many at most wait to be indexed.
        public let records: Int64
        public let waiting: Int64
        /// What was wrong with it, which is made anew then; nil: nothing.
        public let damage: String?
    }

    public let scopes: Int64
    public let records: Int64
    public let entries: Int64
    public let outbox: Int64
    public let search: Words
}

/// What `SatchelStore.rescue` did with a damaged file.
public struct RescueReport: Hashable, Sendable, Codable {
    /// Where the damaged file lies now.
    public let movedTo: String
    public let salvaged: Int64
    public let unreadable: Int64

    private enum CodingKeys: String, CodingKey {
        case movedTo = "moved_to"
        case salvaged, unreadable
    }
}
