package org.satchel

import java.time.ZoneOffset
import java.time.ZonedDateTime
import java.time.format.DateTimeFormatter
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/**
 * One SELECT over the collections, for what a [Query] cannot say: joins, groups, totals. docs/ABI.md names the columns of each
 * collection and the functions.
 *
 * @property parameters of the question marks in [text], in order: texts, numbers, booleans, null, and a LocalDate, a ZonedDateTime,
 *   a [Reference], a [Label] as their columns have them
 * @property limit rows, 1 to 10000; the store's own (1000) when left out
 * @property withinMillis 1 to 60000, after which it is stopped; the store's own (5000) when left out
 */
public class Sql(
    public val text: String,
    public val parameters: List<Any?> = emptyList(),
    public val limit: Int? = null,
    public val withinMillis: Int? = null,
    public val includePutAway: Boolean = false,
) {
    public constructor(text: String, vararg parameters: Any?) : this(text, parameters.asList())

    internal fun json(): JsonObject = members(
        "sql" to text(text),
        "parameters" to if (parameters.isEmpty()) null else JsonArray(parameters.map(::parameterOf)),
        "limit" to limit?.let(::JsonPrimitive),
        "within_ms" to withinMillis?.let(::JsonPrimitive),
        "include_voided" to if (includePutAway) JsonPrimitive(true) else null,
    )

    private fun parameterOf(value: Any?): JsonElement =
        when (value) {
            is ZonedDateTime -> JsonPrimitive(moment.format(value))
            is Reference -> JsonPrimitive(value.id)
            else -> valueOf(value)
        }

    private companion object {
        val moment: DateTimeFormatter = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC)
    }
}

/**
 * What [Sql] found.
 *
 * @property hasMore there are more rows than [Sql.limit], or than an answer may hold
 */
public class SqlAnswer internal constructor(json: JsonObject) {
    public val token: String = json.text("token")
    public val columns: List<String> = json.texts("columns")
    public val rows: List<SqlRow> = (json["rows"] as JsonArray).map { SqlRow(columns, it as JsonArray) }
    public val hasMore: Boolean = json.flag("more")
}

/** Values by the names of their columns; of two columns of one name, the first. */
public class SqlRow internal constructor(private val columns: List<String>, public val values: JsonArray) {
    /** null: SQL's NULL, or there is no such column. */
    public operator fun get(column: String): JsonPrimitive? =
        (values.getOrNull(columns.indexOf(column)) as? JsonPrimitive)?.takeIf { it !is JsonNull }

    public fun text(column: String): String? = get(column)?.content

    public fun number(column: String): Long? = text(column)?.toLongOrNull()

    public fun real(column: String): Double? = text(column)?.toDoubleOrNull()
}
