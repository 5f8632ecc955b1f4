// A link worker's morning on the command line: the whole of an app but its screens.
//
//   Morning visits                     today's, the next one first
//   Morning watch                      the same, again whenever something about them changes, until Ctrl-C
//   Morning note VISIT WORDS           what was said there
//   Morning plan VISIT GOAL ACTION     what was agreed
//   Morning status                     is everything at base?
//   Morning inbox                      where several people wrote, and a person should decide
//
// SATCHEL_STORE (file), SATCHEL_SCHEMA (file), SATCHEL_WORKER; SATCHEL_SERVER (https://...), SATCHEL_CA_FILE and
// SATCHEL_TOKEN_FILE to sync; SATCHEL_TODAY (2026-03-09) to look at another day. Each command works without signal, and
// sends and fetches what it can when there is one.
import Foundation
import Satchel

@main
struct Morning {
    static func main() async {
        let settings = ProcessInfo.processInfo.environment
        do {
            let store = try await openStore(settings)
            let today = settings["SATCHEL_TODAY"].flatMap(Day.init) ?? Day(Date())
            try await Morning(store: store, today: today).run(Array(CommandLine.arguments.dropFirst()))
            try await store.close()
        } catch {
            FileHandle.standardError.write(Data("\((error as? SatchelError)?.message ?? "\(error)")\n".utf8))
            exit(1)
        }
    }

    static func openStore(_ settings: [String: String]) async throws -> SatchelStore {
        var options = SatchelOptions(
            path: settings["SATCHEL_STORE"] ?? "",
            schema: try String(contentsOfFile: settings["SATCHEL_SCHEMA"] ?? "", encoding: .utf8),
            organisation: "north", worker: settings["SATCHEL_WORKER"] ?? "")
        if let server = settings["SATCHEL_SERVER"] {
            let tokenFile = settings["SATCHEL_TOKEN_FILE"] ?? ""
            options.baseURL = server
            options.caFile = settings["SATCHEL_CA_FILE"] ?? ""
            options.tokens = { try text(of: tokenFile) }
        }
        return try await SatchelStore.open(options)
    }

    static func text(of file: String) throws -> String {
        try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    let store: SatchelStore
    let today: Day

    func run(_ words: [String]) async throws {
        switch (words.first, words.count) {
        case ("visits", _):
            try await sync()
            try await show(store.query(ofToday).records)
        case ("watch", _):
            try await store.startWatching()
            for try await visits in store.follow(ofToday) { try await show(visits.records) }
        case ("note", 3):
            try await note(words[1], words[2])
            try await sync()
        case ("plan", 4):
            try await plan(words[1], words[2], words[3])
            try await sync()
        case ("status", _):
            try await sync()
            let status = try await store.status()
            say(status.words)
            for detail in status.details { say("  \(detail.words)") }
        case ("inbox", _):
            try await sync()
            try await inbox()
        default:
            say("Morning visits | watch | note VISIT WORDS | plan VISIT GOAL ACTION | status | inbox")
        }
    }

    private var ofToday: Query {
        Query(
            "encounter", Filter("start", .greaterOrEqual, "\(today)T00:00:00Z"),
            Filter("start", .lessOrEqual, "\(today)T23:59:59.999Z"), orderBy: "start")
    }

    private func show(_ visits: [Record]) async throws {
        for visit in visits {
            let time = visit.text("start")!.dropFirst(11).prefix(5)
            say("\(time)  \(try await name(in: visit.scope))  \(visit.text("outcome") ?? "planned")  \(visit.id)")
        }
    }

    private func note(_ visit: String, _ words: String) async throws {
        guard let read = try await store.read("encounter", visit) else { return say("There is no such visit.") }
        try await store.transact(shown: read.token) { draft in
            draft.create("visit_note", ["encounter": read.record.reference, "body": words], scope: read.record.scope)
            if read.record.text("outcome") != "happened" { draft.record(read.record).set("outcome", "happened") }
        }
        say("Noted.")
    }

    private func plan(_ visit: String, _ goal: String, _ action: String) async throws {
        guard let scope = try await store.read("encounter", visit)?.record.scope else { return say("There is no such visit.") }
        let draft = Draft()
        let plan = draft.create("plan", ["status": "agreed"], scope: scope)
        let receipt = try await store.transact(draft)
        try await store.transact {
            $0.create("goal", ["plan": receipt.reference(plan), "words": goal, "status": "active"], scope: scope)
            $0.create("action", ["what": "||\(action)", "who": "me", "status": "planned"], scope: scope)
        }
        say("Agreed with \(try await name(in: scope)): \(goal)")
    }

    private func inbox() async throws {
        for conflict in try await store.conflicts().list where conflict.decide {
            say("\(try await name(in: conflict.scope)), \(conflict.field ?? conflict.collection): \(conflict.words)")
            for side in conflict.standing + conflict.others { say("  \(side.by): \(side.text ?? "")") }
        }
    }

    private func name(in scope: String) async throws -> String {
        let person = try await store.query(Query("person", scope: scope, limit: 1)).records.first
        return person?.text("preferred_name") ?? person?.text("legal_name") ?? "somebody"
    }

    /// No signal is no failure: what was written waits on the tablet, and the status says so.
    private func sync() async throws {
        let syncing = Task { try await store.sync() }
        let enough = Task {
            try await Task.sleep(for: .seconds(10))
            syncing.cancel()
        }
        defer { enough.cancel() }
        do {
            _ = try await syncing.value
        } catch let error as SatchelError {
            if !error.isRetryable && error.code != .cancelled { say(error.message) }
        }
    }

    /// At once, also into a pipe.
    private func say(_ words: String) { FileHandle.standardOutput.write(Data((words + "\n").utf8)) }
}
