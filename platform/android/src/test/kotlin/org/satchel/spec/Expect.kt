package org.satchel.spec

import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.satchel.BlockingSatchel
import org.satchel.support.plain

/* What a scenario expects of a tablet. Each throws Failed with both sides. */

fun expectEqual(what: String, expected: JsonElement?, found: JsonElement?) {
    if (expected.orNull() != found.orNull()) throw Failed("$what\n  expected: $expected\n  found:    $found")
}

fun expectPart(what: String, expected: String, found: String) {
    if (expected !in found) throw Failed("$what\n  expected to hold: $expected\n  found:            $found")
}

fun checkExpectation(store: BlockingSatchel, expectation: JsonObject, names: Names) {
    if ("record" in expectation) expectRecord(store, expectation, names)
    expectation["set_aside"]?.jsonArray?.let { expected ->
        val found = store.setAside().map { names.toNames(it.json) }
        expectEqual("set aside", JsonPrimitive(expected.size), JsonPrimitive(found.size))
        for ((words, one) in expected.zip(found)) expectPart("set aside", words.plain, one.toString())
    }
    expectation["status_says"]?.let { expectPart("status", it.plain, store.status().words) }
    expectation["questions"]?.let { expectEqual("questions for a person", it, store.status().json["to_decide"]) }
    expectation["notices"]?.let { expectEqual("things to know", it, store.status().json["to_know"]) }
    expectation["query"]?.let { expectQuery(store, names.toIds(it).jsonObject, expectation, names) }
}

private fun expectQuery(store: BlockingSatchel, query: JsonObject, expectation: JsonObject, names: Names) {
    val records = store.query(query.toString()).records
    expectEqual("how many", expectation["count"], JsonPrimitive(records.size))
    for ((field, value) in expectation["found"]?.jsonObject.orEmpty()) {
        for (record in records) expectValue(field, value, names.toNames(record.json).jsonObject.fields()[field])
    }
}

private fun JsonObject.fields() = getValue("fields").jsonObject

private fun expectRecord(store: BlockingSatchel, expectation: JsonObject, names: Names) {
    val read = store.read(expectation.text("collection"), names.toIds(expectation.text("record")))
    if (expectation["gone"]?.plain == "true") {
        if (read != null) throw Failed("the record is still here")
        return
    }
    val record = names.toNames((read ?: throw Failed("the record is not here")).record.json).jsonObject
    expectEqual("put away", expectation["put_away"] ?: JsonPrimitive(false), record["void"])
    for ((field, value) in expectation["fields"]?.jsonObject.orEmpty()) expectValue(field, value, record.fields()[field])
    expectation["conflicts"]?.let { expectConflicts(it.jsonArray, record.getValue("conflicts").jsonArray) }
}

/** {"any_order": [...]}, {"any_of": [...]}, {"includes": "words"}, else equal. Items of a list are compared without ids. */
private fun expectValue(what: String, expected: JsonElement, there: JsonElement?) {
    val found = (there as? JsonArray)?.let { list -> JsonArray(list.map { (it as? JsonObject)?.minus("id")?.let(::JsonObject) ?: it }) }
        ?: there.orNull()
    val rule = expected as? JsonObject
    when {
        rule == null -> expectEqual(what, expected, found)
        "any_order" in rule -> expectEqual(what, sorted(rule.getValue("any_order")), sorted(found))
        "any_of" in rule -> if (found !in rule.getValue("any_of").jsonArray) expectEqual(what, expected, found)
        "includes" in rule -> expectPart(what, rule.text("includes"), (found as? JsonPrimitive)?.content ?: found.toString())
        else -> expectEqual(what, expected, found)
    }
}

private fun sorted(list: JsonElement): JsonElement = JsonArray(list.jsonArray.sortedBy { it.toString() })

/** A conflict is described by as much of it as matters: field, decide, rule, element, values of all sides. */
private fun expectConflicts(expected: JsonArray, found: JsonArray) {
    if (expected.size != found.size) expectEqual("conflicts of the record", expected, found)
    for ((number, pair) in expected.map { it.jsonObject }.zip(found.map { it.jsonObject }).withIndex()) {
        val (wanted, conflict) = pair
        for ((member, value) in wanted) {
            val what = "conflict ${number + 1}, $member"
            if (member == "values") expectEqual(what, sorted(value), valuesOf(conflict))
            else expectEqual(what, value, conflict[member])
        }
    }
}

private fun valuesOf(conflict: JsonObject): JsonElement =
    sorted(JsonArray(listOf("standing", "others").flatMap { conflict.getValue(it).jsonArray }.map { it.jsonObject["value"].orNull() }))
