// What the types that `satchel codegen swift` writes stand on: values of fields as Swift's own types.
import Foundation

/// One code: `system` and `code` of a terminology, `display` as people read it; own words have a display alone.
public struct Code: Hashable, Sendable {
    public var system: String
    public var code: String
    public var display: String

    public init(system: String = "", code: String = "", display: String = "") {
        self.system = system
        self.code = code
        self.display = display
    }
}

extension Code: FieldValue, CustomStringConvertible {
    public func fieldValue() -> JSON {
        .object(["system": .string(system), "code": .string(code), "display": .string(display)])
    }

    public var description: String { "Code(\(system)|\(code))" } // own words are a person's
}

/// Another record.
public struct Reference: Hashable, Sendable {
    public var collection: String
    public var id: String

    public init(collection: String, id: String) {
        self.collection = collection
        self.id = id
    }
}

extension Reference: FieldValue, CustomStringConvertible {
    public func fieldValue() -> JSON { .string(description) }
    public var description: String { "\(collection)/\(id)" }
}

/// Names a file by its BLAKE2b-256, in hexadecimal digits.
public struct Blob: Hashable, Sendable {
    public var hash: String
    public var size: Int64
    public var mediaType: String

    public init(hash: String, size: Int64, mediaType: String = "") {
        self.hash = hash
        self.size = size
        self.mediaType = mediaType
    }
}

extension Blob: FieldValue {
    public func fieldValue() -> JSON {
        .object(["hash": .string(hash), "size": .integer(size), "media_type": .string(mediaType)])
    }
}

/// A date without a time: of birth, of a review.
public struct Day: Hashable, Sendable, Comparable {
    public var year: Int
    public var month: Int
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// "2026-11-30"; nil: not written so.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.count) == [4, 2, 2],
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    /// In the device's own time zone, if no other is said.
    public init(_ date: Date, in zone: TimeZone = .current) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let at = calendar.dateComponents([.year, .month, .day], from: date)
        self.init(year: at.year!, month: at.month!, day: at.day!)
    }

    public static func < (left: Day, right: Day) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

extension Day: FieldValue, CustomStringConvertible {
    public func fieldValue() -> JSON { .string(description) }
    public var description: String { String(format: "%04d-%02d-%02d", year, month, day) }
}

/// A moment, and where on earth it was told: "2026-11-21T14:03:00+01:00[Europe/London]".
public struct Instant: Hashable, Sendable {
    /// To the millisecond.
    public var date: Date
    public var offsetSeconds: Int
    /// Of the tz database; nil: not said.
    public var zone: String?

    public init(_ date: Date, offsetSeconds: Int = 0, zone: String? = nil) {
        self.date = date
        self.offsetSeconds = offsetSeconds
        self.zone = zone
    }

    /// nil: not written so.
    public init?(_ text: String) {
        var moment = text[...]
        var zone: String?
        if let bracket = moment.firstIndex(of: "[") {
            guard moment.last == "]" else { return nil }
            zone = String(moment[moment.index(after: bracket)...].dropLast())
            moment = moment[..<bracket]
        }
        guard let date = Self.parse(String(moment)), let offset = Self.offset(of: moment) else { return nil }
        self.init(date, offsetSeconds: offset, zone: zone)
    }

    private static func parse(_ text: String) -> Date? {
        let style = Date.ISO8601FormatStyle(timeZoneSeparator: .colon)
        return (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle(
            timeZoneSeparator: .colon, includingFractionalSeconds: true).parse(text))
    }

    private static func offset(of text: Substring) -> Int? {
        if text.hasSuffix("Z") { return 0 }
        let offset = text.suffix(6)
        guard offset.count == 6, let sign = offset.first, sign == "+" || sign == "-", let hours = Int(offset.dropFirst().prefix(2)),
            let minutes = Int(offset.suffix(2))
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

extension Instant: FieldValue, CustomStringConvertible {
    public func fieldValue() -> JSON { .string(description) }

    public var description: String {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        let local = Date(timeIntervalSince1970: milliseconds / 1000 + Double(offsetSeconds))
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        let at = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: local)
        let fraction = Int(milliseconds - (milliseconds / 1000).rounded(.down) * 1000)
        let offset = abs(offsetSeconds) / 60
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02d", at.year!, at.month!, at.day!, at.hour!, at.minute!, at.second!)
            + (fraction == 0 ? "" : String(format: ".%03d", fraction))
            + (offsetSeconds == 0 ? "Z" : (offsetSeconds < 0 ? "-" : "+") + String(format: "%02d:%02d", offset / 60, offset % 60))
            + (zone.map { "[\($0)]" } ?? "")
    }
}

/// A level or label of the schema. `text` is empty for one that this version of the app does not know.
public protocol Label: FieldValue {
    var text: String { get }
    init(text: String)
}

extension Label {
    /// nil: it is no text.
    public static func of(_ value: JSON) -> Self? { value.text.map(Self.init(text:)) }

    public func fieldValue() throws(SatchelError) -> JSON {
        if !text.isEmpty { return .string(text) }
        throw SatchelError(.invalid, "A level or label that this version of the app does not know cannot be written.")
    }
}

/// An item of a set or list: parts, and an id once it is there.
public protocol Item: FieldValue {
    var id: String? { get }
    /// Those that have a value.
    var parts: [String: any FieldValue] { get }
}

extension Item {
    public func fieldValue() throws(SatchelError) -> JSON {
        var members: [String: JSON] = [:]
        for (name, part) in parts { members[name] = try part.fieldValue() }
        return .object(members)
    }
}

/// Values out of what the store answers. Each is nil when the value is none of its type, as one that a newer app wrote.
public enum Values {
    public static func text(_ value: JSON) -> String? { value.text }
    public static func integer(_ value: JSON) -> Int64? { value.number }
    public static func boolean(_ value: JSON) -> Bool? { value.flag }
    public static func decimal(_ value: JSON) -> Decimal? { value.text.flatMap { Decimal(string: $0) } }
    public static func date(_ value: JSON) -> Day? { value.text.flatMap(Day.init) }
    public static func instant(_ value: JSON) -> Instant? { value.text.flatMap(Instant.init) }

    public static func code(_ value: JSON) -> Code? {
        known(value).map {
            Code(system: $0["system"]?.text ?? "", code: $0["code"]?.text ?? "", display: $0["display"]?.text ?? "")
        }
    }

    public static func reference(_ value: JSON) -> Reference? {
        guard let text = value.text, let slash = text.firstIndex(of: "/") else { return nil }
        return Reference(collection: String(text[..<slash]), id: String(text[text.index(after: slash)...]))
    }

    public static func blob(_ value: JSON) -> Blob? {
        known(value).map {
            Blob(hash: $0["hash"]?.text ?? "", size: $0["size"]?.number ?? 0, mediaType: $0["media_type"]?.text ?? "")
        }
    }

    static func known(_ value: JSON) -> [String: JSON]? { value.members.flatMap { $0["unknown"] == nil ? $0 : nil } }
}

/// Reads the fields of one record, or the parts of one item, and remembers which of them it could not read.
public struct ModelReader {
    private let fields: [String: JSON]
    /// Fields whose value none of the calls so far could read.
    public private(set) var unreadable: Set<String> = []

    public init(_ fields: [String: JSON]) { self.fields = fields }

    /// nil: an item that a newer app wrote in a way of its own.
    public init?(item: JSON) {
        guard let fields = Values.known(item) else { return nil }
        self.fields = fields
    }

    public mutating func one<T>(_ field: String, _ read: (JSON) -> T?) -> T? {
        guard let value = fields[field], value != .null else { return nil }
        let found = read(value)
        if found == nil { unreadable.insert(field) }
        return found
    }

    public mutating func many<T>(_ field: String, _ read: (JSON) -> T?) -> [T] {
        guard let elements = fields[field]?.elements else { return [] }
        let found = elements.compactMap(read)
        if found.count < elements.count { unreadable.insert(field) }
        return found
    }
}
