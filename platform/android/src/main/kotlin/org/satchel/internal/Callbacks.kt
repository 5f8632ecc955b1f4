package org.satchel.internal

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put
import org.satchel.HttpRequest
import org.satchel.LogLevel
import org.satchel.SatchelCode
import org.satchel.SatchelOptions
import java.util.concurrent.ConcurrentHashMap

/**
 * What the native half calls: every method that callbacks.cpp names, by name and signature. They run on Satchel's own
 * threads, return quickly, and let no exception out. What may take long (tokens, HTTP) becomes a coroutine of [scope].
 */
internal class Callbacks(private val options: SatchelOptions) {
    private val scope = CoroutineScope(SupervisorJob() + options.dispatcher)
    private val exchanges = ConcurrentHashMap<Long, Job>()

    /** For work that ends with the store. */
    fun launch(work: suspend CoroutineScope.() -> Unit): Job = scope.launch(block = work)

    /** Nothing that an app gave is begun any more; what waits inside is cancelled. */
    fun cancel() = scope.cancel()

    /** Is this thread inside one of these callbacks? Closing the store there would wait for itself. */
    fun isInside(): Boolean = generateSequence(frames.get()) { it.outer }.any { it.callbacks === this }

    // ---- from callbacks.cpp

    fun wallMs(): Long =
        inside("clock", { System.currentTimeMillis() }) { options.clock!!.wallMillis() }

    fun monotonicMs(): Long =
        inside("clock", { System.nanoTime() / 1_000_000 }) { options.clock!!.monotonicMillis() }

    fun log(level: Int, event: ByteArray, fields: ByteArray) =
        inside("log", {}) { options.logger!!.log(LogLevel.entries[level], event.text(), fields.text()) }

    fun online(): Boolean = inside("connectivity", { true }) { options.connectivity!!.online() }

    fun token(address: Long) {
        val request = TokenRequest(address)
        scope.launch {
            try {
                request.give(options.tokens!!.token().utf8("token"))
            } catch (failure: Throwable) {
                request.refuse(failureOf(failure, SatchelCode.SIGN_IN, "The app could not give a token."))
            }
        }.invokeOnCompletion { request.refuse(cancelled) } // no effect when it was answered
    }

    fun send(
        address: Long,
        id: Long,
        method: ByteArray,
        path: ByteArray,
        headers: Array<ByteArray>,
        body: ByteArray,
        timeoutMs: Long,
    ) {
        val exchange = HttpExchange(address)
        val pairs = List(headers.size / 2) { headers[2 * it].text() to headers[2 * it + 1].text() }
        val request = HttpRequest(method.text(), path.text(), pairs, body, timeoutMs, exchange::progress)
        val job = scope.launch(start = CoroutineStart.LAZY) {
            try {
                exchange.respond(options.http!!.send(request))
            } catch (failure: Throwable) {
                exchange.fail(failureOf(failure, SatchelCode.NETWORK, "The central store was not reached."))
            }
        }
        exchanges[id] = job
        job.invokeOnCompletion {
            exchanges.remove(id)
            exchange.fail(cancelled) // no effect when it was answered
        }
        job.start()
    }

    /** Off the store's thread: what the app does when it is cancelled may take a while. */
    fun cancel(id: Long) {
        val job = exchanges[id] ?: return
        scope.launch { job.cancel() }
    }

    fun secretGet(name: ByteArray, into: ByteArray): Int = secrets {
        val secret = options.secrets!!.get(name.text()) ?: return@secrets SatchelCode.NOT_FOUND.number
        require(secret.size == into.size) { "A secret has ${into.size} bytes." }
        secret.copyInto(into)
        0
    }

    fun secretPut(name: ByteArray, secret: ByteArray): Int = secrets {
        options.secrets!!.put(name.text(), secret)
        0
    }

    fun secretRemove(name: ByteArray): Int = secrets {
        options.secrets!!.remove(name.text())
        0
    }

    /** [call] of a [Follower]. */
    fun follower(call: () -> Unit) = inside("follower", {}, call)

    // ---- exceptions end here

    private fun secrets(call: () -> Int): Int {
        var code = SatchelCode.IO
        return inside("secrets", { code.number }) {
            try {
                call()
            } catch (failure: org.satchel.SatchelException) {
                code = failure.code
                throw failure
            }
        }
    }

    private inline fun <Result> inside(name: String, fallback: () -> Result, call: () -> Result): Result {
        val outer = frames.get()
        frames.set(Frame(this, outer))
        try {
            return call()
        } catch (failure: Throwable) {
            if (name != "log") tell(name, failure)
            return fallback()
        } finally {
            frames.set(outer)
        }
    }

    /** The class of the exception and not its words: they may quote what a worker wrote. */
    private fun tell(name: String, failure: Throwable) {
        val fields = buildJsonObject {
            put("callback", name)
            put("exception", failure.javaClass.name)
        }
        try {
            options.logger?.log(LogLevel.ERROR, "callback_failed", fields.toString())
        } catch (_: Throwable) {
            // There is nobody left to tell.
        }
    }

    private class Frame(val callbacks: Callbacks, val outer: Frame?)

    private companion object {
        val frames = ThreadLocal<Frame?>()
    }
}
