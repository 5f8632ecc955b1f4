package org.satchel

import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject

/*
 * What the store answers. Each is the JSON object of docs/ABI.md with names for what an app uses most; `json` has all of
 * it, what a newer library adds too.
 */

/** A record as it stands. A field shows what stands; of several that stand the first, the others are in [conflicts]. */
public class Record internal constructor(public val json: JsonObject) {
    public val id: String get() = json.text("id")
    public val collection: String get() = json.text("collection")
    public val scope: String get() = json.text("scope")

    /** What a field of type reference holds to name this record. */
    public val reference: String get() = "$collection/$id"

    /** It was put away (and can be read for ever). */
    public val isPutAway: Boolean get() = json.flag("void")

    /** The store holds changes of it that are not yet at base. */
    public val isUnsent: Boolean get() = json.flag("unsent")
    public val fields: JsonObject get() = json["fields"] as JsonObject

    /** Where several people wrote. A [Conflict] of a record names neither collection nor record: [conflicts] adds them. */
    public val conflicts: List<Conflict>
        get() = json.objects("conflicts").map { Conflict(it, collection, id, scope) }

    /** The texts that were sent in: who, when. */
    public val submitted: JsonObject get() = json["submitted"] as JsonObject

    public operator fun get(field: String): JsonElement? = fields[field]

    /** null: no value, or not a plain one. */
    public fun text(field: String): String? = fields.textOrNull(field)

    public fun number(field: String): Long? = fields.textOrNull(field)?.toLongOrNull()

    public fun flag(field: String): Boolean? = fields.textOrNull(field)?.toBooleanStrictOrNull()

    /** The plain elements of a set or list. */
    public fun texts(field: String): List<String> = fields.texts(field)

    /** The items of a set or list with parts: each has its "id". */
    public fun items(field: String): List<JsonObject> = fields.objects(field)

    override fun toString(): String = "Record($collection/$id)" // no words of anybody: it may come into a log
}

/** One record, and the [token] of this read: give it back as `shown` when a form about it is saved. */
public class Read internal constructor(public val token: String, public val record: Record) {
    internal companion object {
        /** null: there is no such record. */
        fun of(answer: JsonObject): Read? =
            (answer["record"] as? JsonObject)?.let { Read(answer.text("token"), Record(it)) }
    }
}

/** @property next give it back as [Query.after]; null: the end */
public class Page internal constructor(public val token: String, public val records: List<Record>, public val next: String?)

/** What a search found, the best first. */
public class Found internal constructor(public val json: JsonObject) {
    public val token: String get() = json.text("token")
    public val hits: List<Hit> get() = json.objects("hits").map(::Hit)

    /** So many records at most are not indexed yet and cannot be found; 0 but for a few seconds after a first sync. */
    public val waiting: Long get() = json.number("waiting")

    /** While some are waiting: of how many. */
    public val of: Long? get() = json.textOrNull("of")?.toLong()

    public class Hit internal constructor(public val json: JsonObject) {
        public val collection: String get() = json.text("collection")
        public val record: String get() = json.text("record")
        public val scope: String get() = json.text("scope")

        /** The first line of its first indexed text. */
        public val title: String get() = json.text("title")
        public val field: String get() = json.text("field")

        /** About 24 words of [field]. */
        public val snippet: List<Piece> get() = json.objects("snippet").map { Piece(it.text("text"), it.flag("hit")) }

        override fun toString(): String = "Hit($collection/$record, $field)" // no words of anybody: it may come into a log
    }

    /** @property isHit this is what was searched for */
    public class Piece internal constructor(public val text: String, public val isHit: Boolean)
}

/** What a commit made. @property records one id per change, new ones made by the store */
public class Receipt internal constructor(public val json: JsonObject) {
    public val token: String get() = json.text("token")
    public val records: List<String> get() = json.texts("records")

    /** The id of the record that this change was about. */
    public operator fun get(change: Change): String = records[change.index]

    /** The same as the value of a field of type reference: "person/0192...". */
    public fun reference(change: Change): String = "${change.collection}/${get(change)}"

    /** One for each scope: `{"scope", "replica", "counter"}`. */
    public val transactions: List<JsonObject> get() = json.objects("transactions")
}

/** What one person wrote, and when. */
public abstract class Written internal constructor(public val json: JsonObject) {
    public val by: String get() = json.text("by")

    /** The tablet's clock as it stood. */
    public val at: String get() = json.text("at")

    /** The central store's time; null: not yet there. */
    public val received: String? get() = json.textOrNull("received")
    public val value: JsonElement? get() = json["value"]

    /** The value where it is a plain one. */
    public val text: String? get() = json.textOrNull("value")
    public val reason: String? get() = json.textOrNull("reason")
}

/** One side of a conflict. */
public class Side internal constructor(json: JsonObject) : Written(json)

/** Where several people wrote without seeing each other. */
public class Conflict internal constructor(
    public val json: JsonObject,
    public val collection: String = json.text("collection"),
    public val record: String = json.text("record"),
    public val scope: String = json.text("scope"),
) {
    /** null: the record itself was put away by one and changed by another. */
    public val field: String? get() = json.textOrNull("field")
    public val element: String? get() = json.textOrNull("element")
    public val part: String? get() = json.textOrNull("part")

    /** How what stands was chosen: a stable name, and a sentence to show. */
    public val rule: String get() = json.text("rule")
    public val words: String get() = json.text("words")

    /** true: a person should decide, when they can. false: only to know. */
    public val decide: Boolean get() = json.flag("decide")
    public val standing: List<Side> get() = json.objects("standing").map(::Side)
    public val others: List<Side> get() = json.objects("others").map(::Side)

    override fun toString(): String = "Conflict($collection/$record, ${field ?: "record"}, $rule)"
}

/** The list of conflicts. @property token of this list, for a [Decision] */
public class Conflicts internal constructor(public val token: String, public val list: List<Conflict>) {
    internal companion object {
        fun of(answer: JsonObject): Conflicts =
            Conflicts(answer.text("token"), answer.objects("conflicts").map { Conflict(it) })
    }
}

/** One version of a field, as one person wrote it. docs/ABI.md names all members. */
public class Version internal constructor(json: JsonObject) : Written(json) {
    public val stood: Boolean get() = json.flag("stood")
    public val settles: Boolean get() = json.flag("settles")
    public val isUnsent: Boolean get() = json.flag("unsent")
}

/** What is shared, granted and synced as one: a case, a team's directory. */
public class Scope internal constructor(public val json: JsonObject) {
    public val id: String get() = json.text("id")
    public val kind: String get() = json.text("kind")
    public val role: String get() = json.text("role")
    public val label: String get() = json.text("label")
    public val parent: String? get() = json.textOrNull("parent")

    /** Everything of it is on this device. */
    public val isComplete: Boolean get() = json.flag("complete")
    public val isWithdrawn: Boolean get() = json.flag("withdrawn")
    public val keepsHistory: Boolean get() = json.flag("keeps_history")

    /** The first position whose transaction is here; 1: the whole history. */
    public val historyFrom: Long get() = json.number("history_from")
}

/** What the central store did not accept, whole, outside the records. */
public class SetAside internal constructor(public val json: JsonObject) {
    public val scope: String get() = json.text("scope")
    public val reason: String get() = json.text("reason")
    public val at: String get() = json.text("at")

    /** It builds on a refused one and is not judged yet. */
    public val isWaiting: Boolean get() = json.flag("waiting")
    public val changes: List<JsonObject> get() = json.objects("changes")
}

/** Who the store belongs to. */
public class About internal constructor(public val json: JsonObject) {
    public val organisation: String get() = json.text("organisation")
    public val worker: String get() = json.text("worker")
    public val replica: String get() = json.text("replica")
    public val schema: JsonObject get() = json["schema"] as JsonObject
}

/** What [Satchel.verify] counted. */
public class VerifyReport internal constructor(public val json: JsonObject) {
    public val scopes: Long get() = json.number("scopes")
    public val records: Long get() = json.number("records")
    public val entries: Long get() = json.number("entries")
    public val outbox: Long get() = json.number("outbox")

    /** What was wrong with the search index, which is made anew then; null: nothing. */
    public val searchDamage: String? get() = (json["search"] as? JsonObject)?.textOrNull("damage")
}

/** What [Satchel.rescue] did with a damaged file. */
public class RescueReport internal constructor(public val json: JsonObject) {
    /** Where the damaged file lies now. */
    public val movedTo: String get() = json.text("moved_to")
    public val salvaged: Long get() = json.number("salvaged")
    public val unreadable: Long get() = json.number("unreadable")
}
