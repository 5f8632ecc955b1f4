package org.satchel.internal

import org.satchel.SatchelCode
import org.satchel.SatchelException

/** Text for the C interface. Half a surrogate pair has no UTF-8: it is refused, not replaced by something else. */
internal fun String.utf8(place: String = ""): ByteArray =
    try {
        encodeToByteArray(throwOnInvalidSequence = true)
    } catch (broken: CharacterCodingException) {
        throw SatchelException(
            SatchelCode.INVALID,
            "The text is not whole Unicode: it holds half of a character (a lone surrogate).",
            place,
            cause = broken,
        )
    }

internal fun ByteArray.text(): String = decodeToString()
