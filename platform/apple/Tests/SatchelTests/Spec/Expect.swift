import Foundation

@testable import Satchel

// What a scenario expects of a tablet. Each throws Failed with both sides.

func expectEqual(_ what: String, _ expected: JSON?, _ found: JSON?) throws {
    if expected ?? .null != found ?? .null {
        throw Failed("\(what)\n  expected: \(expected ?? .null)\n  found:    \(found ?? .null)")
    }
}

func expectPart(_ what: String, _ expected: String, _ found: String) throws {
    if !found.contains(expected) { throw Failed("\(what)\n  expected to hold: \(expected)\n  found:            \(found)") }
}

func checkExpectation(_ store: BlockingStore, _ expectation: JSON, _ names: Names) throws {
    if expectation["record"] != nil { try expectRecord(store, expectation, names) }
    if let expected = expectation["set_aside"]?.elements {
        let found = try store.setAside()
        try expectEqual("set aside", .integer(Int64(expected.count)), .integer(Int64(found.count)))
        for (words, one) in zip(expected, found) {
            try expectPart("set aside", words.text!, names.toNames(String(decoding: writeJSON(one), as: UTF8.self)))
        }
    }
    if let words = expectation["status_says"] { try expectPart("status", words.text!, store.status().words) }
    if let count = expectation["questions"] { try expectEqual("questions for a person", count, .integer(store.status().toDecide)) }
    if let count = expectation["notices"] { try expectEqual("things to know", count, .integer(store.status().toKnow)) }
    if let query = expectation["query"] { try expectQuery(store, names.toIds(query), expectation, names) }
}

private func expectQuery(_ store: BlockingStore, _ query: JSON, _ expectation: JSON, _ names: Names) throws {
    let records = try store.query(json: writeJSON(query)).records
    try expectEqual("how many", expectation["count"], .integer(Int64(records.count)))
    for (field, value) in expectation["found"]?.members ?? [:] {
        for record in records { try expectValue(field, value, record[field].map(names.toNames)) }
    }
}

private func expectRecord(_ store: BlockingStore, _ expectation: JSON, _ names: Names) throws {
    let read = try store.read(expectation["collection"]!.text!, names.toIds(expectation["record"]!.text!))
    if expectation["gone"]?.flag == true {
        if read != nil { throw Failed("the record is still here") }
        return
    }
    guard let record = read?.record else { throw Failed("the record is not here") }
    try expectEqual("put away", expectation["put_away"] ?? false, .bool(record.isPutAway))
    for (field, value) in expectation["fields"]?.members ?? [:] {
        try expectValue(field, value, record[field].map(names.toNames))
    }
    if let expected = expectation["conflicts"]?.elements {
        try expectConflicts(expected, record.conflicts.map { names.toNames(try JSON($0)) })
    }
}

/// {"any_order": [...]}, {"any_of": [...]}, {"includes": "words"}, else equal. Items of a list are compared without ids.
private func expectValue(_ what: String, _ expected: JSON, _ there: JSON?) throws {
    let found = there?.elements.map { .array($0.map { $0.without("id") }) } ?? there ?? .null
    if let any = expected["any_order"] {
        try expectEqual(what, sorted(any), sorted(found))
    } else if let any = expected["any_of"]?.elements {
        if !any.contains(found) { try expectEqual(what, expected, found) }
    } else if let words = expected["includes"]?.text {
        try expectPart(what, words, found.text ?? "\(found)")
    } else {
        try expectEqual(what, expected, found)
    }
}

private func sorted(_ list: JSON) -> JSON { .array((list.elements ?? []).sorted { "\($0)" < "\($1)" }) }

/// A conflict is described by as much of it as matters: field, decide, rule, element, values of all sides.
private func expectConflicts(_ expected: [JSON], _ found: [JSON]) throws {
    if expected.count != found.count { try expectEqual("conflicts of the record", .array(expected), .array(found)) }
    for (number, (wanted, conflict)) in zip(expected, found).enumerated() {
        for (member, value) in wanted.members ?? [:] {
            let what = "conflict \(number + 1), \(member)"
            let there: JSON? = member == "values" ? valuesOf(conflict) : conflict[member]
            try expectEqual(what, member == "values" ? sorted(value) : value, there)
        }
    }
}

private func valuesOf(_ conflict: JSON) -> JSON {
    sorted(.array(["standing", "others"].flatMap { conflict[$0]?.elements ?? [] }.map { $0["value"] ?? .null }))
}
