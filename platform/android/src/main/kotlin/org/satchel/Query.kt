package org.satchel

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** A condition on an indexed field. Text compares without regard to case and accents. */
public class Filter(public val field: String, public val compare: Compare, public val value: Any?) {
    public enum class Compare { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, STARTS_WITH }
}

/** `"status" equalTo "planned"`, for lists of filters. */
public infix fun String.equalTo(value: Any?): Filter = Filter(this, Filter.Compare.EQUAL, value)

public infix fun String.notEqualTo(value: Any?): Filter = Filter(this, Filter.Compare.NOT_EQUAL, value)

public infix fun String.lessThan(value: Any?): Filter = Filter(this, Filter.Compare.LESS, value)

public infix fun String.atMost(value: Any?): Filter = Filter(this, Filter.Compare.LESS_OR_EQUAL, value)

public infix fun String.greaterThan(value: Any?): Filter = Filter(this, Filter.Compare.GREATER, value)

public infix fun String.atLeast(value: Any?): Filter = Filter(this, Filter.Compare.GREATER_OR_EQUAL, value)

public infix fun String.beginningWith(value: Any?): Filter = Filter(this, Filter.Compare.STARTS_WITH, value)

/**
 * Which records, in which order.
 *
 * @property filters all must hold; their fields and [orderBy] must be indexed
 * @property limit 1 to 1000; the store's own (50) when left out
 * @property after [Page.next] of the page before
 */
public class Query(
    public val collection: String,
    public val filters: List<Filter> = emptyList(),
    public val scope: String? = null,
    public val orderBy: String? = null,
    public val descending: Boolean = false,
    public val limit: Int? = null,
    public val after: String? = null,
    public val includePutAway: Boolean = false,
) {
    public constructor(collection: String, vararg filters: Filter) : this(collection, filters.asList())

    internal fun json(count: Boolean = false): JsonObject = members(
        "collection" to text(collection),
        "scope" to text(scope),
        "filters" to if (filters.isEmpty()) null else JsonArray(filters.map(::filterOf)),
        "order_by" to text(orderBy),
        "descending" to if (descending) JsonPrimitive(true) else null,
        "limit" to limit?.let(::JsonPrimitive),
        "after" to text(after),
        "include_voided" to if (includePutAway) JsonPrimitive(true) else null,
        "count" to if (count) JsonPrimitive(true) else null,
    )

    private fun filterOf(filter: Filter): JsonObject = members(
        "field" to text(filter.field),
        "compare" to text(filter.compare.name.lowercase()),
        "value" to valueOf(filter.value),
    )
}

/**
 * Words to look for.
 *
 * @property text as a person types it: words that must all occur, "words in this order", begin*. No sign is a mistake
 * @property collections empty: all
 * @property about only what is kept with that record, in its scope and those below
 * @property limit 1 to 100; the store's own (20) when left out
 */
public class Search(
    public val text: String,
    public val collections: List<String> = emptyList(),
    public val scope: String? = null,
    public val about: Reference? = null,
    public val includePutAway: Boolean = false,
    public val limit: Int? = null,
) {
    internal fun json(): JsonObject = members(
        "text" to text(text),
        "collections" to if (collections.isEmpty()) null else JsonArray(collections.map(::JsonPrimitive)),
        "scope" to text(scope),
        "about" to about?.let { members("collection" to text(it.collection), "record" to text(it.id)) },
        "include_voided" to if (includePutAway) JsonPrimitive(true) else null,
        "limit" to limit?.let(::JsonPrimitive),
    )
}
