package org.satchel

import kotlinx.serialization.json.JsonObject

/** Where sync stands: what an app can show. docs/ABI.md names all members. */
public class SyncStatus internal constructor(public val json: JsonObject) {
    public enum class Phase {
        STOPPED,
        IDLE,
        SIGNING_IN,
        SYNCING,
        CONNECTED,
        WAITING_TO_RETRY,
        OFFLINE,
        NEEDS_SIGN_IN,
        BLOCKED,

        /** One that a newer library knows: [words] say it. */
        OTHER,
    }

    /** A line to show below [words], about what an app has a page for: [what] is "to_decide", "set_aside" ... */
    public class Detail internal constructor(public val what: String, public val words: String)

    public val phase: Phase get() = Phase.entries.firstOrNull { it.name.lowercase() == json.text("phase") } ?: Phase.OTHER

    /** One or two short sentences that an app can show as they are, in [SatchelOptions.language]. */
    public val words: String get() = json.text("words")
    public val details: List<Detail> get() = json.objects("details").map { Detail(it.text("what"), it.text("words")) }

    /** How many transactions are not yet at base, and since when (ISO 8601; null: none). */
    public val unsent: Long get() = json.number("unsent")
    public val oldestUnsent: String? get() = json.textOrNull("oldest_unsent")
    public val setAside: Long get() = json.number("set_aside")
    public val toDecide: Long get() = json.number("to_decide")
    public val toKnow: Long get() = json.number("to_know")
    public val lastSync: String? get() = json.textOrNull("last_sync")

    /** Do not wipe a device while this is not 0. */
    public val sealed: Long get() = json.number("sealed")

    /** Something that works but needs somebody's attention. */
    public val notice: String? get() = json.textOrNull("notice")
    public val lastError: SatchelException?
        get() = (json["last_error"] as? JsonObject)?.let(::failureOf)
    public val retryInMillis: Long? get() = json.textOrNull("retry_in_ms")?.toLongOrNull()

    override fun toString(): String = "SyncStatus($phase, unsent=$unsent)"

    /** Equal when they say the same, so that a StateFlow emits changes only. */
    override fun equals(other: Any?): Boolean = other is SyncStatus && other.json == json

    override fun hashCode(): Int = json.hashCode()
}

/** An error as the JSON of docs/ABI.md writes it. */
internal fun failureOf(error: JsonObject): SatchelException {
    val code = SatchelCode.entries.firstOrNull { it.name.lowercase() == error.text("code") }
    return SatchelException(code ?: SatchelCode.INTERNAL, error.text("message"), error.text("place"), error.flag("retryable"))
}
