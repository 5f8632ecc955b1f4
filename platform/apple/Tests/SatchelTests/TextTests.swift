import Foundation
import XCTest

@testable import Satchel

/// Text crosses as it is: emoji, Welsh, what is not normalised, zero bytes.
final class TextTests: StoreTestCase {
    private let texts = [
        "Wrth ei bodd â'r côr; tŷ, dŵr, ŵyn, ÿ, Ŵ, Ŷ",
        "👵🏽 a 👨‍👩‍👧‍👦 and 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
        "nul \u{0} inside, and \u{1}",
        "e\u{301} is not é, and stays so",
        "日本語 עברית العربية",
        "line\nbreak\ttab \"quoted\" \\ back / slash",
        "\u{FFFF} \u{E000} \u{FEFF}",
        String(repeating: "𐍈", count: 5000),
    ]

    // Swift takes e with an accent for é; people who search letter by letter do not.
    private func same(_ found: String?, _ written: String) -> Bool { found.map { Array($0.utf16) } == Array(written.utf16) }

    func testEmojiAndWelshComeBackAsTheyWereWritten() async throws {
        try await withStore { store in
            for text in self.texts {
                let id = try store.note(["title": text, "body": text, "phones": [["number": text]]])
                let note = try store.noteOf(id)
                XCTAssertTrue(self.same(note.text("title"), text), text)
                XCTAssertTrue(self.same(note.text("body"), text), text)
                XCTAssertTrue(self.same(note.items("phones")[0]["number"]?.text, text), text)
                XCTAssertTrue(self.same(try store.blocking.history("note", id, "title")[0].text, text), text)
            }
        }
    }

    func testPositionsInATextCountAsUTF16Does() async throws {
        try await withStore { store in
            let body = "Mam 👵🏽 a fi"
            let id = try store.note(["body": body])
            let at = body.range(of: "fi")!.lowerBound.utf16Offset(in: body)
            try store.change(id) { $0.edit("body", [TextEdit(at: at, removed: 2, inserted: "ti 🎶")]) }
            XCTAssertEqual(try store.noteOf(id).text("body"), "Mam 👵🏽 a ti 🎶")
            try await self.assertFails(.invalid) { // between the halves of an emoji
                try store.change(id) { $0.edit("body", [TextEdit(at: 5, inserted: "x")]) }
            }
        }
    }

    func testFileNamesWorkersOrganisationsAndWordsOfErrorsAreWholeToo() async throws {
        let path = folder.path("tŷ 🏠.db")
        let options = SatchelOptions(path: path, schema: noteSchema, organisation: "Môn 🏝", worker: "Siân")
        try await withStore(options) { store in
            XCTAssertEqual(try store.blocking.about().worker, "Siân")
            XCTAssertEqual(try store.blocking.about().organisation, "Môn 🏝")
            let error = try await self.failure { try await store.query(Query("tŷ🏠")) }
            XCTAssertTrue(error.message.contains("tŷ🏠"), error.message)
        }
        XCTAssertTrue(FileManager.default.fileExists(atPath: path))
    }

    func testWelshWordsAreAskedForByTheLanguage() async throws {
        var welsh = noteOptions(folder.path("a.db"))
        welsh.language = "cy"
        var words: [String] = []
        for options in [welsh, noteOptions(folder.path("b.db"))] {
            try await withStore(options) { store in
                try store.note(["title": "Un"])
                words.append(try store.blocking.status().words)
            }
        }
        XCTAssertNotEqual(words[0], words[1])
        XCTAssertFalse(words[0].isEmpty)
    }
}
