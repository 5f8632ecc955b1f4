package org.satchel.internal

import org.satchel.SatchelException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong

/**
 * satchel.h as the virtual machine calls it: the methods of src/main/cpp/calls.cpp, one for each function. Text is
 * UTF-8 in byte arrays. A `store`, `request` or `live` is an address: only [Handle], [HttpExchange], [TokenRequest] and the
 * collector of a Flow hold one.
 */
internal object Native {
    init {
        System.loadLibrary("satchel_jni")
    }

    // What Native.open is told, in the order of calls.cpp and the numbers of callbacks.hpp.
    const val MUST_EXIST = 1
    const val GROUPED = 2
    const val HTTP = 1
    const val TOKENS = 2
    const val CONNECTIVITY = 4
    const val CLOCK = 8
    const val LOGGER = 16
    const val SECRETS = 32

    @JvmStatic external fun open(
        texts: Array<ByteArray?>,
        pins: Array<ByteArray>,
        flags: Int,
        callbacks: Callbacks,
        given: Int,
    ): Long

    @JvmStatic external fun rescue(texts: Array<ByteArray?>, flags: Int, callbacks: Callbacks, given: Int): ByteArray

    @JvmStatic external fun rekey(
        texts: Array<ByteArray?>,
        newKey: ByteArray,
        flags: Int,
        callbacks: Callbacks,
        given: Int,
    )

    @JvmStatic external fun close(store: Long)

    @JvmStatic external fun flush(store: Long)

    @JvmStatic external fun transact(store: Long, changes: ByteArray): ByteArray

    @JvmStatic external fun settle(store: Long, decision: ByteArray): ByteArray

    @JvmStatic external fun read(store: Long, collection: ByteArray, record: ByteArray): ByteArray

    @JvmStatic external fun query(store: Long, query: ByteArray): ByteArray

    @JvmStatic external fun search(store: Long, search: ByteArray): ByteArray

    @JvmStatic external fun sql(store: Long, sql: ByteArray): ByteArray

    @JvmStatic external fun history(store: Long, collection: ByteArray, record: ByteArray, field: ByteArray): ByteArray

    @JvmStatic external fun scopes(store: Long): ByteArray

    @JvmStatic external fun conflicts(store: Long): ByteArray

    @JvmStatic external fun setAside(store: Long): ByteArray

    @JvmStatic external fun about(store: Long): ByteArray

    @JvmStatic external fun status(store: Long): ByteArray

    @JvmStatic external fun verify(store: Long): ByteArray

    @JvmStatic external fun copy(store: Long, path: ByteArray)

    @JvmStatic external fun keepHistory(store: Long, scope: ByteArray, keep: Boolean)

    @JvmStatic external fun sync(store: Long, id: Long)

    @JvmStatic external fun syncCancel(store: Long, id: Long)

    @JvmStatic external fun syncStop(store: Long)

    @JvmStatic external fun syncWait(store: Long, timeoutMs: Long): ByteArray

    @JvmStatic external fun enterBackground(store: Long, withinMs: Long): ByteArray

    @JvmStatic external fun syncWithin(store: Long, withinMs: Long, id: Long)

    @JvmStatic external fun syncWithinWait(store: Long, withinMs: Long): ByteArray

    @JvmStatic external fun watchStart(store: Long)

    @JvmStatic external fun watchStop(store: Long)

    @JvmStatic external fun networkChanged(store: Long, online: Boolean)

    @JvmStatic external fun followQuery(store: Long, query: ByteArray, follower: Follower): Long

    @JvmStatic external fun followRecord(store: Long, collection: ByteArray, record: ByteArray, follower: Follower): Long

    @JvmStatic external fun followConflicts(store: Long, follower: Follower): Long

    @JvmStatic external fun followStatus(store: Long, follower: Follower): Long

    @JvmStatic external fun followChanges(store: Long, follower: Follower): Long

    @JvmStatic external fun resumeFollowing(live: Long)

    @JvmStatic external fun stopFollowing(live: Long)

    @JvmStatic external fun tokenGive(request: Long, jwt: ByteArray)

    @JvmStatic external fun tokenRefuse(request: Long, code: Int, message: ByteArray)

    @JvmStatic external fun httpRespond(request: Long, status: Int, headers: Array<ByteArray>, body: ByteArray)

    @JvmStatic external fun httpFail(request: Long, code: Int, message: ByteArray)

    @JvmStatic external fun httpProgress(request: Long, sent: Long, toSend: Long, received: Long, toReceive: Long)

    @JvmStatic external fun version(): ByteArray

    @JvmStatic external fun codeName(code: Int): ByteArray

    /** How many global references the native half holds for callbacks: 0 when every store is closed. */
    @JvmStatic external fun liveReferences(): Long

    // ---- called by the native half

    @JvmStatic fun failure(code: Int, message: ByteArray, place: ByteArray, retryable: Boolean): Throwable =
        SatchelException.of(code, message, place, retryable)

    /** On the store's thread: the sync of this id has ended. Both null: it worked, and there was no memory to say more. */
    @JvmStatic fun synced(id: Long, error: Throwable?, status: ByteArray?) {
        syncs.remove(id)?.invoke(error, status)
    }

    private val syncs = ConcurrentHashMap<Long, (Throwable?, ByteArray?) -> Unit>()
    private val lastSync = AtomicLong()

    /** A name for a sync, whose end [then] hears of once. */
    fun awaitSync(then: (error: Throwable?, status: ByteArray?) -> Unit): Long {
        val id = lastSync.incrementAndGet()
        syncs[id] = then
        return id
    }

    /** It did not begin. */
    fun forgetSync(id: Long) {
        syncs.remove(id)
    }
}
