import Foundation
import XCTest

@testable import Satchel

final class ErrorsTests: StoreTestCase {
    func testEveryCodeOfTheHeaderHasItsCase() {
        let header = source("platform/c/include/satchel.h")
        let start = header.range(of: "typedef enum satchel_code")!.upperBound
        let codes = header[start..<header.range(of: "} satchel_code;")!.lowerBound]
        var count = 0
        for match in codes.matches(of: /SATCHEL_([A-Z_]+) = (\d+)/) {
            let code = SatchelError.Code(rawValue: Int(match.2)!)
            XCTAssertEqual(code?.name, match.1.lowercased())
            count += 1
        }
        XCTAssertEqual(count, SatchelError.Code.allCases.count)
    }

    func testWhatIsWrongIsSaidByCodeAndPlaceAndNothingIsKept() async throws {
        try await withStore { store in
            let id = try store.note(["title": "One", "risk": "high"])
            let unknown = try await self.failure { try store.change(id) { $0.set("colour", "red") } }
            XCTAssertEqual(unknown.code, .invalid)
            XCTAssertTrue(unknown.place.contains("colour") || unknown.place.hasPrefix("/changes/0"), unknown.place)
            let silent = try await self.failure {
                try store.change(id) {
                    $0.set("title", "Two")
                    $0.set("risk", "low")
                }
            }
            XCTAssertEqual(silent.place, "note.risk")
            XCTAssertFalse(silent.isRetryable)
            XCTAssertEqual(try store.noteOf(id).text("title"), "One")
            try await self.assertFails(.invalid) { try store.blocking.transact(json: Data("{".utf8)) }
            try await self.assertFails(.invalid) { try store.change(id) { $0.set("count", Double.nan) } }
            try await self.assertFails(.invalid) { try await store.query(Query("unicorn")) }
            try await self.assertFails(.invalid) { try await store.query(Query("note", Filter("body", .equal, "x"))) }
            try await self.assertFails(.limit) { try store.change(id) { $0.set("title", String(repeating: "x", count: 2 << 20)) } }
        }
    }

    func testAnotherWorkersStoreIsNotOpened() async throws {
        try await withStore { _ in }
        var options = noteOptions(folder.path("a.db"))
        options.worker = "beth"
        try await assertFails(.wrongOwner) { [options] in try await SatchelStore.open(options) }
    }

    func testASchemaIsJudgedWithItsPlace() throws {
        try SatchelStore.check(schema: noteSchema)
        let wrong = noteSchema.replacingOccurrences(of: "\"severity\"", with: "\"mood\"")
        XCTAssertThrowsError(try SatchelStore.check(schema: wrong)) {
            XCTAssertEqual(($0 as? SatchelError)?.place.hasPrefix("/collections/note/fields/risk"), true)
        }
    }

    func testAStoreThatCannotBeOpenedGivesEverythingBack() async throws {
        var nowhere = SatchelOptions(path: "/no/such/folder/a.db", schema: noteSchema, organisation: "north", worker: "anna")
        nowhere.clock = StillClock()
        nowhere.logger = { _, _, _ in }
        var unnamed = SatchelOptions(path: "")
        unnamed.tokens = { "" }
        var missing = SatchelOptions(path: folder.path("none.db"))
        missing.mustExist = true
        missing.connectivity = { true }
        for options in [nowhere, unnamed, missing] {
            _ = try await failure { try await SatchelStore.open(options) }
            XCTAssertEqual(Callbacks.held, 0)
        }
    }

    func testWithoutACentralStoreThereIsNothingToSyncWith() async throws {
        try await withStore { store in
            let error = try await self.failure { try await store.sync() }
            XCTAssertEqual(error.code, .invalid)
            XCTAssertEqual(error.place, "base_url")
        }
    }

    func testAnErrorSaysItsCodeAndPlaceToWhoeverLogsIt() {
        let error = SatchelError(.diskFull, "The disk is full.", place: "person.risk")
        XCTAssertEqual("\(error)", "SatchelError(disk_full): The disk is full. [person.risk]")
    }
}

/// Time that stands still.
struct StillClock: SatchelClock {
    var wallMilliseconds: Int64 { 1_773_000_000_000 }
    var monotonicMilliseconds: Int64 { 5_000 }
}
