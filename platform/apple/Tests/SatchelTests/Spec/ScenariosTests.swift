import Foundation
import XCTest

@testable import Satchel

/// tests/spec/scenarios through the Swift library, against the real central store over HTTPS, each in two orders of arrival.
final class ScenariosTests: StoreTestCase {
    // tests/spec plays all of them; here it is the way into and out of the store that counts.
    private let ordersMost = 2

    func testTheScenariosOfLinkWorkers() async throws {
        let centre = try Centre()
        let folder = sourceRoot.appendingPathComponent("tests/spec/scenarios").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }.sorted()
        var played: Set<String> = []
        for file in files {
            let scenario = try readJSON(JSON.self, Data(source("tests/spec/scenarios/\(file)").utf8))
            if scenario["needs"] != nil { continue } // tests/spec says what it waits for
            let orders = Orders()
            for _ in 0..<ordersMost {
                let story = Story(scenario, orders, centre)
                if story.losesAnswers && foundationForgets { break }
                do {
                    if story.losesAnswers {
                        try await centre.trustedByThePlatform { try story.play() }
                    } else {
                        try story.play()
                    }
                    played.insert(file)
                } catch {
                    XCTFail("\(file), order of arrival: \(orders)\n\(error)")
                }
                if !orders.next() { break }
            }
        }
        XCTAssertGreaterThan(played.count, 20, "of \(files.count) scenarios")
    }

    func testAScenarioThatExpectsTheWrongThingFailsAndSaysAtWhichStep() throws {
        let wrong: JSON = [
            "id": "none", "title": "nothing", "tablets": ["A": ["worker": "amira"]],
            "story": [
                ["centre": "grants", "scope": "$case", "to": ["amira"]],
                ["sync": "all"],
                [
                    "tablet": "A",
                    "writes": [[
                        "action": "create", "collection": "person", "scope": "$case", "record": "$gwen",
                        "fields": ["pronoun": "she"],
                    ]],
                ],
                ["sync": "all"],
                ["expect": [["record": "$gwen", "collection": "person", "fields": ["pronoun": "they"]]]],
            ],
        ]
        XCTAssertThrowsError(try Story(wrong, Orders(), Centre()).play()) { error in
            for part in ["step 5", "they", "she"] { XCTAssertTrue("\(error)".contains(part), "\(error)") }
        }
    }

    func testOrdersGoThroughEveryPermutationOfEverySyncStep() {
        let orders = Orders()
        var seen: Set<String> = []
        repeat {
            _ = orders.take(["A", "B", "C"])
            _ = orders.take(["A", "B"])
            seen.insert("\(orders)")
        } while orders.next()
        XCTAssertEqual(seen.count, 12)
    }
}
