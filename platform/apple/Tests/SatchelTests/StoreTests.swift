import Foundation
import XCTest

@testable import Satchel

final class StoreTests: StoreTestCase {
    func testWhatIsWrittenIsRead() async throws {
        try await withStore { store in
            var made: Change?
            let receipt = try await store.transact {
                $0.open("self")
                made = $0.create("note", ["title": "Visit", "pinned": true, "count": 3, "tags": ["a", "b"], "body": nil])
            }
            let read = try await store.read("note", receipt[made!])
            let note = try XCTUnwrap(read).record
            XCTAssertEqual(note.text("title"), "Visit")
            XCTAssertEqual(note.flag("pinned"), true)
            XCTAssertEqual(note.number("count"), 3)
            XCTAssertEqual(note.texts("tags").sorted(), ["a", "b"])
            XCTAssertEqual(read?.token, receipt.token)
            XCTAssertEqual(receipt.transactions.count, 1)
            XCTAssertEqual(try store.blocking.read("note", receipt[made!]), read)
            XCTAssertTrue(note.isUnsent)
            XCTAssertFalse(note.isPutAway)
            XCTAssertEqual("\(note)", "Record(note/\(note.id))")
        }
    }

    func testEveryActionOfADraftReachesTheStore() async throws {
        try await withStore { store in
            let id = try store.note(["title": "One", "body": "Came on foot.", "steps": ["ask", "call"], "risk": "high"])
            try store.change(id) {
                $0.set("title", "Two")
                $0.edit("body", [TextEdit(at: 5, removed: 7, inserted: "by bus")])
                $0.set("risk", "low", reason: "Talked it through.")
                $0.add("tags", "family")
                $0.add("phones", parts: ["number": "0131 496", "use": "home"])
                $0.add("steps", "write", at: .before("call"))
            }
            var note = try store.noteOf(id)
            XCTAssertEqual(note.text("title"), "Two")
            XCTAssertEqual(note.text("body"), "Came by bus.")
            XCTAssertEqual(note.text("risk"), "low")
            XCTAssertEqual(note.texts("steps"), ["ask", "write", "call"])
            let phone = try XCTUnwrap(note.items("phones").first?["id"]?.text)
            try store.change(id) {
                $0.add("phones", parts: ["use": "work"], element: phone)
                $0.remove("tags", "family")
                $0.move("steps", "call", to: .first)
            }
            note = try store.noteOf(id)
            XCTAssertEqual(note.items("phones").map { $0["use"] }, ["work"])
            XCTAssertEqual(note.texts("tags"), [])
            XCTAssertEqual(note.texts("steps"), ["call", "ask", "write"])
            try store.change(id) {
                $0.order("steps", ["write", "ask", "call"])
                $0.remove("phones", element: phone)
                $0.set(["title": nil, "count": 4])
            }
            note = try store.noteOf(id)
            XCTAssertEqual(note.texts("steps"), ["write", "ask", "call"])
            XCTAssertEqual(note.items("phones"), [])
            XCTAssertNil(note.text("title"))
            try store.change(id) { $0.putAway() }
            XCTAssertTrue(try store.noteOf(id).isPutAway)
            XCTAssertEqual(try store.blocking.query(Query("note")).records.count, 0)
            XCTAssertEqual(try store.blocking.query(Query("note", includePutAway: true)).records.count, 1)
            try store.change(id) { $0.restore() }
            XCTAssertFalse(try store.noteOf(id).isPutAway)
        }
    }

    func testTheMainActorWritesReadsAndFollows() async throws { try await showOnScreen(folder.path("a.db")) }

    func testATextIsSentInAndSaysByWhom() async throws {
        try await withStore { store in
            let id = try store.note(["report": "All well."])
            try store.change(id) { $0.submit("report") }
            XCTAssertEqual(try store.noteOf(id).submitted["report"]?.by, "anna")
            try await self.assertFails(.invalid) { try store.change(id) { $0.set("report", "Not so.") } }
        }
    }

    func testRecordsAreListedByFilterAndOrderPageByPageAndCounted() async throws {
        try await withStore { store in
            for number in 0..<5 { try store.note(["title": "Note \(number)", "count": number]) }
            var query = Query("note", Filter("count", .greaterOrEqual, 1), orderBy: "count", descending: true, limit: 3)
            let first = try await store.query(query)
            XCTAssertEqual(first.records.map { $0.number("count") }, [4, 3, 2])
            let counted = try await store.count(query)
            XCTAssertEqual(counted, 4)
            query.after = first.after
            let second = try await store.query(query)
            XCTAssertEqual(second.records.map { $0.number("count") }, [1])
            XCTAssertNil(second.after)
            for (filter, count) in [
                (Filter("title", .equal, "NOTE 3"), 1), (Filter("title", .startsWith, "note"), 5), (Filter("count", .notEqual, 0), 4),
                (Filter("count", .less, 1), 1), (Filter("count", .lessOrEqual, 1), 2), (Filter("count", .greater, 3), 1),
            ] {
                XCTAssertEqual(try store.blocking.query(Query("note", filter)).records.count, count, "\(filter.compare)")
            }
        }
    }

    func testWordsAreFoundWithWhereTheyStand() async throws {
        try await withStore { store in
            let body = "Bu'n canu yng nghôr Llŷr am flynyddoedd. 👵🏽"
            let id = try store.note(["title": "Côr 🎶 Llanelli", "body": body])
            let garden = try store.note(["title": "Garden", "body": "Roses."])
            let found = try await store.search(Search("LLYR flynydd*"))
            XCTAssertEqual(found.hits.map(\.record), [id])
            XCTAssertEqual(found.waiting, 0)
            let hit = found.hits[0]
            XCTAssertEqual([hit.collection, hit.field, hit.title], ["note", "body", "Côr 🎶 Llanelli"])
            XCTAssertEqual(hit.snippet.filter(\.hit).map(\.text), ["Llŷr", "flynyddoedd"])
            XCTAssertEqual(hit.snippet.map(\.text).joined(), body)
            for (search, records) in [
                (Search("\"canu yng nghôr\""), [id]), (Search("\"nghôr canu\""), []),
                (Search("g*", collections: ["note"]), [garden]), (Search("c*", scope: hit.scope), [id]),
                (Search("g*", scope: hit.scope), []), (Search("c*", about: Reference(collection: "note", id: id)), [id]),
            ] {
                XCTAssertEqual(try store.blocking.search(search).hits.map(\.record), records, search.text)
            }
            try store.change(garden) { $0.putAway() }
            XCTAssertEqual(try store.blocking.search(Search("garden")).hits, [])
            XCTAssertEqual(try store.blocking.search(Search("garden", includePutAway: true, limit: 1)).hits.count, 1)
            for wrong in [Search("?"), Search("x", limit: 101), Search("x", collections: ["unicorn"])] {
                try await self.assertFails(.invalid) { try await store.search(wrong) }
            }
        }
    }

    func testSQLCountsAndJoinsWithParametersAndSaysWhereItIsWrong() async throws {
        try await withStore { store in
            let id = try store.note(["title": "Tŷ Hapus", "count": 2])
            try store.note(["title": "Other", "count": 3, "amends": Reference(collection: "note", id: id)])
            let found = try await store.sql("SELECT title, count, body FROM note WHERE fold(title) LIKE fold(?) AND count < ?", ["tŷ%", 3])
            XCTAssertEqual(found.columns, ["title", "count", "body"])
            XCTAssertEqual(found.rows, [["Tŷ Hapus", 2, .null]])
            XCTAssertEqual(found["count"], [2])
            XCTAssertFalse(found.more)
            let joined = try await store.sql("SELECT o.title FROM note a JOIN note o ON o.id = a.amends WHERE o.id = ?", [.string(id)])
            XCTAssertEqual(joined["title"], ["Tŷ Hapus"])
            let one = try await store.sql(Sql("SELECT id FROM note", limit: 1))
            XCTAssertTrue(one.more)
            XCTAssertEqual(Sql.moment(Date(timeIntervalSince1970: 1_764_590_400)), "2025-12-01T12:00:00.000Z")
            XCTAssertEqual(Sql.moment(Date(timeIntervalSince1970: 1_764_590_400.5)), "2025-12-01T12:00:00.500Z")
            do {
                _ = try await store.sql("SELECT titel FROM note")
                XCTFail("not a column")
            } catch {
                XCTAssertEqual((error as? SatchelError)?.code, .invalid)
                XCTAssertEqual((error as? SatchelError)?.place, "/sql:1:8")
            }
        }
    }

    func testWhatIsNotHereIsNilAndNoError() async throws {
        try await withStore { store in
            let read = try await store.read("note", "01890a5d-ac96-774b-bcce-b302099a8057")
            XCTAssertNil(read)
        }
    }

    func testTheStoreSaysWhoseItIsWhatItHoldsAndThatItIsWhole() async throws {
        try await withStore { store in
            let id = try store.note(["title": "One"])
            try store.change(id) { $0.set("title", "Two") }
            let about = try await store.about()
            XCTAssertEqual(about.worker, "anna")
            XCTAssertEqual(about.organisation, "north")
            XCTAssertEqual(about.schema["version"]?.number, 1)
            let versions = try await store.history("note", id, "title")
            XCTAssertEqual(versions.map(\.text), ["One", "Two"])
            let scopes = try await store.scopes()
            XCTAssertEqual(scopes.map(\.kind), ["self"])
            let report = try await store.verify()
            XCTAssertEqual(report.records, 1)
            XCTAssertGreaterThanOrEqual(report.search.records + report.search.waiting, 1)
            XCTAssertNil(report.search.damage)
            let conflicts = try await store.conflicts()
            XCTAssertEqual(conflicts.list, [])
            let setAside = try await store.setAside()
            XCTAssertEqual(setAside, [])
            try await store.flush()
            try await store.keepHistory(scopes[0].id)
            let kept = try await store.scopes()
            XCTAssertTrue(kept[0].keepsHistory)
            let status = try await store.status()
            XCTAssertEqual(status.unsent, 2)
            XCTAssertEqual(status.phase, .stopped)
            XCTAssertFalse(status.words.isEmpty)
        }
        XCTAssertFalse(SatchelStore.version.isEmpty)
    }

    func testACopyHoldsTheUnsentWorkAndAStoreOpensAgainAsWhoeverItBelongsTo() async throws {
        let copy = folder.path("b.db")
        try await withStore { store in
            try store.note(["title": "One"])
            try await store.copy(to: copy)
        }
        var options = SatchelOptions(path: copy)
        options.mustExist = true
        try await withStore(options) { store in
            let about = try await store.about()
            XCTAssertEqual(about.worker, "anna")
            let count = try await store.count(Query("note"))
            XCTAssertEqual(count, 1)
        }
    }

    func testADamagedFileIsMovedAsideAndANewStoreIsMade() async throws {
        let path = folder.path("a.db")
        try await withStore { try $0.note(["title": "One"]) }
        try Data(repeating: 7, count: 8192).write(to: URL(fileURLWithPath: path))
        for beside in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + beside) }
        try await assertFails(.corrupt) { try await SatchelStore.open(noteOptions(path)) }
        let report = try await SatchelStore.rescue(noteOptions(path))
        XCTAssertTrue(FileManager.default.fileExists(atPath: report.movedTo))
        try await withStore { store in
            let count = try await store.count(Query("note"))
            XCTAssertEqual(count, 0)
        }
    }

    func testARekeyWithWhatIsNoKeyIsRefusedAndTheFileStaysAsItWas() async throws {
        let path = folder.path("a.db")
        try await withStore { try $0.note(["title": "One"]) }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = try await failure {
            try await SatchelStore.rekey(SatchelOptions(path: path), newKey: Data(repeating: 1, count: 31))
        }
        XCTAssertEqual(error.code, .invalid)
        XCTAssertEqual(error.place, "key")
        XCTAssertEqual(try Data(contentsOf: URL(fileURLWithPath: path)), before)
    }

    func testOneCommitOfTwoRecordsAndAReferenceFromOneToTheOther() async throws {
        try await withStore { store in
            let draft = Draft()
            draft.open("self")
            let first = draft.create("note", ["title": "One"])
            let second = draft.create("note", ["title": "Two"])
            let receipt = try await store.transact(draft)
            XCTAssertNotEqual(receipt[first], receipt[second])
            try store.change(receipt[second]) { $0.set("amends", receipt.reference(first)) }
            let amends = try store.noteOf(receipt[second])["amends"]
            XCTAssertEqual(amends.flatMap(Values.reference), try store.noteOf(receipt[first]).reference)
        }
    }

    func testARecordIsReadAsATypeOfTheAppsOwn() async throws {
        struct Note: Decodable, Equatable {
            struct Phone: Decodable, Equatable { let number: String }
            let title: String, count: Int, pinned: Bool?, tags: [String], phones: [Phone]
        }
        try await withStore { store in
            let id = try store.note(["title": "One", "count": 3, "tags": ["a"], "phones": [["number": "0131"]]])
            let note: Note = try store.noteOf(id).decode()
            XCTAssertEqual(note, Note(title: "One", count: 3, pinned: nil, tags: ["a"], phones: [.init(number: "0131")]))
            try await self.assertFails(.invalid) { try store.noteOf(id).decode([String: Int].self) }
        }
    }

    func testANewerSchemaIsTakenWhenTheStoreIsOpenedAgain() async throws {
        let newer = noteSchema.replacingOccurrences(of: "\"version\": 1", with: "\"version\": 2")
            .replacingOccurrences(of: "\"pinned\"", with: "\"place\": {\"kind\": \"register\", \"type\": \"text\"}, \"pinned\"")
        try await withStore { _ in }
        try await withStore(SatchelOptions(path: folder.path("a.db"), schema: newer)) { store in
            let id = try store.note(["place": "At home"])
            XCTAssertEqual(try store.noteOf(id).text("place"), "At home")
        }
    }
}

/// As a screen does: nothing of it leaves the main actor but what may.
@MainActor
private func showOnScreen(_ path: String) async throws {
    let store = try await SatchelStore.open(noteOptions(path))
    var made: Change?
    let receipt = try await store.transact {
        $0.open("self")
        made = $0.create("note", ["title": "Visit"])
    }
    let draft = Draft()
    draft.record("note", receipt[made!]).set("title", "Call")
    try await store.transact(draft)
    var shown: [String?] = []
    for try await notes in store.follow(Query("note")) {
        shown = notes.records.map { $0.text("title") }
        break
    }
    XCTAssertEqual(shown, ["Call"])
    let read = try await store.read("note", receipt[made!])
    XCTAssertEqual(read?.record.id, receipt[made!])
    try await store.close()
}
