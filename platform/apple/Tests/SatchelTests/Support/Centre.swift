import Foundation

@testable import Satchel

/// The real central store over HTTPS, as a process beside the test: tests/centre_program says what it can be told.
final class Centre: @unchecked Sendable {
    private let directory = Folder()
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let lock = NSLock()
    private var unread = Data()
    private var started: JSON = .null

    init(wall: Int64? = nil) throws {
        signal(SIGPIPE, SIG_IGN) // a centre that ended is told by what it did not answer
        process.executableURL = URL(fileURLWithPath: setting("SATCHEL_CENTRE"))
        process.arguments = [directory.path]
        process.standardInput = input
        process.standardOutput = output
        try process.start()
        try fresh(wall: wall)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.end()
    }

    var url: String { "https://localhost:\(started["port"]!.number!)" }
    var authorityFile: String { started["authority"]!.text! }

    /// A new, empty centre.
    func fresh(wall: Int64? = nil) throws {
        started = try tell("fresh", wall.map { ["wall_ms": .integer($0)] } ?? [:])
    }

    @discardableResult
    func tell(_ what: String, _ about: [String: JSON] = [:]) throws -> JSON {
        var command = about
        command["do"] = .string(what)
        let line = try writeJSON(command)
        return try lock.withLock {
            try input.fileHandleForWriting.write(contentsOf: line + Data("\n".utf8))
            let answer = try readJSON(JSON.self, readLine())
            if let words = answer["error"]?.text { throw Failed("\(what): \(words)") }
            return answer
        }
    }

    private func readLine() throws -> Data {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread = Data(unread[unread.index(after: end)...]) }
                return Data(unread[..<end])
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Failed("the centre ended") }
            unread += more
        }
    }

    /// How the store in that file reaches this centre, as that worker's, over libcurl.
    func options(_ path: String, _ worker: String, schema: String = domainSchema) -> SatchelOptions {
        var options = SatchelOptions(path: path, schema: schema, organisation: "north", worker: worker)
        options.durability = .grouped
        options.baseURL = url
        options.caFile = authorityFile
        options.tokens = { try self.token(worker) }
        return options
    }

    /// The platform's own TLS trusts this centre, and that alone of what is new, while `work` runs. Foundation on Linux takes
    /// nobody's word for an authority but the system's: there the tests have a copy of what it trusts (tools/swift/in-root.sh).
    func trustedByThePlatform(_ work: () async throws -> Void) async throws {
        let bundle = FileHandle(forUpdatingAtPath: setting("SATCHEL_TRUSTED"))!
        let size = try bundle.seekToEnd()
        defer { try! bundle.truncate(atOffset: size) }
        try bundle.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: authorityFile)))
        try await work()
    }

    func token(_ worker: String) throws -> String { try tell("token", ["worker": .string(worker)])["token"]!.text! }

    /// A new case for these workers: its scope.
    func makeCase(_ label: String, _ workers: String...) throws -> String {
        let made = try tell("grants", ["worker": .string(workers[0]), "kind": "case", "label": .string(label)])
        for worker in workers.dropFirst() {
            try tell("grants", ["worker": .string(worker), "scope": made["scope"]!, "label": .string(label)])
        }
        return made["scope"]!.text!
    }
}

extension Process {
    /// What Foundation on Linux takes to run a program and to wait for it, it never frees, or holds where LeakSanitizer cannot see.
    func start() throws { try LeakCheck.ignoring { try run() } }

    /// Waits for its end.
    func end() { LeakCheck.ignoring { waitUntilExit() } }
}

struct Failed: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = words }
}

func setting(_ name: String) -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else {
        fatalError("\(name) is not set: ./run test --swift sets it")
    }
    return value
}

let sourceRoot = URL(fileURLWithPath: #filePath + "/../../../../../..").standardizedFileURL

func source(_ path: String) -> String { try! String(contentsOf: sourceRoot.appendingPathComponent(path), encoding: .utf8) }

/// Foundation on Linux never frees the headers of a URLRequest, which LeakSanitizer would tell.
let foundationForgets = ProcessInfo.processInfo.environment["SATCHEL_SANITIZER"] == "address"
