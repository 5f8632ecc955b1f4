import Foundation
import XCTest

@testable import Satchel

let domainSchema = source("schema/satchel-domain.json")

/// A schema with one collection of every kind a test here needs, in a scope that the worker opens.
let noteSchema = """
    {
      "version": 1,
      "scopes": {"self": {"opened_by": ["writer"]}},
      "collections": {"note": {"scopes": ["self"], "fields": {
        "title": {"kind": "register", "type": "text", "indexed": true},
        "body": {"kind": "text", "type": "text"},
        "pinned": {"kind": "register", "type": "boolean"},
        "count": {"kind": "register", "type": "integer", "indexed": true},
        "tags": {"kind": "set", "type": "text"},
        "steps": {"kind": "list", "type": "text"},
        "phones": {"kind": "set", "parts": {"number": "text", "use": "text"}},
        "report": {"kind": "text", "type": "text", "submitted": {"amends": "amends"}},
        "amends": {"kind": "register", "type": "reference", "references": "note"},
        "risk": {"kind": "severity", "type": "text", "levels": ["low", "high"], "lowering_needs_reason": true}
      }}}
    }
    """

/// A folder that goes with the test.
final class Folder: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("satchel-swift-\(UUID().uuidString)").path
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func path(_ name: String) -> String { path + "/" + name }
}

func noteOptions(_ path: String) -> SatchelOptions {
    var options = SatchelOptions(path: path, schema: noteSchema, organisation: "north", worker: "anna")
    options.durability = .grouped
    return options
}

extension SatchelStore {
    /// One note in a scope of its own: its id.
    @discardableResult
    func note(_ fields: [String: (any FieldValue)?], record: String? = nil) throws -> String {
        try blocking.transact {
            $0.open("self")
            $0.create("note", fields, record: record)
        }.records[0]
    }

    func change(_ record: String, _ change: (RecordDraft) -> Void) throws {
        try blocking.transact { change($0.record("note", record)) }
    }

    func noteOf(_ id: String) throws -> Record { try XCTUnwrap(blocking.read("note", id)).record }
}

/// Asks LeakSanitizer, where there is one, when the last test has ended. At the end of the process it would find XCTest's list of
/// tests, which nobody holds by then; so nothing has to be hidden from it by the name of a library.
final class LeakCheck: NSObject, XCTestObservation, Sendable {
    static let once: Void = {
        // XCTest keeps something for each thread that waited, behind a pointer that LeakSanitizer cannot read.
        ignoring {
            let waited = XCTestExpectation()
            waited.fulfill()
            _ = XCTWaiter.wait(for: [waited], timeout: 1)
        }
        XCTestObservationCenter.shared.addTestObserver(LeakCheck())
    }()

    /// What this thread takes from the heap inside `work` is no leak.
    static func ignoring(_ work: () throws -> Void) rethrows {
        sanitizer("__lsan_disable", (@convention(c) () -> Void).self)?()
        defer { sanitizer("__lsan_enable", (@convention(c) () -> Void).self)?() }
        try work()
    }

    func testBundleDidFinish(_ testBundle: Bundle) {
        guard let check = Self.sanitizer("__lsan_do_recoverable_leak_check", (@convention(c) () -> Int32).self) else { return }
        print("LeakSanitizer was asked:", check() == 0 ? "there is no leak" : "there are leaks") // which, it tells itself
    }

    private static func sanitizer<Function>(_ name: String, _ type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }
}

/// A test with a folder, whose stores must all have given everything back when it ends.
class StoreTestCase: XCTestCase {
    private(set) var folder: Folder!
    private var openBefore = 0

    override class func setUp() { LeakCheck.once }

    override func setUp() async throws {
        folder = Folder()
        openBefore = Callbacks.held + Follower.held
    }

    override func tearDown() async throws {
        folder = nil
        XCTAssertEqual(Callbacks.held + Follower.held, openBefore, "something is still held")
    }

    func withStore(_ options: SatchelOptions? = nil, _ test: (SatchelStore) async throws -> Void) async throws {
        let store = try await SatchelStore.open(options ?? noteOptions(folder.path("a.db")))
        do {
            try await test(store)
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
    }

    func failure<T>(_ call: () async throws -> T, line: UInt = #line) async throws -> SatchelError {
        do {
            _ = try await call()
        } catch let error as SatchelError {
            return error
        }
        XCTFail("this was not refused", line: line)
        throw Failed("this was not refused")
    }

    func assertFails(_ code: SatchelError.Code, line: UInt = #line, _ call: () async throws -> some Any) async throws {
        let error = try await failure(call, line: line)
        XCTAssertEqual(error.code, code, error.message, line: line)
    }
}

/// Something that one task tells and another waits for.
final class Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ value: Value) { continuation.yield(value) }

    /// One after the other; fails after half a minute.
    func next() async throws -> Value {
        try await within {
            for await value in self.stream { return value }
            throw Failed("nothing more was told")
        }
    }
}

extension Signal where Value == Void {
    func send() { send(()) }
}

/// The test is not left hanging.
func within<T: Sendable>(_ seconds: Int = 30, _ work: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: .seconds(seconds))
            throw Failed("not within \(seconds) s")
        }
        defer { group.cancelAll() }
        return try await group.next()!
    }
}

/// Takes one thing after the other of what is followed.
final class Heard<Element: Sendable>: @unchecked Sendable {
    private var iterator: Followed<Element>.Iterator

    init(_ followed: Followed<Element>) { iterator = followed.makeAsyncIterator() }

    /// nil: it has ended.
    func end() async throws -> Element? {
        try await within { try await self.iterator.next() }
    }

    func next() async throws -> Element {
        guard let next = try await end() else { throw Failed("it has ended") }
        return next
    }

    func until(_ expected: (Element) throws -> Bool) async throws -> Element {
        while true {
            let now = try await next()
            if try expected(now) { return now }
        }
    }
}
