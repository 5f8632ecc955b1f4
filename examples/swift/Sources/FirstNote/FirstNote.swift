// The first note that reaches the centre, from Swift: docs/EMBEDDING.md tells it step by step.
import Foundation
import Satchel

@main
struct FirstNote {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 6 else { return print("FirstNote CENTRE AUTHORITY TOKEN SCHEMA STORE") }
        let (centre, authority, token, schema, file) = (arguments[1], arguments[2], arguments[3], arguments[4], arguments[5])
        var options = SatchelOptions(
            path: file,
            schema: try String(contentsOfFile: schema, encoding: .utf8),
            organisation: "north",
            worker: "amira"
        )
        options.baseURL = centre
        options.caFile = authority
        options.tokens = { try String(contentsOfFile: token, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines) }

        let store = try await SatchelStore.open(options)
        try await store.sync() // what amira may see: her case
        let home = try await store.scopes().first { $0.kind == "case" }!
        let receipt = try await store.transact {
            $0.create("visit_note", ["body": "Met at home, kettle on. ☕"], scope: home.id)
        }
        let status = try await store.sync()
        print(try await store.read("visit_note", receipt.records[0])!.record.text("body")!)
        print(status.words)
        try await store.close()
    }
}
