package org.satchel.spec

import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import org.satchel.SatchelException
import org.satchel.support.Centre
import org.satchel.support.Folder
import org.satchel.support.domainSchema
import org.satchel.support.plain
import java.util.UUID

class Failed(words: String) : Exception(words)

/** "$gwen" in a scenario, an id in the store. */
class Names {
    private val ids = HashMap<String, String>()

    operator fun contains(name: String) = name in ids

    fun make(name: String) {
        if (name.startsWith("$")) ids.getOrPut(name) { versionSeven() }
    }

    fun learn(name: String, id: String) {
        ids[name] = id
    }

    /** Longest first, so that "$note2" is not taken for "$note". */
    fun toIds(text: String) = ids.entries.sortedByDescending { it.key.length }.fold(text) { all, (name, id) -> all.replace(name, id) }

    fun toIds(value: JsonElement): JsonElement = Json.parseToJsonElement(toIds(value.toString()))

    fun toNames(value: JsonElement): JsonElement =
        Json.parseToJsonElement(ids.entries.fold(value.toString()) { all, (name, id) -> all.replace(id, name) })

    private fun versionSeven(): String {
        val random = UUID.randomUUID()
        val high = ((START_MS + ids.size) shl 16) or 0x7000 or (random.mostSignificantBits and 0xFFF)
        return UUID(high, random.leastSignificantBits).toString()
    }
}

/** A scenario file (tests/spec/README.md), played once: each step is one function. */
class Story(private val scenario: JsonObject, private val orders: Orders, private val centre: Centre) {
    private val folder = Folder()
    private val time = Time(START_MS)
    private val names = Names()
    private val tablets = sortedMapOf<String, Tablet>()
    private val forms = HashMap<String, String>() // name -> token of the read
    private var centreActed = false

    fun play() = folder.use {
        centre.fresh(START_MS)
        try {
            for ((name, about) in scenario.getValue("tablets").jsonObject) {
                tablets[name] = Tablet(folder.path("$name.db"), about.jsonObject.text("worker"), schemaFor(about.jsonObject), centre, time)
            }
            for ((number, step) in scenario.getValue("story").jsonArray.withIndex()) {
                try {
                    step(step.jsonObject)
                } catch (failed: Exception) {
                    throw Failed("step ${number + 1} ${step.toString().take(160)}\n  $failed").apply { initCause(failed) }
                }
                pass(60_000)
            }
            allAgree()
        } finally {
            tablets.values.forEach(Tablet::close)
        }
    }

    private fun pass(milliseconds: Long) {
        time.pass(milliseconds)
        centre.tell("time", "wall_ms" to time.wallMillis)
    }

    private fun step(step: JsonObject) {
        when {
            "centre" in step -> centreStep(step)
            "tablet" in step -> tabletStep(step)
            "sync" in step -> sync(
                (step["sync"] as? JsonArray)?.map { it.plain } ?: tablets.keys.toList(),
            )
            "time_passes" in step -> pass(milliseconds(step.text("time_passes")))
            "expect" in step -> step.getValue("expect").jsonArray.forEach { expect(it.jsonObject) }
            else -> throw Failed("no such step")
        }
    }

    // ---- the centre

    private fun centreStep(step: JsonObject) {
        centreActed = true
        when (val what = step.text("centre")) {
            "grants" -> for (worker in step.getValue("to").jsonArray) grant(step, worker.plain)
            "withdraws" -> centre.tell(what, "worker" to step.text("from"), "scope" to names.toIds(step.text("scope")))
            "suspends" -> {
                val from = time.wallMillis + milliseconds(step["from"]?.plain ?: "0 days")
                centre.tell(what, "worker" to step.text("worker"), "from_ms" to from)
            }
            "imports" -> centre.tell(what, "scope" to names.toIds(step.text("scope")), "services" to step.getValue("services"))
            "holds back" -> expectEqual("transactions in quarantine", step["count"], centre.tell("quarantine")["count"])
            "restarts", "releases all" -> centre.tell(what)
            else -> throw Failed("the centre cannot \"$what\"")
        }
    }

    private fun grant(step: JsonObject, worker: String) {
        val name = step.text("scope")
        val about = mutableListOf("worker" to worker, "label" to name)
        if (name in names) about += "scope" to names.toIds(name)
        for (member in listOf("kind", "role")) step[member]?.let { about += member to it.plain }
        names.learn(name, Centre.scopeOf(centre.tell("grants", *about.toTypedArray())))
    }

    // ---- people

    private fun tabletStep(step: JsonObject) {
        val who = tablet(step.text("tablet"))
        when {
            "writes" in step -> write(who, step, step.getValue("writes"))
            "is_refused" in step -> {
                val refused = runCatching { write(who, JsonObject(emptyMap()), step.getValue("is_refused")) }.exceptionOrNull()
                if (refused !is SatchelException) throw Failed("this was not refused")
                expectPart("the refusal", step.text("because"), refused.toString())
            }
            "opens_form" in step -> {
                val read = who.store.blocking.read(step.text("collection"), names.toIds(step.text("record")))
                forms[step.text("opens_form")] = (read ?: throw Failed("the form's record is not here")).token
            }
            "settles" in step -> {
                val decision = names.toIds(step.getValue("settles")).jsonObject
                val shown = JsonPrimitive(who.store.blocking.conflicts().token)
                who.store.blocking.settle(JsonObject(decision + ("shown" to shown)).toString())
            }
            "clock_is_wrong_by" in step -> who.aheadMillis = milliseconds(step.text("clock_is_wrong_by"))
            "loses_answers" in step -> who.answersToLose.set((step["loses_answers"] as JsonPrimitive).intOrNull!!)
            else -> throw Failed("this step says nothing that a tablet does")
        }
    }

    private fun write(who: Tablet, step: JsonObject, changes: JsonElement) {
        for (change in changes.jsonArray.map { it.jsonObject }) {
            if (change.text("action") == "create") names.make(change["record"]?.plain.orEmpty())
        }
        step["open"]?.jsonArray?.forEach { names.make(it.jsonObject["scope"]?.plain.orEmpty()) }
        val draft = buildJsonObject {
            put("changes", changes)
            step["open"]?.let { put("open", it) }
            step["shown"]?.let { put("shown", JsonPrimitive(forms.getValue(it.plain))) }
        }
        who.store.blocking.transact(names.toIds(draft).toString())
    }

    // ---- sync

    private fun sync(wanted: List<String>) {
        // The order can only matter where several bring something, or the centre did something meanwhile.
        val bringing = wanted.count { tablet(it).store.blocking.status().unsent != 0L }
        val matters = bringing > 1 || (bringing == 1 && centreActed)
        centreActed = false
        val inOrder = if (matters) orders.take(wanted) else wanted
        // Once in this order, and once more so that everybody has heard everybody.
        repeat(2) {
            for (name in inOrder) runBlocking {
                try {
                    tablet(name).store.sync()
                } catch (failure: SatchelException) {
                    if (ANSWER_LOST !in failure.message.orEmpty()) throw failure
                    tablet(name).store.sync()
                }
            }
        }
    }

    private fun expect(expectation: JsonObject) {
        val on = expectation["on"]?.plain ?: "all"
        for ((name, tablet) in tablets) {
            if (on != "all" && on != name) continue
            try {
                checkExpectation(tablet.store.blocking, expectation, names)
            } catch (failed: Failed) {
                throw Failed("tablet $name: ${failed.message}")
            }
        }
    }

    /** Whatever a scenario says: who holds the same scope holds the same, and every store is the fold of its log. */
    private fun allAgree() {
        val first = HashMap<String, List<JsonElement?>>()
        for ((name, tablet) in tablets) {
            tablet.store.blocking.verify()
            expectEqual("unsent on tablet $name", JsonPrimitive(0), tablet.store.blocking.status().json["unsent"])
            for (scope in tablet.store.blocking.scopes()) {
                val digests = listOf(scope.json["log_digest"], scope.json["state_digest"])
                val expected = first.getOrPut(scope.id) { digests }
                if (expected != digests) throw Failed("digests of a scope on tablet $name: $expected, $digests")
            }
        }
    }

    private fun tablet(name: String) = tablets[name] ?: throw Failed("there is no tablet $name")

    companion object {
        const val ANSWER_LOST = "The answer was lost."
    }
}

/** An app that knows less: the schema of today without some fields, one version older. */
private fun schemaFor(tablet: JsonObject): String {
    val without = tablet["does_not_know"]?.jsonArray?.map { it.plain } ?: return domainSchema
    val schema = (Json.parseToJsonElement(domainSchema) as JsonObject).toMutableMap()
    val collections = schema.getValue("collections").jsonObject.toMutableMap()
    for (name in without) {
        val collection = name.substringBefore('.')
        if ('.' !in name) {
            collections.remove(name)
            continue
        }
        val about = collections.getValue(collection).jsonObject
        val fields = JsonObject(about.getValue("fields").jsonObject - name.substringAfter('.'))
        collections[collection] = JsonObject(about + ("fields" to fields))
    }
    schema["collections"] = JsonObject(collections)
    schema["version"] = JsonPrimitive((schema["version"] as JsonPrimitive).intOrNull!! - 1)
    return JsonObject(schema).toString()
}

/** "5 days", "2 hours", "-1 year". */
fun milliseconds(words: String): Long {
    val (number, unit) = words.split(' ')
    val unitMs = when (unit.removeSuffix("s")) {
        "minute" -> 60_000L
        "hour" -> 3_600_000L
        "day" -> 86_400_000L
        "year" -> 365 * 86_400_000L
        else -> throw Failed("\"$words\" is no span of time")
    }
    return number.toLong() * unitMs
}

internal fun JsonObject.text(name: String): String = getValue(name).plain

internal fun JsonElement?.orNull(): JsonElement = this ?: JsonNull
