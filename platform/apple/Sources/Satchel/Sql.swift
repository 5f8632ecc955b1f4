import Foundation

/// One SELECT over the collections, for what a `Query` cannot say: joins, groups, totals. docs/ABI.md names the columns of each
/// collection and the functions.
public struct Sql: Sendable {
    public var text: String
    /// Of the question marks in `text`, in order: texts, numbers, booleans, null, as columns have them. A day is its `description`,
    /// a reference its `id`, a moment `Sql.moment`.
    public var parameters: [JSON]
    public var includePutAway: Bool
    /// Rows, 1 to 10000; the store's own (1000) when left out.
    public var limit: Int?
    /// 1 to 60000, after which it is stopped; the store's own (5000) when left out.
    public var withinMilliseconds: Int?

    public init(
        _ text: String, _ parameters: [JSON] = [], includePutAway: Bool = false, limit: Int? = nil, withinMilliseconds: Int? = nil
    ) {
        self.text = text
        self.parameters = parameters
        self.includePutAway = includePutAway
        self.limit = limit
        self.withinMilliseconds = withinMilliseconds
    }

    /// A moment as a column of type instant has it: in UTC, always with milliseconds.
    public static func moment(_ date: Date) -> JSON {
        var text = Instant(date).description
        if !text.contains(".") { text.insert(contentsOf: ".000", at: text.index(before: text.endIndex)) }
        return .string(text)
    }

    func json() -> JSON {
        members([
            "sql": .string(text),
            "parameters": parameters.isEmpty ? nil : .array(parameters),
            "include_voided": includePutAway ? .bool(true) : nil,
            "limit": limit.map { .integer(Int64($0)) },
            "within_ms": withinMilliseconds.map { .integer(Int64($0)) },
        ])
    }
}

/// What `Sql` found.
public struct SqlAnswer: Hashable, Sendable, Codable {
    public let token: String
    public let columns: [String]
    public let rows: [[JSON]]
    /// There are more rows than `Sql.limit`, or than an answer may hold.
    public let more: Bool

    /// The values of one column, row by row; of two of one name the first, of none nothing.
    public subscript(column: String) -> [JSON] {
        guard let at = columns.firstIndex(of: column) else { return [] }
        return rows.map { $0[at] }
    }
}
