import Foundation

@testable import Satchel

/// A scenario file (tests/spec/README.md), played once: each step is one function.
final class Story {
    private let scenario: JSON
    private let orders: Orders
    private let centre: Centre
    private let folder = Folder()
    private let time = Guarded(startMilliseconds)
    private var names = Names()
    private var tablets: [(name: String, tablet: Tablet)] = []
    private var forms: [String: String] = [:] // name: token of the read
    private var centreActed = false

    init(_ scenario: JSON, _ orders: Orders, _ centre: Centre) {
        self.scenario = scenario
        self.orders = orders
        self.centre = centre
    }

    /// Then the centre has to be trusted by the platform.
    var losesAnswers: Bool { scenario["story"]!.elements!.contains { $0["loses_answers"] != nil } }

    func play() throws {
        try centre.fresh(wall: startMilliseconds)
        defer { for (_, tablet) in tablets { try? tablet.store.blocking.close() } }
        for (name, about) in scenario["tablets"]!.members!.sorted(by: { $0.key < $1.key }) {
            let tablet = try Tablet(
                folder.path("\(name).db"), about["worker"]!.text!, schemaFor(about), centre, time, losesAnswers: losesAnswers)
            tablets.append((name, tablet))
        }
        for (number, step) in scenario["story"]!.elements!.enumerated() {
            do {
                try play(step)
            } catch {
                throw Failed("step \(number + 1) \("\(step)".prefix(200))\n  \(error)")
            }
            try pass(60_000)
        }
        try allAgree()
    }

    private func pass(_ milliseconds: Int64) throws {
        let now = time.with {
            $0 += milliseconds
            return $0
        }
        try centre.tell("time", ["wall_ms": .integer(now)])
    }

    private func play(_ step: JSON) throws {
        if step["centre"] != nil {
            try centreStep(step)
        } else if step["tablet"] != nil {
            try tabletStep(step)
        } else if let who = step["sync"] {
            try sync(who.elements?.map { $0.text! } ?? tablets.map(\.name))
        } else if let span = step["time_passes"]?.text {
            try pass(milliseconds(span))
        } else if let expectations = step["expect"]?.elements {
            for expectation in expectations { try expect(expectation) }
        } else {
            throw Failed("no such step")
        }
    }

    // ---- the centre

    private func centreStep(_ step: JSON) throws {
        centreActed = true
        let what = step["centre"]!.text!
        switch what {
        case "grants":
            for worker in step["to"]!.elements! { try grant(step, worker) }
        case "withdraws":
            try centre.tell(what, ["worker": step["from"]!, "scope": names.toIds(step["scope"]!)])
        case "suspends":
            let from = time.with { $0 } + (try milliseconds(step["from"]?.text ?? "0 days"))
            try centre.tell(what, ["worker": step["worker"]!, "from_ms": .integer(from)])
        case "imports":
            try centre.tell(what, ["scope": names.toIds(step["scope"]!), "services": step["services"]!])
        case "holds back":
            try expectEqual("transactions in quarantine", step["count"], centre.tell("quarantine")["count"])
        case "restarts", "releases all":
            try centre.tell(what)
        default:
            throw Failed("the centre cannot \"\(what)\"")
        }
    }

    private func grant(_ step: JSON, _ worker: JSON) throws {
        let name = step["scope"]!.text!
        var about: [String: JSON] = ["worker": worker, "label": .string(name)]
        if names.has(name) { about["scope"] = .string(names.toIds(name)) }
        for member in ["kind", "role"] { about[member] = step[member] }
        names.learn(name, try centre.tell("grants", about)["scope"]!.text!)
    }

    // ---- people

    private func tabletStep(_ step: JSON) throws {
        let who = try tablet(step["tablet"]!.text!)
        if let changes = step["writes"] {
            try write(who, step, changes)
        } else if let changes = step["is_refused"] {
            do {
                try write(who, .object([:]), changes)
            } catch let error as SatchelError {
                return try expectPart("the refusal", step["because"]!.text!, error.description)
            }
            throw Failed("this was not refused")
        } else if let form = step["opens_form"]?.text {
            let read = try who.store.blocking.read(step["collection"]!.text!, names.toIds(step["record"]!.text!))
            guard let read else { throw Failed("the form's record is not here") }
            forms[form] = read.token
        } else if let decision = step["settles"] {
            let shown = try who.store.blocking.conflicts().token
            _ = try who.store.blocking.settle(json: writeJSON(names.toIds(decision).with("shown", .string(shown))))
        } else if let span = step["clock_is_wrong_by"]?.text {
            let ahead = try milliseconds(span)
            who.ahead.with { $0 = ahead }
        } else if let count = step["loses_answers"]?.number {
            who.answersToLose.with { $0 = Int(count) }
        } else {
            throw Failed("this step says nothing that a tablet does")
        }
    }

    private func write(_ who: Tablet, _ step: JSON, _ changes: JSON) throws {
        for change in changes.elements! where change["action"] == "create" { names.make(change["record"]?.text ?? "") }
        for opened in step["open"]?.elements ?? [] { names.make(opened["scope"]?.text ?? "") }
        var draft: [String: JSON] = ["changes": changes, "open": step["open"] ?? .array([])]
        if let form = step["shown"]?.text { draft["shown"] = .string(forms[form]!) }
        _ = try who.store.blocking.transact(json: writeJSON(names.toIds(.object(draft))))
    }

    // ---- sync

    private func sync(_ wanted: [String]) throws {
        // The order can only matter where several bring something, or the centre did something meanwhile.
        let bringing = try wanted.filter { try tablet($0).store.blocking.status().unsent != 0 }.count
        let matters = bringing > 1 || (bringing == 1 && centreActed)
        centreActed = false
        let inOrder = matters ? orders.take(wanted) : wanted
        // Once in this order, and once more so that everybody has heard everybody.
        for name in inOrder + inOrder {
            let store = try tablet(name).store.blocking
            do throws(SatchelError) {
                try store.sync()
            } catch {
                if !error.message.contains(answerLost) { throw error }
                try store.sync()
            }
        }
    }

    private func expect(_ expectation: JSON) throws {
        let on = expectation["on"]?.text ?? "all"
        for (name, tablet) in tablets where on == "all" || on == name {
            do {
                try checkExpectation(tablet.store.blocking, expectation, names)
            } catch {
                throw Failed("tablet \(name): \(error)")
            }
        }
    }

    /// Whatever a scenario says: who holds the same scope holds the same, and every store is the fold of its log.
    private func allAgree() throws {
        var first: [String: [String?]] = [:]
        for (name, tablet) in tablets {
            _ = try tablet.store.blocking.verify()
            try expectEqual("unsent on tablet \(name)", 0, .integer(tablet.store.blocking.status().unsent))
            for scope in try tablet.store.blocking.scopes() {
                let digests = [scope.logDigest, scope.stateDigest]
                if let expected = first[scope.id], expected != digests {
                    throw Failed("digests of a scope on tablet \(name): \(expected), \(digests)")
                }
                first[scope.id] = digests
            }
        }
    }

    private func tablet(_ name: String) throws -> Tablet {
        guard let found = tablets.first(where: { $0.name == name }) else { throw Failed("there is no tablet \(name)") }
        return found.tablet
    }
}

/// An app that knows less: the schema of today without some fields, one version older.
private func schemaFor(_ tablet: JSON) throws -> String {
    guard let without = tablet["does_not_know"]?.elements else { return domainSchema }
    let schema = try readJSON(JSON.self, Data(domainSchema.utf8))
    var collections = schema["collections"]!
    for name in without.map({ $0.text! }) {
        let parts = name.split(separator: ".").map(String.init)
        if parts.count == 1 {
            collections = collections.without(name)
        } else {
            let about = collections[parts[0]]!
            collections = collections.with(parts[0], about.with("fields", about["fields"]!.without(parts[1])))
        }
    }
    let older = schema.with("collections", collections).with("version", .integer(schema["version"]!.number! - 1))
    return String(decoding: try writeJSON(older), as: UTF8.self)
}

/// "5 days", "2 hours", "-1 year".
func milliseconds(_ words: String) throws -> Int64 {
    let parts = words.split(separator: " ")
    let units: [String: Int64] = ["minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "year": 365 * 86_400_000]
    let name = parts.last.map { String($0.hasSuffix("s") ? $0.dropLast() : $0) } ?? ""
    guard parts.count == 2, let number = Int64(parts[0]), let unit = units[name] else {
        throw Failed("\"\(words)\" is no span of time")
    }
    return number * unit
}
