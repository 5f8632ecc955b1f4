package org.satchel

import org.satchel.internal.Handle
import org.satchel.internal.Native
import org.satchel.internal.utf8

/**
 * Every call of a store on the caller's thread: for Java, for a thread of one's own, for tests. [Satchel] is the same in
 * suspend functions, and owns the store.
 *
 * Reads run on the caller's thread and never wait for the writer: some tens of microseconds. Writes, `sync`, `search`,
 * `verify`, `copy` and `flush` wait for the store's own thread, writes for the disk besides: not on a thread that draws.
 * From any thread. [SatchelCode.CLOSED] once [Satchel.close] has begun; it ends `sync` and `syncWithin` by
 * [SatchelCode.CANCELLED], and waits for the other calls that are inside.
 */
public class BlockingSatchel internal constructor(private val handle: Handle) {
    // ---- writing

    /**
     * Commits the changes of [changes], all or nothing.
     *
     * @param shown the token of the read that the person had in front of them (of several, the oldest): what came in
     *   since then counts as not seen. null: what the store holds now
     */
    public fun transact(shown: String? = null, changes: Draft.() -> Unit): Receipt =
        transact(Draft(shown).apply(changes).json().toString())

    /** The same, with the JSON of docs/ABI.md. */
    public fun transact(json: String): Receipt = Receipt(parse(handle.use { Native.transact(it, json.utf8()) }))

    public fun settle(decision: Decision): Receipt = settle(decision.json.toString())

    public fun settle(json: String): Receipt = Receipt(parse(handle.use { Native.settle(it, json.utf8()) }))

    // ---- reading: each call one moment of the store

    /** null: this store has no such record. */
    public fun read(collection: String, record: String): Read? {
        val answer = try {
            handle.use { Native.read(it, collection.utf8("collection"), record.utf8("record")) }
        } catch (failure: SatchelException) {
            if (failure.code == SatchelCode.NOT_FOUND) return null
            throw failure
        }
        return Read.of(parse(answer))
    }

    public fun query(query: Query): Page = query(query.json().toString())

    /** The same, with the JSON of docs/ABI.md, but for "count". */
    public fun query(json: String): Page = parse(handle.use { Native.query(it, json.utf8()) }).let { answer ->
        Page(answer.text("token"), answer.objects("records").map(::Record), answer.text("next").ifEmpty { null })
    }

    public fun count(query: Query): Long =
        parse(handle.use { Native.query(it, query.json(count = true).bytes()) }).number("count")

    /** Full text over all words of all records, ranked. */
    public fun search(search: Search): Found = Found(parse(handle.use { Native.search(it, search.json().bytes()) }))

    /** Reads what a query shows and nothing else, whatever the SQL says; a mistake in it is [SatchelCode.INVALID] with its place. */
    public fun sql(sql: Sql): SqlAnswer = SqlAnswer(parse(handle.use { Native.sql(it, sql.json().bytes()) }))

    public fun sql(text: String, vararg parameters: Any?): SqlAnswer = sql(Sql(text, *parameters))

    public fun scopes(): List<Scope> = parse(handle.use(Native::scopes)).objects("scopes").map(::Scope)

    public fun conflicts(): Conflicts = Conflicts.of(parse(handle.use(Native::conflicts)))

    /** What the central store did not accept. */
    public fun setAside(): List<SetAside> = parse(handle.use(Native::setAside)).objects("set_aside").map(::SetAside)

    /**
     * Every version of one field, the oldest first. [SatchelCode.NOT_FOUND]: no such record, or what was written before
     * this store first received it is not here: [keepHistory].
     */
    public fun history(collection: String, record: String, field: String): List<Version> {
        val answer = handle.use {
            Native.history(it, collection.utf8("collection"), record.utf8("record"), field.utf8("field"))
        }
        return parse(answer).objects("versions").map(::Version)
    }

    public fun about(): About = About(parse(handle.use(Native::about)))

    public fun status(): SyncStatus = SyncStatus(parse(handle.use(Native::status)))

    // ---- sync

    /** Until nothing is left to send or fetch; [SatchelCode.TIMEOUT] after [timeoutMillis] leaves it running (0: waits). */
    public fun sync(timeoutMillis: Long = 0): SyncStatus = SyncStatus(parse(handle.use { Native.syncWait(it, timeoutMillis) }))

    /**
     * [Satchel.syncWithin]; returns [withinMillis] after the call and not later, whatever the store's own thread is busy with.
     */
    public fun syncWithin(withinMillis: Long): SyncOutcome =
        SyncOutcome(parse(handle.use { Native.syncWithinWait(it, withinMillis) }))

    /** [Satchel.enterBackground] */
    public fun enterBackground(withinMillis: Long = 0): Background =
        Background(parse(handle.use { Native.enterBackground(it, withinMillis) }))

    public fun startWatching(): Unit = handle.use(Native::watchStart)

    public fun stopWatching(): Unit = handle.use(Native::watchStop)

    public fun networkChanged(online: Boolean): Unit = handle.use { Native.networkChanged(it, online) }

    public fun keepHistory(scope: String, keep: Boolean): Unit =
        handle.use { Native.keepHistory(it, scope.utf8("scope"), keep) }

    // ---- care of the file

    public fun flush(): Unit = handle.use(Native::flush)

    public fun verify(): VerifyReport = VerifyReport(parse(handle.use(Native::verify)))

    public fun copy(path: String): Unit = handle.use { Native.copy(it, path.utf8("path")) }

    internal fun begin(id: Long): Unit = handle.use { Native.sync(it, id) }

    internal fun beginWithin(withinMillis: Long, id: Long): Unit = handle.use { Native.syncWithin(it, withinMillis, id) }

    internal fun cancel(id: Long): Unit = handle.use { Native.syncCancel(it, id) }
}
