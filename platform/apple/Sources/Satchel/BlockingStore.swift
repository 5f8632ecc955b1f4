import CSatchel
import Foundation

/// Every call of a store on the caller's thread: for a thread of one's own, for tests, from inside a callback (reads alone).
/// `SatchelStore` is the same with `async`, and owns the store.
///
/// Reads run on the caller's thread and never wait for the writer: some tens of microseconds. Writes, `sync`, `search`,
/// `verify`, `copy` and `flush` wait for the store's own thread, writes for the disk besides: not on the main thread, nor in a
/// task. From any thread. `closed` once closing has begun, which ends a `sync` under way by `cancelled`.
public struct BlockingStore: Sendable {
    let handle: Handle
    let callbacks: Callbacks

    // ---- writing

    /// Commits the changes of a draft, all or nothing.
    public func transact(_ draft: Draft) throws(SatchelError) -> Receipt { try transact(json: writeJSON(draft.committed())) }

    /// The same. `shown`: the token of the read that the person had in front of them (of several, the oldest): what came in since
    /// then counts as not seen. nil: what the store holds now.
    @discardableResult
    public func transact(shown: String? = nil, _ changes: (Draft) -> Void) throws(SatchelError) -> Receipt {
        let draft = Draft(shown: shown)
        changes(draft)
        return try transact(draft)
    }

    /// The same, with the JSON of docs/ABI.md.
    public func transact(json: Data) throws(SatchelError) -> Receipt { try ask(json, satchel_transact) }

    @discardableResult
    public func settle(_ decision: Decision) throws(SatchelError) -> Receipt { try settle(json: writeJSON(decision.json())) }

    public func settle(json: Data) throws(SatchelError) -> Receipt { try ask(json, satchel_settle) }

    // ---- reading: each call one moment of the store

    /// nil: this store has no such record.
    public func read(_ collection: String, _ record: String) throws(SatchelError) -> Read? {
        do throws(SatchelError) {
            return try ask { store, out throws(SatchelError) in
                try withSlice(collection) { name throws(SatchelError) in
                    try withSlice(record) { id throws(SatchelError) in satchel_read(store, name, id, out) }
                }
            }
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    public func query(_ query: Query) throws(SatchelError) -> Page { try ask(writeJSON(query.json()), satchel_query) }

    /// The same, with the JSON of docs/ABI.md, but for "count".
    public func query(json: Data) throws(SatchelError) -> Page { try ask(json, satchel_query) }

    public func count(_ query: Query) throws(SatchelError) -> Int64 {
        let counted: Counted = try ask(writeJSON(query.json(count: true)), satchel_query)
        return counted.count
    }

    /// Reads what a query shows and nothing else, whatever the SQL says; a mistake in it is `invalid` with its place.
    public func sql(_ sql: Sql) throws(SatchelError) -> SqlAnswer { try ask(writeJSON(sql.json()), satchel_sql) }

    public func sql(_ text: String, _ parameters: [JSON] = []) throws(SatchelError) -> SqlAnswer { try sql(Sql(text, parameters)) }

    /// Full text over all words of all records, ranked.
    public func search(_ search: Search) throws(SatchelError) -> Found { try ask(writeJSON(search.json()), satchel_search) }

    public func scopes() throws(SatchelError) -> [Scope] {
        struct Scopes: Decodable { let scopes: [Scope] }
        let answer: Scopes = try ask(satchel_scopes)
        return answer.scopes
    }

    /// Where several people wrote without seeing each other.
    public func conflicts() throws(SatchelError) -> Conflicts { try ask(satchel_conflicts) }

    /// What the central store did not accept.
    public func setAside() throws(SatchelError) -> [SetAside] {
        struct Refused: Decodable { let set_aside: [SetAside] }
        let answer: Refused = try ask(satchel_set_aside)
        return answer.set_aside
    }

    /// Every version of one field, the oldest first. `notFound`: no such record, or what was written before this store first
    /// received it is not here: `keepHistory`, then a sync. To bring a version back, write its value.
    public func history(_ collection: String, _ record: String, _ field: String) throws(SatchelError) -> [Version] {
        struct History: Decodable { let versions: [Version] }
        let answer: History = try ask { store, out throws(SatchelError) in
            try withSlice(collection) { name throws(SatchelError) in
                try withSlice(record) { id throws(SatchelError) in
                    try withSlice(field) { field throws(SatchelError) in satchel_history(store, name, id, field, out) }
                }
            }
        }
        return answer.versions
    }

    public func about() throws(SatchelError) -> About { try ask(satchel_about) }

    public func status() throws(SatchelError) -> SyncStatus { try ask(satchel_status) }

    // ---- sync

    /// Until nothing is left to send or fetch. `timeout` after that: it goes on. nil: as long as it takes.
    @discardableResult
    public func sync(timeout: Duration? = nil) throws(SatchelError) -> SyncStatus {
        let milliseconds = timeout.map { max(1, $0.milliseconds) } ?? 0
        return try ask { store, out in satchel_sync_wait(store, milliseconds, out) }
    }

    /// `SatchelStore.sync(within:)`; returns `time` after the call and not later, whatever the store's own thread is busy with.
    public func sync(within time: Duration) throws(SatchelError) -> SyncOutcome {
        try ask { store, out in satchel_sync_within_wait(store, time.milliseconds, out) }
    }

    /// `SatchelStore.enterBackground`
    @discardableResult
    public func enterBackground(within time: Duration? = nil) throws(SatchelError) -> Background {
        let milliseconds = time.map { max(1, $0.milliseconds) } ?? 0
        return try ask { store, out in satchel_enter_background(store, milliseconds, out) }
    }

    public func startWatching() throws(SatchelError) { try call(satchel_watch_start) }
    public func stopWatching() throws(SatchelError) { try call(satchel_watch_stop) }
    public func networkChanged(online: Bool) throws(SatchelError) { try call { satchel_network_changed($0, online) } }

    public func keepHistory(_ scope: String, _ keep: Bool) throws(SatchelError) {
        try call { store throws(SatchelError) in
            try withSlice(scope) { scope throws(SatchelError) in satchel_keep_history(store, scope, keep) }
        }
    }

    // ---- care of the file

    public func flush() throws(SatchelError) { try call(satchel_flush) }
    public func verify() throws(SatchelError) -> VerifyReport { try ask(satchel_verify) }

    public func copy(to path: String) throws(SatchelError) {
        try call { store throws(SatchelError) in
            try withSlice(path) { path throws(SatchelError) in satchel_copy(store, path) }
        }
    }

    /// `SatchelStore.close`, on the caller's thread.
    public func close() throws(SatchelError) {
        if callbacks.isInside { throw SatchelError(.invalid, "A store cannot be closed from inside one of its own callbacks.") }
        defer { callbacks.cancel() }
        try handle.close()
    }

    // ---- how C is called

    private func call(_ function: (OpaquePointer) throws(SatchelError) -> OpaquePointer?) throws(SatchelError) {
        try handle.use { store throws(SatchelError) in try must(function(store)) }
    }

    private func ask<Answer: Decodable>(
        _ function: (OpaquePointer, UnsafeMutablePointer<satchel_buffer>) throws(SatchelError) -> OpaquePointer?
    ) throws(SatchelError) -> Answer {
        let json = try handle.use { store throws(SatchelError) in
            try buffer { out throws(SatchelError) in try function(store, out) }
        }
        return try readJSON(Answer.self, json)
    }

    private func ask<Answer: Decodable>(
        _ question: Data,
        _ function: (OpaquePointer, satchel_slice, UnsafeMutablePointer<satchel_buffer>) -> OpaquePointer?
    ) throws(SatchelError) -> Answer {
        try ask { store, out throws(SatchelError) in
            try withSlice(question) { slice throws(SatchelError) in function(store, slice, out) }
        }
    }
}
