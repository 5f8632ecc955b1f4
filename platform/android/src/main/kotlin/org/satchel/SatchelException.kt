package org.satchel

import org.satchel.internal.text

/**
 * What went wrong, for an app to act on. The numbers are those of `satchel_code` in satchel.h;
 * docs/EMBEDDING.md names for each the cause and the cure.
 */
public enum class SatchelCode(public val number: Int) {
    /** The caller's input is wrong; the message says what, [SatchelException.place] where. Nothing was changed. */
    INVALID(1),
    NOT_FOUND(2),

    /** Larger than can be kept. */
    LIMIT(3),

    /** The worker has no right to this. */
    PERMISSION(4),

    /** The token is missing, expired or not accepted. */
    SIGN_IN(5),

    /** The central store was not reached; retried by itself while watching. */
    NETWORK(6),
    TIMEOUT(7),

    /** The central store answered with an error. */
    SERVER(8),

    /** The central store sent bytes that make no sense. */
    PROTOCOL(9),

    /** The file is damaged: [Satchel.rescue]. */
    CORRUPT(10),

    /** Written by a newer version; left untouched. */
    NEWER_FORMAT(11),

    /** The store belongs to another organisation or worker. */
    WRONG_OWNER(12),

    /** Another process holds the file. */
    BUSY(13),
    DISK_FULL(14),
    IO(15),

    /** The store was closed, by this app. */
    CLOSED(16),
    CANCELLED(17),

    /** TLS: untrusted, expired, for another host, or another pin. */
    CERTIFICATE(18),

    /** A mistake of Satchel's own; the handle has ended. Close and open again. */
    INTERNAL(19),
    ;

    internal companion object {
        /** A number that a newer library knows and this enum does not is a mistake of ours. */
        fun of(number: Int): SatchelCode = entries.firstOrNull { it.number == number } ?: INTERNAL
    }
}

/**
 * Every failure that comes out of Satchel, and what the app's own [TokenProvider], [HttpTransport] and [SecretKeeper]
 * throw to say why they cannot.
 *
 * @property code what an app decides by
 * @property place where in the input: "person.risk", "/changes/2/value"; may be empty
 * @property retryable the same call may work later unchanged
 */
public class SatchelException(
    public val code: SatchelCode,
    message: String,
    public val place: String = "",
    public val retryable: Boolean = false,
    cause: Throwable? = null,
) : RuntimeException(message, cause) {
    override fun toString(): String =
        "SatchelException(${code.name.lowercase()}): $message" + if (place.isEmpty()) "" else " [$place]"

    internal companion object {
        fun closed(): SatchelException = SatchelException(SatchelCode.CLOSED, "The store is closed.")

        fun of(code: Int, message: ByteArray, place: ByteArray, retryable: Boolean): SatchelException =
            SatchelException(SatchelCode.of(code), message.text(), place.text(), retryable)
    }
}
