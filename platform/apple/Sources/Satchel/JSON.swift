import Foundation

/// A value of a field as it is handed over. docs/SCHEMA.md says how a date, an instant, a decimal is written as text. Apps rarely
/// need it: they write with Swift's own types (`FieldValue`) and read with `Record.decode` or generated types.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    public var text: String? { if case .string(let text) = self { text } else { nil } }
    public var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    public var number: Int64? { if case .integer(let number) = self { number } else { nil } }
    public var elements: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
    public var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }

    public subscript(member: String) -> JSON? { members?[member] }
}

extension JSON: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if container.decodeNil() {
            self = .null
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? container.decode(Double.self) {
            self = .double(number)
        } else if let elements = try? container.decode([JSON].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let number): try container.encode(number)
        case .double(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral text: String) { self = .string(text) }
    public init(booleanLiteral flag: Bool) { self = .bool(flag) }
    public init(integerLiteral number: Int64) { self = .integer(number) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSON)...) { self = .object(Dictionary(members) { $1 }) }
}

/// What can be written into a field: text, whole and floating numbers, `Decimal`, booleans, `Day`, `Instant`, `Code`,
/// `Reference`, `Blob`, levels and labels of generated types, `JSON`, and arrays and dictionaries of them.
public protocol FieldValue: Sendable {
    /// Throws what cannot be written, such as a label that this version of the app does not know.
    func fieldValue() throws(SatchelError) -> JSON
}

extension JSON: FieldValue {
    public func fieldValue() -> JSON { self }
}

extension String: FieldValue {
    public func fieldValue() -> JSON { .string(self) }
}

extension Bool: FieldValue {
    public func fieldValue() -> JSON { .bool(self) }
}

extension Int: FieldValue {
    public func fieldValue() -> JSON { .integer(Int64(self)) }
}

extension Int64: FieldValue {
    public func fieldValue() -> JSON { .integer(self) }
}

extension Double: FieldValue {
    public func fieldValue() -> JSON { .double(self) }
}

extension Decimal: FieldValue {
    public func fieldValue() -> JSON { .string(description) }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    public func fieldValue() throws(SatchelError) -> JSON {
        guard let wrapped = self else { return .null }
        return try wrapped.fieldValue()
    }
}

extension Array: FieldValue where Element: FieldValue {
    public func fieldValue() throws(SatchelError) -> JSON {
        var elements: [JSON] = []
        for element in self { elements.append(try element.fieldValue()) }
        return .array(elements)
    }
}

extension Dictionary: FieldValue where Key == String, Value: FieldValue {
    public func fieldValue() throws(SatchelError) -> JSON {
        var members: [String: JSON] = [:]
        for (name, value) in self { members[name] = try value.fieldValue() }
        return .object(members)
    }
}
