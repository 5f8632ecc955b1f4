package org.satchel

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import kotlinx.serialization.json.JsonObject
import org.satchel.internal.Callbacks
import org.satchel.internal.Follower
import org.satchel.internal.Handle
import org.satchel.internal.Native
import org.satchel.internal.text
import org.satchel.internal.utf8

/**
 * One open store: what a link worker writes, with or without signal. Open it once for an app and a signed-in person, and
 * close it when they sign out.
 *
 * ```kotlin
 * val store = Satchel.open(SatchelOptions(path, schema, "north", "amira", baseUrl = url, tokens = { session.jwt() }))
 * store.startWatching()
 * val note = store.transact { create("visit_note", "body" to "Het gaat beter.", scope = case) }
 * store.status.collect { banner.text = it.words }
 * ```
 *
 * **Threads.** From any thread. Suspend functions wait on [SatchelOptions.dispatcher] and may be called from the main
 * thread. [blocking] has the same calls on the caller's thread.
 *
 * **Cancelling.** A write that has begun is finished and gives its receipt, whatever happens to the coroutine: a commit
 * does not come half-known. A cancelled [sync] stops its request once nobody else waits for one. Reads are too short to be
 * stopped.
 *
 * **Flows.** [follow] and its neighbours emit what there is, and then whatever makes a difference to it, by whomever: this
 * app, a colleague by way of the central store, another process on the file. Nothing is held while nobody collects, and
 * nothing after a collector has ended, was cancelled or has thrown. A collector gets the next when it is done with the last:
 * what came meanwhile is one emission, and holds up nobody else. So there is nothing to buffer, and who conflates loses
 * differences. [close] completes them.
 *
 * **Errors.** Every failure is a [SatchelException] with its [SatchelCode]; after [close] has begun that of every call is
 * [SatchelCode.CLOSED].
 *
 * **Ownership.** [close] is needed: a forgotten store keeps its file, its thread and what was given in the options.
 */
public class Satchel private constructor(
    private val handle: Handle,
    private val callbacks: Callbacks,
    private val dispatcher: CoroutineDispatcher,
) : AutoCloseable {
    /** The same calls on the caller's thread. */
    public val blocking: BlockingSatchel = BlockingSatchel(handle)

    private val statuses = MutableStateFlow(blocking.status())

    /** Where sync stands and what is unsent; keeps its last value after [close]. */
    public val status: StateFlow<SyncStatus> = statuses.asStateFlow()

    init {
        val told = followed(Native::followStatus) { ::SyncStatus }
        callbacks.launch { told.catch { }.collect { statuses.value = it } } // a store that ended says so to every call
    }

    // ---- writing

    /** [BlockingSatchel.transact]. */
    public suspend fun transact(shown: String? = null, changes: Draft.() -> Unit): Receipt =
        write { transact(shown, changes) }

    public suspend fun transact(json: String): Receipt = write { transact(json) }

    /** A person's decision on an entry of [conflicts]. */
    public suspend fun settle(decision: Decision): Receipt = write { settle(decision) }

    public suspend fun settle(json: String): Receipt = write { settle(json) }

    // ---- reading: each call one moment of the store

    /** null: this store has no such record. */
    public suspend fun read(collection: String, record: String): Read? = read { read(collection, record) }

    public suspend fun query(query: Query): Page = read { query(query) }

    public suspend fun query(collection: String, vararg filters: Filter): Page = read { query(Query(collection, *filters)) }

    public suspend fun count(query: Query): Long = read { count(query) }

    /** Full text over all words of all records, ranked. */
    public suspend fun search(search: Search): Found = read { search(search) }

    public suspend fun search(text: String): Found = search(Search(text))

    /** [BlockingSatchel.sql]. */
    public suspend fun sql(sql: Sql): SqlAnswer = read { sql(sql) }

    public suspend fun sql(text: String, vararg parameters: Any?): SqlAnswer = read { sql(Sql(text, *parameters)) }

    public suspend fun scopes(): List<Scope> = read { scopes() }

    /** Where several people wrote without seeing each other. */
    public suspend fun conflicts(): Conflicts = read { conflicts() }

    /** What the central store did not accept. */
    public suspend fun setAside(): List<SetAside> = read { setAside() }

    /** [BlockingSatchel.history]. */
    public suspend fun history(collection: String, record: String, field: String): List<Version> =
        read { history(collection, record, field) }

    public suspend fun about(): About = read { about() }

    // ---- following: Flows of what there is, and of whatever makes a difference to it

    /** [query], followed: the whole list each time, and its differences from the one before. */
    public fun follow(query: Query): Flow<LiveList<Record>> = follow(query) { it }

    public fun follow(collection: String, vararg filters: Filter): Flow<LiveList<Record>> =
        follow(Query(collection, *filters))

    /** The same, of records as their type: `follow(Query(Person.COLLECTION), Person::of)`. */
    public fun <T> follow(query: Query, model: (Record) -> T): Flow<LiveList<T>> {
        val json = query.json().bytes()
        return followed({ store, follower -> Native.followQuery(store, json, follower) }) { ListKeeper(model)::read }
    }

    public fun followCount(query: Query): Flow<Long> {
        val json = query.json(count = true).bytes()
        return followed({ store, follower -> Native.followQuery(store, json, follower) }) { { it.number("count") } }
    }

    /** null while this store has no such record: not yet, or no longer. */
    public fun followRecord(collection: String, record: String): Flow<Read?> {
        val name = collection.utf8("collection")
        val id = record.utf8("record")
        return followed({ store, follower -> Native.followRecord(store, name, id, follower) }) { Read::of }
    }

    /** The whole inbox each time. */
    public fun followConflicts(): Flow<Conflicts> = followed(Native::followConflicts) { Conflicts::of }

    /** Which records read differently, by whomever. */
    public val changes: Flow<Changes> = followed(Native::followChanges) { Changes::of }

    // `begin` is one of Native.follow...; `reading` makes what reads its JSON, for each collector anew.
    private fun <T> followed(
        begin: (store: Long, follower: Follower) -> Long,
        reading: () -> (JsonObject) -> T,
    ): Flow<T> = flow {
        val follower = Follower(callbacks)
        val read = reading()
        var live = 0L
        try {
            toItsEnd(dispatcher) { live = handle.useUnlessClosed { begin(it, follower) } ?: 0 }
            while (live != 0L) {
                val told = withContext(dispatcher) { follower.next()?.let { Told(read(parse(it))) } } ?: break
                emit(told.value)
                Native.resumeFollowing(live)
            }
        } finally {
            if (live != 0L) toItsEnd(dispatcher) { Native.stopFollowing(live) }
        }
    }

    private class Told<T>(val value: T)

    // ---- sync

    /**
     * Sends and fetches until nothing is left. Cancelling gives it up: the request under way is stopped unless somebody
     * else waits for a sync or [startWatching] holds; what was sent stays sent.
     */
    public suspend fun sync(): SyncStatus = waitForSync({ blocking.begin(it) }) { status ->
        if (status == null) statuses.value else SyncStatus(parse(status))
    }

    /**
     * One sync for a task that the system gives an app in the background: until nothing is left to send or fetch, or
     * [withinMillis] are over. Wherever it ends, everything is whole, what was sent stays sent, and the next sync goes on from
     * there. How it ended is in the outcome, also that there was no network or that somebody has to sign in, with what is
     * left. It may come later than [withinMillis] by as long as one answer of the central store takes to be applied: take a
     * few seconds off what the system gives. Cancelling gives it up, as [sync].
     */
    public suspend fun syncWithin(withinMillis: Long): SyncOutcome =
        waitForSync({ blocking.beginWithin(withinMillis, it) }) { outcome ->
            SyncOutcome(parse(outcome ?: throw OutOfMemoryError("satchel")))
        }

    private suspend fun <Answer> waitForSync(begin: (id: Long) -> Unit, read: (ByteArray?) -> Answer): Answer =
        withContext(dispatcher) {
            suspendCancellableCoroutine { waiting ->
                val id = Native.awaitSync { error, answer ->
                    waiting.resumeWith(if (error != null) Result.failure(error) else runCatching { read(answer) })
                }
                try {
                    begin(id)
                } catch (failure: Throwable) {
                    Native.forgetSync(id)
                    throw failure
                }
                waiting.invokeOnCancellation {
                    // Not on this thread, which may be the store's or the main one.
                    callbacks.launch { runCatching { blocking.cancel(id) } }
                }
            }
        }

    /**
     * For the moment when the app leaves the screen and the system may suspend or end it (onStop): stops watching and the
     * work on the search index, and returns when everything committed so far survives a power cut, whatever the durability.
     * Waits for a commit or an answer under way, at most [withinMillis] (0: as long as it takes). Then nothing of this store
     * runs until the next call, but a sync that somebody waits for. Says what is not at base yet. To go on: [startWatching].
     */
    public suspend fun enterBackground(withinMillis: Long = 0): Background = write { enterBackground(withinMillis) }

    /**
     * Stays in sync until [stopWatching]: waits for news from the central store and sends what this or another process
     * commits. Failures show in [status] and are tried again. On Android while the app is in front: [enterBackground] when it
     * leaves, and in the background a [syncWithin] now and then.
     */
    public suspend fun startWatching(): Unit = write { startWatching() }

    public suspend fun stopWatching(): Unit = write { stopWatching() }

    /** The network came or went; when it came, a waiting retry runs at once. */
    public suspend fun networkChanged(online: Boolean): Unit = write { networkChanged(online) }

    /** From now on the whole history of a scope is kept here; the next syncs fetch it. false lets go of it. */
    public suspend fun keepHistory(scope: String, keep: Boolean): Unit = write { keepHistory(scope, keep) }

    // ---- care of the file

    /** Returns when everything committed so far survives a power cut, whatever the durability. */
    public suspend fun flush(): Unit = write { flush() }

    /** Recomputes everything and compares it: [SatchelCode.CORRUPT] names the first difference. Minutes on a big store. */
    public suspend fun verify(): VerifyReport = read { verify() }

    /** A copy of the whole store in one moment, unsent work included, into a file that is not there yet. */
    public suspend fun copy(path: String): Unit = write { copy(path) }

    /**
     * Stops sync (those who wait for one hear [SatchelCode.CANCELLED], in a coroutine or on a thread), waits for the other
     * calls that are inside and for commits, and gives everything back. When it returns no callback runs on a thread of
     * Satchel's and none will; coroutines of [TokenProvider] and [HttpTransport] are cancelled. Fine to call twice, from
     * several threads. Not from inside a callback of this store: [SatchelCode.INVALID].
     */
    override fun close() {
        if (callbacks.isInside()) {
            throw SatchelException(
                SatchelCode.INVALID,
                "A store cannot be closed from inside one of its own callbacks.",
            )
        }
        handle.close()
        callbacks.cancel()
    }

    /** [close] for the main thread. */
    public suspend fun closeAndWait(): Unit = toItsEnd(dispatcher) { close() }

    private suspend fun <Result> read(call: BlockingSatchel.() -> Result): Result = withContext(dispatcher) { blocking.call() }

    // What has begun is finished, and its result is not lost to a cancellation that comes meanwhile.
    private suspend fun <Result> write(call: BlockingSatchel.() -> Result): Result {
        currentCoroutineContext().ensureActive()
        return toItsEnd(dispatcher) { blocking.call() }
    }

    public companion object {
        // Not one withContext of both: that would look, on its way back, whether the caller was cancelled meanwhile, and
        // throw the result away.
        private suspend fun <Result> toItsEnd(dispatcher: CoroutineDispatcher, work: () -> Result): Result =
            withContext(NonCancellable) { withContext(dispatcher) { work() } }

        /** Of the native library: "0.1.0". */
        public val version: String get() = Native.version().text()

        /**
         * Opens the file, or makes it. [SatchelCode.CORRUPT]: [rescue]. [SatchelCode.NEWER_FORMAT] and
         * [SatchelCode.WRONG_OWNER] leave the file as it is.
         */
        public suspend fun open(options: SatchelOptions): Satchel =
            toItsEnd(options.dispatcher) { openBlocking(options) }

        /** [open] on the caller's thread. */
        public fun openBlocking(options: SatchelOptions): Satchel {
            val callbacks = options.callbacks()
            try {
                val address =
                    Native.open(options.texts(), options.pinBytes(), options.flags(), callbacks, options.given())
                val handle = Handle(address)
                try {
                    return Satchel(handle, callbacks, options.dispatcher)
                } catch (failure: Throwable) {
                    handle.close()
                    throw failure
                }
            } catch (failure: Throwable) {
                callbacks.cancel()
                throw failure
            }
        }

        /**
         * For a damaged file that is not open anywhere: moves it aside, makes a new store and writes what could be saved
         * of the unsent work into it. Deletes nothing.
         */
        public suspend fun rescue(options: SatchelOptions): RescueReport = toItsEnd(options.dispatcher) {
            val callbacks = options.callbacks()
            try {
                RescueReport(parse(Native.rescue(options.texts(), options.flags(), callbacks, options.given())))
            } finally {
                callbacks.cancel()
            }
        }

        /**
         * Gives a store that is open nowhere ([SatchelCode.BUSY]) another key, or encrypts one that was not, when the
         * options have no key. After a kill or a power cut it is whole, with the old key or the new one: keep both until
         * this returns. [newKey] stays the caller's, to be wiped.
         */
        public suspend fun rekey(options: SatchelOptions, newKey: ByteArray): Unit = toItsEnd(options.dispatcher) {
            val callbacks = options.callbacks()
            try {
                Native.rekey(options.texts(), newKey, options.flags(), callbacks, options.given())
            } finally {
                callbacks.cancel()
            }
        }
    }
}
