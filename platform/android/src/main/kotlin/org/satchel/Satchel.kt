package org.satchel

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.filterNotNull
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import org.satchel.internal.Callbacks
import org.satchel.internal.Handle
import org.satchel.internal.Native
import org.satchel.internal.text
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException

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
    private val commits = MutableStateFlow(0L)
    private val told = MutableStateFlow<ByteArray?>(null) // the last status, not yet read

    /** The same calls on the caller's thread. */
    public val blocking: BlockingSatchel = BlockingSatchel(handle, ::somethingChanged)

    private val statuses = MutableStateFlow(blocking.status())

    /** Where sync stands; keeps its last value after [close]. */
    public val status: StateFlow<SyncStatus> = statuses.asStateFlow()

    /**
     * Emits at once and whenever records may have changed, by whomever: read again. Conflated: several changes may be one
     * emission. Completes when the store is closed.
     */
    public val changes: Flow<Unit> = commits.takeWhile { it != CLOSED }.map { }

    init {
        callbacks.onStatus = { told.value = it }
        callbacks.onChanged = ::somethingChanged
        callbacks.launch { told.filterNotNull().collect { statuses.value = SyncStatus(parse(it)) } }
        handle.use { Native.observe(it, callbacks) }
    }

    private fun somethingChanged() = commits.update { if (it == CLOSED) it else it + 1 }

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

    public suspend fun scopes(): List<Scope> = read { scopes() }

    /** Where several people wrote without seeing each other. */
    public suspend fun conflicts(): Conflicts = read { conflicts() }

    /** What the central store did not accept. */
    public suspend fun setAside(): List<SetAside> = read { setAside() }

    /** [BlockingSatchel.history]. */
    public suspend fun history(collection: String, record: String, field: String): List<Version> =
        read { history(collection, record, field) }

    public suspend fun about(): About = read { about() }

    // ---- sync

    /**
     * Sends and fetches until nothing is left. Cancelling gives it up: the request under way is stopped unless somebody
     * else waits for a sync or [startWatching] holds; what was sent stays sent.
     */
    public suspend fun sync(): SyncStatus = withContext(dispatcher) {
        suspendCancellableCoroutine { waiting ->
            val id = Native.awaitSync { error, status ->
                if (error != null) waiting.resumeWithException(error)
                else waiting.resume(if (status == null) statuses.value else SyncStatus(parse(status)))
            }
            try {
                blocking.begin(id)
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
     * Stays in sync until [stopWatching]: waits for news from the central store and sends what this or another process
     * commits. Failures show in [status] and are tried again. On Android while the app is in front; in the background a
     * [sync] now and then.
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
     * Waits for calls that are inside and for commits, stops sync (waiting ones end with [SatchelCode.CANCELLED]), and
     * gives everything back. When it returns no callback runs on a thread of Satchel's and none will; coroutines of
     * [TokenProvider] and [HttpTransport] are cancelled. Fine to call twice, from several threads. Not from inside a
     * callback of this store: [SatchelCode.INVALID].
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
        commits.value = CLOSED
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
        private const val CLOSED = -1L

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
    }
}
