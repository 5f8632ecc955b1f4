import Foundation
import XCTest

@testable import Satchel

/// Against the real central store, over TLS.
final class SyncTests: StoreTestCase {
    private nonisolated(unsafe) static var centre: Centre!

    override class func setUp() {
        super.setUp()
        centre = try! Centre()
    }

    override class func tearDown() { centre = nil }

    private var centre: Centre { Self.centre }

    private func tablet(_ worker: String, http: Bool) async throws -> SatchelStore {
        try await SatchelStore.open(http ? overThePlatformsHTTPS(worker, centre.url) : options(worker))
    }

    private func overThePlatformsHTTPS(_ worker: String, _ url: String) -> SatchelOptions {
        var options = options(worker)
        options.baseURL = ""
        options.caFile = ""
        options.http = URLSessionTransport(url)
        return options
    }

    private func options(_ worker: String) -> SatchelOptions { centre.options(folder.path("\(worker).db"), worker) }

    private func withTablets(
        _ one: String, _ two: String, http: Bool = false, _ test: (SatchelStore, SatchelStore) async throws -> Void
    ) async throws {
        let tablets = [try await tablet(one, http: http), try await tablet(two, http: http)]
        do {
            try await test(tablets[0], tablets[1])
        } catch {
            for tablet in tablets { try await tablet.close() }
            throw error
        }
        for tablet in tablets { try await tablet.close() }
    }

    func testANoteReachesAColleagueOverLibcurl() async throws { try await aNoteReachesAColleague(http: false) }

    func testANoteReachesAColleagueOverThePlatformsHTTPS() async throws {
        try skipWhatFoundationOnLinuxForgets()
        try await centre.trustedByThePlatform { try await aNoteReachesAColleague(http: true) }
    }

    private func aNoteReachesAColleague(http: Bool) async throws {
        let home = try centre.makeCase("Mrs Hughes", "amira", "beth")
        try await withTablets("amira", "beth", http: http) { amira, beth in
            try await amira.sync()
            let receipt = try await amira.transact { $0.create("visit_note", ["body": "Tŷ cynnes. ☕"], scope: home) }
            XCTAssertEqual(try amira.blocking.status().unsent, 1)
            let status = try await amira.sync()
            XCTAssertEqual(status.unsent, 0)
            let early = try await beth.read("visit_note", receipt.records[0])
            XCTAssertNil(early)
            try beth.blocking.sync(timeout: .seconds(30))
            let read = try await beth.read("visit_note", receipt.records[0])
            XCTAssertEqual(read?.record.text("body"), "Tŷ cynnes. ☕")
            let scopes = try await beth.scopes()
            XCTAssertEqual(scopes.first { $0.id == home }?.label, "Mrs Hughes")
        }
    }

    func testWhoWatchesHearsOfAColleaguesWork() async throws {
        let home = try centre.makeCase("Mr Pugh", "carys", "dai")
        try await withTablets("carys", "dai") { carys, dai in
            let status = Heard(carys.followStatus())
            let notes = Heard(carys.follow(Query("visit_note")))
            try await carys.startWatching()
            _ = try await status.until { $0.phase == .connected }
            try await dai.sync()
            try await dai.transact { $0.create("visit_note", ["body": "Wedi ffonio."], scope: home) }
            try await dai.sync()
            _ = try await notes.until { $0.records.contains { $0.text("body") == "Wedi ffonio." } }
            try await carys.networkChanged(online: true)
            try await carys.stopWatching()
            _ = try await status.until { $0.phase == .stopped }
        }
    }

    func testATaskInTheBackgroundSendsWhatItCanInItsTimeAndSaysWhatIsLeft() async throws {
        let home = try centre.makeCase("Mr Bowen", "nia")
        var note = ""
        try await withStore(options("nia")) { nia in
            let first = try await nia.sync(within: .seconds(60))
            XCTAssertEqual(first.ended, .finished)
            note = try await nia.transact { $0.create("visit_note", ["body": "Mae'n well."], scope: home) }.records[0]
            try await nia.startWatching()
            let background = try await nia.enterBackground()
            XCTAssertTrue(background.isFlushed)
            XCTAssertEqual(try nia.blocking.status().phase, .stopped)
        }
        var nowhere = options("nia")
        nowhere.baseURL = "https://127.0.0.1:1"
        try await withStore(nowhere) { nia in
            try await nia.transact { $0.record("visit_note", note).set("body", "Mae'n llawer gwell. ☀️") }
            for outcome in [try await nia.sync(within: .seconds(30)), try nia.blocking.sync(within: .seconds(30))] {
                XCTAssertEqual(outcome.ended, .offline)
                XCTAssertEqual(outcome.error?.code, .network)
                XCTAssertEqual(outcome.error?.isRetryable, true)
                XCTAssertTrue((1...2).contains(outcome.left.unsent), "\(outcome)")
                XCTAssertEqual(outcome.left.records, 1)
                XCTAssertNotNil(outcome.left.oldestUnsent)
                XCTAssertTrue(outcome.left.words.contains("not yet at base"), outcome.left.words)
            }
            let left = try nia.blocking.enterBackground(within: .seconds(30)).left
            XCTAssertEqual(left.records, 1)
        }
        try await withStore(options("nia")) { nia in
            let finished = try nia.blocking.sync(within: .seconds(60))
            XCTAssertEqual(finished.ended, .finished)
            XCTAssertNil(finished.error)
            XCTAssertEqual(finished.left.unsent, 0)
            XCTAssertNil(finished.left.oldestUnsent)
            let none = try await self.failure { try await nia.sync(within: .zero) }
            XCTAssertEqual(none.place, "within_ms")
        }
    }

    func testAConflictComesIntoTheInboxIsSettledByAPersonAndStaysSettled() async throws {
        let home = try centre.makeCase("Miss Rees", "ela", "fflur")
        try await withTablets("ela", "fflur") { ela, fflur in
            try await ela.sync()
            let person = try await ela.transact { $0.create("person", ["legal_name": "Gwen Rees"], scope: home) }.records[0]
            try await ela.sync()
            try await fflur.sync()
            let inbox = Heard(ela.followConflicts())
            let none = try await inbox.next()
            XCTAssertEqual(none.list, [])
            try await ela.transact { $0.record("person", person).set("legal_name", "Gwen Rees-Parry") }
            try await fflur.transact { $0.record("person", person).set("legal_name", "Gwendolen Rees") }
            for tablet in [ela, fflur, ela] { try await tablet.sync() }
            let told = try await inbox.until { !$0.list.isEmpty }
            let conflict = told.list[0]
            XCTAssertTrue(conflict.decide)
            XCTAssertEqual(conflict.field, "legal_name")
            let sides = (conflict.standing + conflict.others).map { "\($0.by): \($0.text ?? "")" }
            XCTAssertEqual(Set(sides), ["ela: Gwen Rees-Parry", "fflur: Gwendolen Rees"])
            let read = try await ela.read("person", person)
            XCTAssertEqual(read?.record.conflicts.map(\.record), [person])
            try await ela.settle(.value("Gwendolen Rees", of: conflict, shown: told.token))
            _ = try await inbox.until { $0.list.isEmpty }
            for tablet in [ela, fflur] { try await tablet.sync() }
            let settled = try await fflur.conflicts()
            XCTAssertEqual(settled.list, [])
            let name = try await fflur.read("person", person)
            XCTAssertEqual(name?.record.text("legal_name"), "Gwendolen Rees")
        }
    }

    func testACentreThatIsNotReachedAndOneThatNobodyVouchesForAreNamedByTheirCode() async throws {
        for (url, code) in [("https://127.0.0.1:1", SatchelError.Code.network), (centre.url, .certificate)] {
            var options = options("gwyn")
            options.baseURL = url
            options.caFile = ""
            try await withStore(options) { store in
                let error = try await self.failure { try await store.sync() }
                XCTAssertEqual(error.code, code, error.message)
                XCTAssertEqual(error.isRetryable, code == .network)
            }
        }
    }

    private func skipWhatFoundationOnLinuxForgets() throws {
        try XCTSkipIf(foundationForgets, "Foundation on Linux never frees the headers of such requests, which LeakSanitizer would tell")
    }

    func testWhoWatchesOverThePlatformsHTTPSHearsOfAColleaguesWork() async throws {
        try skipWhatFoundationOnLinuxForgets()
        let home = try centre.makeCase("Mrs Price", "gwen", "huw")
        try await centre.trustedByThePlatform {
            try await withTablets("gwen", "huw", http: true) { gwen, huw in
                let status = Heard(gwen.followStatus())
                try await gwen.startWatching()
                _ = try await status.until { $0.phase == .connected }
                let notes = Heard(gwen.follow(Query("visit_note")))
                try await huw.sync()
                try await huw.transact { $0.create("visit_note", ["body": "Wedi ffonio. 📞"], scope: home) }
                try await huw.sync()
                _ = try await notes.until { $0.records.map { $0.text("body") } == ["Wedi ffonio. 📞"] }
            }
        }
    }

    /// Foundation on Linux says of a server that nobody vouches for that it could not connect.
    func testThePlatformsHTTPSThatReachesNobodySaysSo() async throws {
        try skipWhatFoundationOnLinuxForgets()
        #if canImport(Darwin)
        let untrusted = SatchelError.Code.certificate
        #else
        let untrusted = SatchelError.Code.network
        #endif
        for (url, code) in [("https://127.0.0.1:1", SatchelError.Code.network), (centre.url, untrusted)] {
            try await withStore(overThePlatformsHTTPS("gwyn", url)) { store in
                let error = try await self.failure { try await store.sync() }
                XCTAssertEqual(error.code, code, error.message)
            }
        }
    }

    func testASyncIsWaitedForNoLongerThanToldAndGoesOn() async throws {
        let begun = Signal<Void>()
        var options = noteOptions(folder.path("a.db"))
        options.tokens = {
            begun.send()
            try await Task.sleep(for: .seconds(600))
            return ""
        }
        options.baseURL = centre.url
        try await withStore(options) { store in
            try await self.assertFails(.timeout) { try store.blocking.sync(timeout: .milliseconds(20)) }
            try await begun.next()
        }
    }

    func testTimesAreWholeMillisecondsNeverShorter() {
        for (time, milliseconds) in [
            (.seconds(25), 25_000), (.zero, 0), (.nanoseconds(1), 1), (.microseconds(1001), 2), (.milliseconds(-3), -3),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
        ] as [(Duration, Int64)] {
            XCTAssertEqual(time.milliseconds, milliseconds, "\(time)")
        }
    }
}
