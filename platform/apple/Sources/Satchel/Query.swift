/// A condition on an indexed field. Text compares without regard to case and accents.
public struct Filter: Sendable {
    public enum Compare: String, Sendable {
        case equal
        case notEqual = "not_equal"
        case less
        case lessOrEqual = "less_or_equal"
        case greater
        case greaterOrEqual = "greater_or_equal"
        case startsWith = "starts_with"
    }

    public let field: String
    public let compare: Compare
    public let value: any FieldValue

    public init(_ field: String, _ compare: Compare = .equal, _ value: any FieldValue) {
        self.field = field
        self.compare = compare
        self.value = value
    }
}

/// Which records, in which order.
public struct Query: Sendable {
    public var collection: String
    /// All must hold; their fields and `orderBy` must be indexed.
    public var filters: [Filter]
    public var scope: String?
    public var orderBy: String?
    public var descending: Bool
    /// 1 to 1000; the store's own (50) when left out.
    public var limit: Int?
    /// `Page.after` of the page before.
    public var after: String?
    public var includePutAway: Bool

    public init(
        _ collection: String, _ filters: Filter..., scope: String? = nil, orderBy: String? = nil, descending: Bool = false,
        limit: Int? = nil, after: String? = nil, includePutAway: Bool = false
    ) {
        self.collection = collection
        self.filters = filters
        self.scope = scope
        self.orderBy = orderBy
        self.descending = descending
        self.limit = limit
        self.after = after
        self.includePutAway = includePutAway
    }

    func json(count: Bool = false) throws(SatchelError) -> JSON {
        var conditions: [JSON] = []
        for filter in filters {
            conditions.append(.object([
                "field": .string(filter.field), "compare": .string(filter.compare.rawValue),
                "value": try filter.value.fieldValue(),
            ]))
        }
        return members([
            "collection": .string(collection),
            "scope": scope.map(JSON.string),
            "filters": conditions.isEmpty ? nil : .array(conditions),
            "order_by": orderBy.map(JSON.string),
            "descending": descending ? .bool(true) : nil,
            "limit": limit.map { .integer(Int64($0)) },
            "after": after.map(JSON.string),
            "include_voided": includePutAway ? .bool(true) : nil,
            "count": count ? .bool(true) : nil,
        ])
    }
}

/// What a query with "count" finds.
struct Counted: Decodable { let count: Int64 }

/// Words to look for, as a person types them: words that must all occur, "words in this order", begin*. No sign is a mistake.
public struct Search: Sendable {
    public var text: String
    /// Empty: all.
    public var collections: [String]
    public var scope: String?
    /// Only what is kept with that record, in its scope and those below.
    public var about: Reference?
    public var includePutAway: Bool
    /// 1 to 100; the store's own (20) when left out.
    public var limit: Int?

    public init(
        _ text: String, collections: [String] = [], scope: String? = nil, about: Reference? = nil, includePutAway: Bool = false,
        limit: Int? = nil
    ) {
        self.text = text
        self.collections = collections
        self.scope = scope
        self.about = about
        self.includePutAway = includePutAway
        self.limit = limit
    }

    func json() -> JSON {
        members([
            "text": .string(text),
            "collections": collections.isEmpty ? nil : .array(collections.map(JSON.string)),
            "scope": scope.map(JSON.string),
            "about": about.map { .object(["collection": .string($0.collection), "record": .string($0.id)]) },
            "include_voided": includePutAway ? .bool(true) : nil,
            "limit": limit.map { .integer(Int64($0)) },
        ])
    }
}

/// What a search found, the best first.
public struct Found: Hashable, Sendable, Codable {
    public struct Hit: Hashable, Sendable, Codable {
        /// `hit`: this is what was searched for.
        public struct Piece: Hashable, Sendable, Codable {
            public let text: String
            public let hit: Bool
        }

        public let collection: String
        public let record: String
        public let scope: String
        /// The first line of its first indexed text.
        public let title: String
        public let field: String
        /// About 24 words of `field`.
        public let snippet: [Piece]
    }

    public let token: String
    public let hits: [Hit]
    /// So many records at most are not indexed yet and cannot be found; of how many. 0 but for a few seconds after a first sync.
    public let waiting: Int64
    public let of: Int64?
}

/// What is nil is left out.
func members(_ all: [String: JSON?]) -> JSON { .object(all.compactMapValues { $0 }) }
