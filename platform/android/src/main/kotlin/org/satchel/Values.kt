package org.satchel

import java.math.BigDecimal
import java.time.LocalDate
import java.time.ZonedDateTime
import java.time.temporal.ChronoUnit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import org.satchel.internal.text

/*
 * Values of fields in Kotlin: String, Boolean, Int, Long, Double, BigDecimal, LocalDate, ZonedDateTime, the types of
 * Models.kt, null, and Lists and Maps of them; docs/SCHEMA.md says how a date, an instant, a decimal is written as text. A
 * JsonElement stands for itself.
 */

internal fun valueOf(value: Any?): JsonElement =
    when (value) {
        null -> JsonNull
        is JsonElement -> value
        is String -> JsonPrimitive(value)
        is Boolean -> JsonPrimitive(value)
        is BigDecimal -> JsonPrimitive(value.toPlainString())
        is LocalDate -> JsonPrimitive(value.toString())
        is ZonedDateTime -> JsonPrimitive(value.truncatedTo(ChronoUnit.MILLIS).toString())
        is Reference -> JsonPrimitive(value.toString())
        is Code -> members("system" to text(value.system), "code" to text(value.code), "display" to text(value.display))
        is Blob -> members("hash" to text(value.hash), "size" to JsonPrimitive(value.size), "media_type" to text(value.mediaType))
        is Label -> labelOf(value)
        is Number -> JsonPrimitive(value)
        is Map<*, *> -> JsonObject(value.entries.associate { (name, part) -> name.toString() to valueOf(part) })
        is Iterable<*> -> JsonArray(value.map(::valueOf))
        else -> throw SatchelException(
            SatchelCode.INVALID,
            "A ${value.javaClass.simpleName} is no value of a field: give a text, number, boolean, list or map.",
        )
    }

private fun labelOf(label: Label): JsonElement {
    if (label.text.isNotEmpty()) return JsonPrimitive(label.text)
    throw SatchelException(
        SatchelCode.INVALID,
        "A level or label that this version of the app does not know cannot be written.",
    )
}

/** What is null is left out. */
internal fun members(vararg members: Pair<String, JsonElement?>): JsonObject =
    JsonObject(LinkedHashMap<String, JsonElement>().apply { for ((name, value) in members) if (value != null) put(name, value) })

internal fun text(value: String?): JsonElement? = value?.let(::JsonPrimitive)

internal fun JsonElement.asObject(): JsonObject = this as JsonObject

internal fun parse(json: ByteArray): JsonObject = Json.parseToJsonElement(json.text()) as JsonObject

internal fun JsonObject.textOrNull(name: String): String? = (get(name) as? JsonPrimitive)?.let { if (it is JsonNull) null else it.content }

internal fun JsonObject.text(name: String): String = textOrNull(name).orEmpty()

internal fun JsonObject.flag(name: String): Boolean = textOrNull(name) == "true"

internal fun JsonObject.number(name: String): Long = textOrNull(name)?.toLongOrNull() ?: 0

internal fun JsonObject.objects(name: String): List<JsonObject> = (get(name) as? JsonArray)?.map { it as JsonObject }.orEmpty()

internal fun JsonObject.texts(name: String): List<String> =
    (get(name) as? JsonArray)?.filterIsInstance<JsonPrimitive>()?.filter { it !is JsonNull }?.map { it.content }.orEmpty()
