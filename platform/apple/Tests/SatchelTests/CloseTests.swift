import Foundation
import XCTest

@testable import Satchel

final class CloseTests: StoreTestCase {
    func testEveryCallAfterCloseSaysClosedAndClosingAgainIsFine() async throws {
        let store = try await SatchelStore.open(noteOptions(folder.path("a.db")))
        let id = try store.note(["title": "One"])
        try await store.close()
        try await store.close()
        let calls: [() async throws -> Void] = [
            { _ = try await store.read("note", id) },
            { _ = try await store.query(Query("note")) },
            { try await store.transact { $0.record("note", id).set("title", "Two") } },
            { _ = try await store.conflicts() },
            { try await store.sync() },
            { _ = try await store.sync(within: .seconds(1)) },
            { try await store.enterBackground() },
            { try await store.startWatching() },
            { try await store.verify() },
            { try await store.flush() },
            { try await store.copy(to: self.folder.path("b.db")) },
        ]
        for call in calls { try await assertFails(.closed) { try await call() } }
    }

    func testCloseWhileBusyLetsCallsFinishOrRefusesThemAndNoneMeetsAStoreThatIsGone() async throws {
        for _ in 0..<20 {
            let path = folder.path("a.db")
            let store = try await SatchelStore.open(noteOptions(path))
            let id = try store.note(["title": "One", "count": 0])
            let committed = Guarded<Int64>(0)
            let busy = Signal<Void>()
            let workers = (0..<4).map { number in
                Task {
                    for call in 1... {
                        do {
                            if number == 0 {
                                let next = committed.with { $0 + 1 }
                                try await store.transact { $0.record("note", id).set("count", next) }
                                committed.with { $0 = next }
                            } else {
                                _ = try await store.read("note", id)
                                await Task.yield() // a read does not wait: the others shall come to their turn
                            }
                        } catch {
                            return error
                        }
                        if call == 5 { busy.send() }
                    }
                    fatalError("there is no end of numbers")
                }
            }
            for _ in 0..<4 { try await busy.next() }
            let closers = (0..<2).map { _ in Task { try await store.close() } }
            try await store.close()
            for closer in closers { try await closer.value }
            for worker in workers {
                let end = await worker.value
                XCTAssertEqual((end as? SatchelError)?.code, .closed)
            }
            try await withStore { store in
                XCTAssertEqual(try store.noteOf(id).number("count"), committed.with { $0 })
                try await store.verify()
            }
            try FileManager.default.removeItem(atPath: path)
            for beside in ["-wal", "-shm", ".not-for-backup"] { try? FileManager.default.removeItem(atPath: path + beside) }
        }
    }

    func testACommitWhoseTaskIsCancelledIsFinished() async throws {
        try await withStore { store in
            let writing = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await store.transact {
                    $0.open("self")
                    $0.create("note", ["title": "One"])
                }
            }
            writing.cancel()
            let receipt = try await writing.value
            XCTAssertEqual(receipt.records.count, 1)
            let count = try await store.count(Query("note"))
            XCTAssertEqual(count, 1)
        }
    }

    /// Waits until nothing is held, without sleeping longer than it takes.
    private func untilNothingIsHeld() async throws {
        try await within {
            while Callbacks.held + Follower.held > 0 { try await Task.sleep(for: .milliseconds(1)) }
        }
    }

    func testAStoreThatNobodyHoldsAnyMoreClosesByItself() async throws {
        var options = noteOptions(folder.path("a.db"))
        options.clock = StillClock()
        options.logger = { _, _, _ in }
        do {
            let store = try await SatchelStore.open(options)
            try store.note(["title": "One"])
            XCTAssertEqual(Callbacks.held, 2)
        }
        try await untilNothingIsHeld()
        // Who follows does not keep it open either: the loop ends with the store.
        let begun = Signal<Void>()
        var following: Task<Void, any Error>?
        do {
            let store = try await SatchelStore.open(options)
            let notes = store.follow(Query("note"))
            following = Task { for try await _ in notes { begun.send() } }
            try await begun.next()
        }
        try await within { [following] in try await following!.value }
        try await untilNothingIsHeld()
    }

    /// Ten thousand in the nightly tier.
    func testTenThousandOpensAndClosesLeaveNoReferenceNoFileNoThreadAndNoMemoryBehind() async throws {
        let nightly = ProcessInfo.processInfo.environment["SATCHEL_NIGHTLY"] == "1"
        let sanitizer = ProcessInfo.processInfo.environment["SATCHEL_SANITIZER"] ?? "none"
        let times = nightly ? 10_000 : sanitizer == "none" ? 500 : 100
        var options = options()
        options.clock = StillClock()
        options.logger = { _, _, _ in }
        options.connectivity = { true }
        options.tokens = { "a.b.c" }
        options.http = Transport { _ in throw SatchelError(.network, "No signal.") }
        func openAndClose() async throws {
            let store = try await SatchelStore.open(options)
            for try await _ in store.followCount(Query("note")) { break }
            try await store.close()
        }
        for _ in 0..<100 { try await openAndClose() } // what is warmed up and cached stays
        let before = Held()
        for _ in 0..<times { try await openAndClose() }
        let after = Held()
        XCTAssertEqual(Callbacks.held + Follower.held, 0)
        XCTAssertEqual(after.files, before.files)
        XCTAssertLessThanOrEqual(after.threads, before.threads + 2) // those of Dispatch come and go
        // A connection to the file that is lost in each would be 100 kB. A sanitizer keeps what was freed, and finds leaks itself.
        let grown = after.kilobytes - before.kilobytes
        if sanitizer == "none" { XCTAssertLessThan(grown, 20_000, "kB, in \(times) opens and closes") }
    }

    private func options() -> SatchelOptions { noteOptions(folder.path("a.db")) }

    /// What this process holds.
    private struct Held {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd"))?.count ?? 0
        var threads = 0, kilobytes = 0

        init() {
            // Of Linux alone.
            for line in (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8))?.split(separator: "\n") ?? [] {
                let number = Int(line.filter(\.isNumber)) ?? 0
                if line.hasPrefix("Threads:") { threads = number }
                if line.hasPrefix("VmRSS:") { kilobytes = number }
            }
        }
    }
}
