package org.satchel

import kotlinx.serialization.json.JsonObject

/** What is not at base yet: it is safe here, and goes with a later sync. */
public class Left internal constructor(public val json: JsonObject) {
    /** One or two short sentences that an app can show as they are, in [SatchelOptions.language]. */
    public val words: String get() = json.text("words")

    /** How many transactions, how many records they change, and since when (ISO 8601; null: none). */
    public val unsent: Long get() = json.number("unsent")
    public val records: Long get() = json.number("records")
    public val oldestUnsent: String? get() = json.textOrNull("oldest_unsent")

    /** Scopes whose first sync has not come to its end. */
    public val scopesIncomplete: Long get() = json.number("scopes_incomplete")

    /** What the central store has lost and gets back from here. */
    public val sealedToSend: Long get() = json.number("sealed_to_send")

    override fun toString(): String = "Left(unsent=$unsent, records=$records)"
}

/** What [Satchel.enterBackground] came to. */
public class Background internal constructor(json: JsonObject) {
    /** Everything committed before survives a power cut. false: the time was not enough, and it goes on by itself. */
    public val isFlushed: Boolean = json.flag("flushed")
    public val left: Left = Left(json["left"] as JsonObject)
}

/** What [Satchel.syncWithin] came to. */
public class SyncOutcome internal constructor(json: JsonObject) {
    public enum class End {
        /** Nothing is left to send or fetch. */
        FINISHED,
        OUT_OF_TIME,

        /** The central store was not reached. */
        OFFLINE,

        /** Only a person can help. */
        NEEDS_SIGN_IN,

        /** [error] says why. */
        FAILED,
    }

    public val ended: End = End.entries.firstOrNull { it.name.lowercase() == json.text("ended") } ?: End.FAILED
    public val error: SatchelException? = (json["error"] as? JsonObject)?.let(::failureOf)
    public val left: Left = Left(json["left"] as JsonObject)

    override fun toString(): String = "SyncOutcome($ended, $left)"
}
