import Foundation
import XCTest

@testable import Satchel

/// examples/swift, as people run them.
final class ExamplesTests: StoreTestCase {
    private func start(_ name: String, _ words: [String], _ settings: [String: String] = [:]) throws -> (Process, FileHandle) {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: setting("SATCHEL_EXAMPLES") + "/" + name)
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(settings) { $1 }
        process.standardOutput = output
        try process.start()
        return (process, output.fileHandleForReading)
    }

    private func run(_ name: String, _ words: [String], _ settings: [String: String] = [:]) throws -> String {
        let (process, output) = try start(name, words, settings)
        let said = output.readDataToEndOfFile()
        process.end()
        XCTAssertEqual(process.terminationStatus, 0)
        return String(decoding: said, as: UTF8.self)
    }

    func testTheFirstNoteInSwiftArrivesAtTheCentre() throws {
        let centre = try Centre()
        _ = try centre.makeCase("Mrs Hughes", "amira")
        try "\(centre.token("amira"))\n".write(toFile: folder.path("amira.token"), atomically: true, encoding: .utf8)
        let said = try run("FirstNote", [
            centre.url, centre.authorityFile, folder.path("amira.token"),
            sourceRoot.appendingPathComponent("schema/satchel-domain.json").path, folder.path("first.db"),
        ])
        XCTAssertTrue(said.hasPrefix("Met at home, kettle on. ☕\n"), said)
    }

    private func settings(_ centre: Centre, _ worker: String) throws -> [String: String] {
        try centre.token(worker).write(toFile: folder.path("\(worker).token"), atomically: true, encoding: .utf8)
        return [
            "SATCHEL_STORE": folder.path("\(worker).db"),
            "SATCHEL_SCHEMA": sourceRoot.appendingPathComponent("schema/satchel-domain.json").path,
            "SATCHEL_WORKER": worker, "SATCHEL_SERVER": centre.url, "SATCHEL_CA_FILE": centre.authorityFile,
            "SATCHEL_TOKEN_FILE": folder.path("\(worker).token"), "SATCHEL_TODAY": "2026-03-09",
        ]
    }

    func testAMorningWithSignalAndWithout() async throws {
        let centre = try Centre()
        let home = try centre.makeCase("Mrs Hughes", "amira", "beth")
        let amira = try settings(centre, "amira"), beth = try settings(centre, "beth")
        var visit = ""
        try await withStore(centre.options(folder.path("beth.db"), "beth")) { store in
            try await store.sync()
            let draft = Draft()
            draft.createPerson(legalName: "Gwen Hughes", preferredName: "Gwen", scope: home)
            let today = draft.create("encounter", ["start": "2026-03-09T10:30:00Z", "outcome": "planned"], scope: home)
            draft.create("encounter", ["start": "2026-03-10T10:30:00Z", "outcome": "planned"], scope: home)
            visit = try await store.transact(draft)[today]
            try await store.sync()
        }
        XCTAssertEqual(try run("Morning", ["visits"], amira), "10:30  Gwen  planned  \(visit)\n")
        let (watching, lines) = try start("Morning", ["watch"], beth)
        XCTAssertEqual(line(lines), "10:30  Gwen  planned  \(visit)")
        XCTAssertEqual(try run("Morning", ["note", visit, "Canu eto! 🎶"], amira), "Noted.\n")
        XCTAssertEqual(line(lines), "10:30  Gwen  happened  \(visit)")
        watching.terminate()
        watching.end()
        XCTAssertEqual(try run("Morning", ["visits"], beth), "10:30  Gwen  happened  \(visit)\n")
        XCTAssertEqual(try run("Morning", ["plan", visit, "Sing again.", "Ring the choir."], amira), "Agreed with Gwen: Sing again.\n")
        let nowhere = amira.merging(["SATCHEL_SERVER": "https://127.0.0.1:1"]) { $1 }
        XCTAssertEqual(try run("Morning", ["note", visit, "Written on the bus."], nowhere), "Noted.\n")
        XCTAssertTrue(try run("Morning", ["status"], nowhere).contains("1 item"))
        XCTAssertFalse(try run("Morning", ["status"], amira).contains("1 item"))
        XCTAssertEqual(try run("Morning", ["inbox"], amira), "")
        XCTAssertEqual(try run("Morning", ["note", "01890a5d-ac96-774b-bcce-b302099a8057", "?"], amira), "There is no such visit.\n")
        XCTAssertTrue(try run("Morning", ["sing"], amira).hasPrefix("Morning visits |"))
    }

    private func line(_ output: FileHandle) -> String {
        var bytes: [UInt8] = []
        while let byte = try? output.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
