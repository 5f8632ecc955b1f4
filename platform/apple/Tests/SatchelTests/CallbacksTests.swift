import Foundation
import XCTest

@testable import Satchel

private final class Lines: Sendable {
    struct Line: Sendable { let level: LogLevel, event: String, fields: [String: JSON] }
    private let all = Guarded<[Line]>([])

    var logger: Logger {
        { level, event, fields in
            let members = try! readJSON([String: JSON].self, Data(fields.utf8))
            self.all.with { $0.append(Line(level: level, event: event, fields: members)) }
        }
    }

    var lines: [Line] { all.with { $0 } }
    func failures(_ callback: String) -> [Line] {
        lines.filter { $0.event == "callback_failed" && $0.fields["callback"]?.text == callback }
    }
}

/// A value that several threads change.
final class Guarded<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value
    init(_ value: Value) { self.value = value }
    func with<R>(_ work: (inout Value) throws -> R) rethrows -> R { try lock.withLock { try work(&value) } }
}

private struct MemorySecrets: SecretKeeper {
    let secrets = Guarded<[String: Data]>([:])
    func get(_ name: String) -> Data? { secrets.with { $0[name] } }
    func put(_ name: String, _ secret: Data) { secrets.with { $0[name] = secret } }
    func remove(_ name: String) { secrets.with { $0[name] = nil } }
}

private struct BrokenSecrets: SecretKeeper {
    let error: any Error
    func get(_ name: String) throws -> Data? { throw error }
    func put(_ name: String, _ secret: Data) throws { throw error }
    func remove(_ name: String) throws { throw error }
}

private struct ShortSecrets: SecretKeeper {
    func get(_ name: String) -> Data? { Data([1, 2, 3]) }
    func put(_ name: String, _ secret: Data) {}
    func remove(_ name: String) {}
}

struct Transport: HTTPTransport {
    let answer: @Sendable (HTTPRequest) async throws -> HTTPResponse
    init(_ answer: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) { self.answer = answer }
    func send(_ request: HTTPRequest) async throws -> HTTPResponse { try await answer(request) }
}

final class CallbacksTests: StoreTestCase {
    private struct Own: Error, CustomStringConvertible { let description = "Gwen Hughes" }

    private func options(http: Transport? = nil) -> SatchelOptions {
        var options = noteOptions(folder.path("a.db"))
        options.tokens = { "a.b.c" }
        options.http = http
        return options
    }

    func testTheAppsClockDatesWhatIsWritten() async throws {
        var options = options()
        options.clock = StillClock()
        try await withStore(options) { store in
            let id = try store.note(["title": "One"])
            XCTAssertTrue(try store.blocking.history("note", id, "title")[0].at.hasPrefix("2026-03-08T"))
        }
    }

    func testTheAppsSecretsAreKeptByItAndTheStoreKnowsItsDeviceAgain() async throws {
        let secrets = MemorySecrets()
        var options = options()
        options.secrets = secrets
        try await withStore(options) { try $0.note(["title": "One"]) }
        XCTAssertEqual(secrets.secrets.with { $0.values.map(\.count) }, [32])
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path("a.db.not-for-backup")))
        try await withStore(options) { XCTAssertNil(try $0.blocking.status().notice) }
        secrets.secrets.with { $0.removeAll() }
        try await withStore(options) { XCTAssertNotNil(try $0.blocking.status().notice) }
    }

    func testAKeychainThatCannotTellLeavesTheStoreClosedWithItsCode() async throws {
        let lines = Lines()
        var options = options()
        options.logger = lines.logger
        options.secrets = MemorySecrets()
        try await withStore(options) { _ in }
        options.secrets = BrokenSecrets(error: SatchelError(.busy, "The device is locked."))
        let locked = try await failure { [options] in try await SatchelStore.open(options) }
        XCTAssertEqual(locked.code, .busy)
        XCTAssertTrue(locked.isRetryable)
        options.secrets = BrokenSecrets(error: Own())
        try await assertFails(.io) { [options] in try await SatchelStore.open(options) }
        let line = try XCTUnwrap(lines.failures("secrets").last)
        XCTAssertTrue(line.fields["error"]!.text!.hasSuffix("Own"), "\(line)")
        XCTAssertFalse("\(lines.lines)".contains("Gwen"))
        options.secrets = ShortSecrets()
        try await assertFails(.io) { [options] in try await SatchelStore.open(options) }
    }

    func testConnectivityIsAskedAndTheLoggerHears() async throws {
        let lines = Lines()
        let asked = Signal<Void>()
        var options = options(http: Transport { _ in throw SatchelError(.certificate, "Another host.") })
        options.logger = lines.logger
        options.connectivity = {
            asked.send()
            return true
        }
        try await withStore(options) { store in
            let error = try await self.failure { try await store.sync() }
            XCTAssertEqual(error.code, .certificate)
            XCTAssertEqual(error.message, "Another host.")
            try await asked.next()
            XCTAssertFalse(lines.lines.isEmpty)
        }
    }

    func testWhatTheAppThrowsForATokenOrARequestReachesWhoeverSyncsByCode() async throws {
        for (thrown, code) in [
            (SatchelError(.signIn, "Bitte anmelden 🔑"), .signIn), (Own(), .signIn), (URLError(.notConnectedToInternet), .network),
        ] as [(any Error, SatchelError.Code)] {
            var options = options(http: Transport { _ in throw Failed("not reached") })
            options.tokens = { throw thrown }
            try await withStore(options) { store in
                let error = try await self.failure { try await store.sync() }
                XCTAssertEqual(error.code, code)
                if thrown is SatchelError { XCTAssertTrue(error.message.contains("🔑"), error.message) }
                XCTAssertFalse(error.message.contains("Gwen"))
            }
        }
        for (thrown, code) in [
            (SatchelError(.certificate, "Another host."), .certificate), (Own(), .network), (URLError(.timedOut), .network),
        ] as [(any Error, SatchelError.Code)] {
            try await withStore(options(http: Transport { _ in throw thrown })) { store in
                try await self.assertFails(code) { try await store.sync() }
            }
        }
    }

    func testARequestComesWholeAndItsAnswerGoesBackWhole() async throws {
        let asked = Signal<HTTPRequest>()
        let http = Transport { request in
            asked.send(request)
            request.progress(sent: 1, of: 2, received: 0, of: 0)
            return HTTPResponse(
                status: 503, headers: [HTTPHeader("Retry-After", "7"), HTTPHeader("content-type", "text/plain; ŵ")],
                body: Data("busy 🐢".utf8))
        }
        try await withStore(options(http: http)) { store in
            try await self.assertFails(.server) { try await store.sync() }
            let request = try await asked.next()
            XCTAssertEqual(request.method, "POST")
            XCTAssertEqual(request.path, "/v1/session")
            XCTAssertTrue(request.headers.contains { $0.name.lowercased() == "content-type" })
            XCTAssertTrue(String(decoding: request.body, as: UTF8.self).contains("a.b.c"))
            XCTAssertGreaterThan(request.timeout, .zero)
            request.progress(sent: 2, of: 2, received: 0, of: 0) // it is answered: no effect
        }
    }

    func testARequestThatNobodyWantsAnyMoreIsCancelledByItsTaskOrByClosing() async throws {
        let begun = Signal<Void>(), cancelled = Signal<Void>()
        let http = Transport { _ in
            begun.send()
            do {
                try await Task.sleep(for: .seconds(600))
            } catch {
                cancelled.send()
                throw error
            }
            throw Failed("nobody cancelled")
        }
        let store = try await SatchelStore.open(options(http: http))
        let sync = Task { try await store.sync() }
        try await begun.next()
        sync.cancel()
        try await cancelled.next()
        try await assertFails(.cancelled) { try await sync.value }
        let waiting = Task { try await store.sync() }
        try await begun.next()
        try await store.close()
        try await assertFails(.cancelled) { try await waiting.value }
        try await cancelled.next()
    }

    func testASyncInTheBackgroundWithoutAnAnswerIsOutOfTimeIsCancelledByItsTaskAndByClosing() async throws {
        let begun = Signal<Void>(), cancelled = Signal<Void>()
        let http = Transport { _ in
            begun.send()
            defer { cancelled.send() }
            try await Task.sleep(for: .seconds(600))
            throw Failed("nobody cancelled")
        }
        let store = try await SatchelStore.open(options(http: http))
        try store.note(["title": "Un"])
        let outcome = try await store.sync(within: .milliseconds(50))
        XCTAssertEqual(outcome.ended, .outOfTime)
        XCTAssertEqual(outcome.left.unsent, 1)
        XCTAssertEqual("\(outcome)", "SyncOutcome(outOfTime, Left(unsent=1, records=1))") // no words of anybody in a log
        for signal in [begun, cancelled] { try await signal.next() }
        let given = Task { try await store.sync(within: .seconds(600)) }
        try await begun.next()
        given.cancel()
        try await assertFails(.cancelled) { try await given.value }
        try await cancelled.next()
        let waiting = Task { try await store.sync(within: .seconds(600)) }
        try await begun.next()
        try await within { try await store.close() }
        try await assertFails(.cancelled) { try await waiting.value }
    }

    func testClosingEndsASyncThatBlocksAThreadOnANetworkThatSwallowsEverything() async throws {
        let begun = Signal<Void>(), closed = Signal<Void>(), told = Signal<SatchelError.Code?>()
        let http = Transport { _ in
            begun.send()
            try await Task.sleep(for: .seconds(600))
            throw Failed("nobody cancelled")
        }
        for call in [
            { _ = try $0.sync() }, { _ = try $0.sync(timeout: .seconds(600)) }, { _ = try $0.sync(within: .seconds(600)) },
        ] as [@Sendable (BlockingStore) throws -> Void] {
            let store = try await SatchelStore.open(options(http: http))
            let blocking = store.blocking
            Thread.detachNewThread {
                do {
                    try call(blocking)
                    told.send(nil)
                } catch {
                    told.send((error as? SatchelError)?.code)
                }
            }
            try await begun.next()
            Task { // should it never return, the test does
                try await store.close()
                closed.send()
            }
            try await closed.next()
            let code = try await told.next()
            XCTAssertEqual(code, .cancelled)
        }
    }

    func testASyncThatIsCancelledBeforeItBeginsDoesNotBegin() async throws {
        let http = Transport { _ in throw Failed("not reached") }
        try await withStore(options(http: http)) { store in
            let late = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await store.sync()
            }
            late.cancel()
            try await self.assertFails(.cancelled) { try await late.value }
        }
    }

    func testATransportThatDoesNotMindBeingCancelledHoldsUpNoClosing() async throws {
        let begun = Signal<Void>(), goOn = Signal<Void>()
        let http = Transport { _ in
            begun.send()
            await Task.detached { _ = try? await goOn.next() }.value
            return HTTPResponse(status: 200, headers: [], body: Data())
        }
        let store = try await SatchelStore.open(options(http: http))
        let sync = Task { try await store.sync() }
        try await begun.next()
        try await within { try await store.close() }
        try await assertFails(.cancelled) { try await sync.value }
        XCTAssertEqual(Callbacks.held, 0)
        goOn.send() // its answer comes when nobody wants it any more
    }

    func testFromInsideACallbackClosingAndWritingAreRefusedReadingIsNot() async throws {
        let told = Guarded<[String]>([])
        let store = Guarded<SatchelStore?>(nil)
        var options = options(http: Transport { _ in throw SatchelError(.certificate, "no") })
        options.connectivity = {
            let blocking = store.with { $0!.blocking }
            for call in [
                { try blocking.close() }, { _ = try blocking.transact { $0.open("self") } }, { try blocking.flush() },
                { _ = try blocking.count(Query("note")) },
            ] as [() throws -> Void] {
                var said = "fine"
                do { try call() } catch { said = (error as! SatchelError).code.name }
                told.with { $0.append(said) }
            }
            return true
        }
        try await withStore(options) { opened in
            store.with { $0 = opened }
            try await self.assertFails(.certificate) { try await opened.sync() }
            store.with { $0 = nil }
        }
        XCTAssertEqual(told.with { $0 }, ["invalid", "invalid", "invalid", "fine"])
    }

    func testNoCallbackComesAfterCloseHasReturned() async throws {
        struct TellingClock: SatchelClock {
            let tell: @Sendable (String) -> Void
            var wallMilliseconds: Int64 { tell("wall"); return Int64(Date().timeIntervalSince1970 * 1000) }
            var monotonicMilliseconds: Int64 { tell("monotonic"); return Int64(ProcessInfo.processInfo.systemUptime * 1000) }
        }
        for round in 0..<10 {
            let closed = Guarded(false)
            let late = Guarded<[String]>([])
            let note: @Sendable (String) -> Void = { what in
                if closed.with({ $0 }) { late.with { $0.append(what) } }
            }
            let begun = Signal<Void>()
            var options = noteOptions(folder.path("\(round).db"))
            options.clock = TellingClock(tell: note)
            options.logger = { _, event, _ in note(event) }
            options.connectivity = { note("online"); return true }
            options.tokens = { note("token"); return "a.b.c" }
            options.http = Transport { _ in
                note("send")
                begun.send()
                throw SatchelError(.network, "No signal.")
            }
            let store = try await SatchelStore.open(options)
            try await store.startWatching()
            try store.note(["title": "One"])
            try await begun.next()
            try await store.close()
            closed.with { $0 = true }
            XCTAssertEqual(Callbacks.held, 0)
            XCTAssertEqual(late.with { $0 }, [])
        }
    }
}
