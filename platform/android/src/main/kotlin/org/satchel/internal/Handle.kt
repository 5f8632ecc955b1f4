package org.satchel.internal

import org.satchel.SatchelCode
import org.satchel.SatchelException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger

/**
 * The one holder of a store's address. Calls enter and leave; [close] lets nobody in any more, ends the syncs that are waited
 * for, waits until the last call has left, and only then closes: no call ever sees an address that is gone.
 */
internal class Handle(private val address: Long) {
    // How many calls are inside; CLOSING is added once by whoever closes.
    private val calls = AtomicInteger(0)
    private val empty = CountDownLatch(1)
    private val closed = CountDownLatch(1)

    /** Runs [call] with the store's address. [SatchelCode.CLOSED] after [close] has begun. */
    inline fun <Result> use(call: (Long) -> Result): Result {
        if (!enter()) throw SatchelException.closed()
        try {
            return call(address)
        } finally {
            leave()
        }
    }

    /** The same; null after [close] has begun. */
    inline fun <Result : Any> useUnlessClosed(call: (Long) -> Result): Result? {
        if (!enter()) return null
        try {
            return call(address)
        } finally {
            leave()
        }
    }

    fun enter(): Boolean {
        while (true) {
            val now = calls.get()
            if (now < 0) return false
            if (calls.compareAndSet(now, now + 1)) return true
        }
    }

    fun leave() {
        if (calls.decrementAndGet() == CLOSING) empty.countDown()
    }

    /**
     * Returns when the store is closed, whoever closed it. Not to be called from inside a call or callback of this
     * store: it would wait for itself.
     */
    fun close() {
        while (true) {
            val now = calls.get()
            if (now < 0) return closed.awaitCalmly()
            if (!calls.compareAndSet(now, now + CLOSING)) continue
            try {
                if (now > 0) {
                    // Who waits inside for a sync leaves now. One that has ended with an error has let all of them go before.
                    runCatching { Native.syncStop(address) }
                    empty.awaitCalmly()
                }
                Native.close(address)
            } finally {
                closed.countDown()
            }
            return
        }
    }

    private companion object {
        const val CLOSING = Int.MIN_VALUE
    }
}

/** An interrupt is kept for later: half a close would leave the address behind. */
private fun CountDownLatch.awaitCalmly() {
    var interrupted = false
    while (true) {
        try {
            await()
            break
        } catch (_: InterruptedException) {
            interrupted = true
        }
    }
    if (interrupted) Thread.currentThread().interrupt()
}
