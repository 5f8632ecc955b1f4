package org.satchel.internal

import kotlinx.coroutines.channels.Channel
import org.satchel.SatchelCode
import org.satchel.SatchelException

/**
 * Hears of one thing that is followed. The native half calls [changed], [failed] and [ended] by name and signature, on the
 * thread that the store keeps for them, and pauses it before [changed]: nothing more comes until it is resumed, so there
 * is never more than one thing in [told].
 */
internal class Follower(private val callbacks: Callbacks) {
    private val told = Channel<ByteArray>(1)

    fun changed(json: ByteArray) = callbacks.follower { told.trySend(json) }

    /** null: there was no memory to say more. */
    fun failed(failure: Throwable?) = callbacks.follower {
        told.close(failure ?: SatchelException(SatchelCode.INTERNAL, "There was no memory to tell what changed."))
    }

    /** Nothing is called any more. */
    fun ended() = callbacks.follower { told.close() }

    /** null: there is no more, the store was closed. */
    suspend fun next(): ByteArray? {
        val next = told.receiveCatching()
        next.exceptionOrNull()?.let { throw it }
        return next.getOrNull()
    }
}
