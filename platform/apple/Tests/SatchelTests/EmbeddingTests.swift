import Foundation
import XCTest

@testable import Satchel

// ---- the pieces of code of docs/EMBEDDING.md; tests/embedding compares them with the page

func leaveScreen(_ store: SatchelStore, remind: (String) -> Void) async throws {
    let background = try await store.enterBackground(within: .seconds(2))
    if background.left.unsent > 0 { remind(background.left.words) }
}

func backgroundTask(_ store: SatchelStore, again: () -> Void) async throws -> SyncOutcome {
    let outcome = try await store.sync(within: .seconds(25)) // of the 30 seconds that the system gives
    if outcome.ended == .outOfTime || outcome.ended == .offline { again() }
    return outcome
}

// ---- what they do

final class EmbeddingTests: StoreTestCase {
    func testWhoLeavesTheScreenIsRemindedOfWhatIsNotAtBaseAndATaskWithoutSignalIsDoneAgain() async throws {
        var options = noteOptions(folder.path("a.db"))
        options.baseURL = "https://127.0.0.1:1"
        options.tokens = { "a.b.c" }
        try await withStore(options) { store in
            var said: [String] = []
            try await leaveScreen(store) { said.append($0) }
            XCTAssertEqual(said, [])
            try store.note(["title": "Un"])
            try await leaveScreen(store) { said.append($0) }
            XCTAssertEqual(said.count, 1)
            XCTAssertTrue(said[0].contains("not yet at base"), said[0])
            var again = 0
            let outcome = try await backgroundTask(store) { again += 1 }
            XCTAssertEqual(outcome.ended, .offline)
            XCTAssertEqual(again, 1)
        }
    }
}
