package org.satchel

/*
 * What an app can put in the place of Satchel's own. None of these may call back into the store that they serve, other
 * than to read: `transact`, `sync` and the like would wait for themselves, and closing is refused with INVALID.
 * An exception that comes out of one ends there: it is told to the logger as `callback_failed` (with the class of the
 * exception, never its words), and the store goes on as each says.
 */

/** Gives the identity provider's JWT. */
public fun interface TokenProvider {
    /**
     * Called when the central store has to be told who this is; runs on the store's dispatcher and may take as long as
     * asking a person takes. Cancelled when the store is closed. A [SatchelException] refuses with its code and words;
     * an [java.io.IOException] is [SatchelCode.NETWORK], tried again later; anything else is [SatchelCode.SIGN_IN].
     */
    public suspend fun token(): String
}

/**
 * One request to the central store.
 *
 * @property path "/v1/sync": to be put behind the address of the central store
 * @property timeoutMillis for the whole exchange; a long poll waits up to this
 */
public class HttpRequest internal constructor(
    public val method: String,
    public val path: String,
    public val headers: List<Pair<String, String>>,
    public val body: ByteArray,
    public val timeoutMillis: Long,
    private val report: (Long, Long, Long, Long) -> Unit,
) {
    /** Bytes so far, for progress bars; 0: unknown. May be left out, and is ignored once the request is answered. */
    public fun progress(sent: Long, toSend: Long, received: Long, toReceive: Long): Unit =
        report(sent, toSend, received, toReceive)
}

public class HttpResponse(
    public val status: Int,
    public val headers: List<Pair<String, String>>,
    public val body: ByteArray,
)

/**
 * HTTPS by the app, in the place of libcurl: [UrlConnectionTransport], or OkHttp, Cronet, Ktor behind this. Whoever
 * implements it checks TLS, follows no redirects, and gives the answer's body as it came (no decompression of
 * encodings that the request asked for).
 */
public fun interface HttpTransport {
    /**
     * Runs on the store's dispatcher, several at a time. Cancelled when the answer is no longer needed. Any answer with
     * a status is an answer, 500 too. A [SatchelException] fails with its code and words; any other exception is
     * [SatchelCode.NETWORK].
     */
    public suspend fun send(request: HttpRequest): HttpResponse
}

/** Time. From any thread, often: must be quick. If it throws, the system's time is taken. */
public interface Clock {
    /** Milliseconds since 1970-01-01 UTC. */
    public fun wallMillis(): Long

    /** Milliseconds since an arbitrary start, also while the device sleeps. */
    public fun monotonicMillis(): Long
}

public enum class LogLevel { DEBUG, INFO, WARNING, ERROR }

/** Log lines. From any thread; never personal data. */
public fun interface Logger {
    /** @param fields a JSON object of texts */
    public fun log(level: LogLevel, event: String, fields: String)
}

/** Is there a network? Asked before a sync, on the store's thread; tell changes by [Satchel.networkChanged]. */
public fun interface Connectivity {
    /** If it throws: taken as online. */
    public fun online(): Boolean
}

/**
 * Where the secret of this store lies in place of a file beside it: the Keystore, in a class that no backup and no
 * transfer to another device carries (`org.satchel.android.KeystoreSecrets`). The central store knows the device by it.
 *
 * Called on the store's thread, by [Satchel.rescue] on the caller's. May throw [SatchelException]: the store is then
 * not opened, with this code, retryable, and nothing is concluded; anything else counts as [SatchelCode.IO].
 */
public interface SecretKeeper {
    /** 32 bytes, or null when there is none of this name (not: when it cannot tell). */
    public fun get(name: String): ByteArray?

    /** Returns when it would survive a power cut; replaces one of the same name. */
    public fun put(name: String, secret: ByteArray)

    /** Fine also when there was none. */
    public fun remove(name: String)
}
