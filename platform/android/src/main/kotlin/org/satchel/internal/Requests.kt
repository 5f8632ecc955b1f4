package org.satchel.internal

import kotlinx.coroutines.CancellationException
import org.satchel.HttpResponse
import org.satchel.SatchelCode
import org.satchel.SatchelException
import java.io.IOException
import java.util.concurrent.atomic.AtomicLong

internal val cancelled = SatchelException(SatchelCode.CANCELLED, "It is no longer needed.")

/** What the central part of Satchel is told of [failure]: its code, or [otherwise]. */
internal fun failureOf(failure: Throwable, otherwise: SatchelCode, words: String): SatchelException =
    when (failure) {
        is SatchelException -> failure
        is CancellationException -> cancelled
        is IOException -> SatchelException(SatchelCode.NETWORK, words, cause = failure)
        else -> SatchelException(otherwise, words, cause = failure)
    }

private fun SatchelException.words(): ByteArray = message.orEmpty().encodeToByteArray()

/** A satchel_token_request: answered once, whoever comes first. */
internal class TokenRequest(address: Long) {
    private val address = AtomicLong(address)

    fun give(jwt: ByteArray) = take { Native.tokenGive(it, jwt) }

    fun refuse(failure: SatchelException) = take { Native.tokenRefuse(it, failure.code.number, failure.words()) }

    private inline fun take(answer: (Long) -> Unit) {
        val taken = address.getAndSet(0)
        if (taken != 0L) answer(taken)
    }
}

/** A satchel_http_request: answered once, whoever comes first; tells progress until then. */
internal class HttpExchange(private var address: Long) {
    fun respond(response: HttpResponse) {
        val headers = ArrayList<ByteArray>(2 * response.headers.size)
        for ((name, value) in response.headers) {
            headers += name.encodeToByteArray()
            headers += value.encodeToByteArray()
        }
        take { Native.httpRespond(it, response.status, headers.toTypedArray(), response.body) }
    }

    fun fail(failure: SatchelException) = take { Native.httpFail(it, failure.code.number, failure.words()) }

    @Synchronized
    fun progress(sent: Long, toSend: Long, received: Long, toReceive: Long) {
        if (address != 0L) Native.httpProgress(address, sent, toSend, received, toReceive)
    }

    @Synchronized
    private fun take(answer: (Long) -> Unit) {
        val taken = address
        address = 0
        if (taken != 0L) answer(taken)
    }
}
