import CSatchel
import Foundation

/// One open store: what a link worker writes, with or without signal. Open it once for an app and a signed-in person, and close
/// it when they sign out.
///
/// ```swift
/// var options = SatchelOptions(path: path, schema: schema, organisation: "north", worker: "amira")
/// options.http = URLSessionTransport(url)
/// options.tokens = { try await session.jwt() }
/// let store = try await SatchelStore.open(options)
/// try await store.startWatching()
/// let note = try await store.transact { $0.create("visit_note", ["body": "Mae'n well."], scope: case.id) }
/// for try await status in store.followStatus() { banner = status.words }
/// ```
///
/// **Threads.** From any thread and any actor. Reads run where nonisolated async functions do and take some tens of
/// microseconds; whatever waits does so on a thread of Dispatch and holds up no task. `blocking` has the same calls on the
/// caller's thread.
///
/// **Cancelling.** A write that has begun is finished and gives its receipt, whatever happens to the task: a commit does not come
/// half-known. A cancelled `sync` stops its request once nobody else waits for one, and throws `cancelled`.
///
/// **Errors.** Every failure is a `SatchelError`; after `close` has begun that of every call is `closed`.
///
/// **Ownership.** `close` says when it is done. A store that nobody holds any more closes by itself, in the background.
public final class SatchelStore: Sendable {
    /// The same calls on the caller's thread.
    public let blocking: BlockingStore

    private init(_ blocking: BlockingStore) { self.blocking = blocking }

    deinit {
        // Not here: whoever lets go of it last may be one of its own callbacks.
        let closing = blocking
        Self.waiting.async { try? closing.close() }
    }

    // ---- opening

    /// Of the engine: "0.1.0".
    public static var version: String { String(cString: satchel_version()) }

    /// Opens the file, or makes it. `corrupt`: `rescue`. `newerFormat` and `wrongOwner` leave the file as it is.
    public static func open(_ options: SatchelOptions) async throws(SatchelError) -> SatchelStore {
        try await wait { () throws(SatchelError) in try openBlocking(options) }
    }

    /// `open` on the caller's thread.
    public static func openBlocking(_ options: SatchelOptions) throws(SatchelError) -> SatchelStore {
        let callbacks = Callbacks(options)
        let opened = try options.withNative(callbacks) { native throws(SatchelError) in
            var store: OpaquePointer?
            try must(satchel_open(native, &store))
            return Native(store!)
        }
        return SatchelStore(BlockingStore(handle: Handle(opened.pointer), callbacks: callbacks))
    }

    /// For a damaged file that is not open anywhere: moves it aside, makes a new store and writes what could be saved of the unsent
    /// work into it. Deletes nothing.
    public static func rescue(_ options: SatchelOptions) async throws(SatchelError) -> RescueReport {
        try await wait { () throws(SatchelError) in
            let json = try options.withNative(Callbacks(options)) { native throws(SatchelError) in
                try buffer { out in satchel_rescue(native, out) }
            }
            return try readJSON(RescueReport.self, json)
        }
    }

    /// Gives a store that is open nowhere (`busy`) another key, or encrypts one that was not, when the options have no key. After a
    /// kill or a power cut it is whole, with the old key or the new one: keep both until this returns.
    public static func rekey(_ options: SatchelOptions, newKey: Data) async throws(SatchelError) {
        try await wait { () throws(SatchelError) in
            try options.withNative(Callbacks(options)) { native throws(SatchelError) in
                try withSlice(newKey) { key throws(SatchelError) in try must(satchel_rekey(native, key)) }
            }
        }
    }

    /// Is this a schema that a store could be made with? `invalid` says why not, its place a JSON pointer.
    public static func check(schema: String) throws(SatchelError) {
        try withSlice(schema) { schema throws(SatchelError) in try must(satchel_check_schema(schema)) }
    }

    /// Stops sync (those who wait for one hear `cancelled`, in a task or on a thread), waits for the other calls that are inside and
    /// for commits, and gives everything back.
    /// When it returns no callback runs on a thread of Satchel's and none will; tasks of `TokenProvider` and `HTTPTransport` are
    /// cancelled, and what is followed ends. Fine to call twice, from several tasks. Not from inside a callback of this store.
    public func close() async throws(SatchelError) { try await wait {
        blocking throws(SatchelError) in try blocking.close() }
    }

    // ---- writing

    /// Commits the changes of a draft, all or nothing. `shown`: the token of the read that the person had in front of them (of
    /// several, the oldest): what came in since then counts as not seen. nil: what the store holds now.
    /// `changes` runs where the caller does.
    @discardableResult
    public func transact(
        shown: String? = nil, isolation: isolated (any Actor)? = #isolation, _ changes: (Draft) -> Void
    ) async throws(SatchelError) -> Receipt {
        let draft = Draft(shown: shown)
        changes(draft)
        return try await transact(draft, isolation: isolation)
    }

    @discardableResult
    public func transact(
        _ draft: Draft, isolation: isolated (any Actor)? = #isolation
    ) async throws(SatchelError) -> Receipt {
        let json = try writeJSON(draft.committed())
        return try await wait { blocking throws(SatchelError) in try blocking.transact(json: json) }
    }

    /// A person's decision on an entry of `conflicts`.
    @discardableResult
    public func settle(_ decision: Decision) async throws(SatchelError) -> Receipt {
        try await wait { blocking throws(SatchelError) in try blocking.settle(decision) }
    }

    // ---- reading: each call one moment of the store

    /// nil: this store has no such record.
    public func read(_ collection: String, _ record: String) async throws(SatchelError) -> Read? {
        try blocking.read(collection, record)
    }

    public func query(_ query: Query) async throws(SatchelError) -> Page { try blocking.query(query) }

    public func count(_ query: Query) async throws(SatchelError) -> Int64 { try blocking.count(query) }

    /// Reads what a query shows and nothing else, whatever the SQL says; a mistake in it is `invalid` with its place.
    public func sql(_ sql: Sql) async throws(SatchelError) -> SqlAnswer {
        try await wait { blocking throws(SatchelError) in try blocking.sql(sql) }
    }

    public func sql(_ text: String, _ parameters: [JSON] = []) async throws(SatchelError) -> SqlAnswer {
        try await sql(Sql(text, parameters))
    }

    /// Full text over all words of all records, ranked.
    public func search(_ search: Search) async throws(SatchelError) -> Found {
        try await wait { blocking throws(SatchelError) in try blocking.search(search) }
    }

    public func scopes() async throws(SatchelError) -> [Scope] { try blocking.scopes() }

    /// Where several people wrote without seeing each other.
    public func conflicts() async throws(SatchelError) -> Conflicts { try blocking.conflicts() }

    /// What the central store did not accept.
    public func setAside() async throws(SatchelError) -> [SetAside] { try blocking.setAside() }

    /// `BlockingStore.history`.
    public func history(_ collection: String, _ record: String, _ field: String) async throws(SatchelError) -> [Version] {
        try blocking.history(collection, record, field)
    }

    public func about() async throws(SatchelError) -> About { try blocking.about() }

    public func status() async throws(SatchelError) -> SyncStatus { try blocking.status() }

    // ---- following: what there is, and whatever makes a difference to it

    /// `query`, followed: the whole list each time, and its differences from the one before.
    public func follow(_ query: Query) -> Followed<LiveList<Record>> { follow(query) { $0 } }

    /// The same, of records as their type: `follow(Query(Person.collection), Person.init)`.
    public func follow<T: Sendable>(_ query: Query, _ model: @escaping @Sendable (Record) -> T) -> Followed<LiveList<T>> {
        followed(query) {
            let list = ListKeeper(model)
            return { json throws(SatchelError) in try list.read(json) }
        }
    }

    public func followCount(_ query: Query) -> Followed<Int64> {
        followed(query, count: true) { { json throws(SatchelError) in try readJSON(Counted.self, json).count } }
    }

    /// nil while this store has no such record: not yet, or no longer.
    public func followRecord(_ collection: String, _ record: String) -> Followed<Read?> {
        struct Told: Decodable { let token: String, record: Record? }
        return followed({
            { json throws(SatchelError) in
                let told = try readJSON(Told.self, json)
                return told.record.map { Read(token: told.token, record: $0) }
            }
        }, { store throws(SatchelError) in
            try withSlice(collection) { name throws(SatchelError) in
                try withSlice(record) { id throws(SatchelError) in
                    try Follower.begin { satchel_live_record(store, name, id, $0, $1) }
                }
            }
        })
    }

    /// The whole inbox each time.
    public func followConflicts() -> Followed<Conflicts> { followed(satchel_live_conflicts) }

    /// Where sync stands and what is unsent, whenever it differs.
    public func followStatus() -> Followed<SyncStatus> { followed(satchel_live_status) }

    /// Which records read differently, by whomever.
    public func changes() -> Followed<Changes> { followed(satchel_live_changes) }

    private func followed<Element>(
        _ reading: @escaping @Sendable () -> Followed<Element>.Reading,
        _ begin: @escaping @Sendable (OpaquePointer) throws(SatchelError) -> Follower
    ) -> Followed<Element> {
        let handle = blocking.handle // and not this store: who follows does not keep it open
        return Followed(begin: { () throws(SatchelError) in try handle.use(begin) }, reading: reading)
    }

    private func followed<Element: Decodable>(
        _ begin: @escaping @Sendable (OpaquePointer, satchel_live_observer, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?
    ) -> Followed<Element> {
        followed({ { json throws(SatchelError) in try readJSON(Element.self, json) } }, { store throws(SatchelError) in
            try Follower.begin { begin(store, $0, $1) }
        })
    }

    private func followed<Element>(
        _ query: Query, count: Bool = false, _ reading: @escaping @Sendable () -> Followed<Element>.Reading
    ) -> Followed<Element> {
        followed(reading, { store throws(SatchelError) in
            try withSlice(writeJSON(query.json(count: count))) { query throws(SatchelError) in
                try Follower.begin { satchel_live_query(store, query, $0, $1) }
            }
        })
    }

    // ---- sync

    /// Sends and fetches until nothing is left. Cancelling gives it up: the request under way is stopped unless somebody else waits
    /// for a sync or `startWatching` holds; what was sent stays sent.
    @discardableResult
    public func sync() async throws(SatchelError) -> SyncStatus {
        let syncing = Syncing(blocking.handle, Self.waiting) { satchel_sync($0, $1) }
        return try readJSON(SyncStatus.self, try await syncing.end())
    }

    /// One sync for a task that the system gives an app in the background: until nothing is left to send or fetch, or the time is
    /// over. Wherever it ends, everything is whole, what was sent stays sent, and the next sync goes on from there. How it ended is
    /// in the outcome, also that there was no network or that somebody has to sign in, with what is left. It may come later than
    /// `time` by as long as one answer of the central store takes to be applied: take a few seconds off what the system gives.
    /// Cancelling gives it up, as `sync`.
    public func sync(within time: Duration) async throws(SatchelError) -> SyncOutcome {
        let syncing = Syncing(blocking.handle, Self.waiting) { satchel_sync_within($0, time.milliseconds, $1) }
        return try readJSON(SyncOutcome.self, try await syncing.end())
    }

    /// For the moment when the app leaves the screen and the system may suspend or end it: stops watching and the work on the search
    /// index, and returns when everything committed so far survives a power cut, whatever the durability. Waits for a commit or
    /// an answer under way, at most `time` (nil: as long as it takes). Then nothing of this store runs until the next call, but a
    /// sync that somebody waits for. Says what is not at base yet. To go on: `startWatching`.
    @discardableResult
    public func enterBackground(within time: Duration? = nil) async throws(SatchelError) -> Background {
        try await wait { blocking throws(SatchelError) in try blocking.enterBackground(within: time) }
    }

    /// Stays in sync until `stopWatching`: waits for news from the central store and sends what this or another process commits.
    /// Failures show in the status and are tried again. While the app is in front: `enterBackground` when it leaves, and in the
    /// background a `sync(within:)` now and then.
    public func startWatching() async throws(SatchelError) { try await wait {
        blocking throws(SatchelError) in try blocking.startWatching() }
    }

    public func stopWatching() async throws(SatchelError) { try await wait {
        blocking throws(SatchelError) in try blocking.stopWatching() }
    }

    /// The network came or went; when it came, a waiting retry runs at once.
    public func networkChanged(online: Bool) async throws(SatchelError) {
        try await wait { blocking throws(SatchelError) in try blocking.networkChanged(online: online) }
    }

    /// From now on the whole history of a scope is kept here; the next syncs fetch it. false lets go of it.
    public func keepHistory(_ scope: String, _ keep: Bool = true) async throws(SatchelError) {
        try await wait { blocking throws(SatchelError) in try blocking.keepHistory(scope, keep) }
    }

    // ---- care of the file

    /// Returns when everything committed so far survives a power cut, whatever the durability.
    public func flush() async throws(SatchelError) { try await wait {
        blocking throws(SatchelError) in try blocking.flush() }
    }

    /// Recomputes everything and compares it: `corrupt` names the first difference. Minutes on a big store.
    @discardableResult
    public func verify() async throws(SatchelError) -> VerifyReport { try await wait {
        blocking throws(SatchelError) in try blocking.verify() }
    }

    /// A copy of the whole store in one moment, unsent work included, into a file that is not there yet.
    public func copy(to path: String) async throws(SatchelError) {
        try await wait { blocking throws(SatchelError) in try blocking.copy(to: path) }
    }

    // ---- where waiting is done

    private static let waiting = DispatchQueue(label: "satchel", attributes: .concurrent)

    // Not looked at whether the task was cancelled meanwhile: what has begun is finished, and its result is not thrown away.
    private static func wait<R: Sendable>(
        _ work: @escaping @Sendable () throws(SatchelError) -> R
    ) async throws(SatchelError) -> R {
        let result = await withCheckedContinuation { done in
            waiting.async { done.resume(returning: Result { () throws(SatchelError) -> R in try work() }) }
        }
        return try result.get()
    }

    private func wait<R: Sendable>(
        _ work: @escaping @Sendable (BlockingStore) throws(SatchelError) -> R
    ) async throws(SatchelError) -> R {
        let blocking = blocking
        return try await Self.wait { () throws(SatchelError) in try work(blocking) }
    }
}
