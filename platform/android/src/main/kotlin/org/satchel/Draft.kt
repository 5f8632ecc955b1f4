package org.satchel

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.satchel.internal.utf8

/** One change of a draft: names its record in the [Receipt] of the commit. */
public class Change internal constructor(internal val index: Int, internal val collection: String)

/** How a text changed as it was typed. [at] and [removed] count UTF-16 code units, as a Kotlin String does. */
public class TextEdit(public val at: Int, public val removed: Int = 0, public val inserted: String = "")

/** Where a new or moved element of a list goes. */
public sealed class Place {
    internal abstract val member: Pair<String, JsonElement>

    public object First : Place() {
        override val member: Pair<String, JsonElement> = "to" to JsonPrimitive("first")
    }

    public object Last : Place() {
        override val member: Pair<String, JsonElement> = "to" to JsonPrimitive("last")
    }

    /** @param element by id or value */
    public class Before(element: Any) : Place() {
        override val member: Pair<String, JsonElement> = "before" to valueOf(element)
    }

    public class After(element: Any) : Place() {
        override val member: Pair<String, JsonElement> = "after" to valueOf(element)
    }
}

/**
 * Changes of one or many records, committed all or nothing by [Satchel.transact]. Only gathers them: what is allowed, the
 * store says when they are committed. The actions are those of docs/ABI.md.
 */
public class Draft internal constructor(private val shown: String?) {
    private val open = ArrayList<JsonElement>()
    private val changes = ArrayList<JsonElement>()

    /** Opens a scope, a case for instance. [scope] is its id; drawn by the store when left out. */
    public fun open(kind: String, parent: String? = null, scope: String? = null) {
        open += members("kind" to text(kind), "parent" to text(parent), "scope" to text(scope))
    }

    /** @param scope not needed where the draft opens exactly one  @param record its id; drawn by the store when left out */
    public fun create(
        collection: String,
        vararg fields: Pair<String, Any?>,
        scope: String? = null,
        record: String? = null,
    ): Change = change(
        "create",
        collection,
        "scope" to text(scope),
        "record" to text(record),
        "fields" to valueOf(fields.toMap()),
    )

    /** Changes of a record that is there. */
    public fun record(collection: String, record: String): RecordDraft = RecordDraft(this, collection, record)

    public fun record(record: Record): RecordDraft = record(record.collection, record.id)

    internal fun change(action: String, collection: String, vararg about: Pair<String, JsonElement?>): Change {
        changes += members("action" to text(action), "collection" to text(collection), *about)
        return Change(changes.size - 1, collection)
    }

    internal fun json(): JsonObject = members(
        "shown" to text(shown),
        "open" to if (open.isEmpty()) null else JsonArray(open),
        "changes" to JsonArray(changes),
    )
}

/** Changes of one record, as part of a [Draft]. */
public class RecordDraft internal constructor(
    private val draft: Draft,
    private val collection: String,
    private val record: String,
) {
    /** `null` takes the value away. A text is given whole: it becomes the few edits that lead there from what was shown. */
    public fun set(field: String, value: Any?, reason: String? = null): Change =
        change("set", field, "value" to valueOf(value), "reason" to text(reason))

    public fun set(vararg fields: Pair<String, Any?>): Change =
        change("set", null, "fields" to valueOf(fields.toMap()))

    public fun edit(field: String, edits: List<TextEdit>): Change =
        change("edit", field, "edits" to JsonArray(edits.map(::editOf)))

    /** Sends a text in: it stands for good. */
    public fun submit(field: String): Change = change("submit", field)

    /** A plain value into a set or list. */
    public fun add(field: String, value: Any, place: Place? = null): Change =
        change("add", field, "value" to valueOf(value), place?.member ?: NOWHERE)

    /** An item of parts; with [element], parts of one that is there. */
    public fun add(field: String, parts: Map<String, Any?>, element: String? = null, place: Place? = null): Change =
        change("add", field, "element" to text(element), "parts" to valueOf(parts), place?.member ?: NOWHERE)

    public fun remove(field: String, value: Any): Change = change("remove", field, "value" to valueOf(value))

    public fun removeElement(field: String, element: String): Change = change("remove", field, "element" to text(element))

    public fun move(field: String, value: Any, place: Place): Change =
        change("move", field, "value" to valueOf(value), place.member)

    public fun moveElement(field: String, element: String, place: Place): Change =
        change("move", field, "element" to text(element), place.member)

    /** Puts the elements that are named into this order and leaves others where they are. */
    public fun order(field: String, elements: List<Any>): Change = change("order", field, "elements" to valueOf(elements))

    /** Puts the record away; it can be read for ever. */
    public fun putAway(): Change = change("void", null)

    public fun restore(): Change = change("restore", null)

    private fun change(action: String, field: String?, vararg about: Pair<String, JsonElement?>): Change =
        draft.change(action, collection, "record" to text(record), "field" to text(field), *about)

    private fun editOf(edit: TextEdit): JsonObject = members(
        "at" to JsonPrimitive(edit.at),
        "removed" to if (edit.removed == 0) null else JsonPrimitive(edit.removed),
        "inserted" to if (edit.inserted.isEmpty()) null else JsonPrimitive(edit.inserted),
    )

    private companion object {
        val NOWHERE: Pair<String, JsonElement?> = "to" to null
    }
}

/**
 * A person's decision about an entry of the list of conflicts.
 *
 * @param shown the token of the list or record that the person looked at
 */
public class Decision private constructor(internal val json: JsonObject) {
    public companion object {
        /** This value stands from now on. */
        public fun value(shown: String, conflict: Conflict, value: Any?, reason: String? = null): Decision =
            of(shown, conflict, "value" to valueOf(value), "reason" to text(reason))

        /** One person put it away, another changed it: is it kept? Of a text that was sent in: what came later was seen. */
        public fun keep(shown: String, conflict: Conflict, keep: Boolean, reason: String? = null): Decision =
            of(shown, conflict, "keep" to JsonPrimitive(keep), "reason" to text(reason))

        private fun of(shown: String, conflict: Conflict, vararg decided: Pair<String, JsonElement?>): Decision = Decision(
            members(
                "shown" to text(shown),
                "collection" to text(conflict.collection),
                "record" to text(conflict.record),
                "field" to text(conflict.field),
                "element" to text(conflict.element),
                "part" to text(conflict.part),
                *decided,
            ),
        )
    }
}

internal fun JsonObject.bytes(): ByteArray = toString().utf8()
