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

    func testManyOpensAndClosesLeaveNothingBehind() async throws {
        let path = folder.path("a.db")
        func openAndClose() async throws {
            var options = noteOptions(path)
            options.clock = StillClock()
            let store = try await SatchelStore.open(options)
            for try await _ in store.followCount(Query("note")) { break }
            try await store.close()
        }
        for _ in 0..<20 { try await openAndClose() }
        let before = openFiles()
        for _ in 0..<200 { try await openAndClose() }
        XCTAssertEqual(openFiles(), before)
        XCTAssertEqual(Callbacks.held + Follower.held, 0)
    }

    private func openFiles() -> Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd"))?.count ?? 0
    }
}
