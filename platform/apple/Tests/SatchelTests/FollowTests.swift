import Foundation
import XCTest

@testable import Satchel

private let byTitle = Query("note", orderBy: "title", limit: 1000)

private func followSomething(_ store: SatchelStore, _ kind: Int, _ each: @escaping @Sendable () async throws -> Void) async throws {
    switch kind {
    case 0: for try await _ in store.follow(byTitle) { try await each() }
    case 1: for try await _ in store.followCount(Query("note")) { try await each() }
    case 2: for try await _ in store.followRecord("note", "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6") { try await each() }
    case 3: for try await _ in store.followConflicts() { try await each() }
    case 4: for try await _ in store.followStatus() { try await each() }
    default: for try await _ in store.changes() { try await each() }
    }
}

/// Sequences of what is followed: what they give, and that nothing of them stays behind.
final class FollowTests: StoreTestCase {
    func testAListComesWholeThenWithWhatIsInsertedUpdatedMovedAndRemoved() async throws {
        try await withStore { store in
            let cold = try store.note(["title": "Cold house"])
            let heard = Heard(store.follow(byTitle))
            let first = try await heard.next()
            XCTAssertTrue(first.isFirst)
            XCTAssertEqual(first.records.map { $0.text("title") }, ["Cold house"])
            XCTAssertEqual(first.token, try store.blocking.query(byTitle).token)

            let bus = try store.note(["title": "Bus pass"])
            let second = try await heard.next()
            XCTAssertFalse(second.isFirst)
            XCTAssertEqual(second.records.map(\.id), [bus, cold])
            XCTAssertEqual(second.inserted.map(\.at), [0])
            XCTAssertEqual(second.inserted.map(\.record.id), [bus])
            XCTAssertTrue(second.updated.isEmpty && second.moved.isEmpty && second.removed.isEmpty)

            try await store.transact(shown: second.token) { $0.record("note", bus).set("title", "Travel pass") }
            let third = try await heard.next()
            XCTAssertEqual(third.records.map(\.id), [cold, bus])
            XCTAssertEqual(third.moved.count, 1)
            XCTAssertEqual(third.updated.map(\.at), [1])
            XCTAssertEqual(third.updated[0].record.text("title"), "Travel pass")

            try store.change(cold) { $0.putAway() }
            let fourth = try await heard.next()
            XCTAssertEqual(fourth.removed, [.init(from: 0, id: cold)])
            XCTAssertEqual(fourth.records.map { $0.text("title") }, ["Travel pass"])
            XCTAssertNil(fourth.after)
        }
    }

    func testDifferencesLeadFromEachListToTheNextHoweverManyWritesAreOneElement() async throws {
        func words(_ record: Record) -> String { "\(record.id) \(record.text("title") ?? "") \(record.number("count") ?? 0)" }
        try await withStore { store in
            var random = Luck(seed: 7)
            var ids: [String] = []
            let heard = Heard(store.follow(byTitle))
            var list = try await heard.next().records.map(words)
            for round in 0..<40 {
                for _ in 0..<Int.random(in: 0..<8, using: &random) {
                    try self.writeSomething(store, &ids, round, &random)
                }
                let last = try store.note(["title": "Note \(Int.random(in: 0..<100, using: &random))"])
                ids.append(last)
                _ = try await heard.until { now in
                    var next = list
                    for at in (now.removed.map(\.from) + now.moved.map(\.from)).sorted(by: >) { next.remove(at: at) }
                    let coming = now.inserted.map { ($0.at, words($0.record)) } + now.moved.map { ($0.to, list[$0.from]) }
                    for (at, each) in coming.sorted(by: { $0.0 < $1.0 }) { next.insert(each, at: at) }
                    for each in now.updated { next[each.at] = words(each.record) }
                    XCTAssertEqual(next, now.records.map(words))
                    list = next
                    return now.records.contains { $0.id == last }
                }
                XCTAssertEqual(try store.blocking.query(byTitle).records.map(words), list)
            }
        }
    }

    private func writeSomething(_ store: SatchelStore, _ ids: inout [String], _ round: Int, _ random: inout Luck) throws {
        let title = "Note \(Int.random(in: 0..<100, using: &random))"
        guard let id = ids.randomElement(using: &random) else { return ids.append(try store.note(["title": title])) }
        if try store.noteOf(id).isPutAway { return try store.change(id) { $0.restore() } }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: ids.append(try store.note(["title": title]))
        case 1: try store.change(id) { $0.set("title", title) }
        case 2: try store.change(id) { $0.set("count", round) }
        default: try store.change(id) { $0.putAway() }
        }
    }

    func testRecordsBecomeAnAppsOwnTypeOnceAndAgainWhenTheyReadDifferently() async throws {
        final class Note: Sendable {
            let title: String
            init(_ record: Record) { title = record.text("title") ?? "" }
        }
        try await withStore { store in
            let one = try store.note(["title": "One"])
            try store.note(["title": "Two"])
            let heard = Heard(store.follow(byTitle, Note.init))
            let first = try await heard.next().records
            try store.change(one) { $0.set("title", "First") }
            let second = try await heard.next().records
            XCTAssertEqual(second.map(\.title), ["First", "Two"])
            XCTAssertTrue(first[1] === second[1])
        }
    }

    func testOneRecordIsFollowedFromBeforeItIsThereUntilItIsPutAway() async throws {
        try await withStore { store in
            let id = "0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6"
            let heard = Heard(store.followRecord("note", id))
            let none = try await heard.next()
            XCTAssertNil(none)
            try store.note(["title": "One"], record: id)
            let read = try await heard.next()
            XCTAssertEqual(read?.record.text("title"), "One")
            XCTAssertEqual(read?.token, try store.blocking.read("note", id)?.token)
            try store.note(["title": "Another"]) // makes no difference to it
            try store.change(id) { $0.putAway() }
            let away = try await heard.next()
            XCTAssertEqual(away?.record.isPutAway, true)
        }
    }

    func testACountTheChangesTheInboxAndTheStatusAreFollowed() async throws {
        try await withStore { store in
            let count = Heard(store.followCount(Query("note")))
            let changes = Heard(store.changes())
            let status = Heard(store.followStatus())
            let inbox = Heard(store.followConflicts())
            let zero = try await count.next()
            XCTAssertEqual(zero, 0)
            let first = try await changes.next()
            XCTAssertTrue(first.anything)
            let empty = try await inbox.next()
            XCTAssertEqual(empty.list, [])
            let id = try store.note(["title": "One"])
            let one = try await count.next()
            XCTAssertEqual(one, 1)
            let changed = try await changes.next()
            XCTAssertFalse(changed.anything)
            XCTAssertEqual(changed.records, [Reference(collection: "note", id: id)])
            _ = try await status.until { $0.unsent == 1 } // without any sync
        }
    }

    func testWhatAnotherStoreOnTheFileWritesComesAsOfAnotherProcess() async throws {
        try await withStore { store in
            try await self.withStore { other in
                let heard = Heard(store.follow(Query("note")))
                _ = try await heard.next()
                let id = try other.note(["title": "From elsewhere"])
                let next = try await heard.next()
                XCTAssertEqual(next.inserted.map(\.record.id), [id])
            }
        }
    }

    func testASlowLoopHoldsUpNobodyAndWhatCameMeanwhileIsOneElement() async throws {
        try await withStore { store in
            let slow = Heard(store.follow(byTitle))
            _ = try await slow.next()
            for number in 0..<200 { try store.note(["title": "Note \(number)"]) }
            _ = try await Heard(store.followCount(Query("note"))).until { $0 == 200 }
            let second = try await slow.next()
            XCTAssertEqual(second.inserted.count, 200)
        }
    }

    func testALoopWhoseTaskIsCancelledOrThatThrowsLeavesNothingBehind() async throws {
        struct Mine: Error {}
        try await withStore { store in
            for kind in 0..<6 {
                let begun = Signal<Void>()
                let following = Task { try await followSomething(store, kind) { begun.send() } }
                try await begun.next()
                XCTAssertEqual(Follower.held, 1)
                following.cancel()
                try await within { try await following.value } // ends, and does not throw
                XCTAssertEqual(Follower.held, 0)
                do {
                    try await followSomething(store, kind) { throw Mine() }
                    XCTFail("it did not throw")
                } catch is Mine {}
                XCTAssertEqual(Follower.held, 0)
                let late = Task {
                    while !Task.isCancelled { await Task.yield() }
                    try await followSomething(store, kind) {}
                }
                late.cancel()
                try await within { try await late.value }
                XCTAssertEqual(Follower.held, 0)
            }
            try store.note(["title": "One"]) // and it goes on
        }
    }

    func testWhatCannotBeFollowedIsRefusedAtTheFirstElementAndLeavesNothingBehind() async throws {
        try await withStore { store in
            for query in [Query("unicorn"), Query("note", orderBy: "body")] {
                try await self.assertFails(.invalid) { try await Heard(store.follow(query)).next() }
            }
            try await self.assertFails(.invalid) { try await Heard(store.followRecord("note", "x")).next() }
            XCTAssertEqual(Follower.held, 0)
        }
    }

    func testWhatANewerAppsSchemaKnowsNoLongerEndsWithItsError() async throws {
        let newer = noteSchema.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2")
            .replacingOccurrences(of: "\"integer\", \"indexed\": true", with: "\"integer\"")
        try await withStore { store in
            let heard = Heard(store.follow(Query("note", orderBy: "count")))
            _ = try await heard.next()
            try await self.withStore(SatchelOptions(path: self.folder.path("a.db"), schema: newer)) { try $0.note(["title": "One"]) }
            try await self.assertFails(.invalid) { _ = try await heard.until { _ in false } }
            XCTAssertEqual(Follower.held, 0)
            let count = try await store.count(Query("note"))
            XCTAssertEqual(count, 1)
        }
    }

    func testClosingTheStoreEndsWhatIsFollowedAlsoWhereALoopIsBusy() async throws {
        for _ in 0..<5 {
            let store = try await SatchelStore.open(noteOptions(folder.path("a.db")))
            let begun = Signal<Void>()
            let all = (0..<6).map { kind in Task { try await followSomething(store, kind) { begun.send() } } }
            let goOn = Signal<Void>()
            let busy = Task {
                for try await _ in store.follow(Query("note")) {
                    begun.send()
                    try await goOn.next()
                }
            }
            for _ in 0..<7 { try await begun.next() }
            try store.note(["title": "One"])
            try await store.close()
            XCTAssertEqual(Follower.held, 0)
            for following in all { try await within { try await following.value } }
            goOn.send()
            goOn.send()
            try await within { try await busy.value }
            for kind in 0..<6 { try await followSomething(store, kind) { XCTFail("there is nothing to tell") } }
        }
    }
}

/// Random numbers that are the same each time.
struct Luck: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 { // SplitMix64
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
