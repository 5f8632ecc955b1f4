package org.satchel

import java.math.BigDecimal
import java.time.LocalDate
import java.time.ZonedDateTime
import java.time.format.DateTimeParseException
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/*
 * What the types that `satchel codegen kotlin` writes stand on: values of fields as Kotlin's and Java's own types.
 */

/** One code: [system] and [code] of a terminology, [display] as people read it; own words have a display alone. */
public data class Code(
    public val system: String = "",
    public val code: String = "",
    public val display: String = "",
) {
    override fun toString(): String = "Code($system|$code)" // own words are a person's
}

/** Another record. */
public data class Reference(public val collection: String, public val id: String) {
    override fun toString(): String = "$collection/$id"
}

/** Names a file by its BLAKE2b-256, in hexadecimal digits. */
public data class Blob(public val hash: String, public val size: Long, public val mediaType: String = "")

/** A level or label of the schema. [text] is empty for one that this version of the app does not know. */
public interface Label {
    public val text: String
}

/** Values out of JSON. Each is null when the value is none of its type, as one that a newer app wrote. */
public object Values {
    public fun text(value: JsonElement): String? = primitive(value)?.let { if (it.isString) it.content else null }

    public fun integer(value: JsonElement): Long? = primitive(value)?.content?.toLongOrNull()

    public fun decimal(value: JsonElement): BigDecimal? = primitive(value)?.content?.toBigDecimalOrNull()

    public fun boolean(value: JsonElement): Boolean? = primitive(value)?.content?.toBooleanStrictOrNull()

    public fun date(value: JsonElement): LocalDate? = time(value, LocalDate::parse)

    public fun instant(value: JsonElement): ZonedDateTime? = time(value, ZonedDateTime::parse)

    public fun code(value: JsonElement): Code? =
        known(value)?.let { Code(it.text("system"), it.text("code"), it.text("display")) }

    public fun reference(value: JsonElement): Reference? {
        val text = text(value) ?: return null
        val slash = text.indexOf('/')
        return if (slash < 0) null else Reference(text.substring(0, slash), text.substring(slash + 1))
    }

    public fun blob(value: JsonElement): Blob? =
        known(value)?.let { Blob(it.text("hash"), it.number("size"), it.text("media_type")) }

    private fun primitive(value: JsonElement): JsonPrimitive? = (value as? JsonPrimitive)?.takeIf { it !is JsonNull }

    internal fun known(value: JsonElement): JsonObject? = (value as? JsonObject)?.takeIf { "unknown" !in it }

    private fun <T> time(value: JsonElement, parse: (CharSequence) -> T): T? =
        try {
            text(value)?.let(parse)
        } catch (_: DateTimeParseException) {
            null
        }
}

/** Reads the fields of one record, or the parts of one item, and remembers which of them it could not read. */
public class ModelReader(private val fields: JsonObject) {
    private val names = LinkedHashSet<String>()

    /** Fields whose value none of the calls so far could read. */
    public val unreadable: Set<String> get() = names.toSet()

    public fun <T : Any> one(field: String, read: (JsonElement) -> T?): T? {
        val value = fields[field] ?: return null
        if (value is JsonNull) return null
        return read(value) ?: null.also { names += field }
    }

    public fun <T : Any> many(field: String, read: (JsonElement) -> T?): List<T> {
        val elements = fields[field] as? JsonArray ?: return emptyList()
        return elements.mapNotNull { element -> read(element) ?: null.also { names += field } }
    }

    public companion object {
        /** null: an item that a newer app wrote in a way of its own. */
        public fun ofItem(value: JsonElement): ModelReader? = Values.known(value)?.let(::ModelReader)

        /** Those that have a value. */
        public fun given(vararg fields: Pair<String, Any?>): Array<Pair<String, Any?>> =
            fields.filter { (_, value) -> value != null && !(value is Collection<*> && value.isEmpty()) }.toTypedArray()
    }
}
