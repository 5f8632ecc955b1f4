import Foundation
import XCTest

@testable import Satchel

/// The types that `satchel codegen swift` writes of the domain's schema.
final class ModelsTests: XCTestCase {
    private func record(_ fields: String) throws -> Record {
        let json = #"{"id": "1", "collection": "person", "scope": "2", "unsent": true, "fields": \#(fields)}"#
        return try readJSON(Record.self, Data(json.utf8))
    }

    private func changes(_ make: (Draft) -> Void) throws -> JSON {
        let draft = Draft()
        make(draft)
        return try draft.committed()["changes"]!
    }

    func testARecordIsReadAsItsType() throws {
        let person = Care.Person(try record("""
            {"legal_name": "Ada", "date_of_birth": "1815-12-10", "no_voicemail": true, "lone_worker_risk": "medium",
             "gender": {"system": "", "code": "", "display": "woman"},
             "phones": [{"id": "p", "number": "0131"}], "pronoun": null}
            """))
        XCTAssertEqual(person.id, "1")
        XCTAssertTrue(person.isUnsent)
        XCTAssertEqual(person.dateOfBirth, Day(year: 1815, month: 12, day: 10))
        XCTAssertEqual(person.noVoicemail, true)
        XCTAssertEqual(person.loneWorkerRisk, .medium)
        XCTAssertEqual(person.gender?.display, "woman")
        XCTAssertEqual(person.phones, [Care.Person.Phones(number: "0131", id: "p")])
        XCTAssertNil(person.pronoun)
        XCTAssertEqual(person.unreadable, [])
        XCTAssertEqual("\(person)", "Person(1)") // no words of anybody in a log
        XCTAssertEqual("\(person.phones)", "[Phones(p)]")
    }

    func testWhatANewerAppWroteIsUnrecognisedOrNamedAsUnreadableNeverTheLowestLevel() throws {
        let person = Care.Person(try record("""
            {"lone_worker_risk": "extreme", "legal_name": {"unknown": "0aff"}, "communication_needs": [{"unknown": "0aff"}]}
            """))
        XCTAssertEqual(person.loneWorkerRisk, .unrecognised)
        XCTAssertEqual(person.unreadable, ["legal_name", "communication_needs"])
        XCTAssertThrowsError(try changes { $0.person("1").loneWorkerRisk(person.loneWorkerRisk) }) {
            XCTAssertEqual(($0 as? SatchelError)?.code, .invalid)
        }
    }

    func testTypedChangesAreThoseOfADraft() throws {
        XCTAssertEqual(
            try changes {
                $0.createPerson(
                    legalName: "Ada", dateOfBirth: Day(year: 1815, month: 12, day: 10), phones: [.init(number: "0131")], scope: "2")
            },
            [[
                "action": "create", "collection": "person", "scope": "2",
                "fields": ["legal_name": "Ada", "date_of_birth": "1815-12-10", "phones": [["number": "0131"]]],
            ]])
        XCTAssertEqual(
            try changes { $0.person("1").loneWorkerRisk(.low, reason: "Talked.") },
            [[
                "action": "set", "collection": "person", "record": "1", "field": "lone_worker_risk", "value": "low",
                "reason": "Talked.",
            ]])
        XCTAssertEqual(
            try changes { $0.createCpdRecord(on: Day(year: 2026, month: 11, day: 30), hours: Decimal(string: "1.5")!) },
            [["action": "create", "collection": "cpd_record", "fields": ["on": "2026-11-30", "hours": "1.5"]]])
    }

    func testAnInstantKeepsItsOffsetAndZone() throws {
        for text in ["2026-11-21T14:03:00.123Z[Europe/London]", "2026-07-21T14:03:00+01:00[Europe/London]", "1969-12-31T23:59:59.999Z",
                     "2026-07-21T00:03:00-03:30"] {
            XCTAssertEqual(try XCTUnwrap(Instant(text)).description, text)
        }
        XCTAssertEqual(Instant("2026-07-21T14:03:00+01:00"), Instant(Date(timeIntervalSince1970: 1_784_638_980), offsetSeconds: 3600))
        for wrong in ["", "yesterday", "2026-07-21", "2026-07-21T14:03:00", "2026-07-21T14:03:00Z[Europe"] {
            XCTAssertNil(Instant(wrong), wrong)
        }
        XCTAssertNil(Day("2026-7-1"))
    }
}
