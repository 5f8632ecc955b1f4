/// One change of a draft: names its record in the `Receipt` of the commit.
public struct Change: Hashable, Sendable {
    let index: Int
    let collection: String
}

/// How a text changed as it was typed. `at` and `removed` count UTF-16 code units, as `NSString` does.
public struct TextEdit: Hashable, Sendable {
    public var at: Int
    public var removed: Int
    public var inserted: String

    public init(at: Int, removed: Int = 0, inserted: String = "") {
        self.at = at
        self.removed = removed
        self.inserted = inserted
    }

    var json: JSON {
        members([
            "at": .integer(Int64(at)),
            "removed": removed == 0 ? nil : .integer(Int64(removed)),
            "inserted": inserted.isEmpty ? nil : .string(inserted),
        ])
    }
}

/// Where a new or moved element of a list goes.
public enum Place: Sendable {
    case first
    case last
    /// By id or value.
    case before(any FieldValue)
    case after(any FieldValue)

    var member: (name: String, value: any FieldValue) {
        switch self {
        case .first: ("to", "first")
        case .last: ("to", "last")
        case .before(let element): ("before", element)
        case .after(let element): ("after", element)
        }
    }
}

/// Changes of one or many records, committed all or nothing by `SatchelStore.transact`. Only gathers them: what is allowed,
/// the store says when they are committed. The actions are those of docs/ABI.md. Used by one task at a time.
public final class Draft {
    private let shown: String?
    private var opened: [JSON] = []
    private var changes: [JSON] = []
    private var failure: SatchelError?

    /// `shown`: the token of the read that the person had in front of them (of several, the oldest).
    public init(shown: String? = nil) { self.shown = shown }

    /// Opens a scope, a case for instance. `scope` is its id; drawn by the store when left out.
    public func open(_ kind: String, parent: String? = nil, scope: String? = nil) {
        opened.append(members(["kind": .string(kind), "parent": parent.map(JSON.string), "scope": scope.map(JSON.string)]))
    }

    /// `scope` is not needed where the draft opens exactly one; `record` is its id, drawn by the store when left out.
    @discardableResult
    public func create(
        _ collection: String, _ fields: [String: (any FieldValue)?] = [:], scope: String? = nil, record: String? = nil
    ) -> Change {
        change("create", collection, [
            "scope": scope.map(JSON.string), "record": record.map(JSON.string), "fields": object(fields),
        ])
    }

    /// Changes of a record that is there.
    public func record(_ collection: String, _ record: String) -> RecordDraft {
        RecordDraft(draft: self, collection: collection, record: record)
    }

    public func record(_ record: Record) -> RecordDraft { self.record(record.collection, record.id) }

    func change(_ action: String, _ collection: String, _ about: [String: JSON?]) -> Change {
        let named: [String: JSON?] = ["action": .string(action), "collection": .string(collection)]
        changes.append(members(named.merging(about) { $1 }))
        return Change(index: changes.count - 1, collection: collection)
    }

    // What cannot be written is said when the draft is committed, as everything else is.
    func json(_ value: (any FieldValue)?) -> JSON {
        do throws(SatchelError) {
            return try value?.fieldValue() ?? .null
        } catch {
            failure = failure ?? error
            return .null
        }
    }

    func object(_ fields: [String: (any FieldValue)?]) -> JSON { .object(fields.mapValues(json)) }

    func committed() throws(SatchelError) -> JSON {
        if let failure { throw failure }
        return members([
            "shown": shown.map(JSON.string), "open": opened.isEmpty ? nil : .array(opened), "changes": .array(changes),
        ])
    }
}

/// Changes of one record, as part of a `Draft`.
public struct RecordDraft {
    let draft: Draft
    let collection: String
    let record: String

    /// nil takes the value away. A text is given whole: it becomes the few edits that lead there from what was shown.
    @discardableResult
    public func set(_ field: String, _ value: (any FieldValue)?, reason: String? = nil) -> Change {
        change("set", field, ["value": draft.json(value), "reason": reason.map(JSON.string)])
    }

    @discardableResult
    public func set(_ fields: [String: (any FieldValue)?]) -> Change { change("set", nil, ["fields": draft.object(fields)]) }

    @discardableResult
    public func edit(_ field: String, _ edits: [TextEdit]) -> Change {
        change("edit", field, ["edits": .array(edits.map(\.json))])
    }

    /// Sends a text in: it stands for good.
    @discardableResult
    public func submit(_ field: String) -> Change { change("submit", field, [:]) }

    /// A plain value into a set or list.
    @discardableResult
    public func add(_ field: String, _ value: any FieldValue, at place: Place? = nil) -> Change {
        change("add", field, ["value": draft.json(value)], place)
    }

    /// An item of parts; with `element`, parts of one that is there.
    @discardableResult
    public func add(
        _ field: String, parts: [String: (any FieldValue)?], element: String? = nil, at place: Place? = nil
    ) -> Change {
        change("add", field, ["element": element.map(JSON.string), "parts": draft.object(parts)], place)
    }

    @discardableResult
    public func remove(_ field: String, _ value: any FieldValue) -> Change {
        change("remove", field, ["value": draft.json(value)])
    }

    @discardableResult
    public func remove(_ field: String, element: String) -> Change { change("remove", field, ["element": .string(element)]) }

    @discardableResult
    public func move(_ field: String, _ value: any FieldValue, to place: Place) -> Change {
        change("move", field, ["value": draft.json(value)], place)
    }

    @discardableResult
    public func move(_ field: String, element: String, to place: Place) -> Change {
        change("move", field, ["element": .string(element)], place)
    }

    /// Puts the elements that are named into this order and leaves others where they are.
    @discardableResult
    public func order(_ field: String, _ elements: [any FieldValue]) -> Change {
        change("order", field, ["elements": .array(elements.map(draft.json))])
    }

    /// Puts the record away; it can be read for ever.
    @discardableResult
    public func putAway() -> Change { change("void", nil, [:]) }

    @discardableResult
    public func restore() -> Change { change("restore", nil, [:]) }

    private func change(_ action: String, _ field: String?, _ about: [String: JSON?], _ place: Place? = nil) -> Change {
        var all = about
        all["record"] = .string(record)
        all["field"] = field.map(JSON.string)
        if let (name, value) = place?.member { all[name] = draft.json(value) }
        return draft.change(action, collection, all)
    }
}

/// A person's decision about an entry of the list of conflicts.
public struct Decision: Sendable {
    private let conflict: Conflict
    private let shown: String
    private let decided: (name: String, value: (any FieldValue)?)
    private let reason: String?

    /// This value stands from now on. `shown`: the token of the list or record that the person looked at.
    public static func value(_ value: (any FieldValue)?, of conflict: Conflict, shown: String, reason: String? = nil) -> Decision {
        Decision(conflict: conflict, shown: shown, decided: ("value", value), reason: reason)
    }

    /// One person put it away, another changed it: is it kept? Of a text that was sent in: what came later was seen.
    public static func keep(_ keep: Bool, of conflict: Conflict, shown: String, reason: String? = nil) -> Decision {
        Decision(conflict: conflict, shown: shown, decided: ("keep", keep), reason: reason)
    }

    func json() throws(SatchelError) -> JSON {
        members([
            "shown": .string(shown),
            "collection": .string(conflict.collection),
            "record": .string(conflict.record),
            "field": conflict.field.map(JSON.string),
            "element": conflict.element.map(JSON.string),
            "part": conflict.part.map(JSON.string),
            decided.name: try decided.value?.fieldValue() ?? .null,
            "reason": reason.map(JSON.string),
        ])
    }
}
