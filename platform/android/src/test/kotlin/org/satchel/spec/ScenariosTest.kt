package org.satchel.spec

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Tag
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance
import org.junit.jupiter.params.ParameterizedTest
import org.junit.jupiter.params.provider.MethodSource
import org.satchel.support.Centre
import org.satchel.support.liveReferences
import org.satchel.support.sourceRoot
import java.io.File

/** tests/spec/scenarios through the Kotlin library, against the real central store over HTTPS, each in two orders of arrival. */
@Tag("slow")
@Tag("scenarios")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ScenariosTest {
    private val centre = Centre()

    @AfterAll
    fun end() {
        centre.close()
        assertEquals(0, liveReferences())
    }

    fun files(): List<String> =
        File(sourceRoot, "tests/spec/scenarios").list { _, name -> name.endsWith(".json") }!!.sorted().also { assertTrue(it.size > 20) }

    @ParameterizedTest(name = "{0}")
    @MethodSource("files")
    fun scenario(file: String) {
        val scenario = Json.parseToJsonElement(File(sourceRoot, "tests/spec/scenarios/$file").readText()) as JsonObject
        org.junit.jupiter.api.Assumptions.assumeFalse("needs" in scenario) { "waits for ${scenario["needs"]}" }
        val orders = Orders()
        var played = 0
        do {
            try {
                Story(scenario, orders, centre).play()
            } catch (failed: Exception) {
                throw AssertionError("$file, order of arrival: $orders\n${failed.message}", failed)
            }
        } while (orders.next() && ++played < ORDERS_MOST)
    }

    @Test
    fun `a scenario that expects the wrong thing fails, and says at which step`() {
        val wrong = Json.parseToJsonElement(
            """{"id": "none", "title": "nothing", "tablets": {"A": {"worker": "amira"}}, "story": [
              {"centre": "grants", "scope": "${'$'}case", "to": ["amira"]},
              {"sync": "all"},
              {"tablet": "A", "writes": [{"action": "create", "collection": "person", "scope": "${'$'}case",
                                          "record": "${'$'}gwen", "fields": {"pronoun": "she"}}]},
              {"sync": "all"},
              {"expect": [{"record": "${'$'}gwen", "collection": "person", "fields": {"pronoun": "they"}}]}]}""",
        ) as JsonObject
        val failed = assertThrows(Failed::class.java) { Story(wrong, Orders(), centre).play() }
        for (part in listOf("step 5", "expected: \"they\"", "found:    \"she\"")) assertTrue(part in failed.message!!, failed.message)
    }

    private companion object {
        const val ORDERS_MOST = 2 // tests/spec plays all of them; here it is the way into and out of the store that counts
    }

    @Test
    fun `orders go through every permutation of every sync step`() {
        val orders = Orders()
        val seen = HashSet<String>()
        do {
            orders.take(listOf("A", "B", "C"))
            orders.take(listOf("A", "B"))
            seen += orders.toString()
        } while (orders.next())
        assertEquals(12, seen.size)
    }
}
