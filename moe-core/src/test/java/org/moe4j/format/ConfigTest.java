// SPDX-License-Identifier: Apache-2.0
package org.moe4j.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.moe4j.format.FormatFiles.refused;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.moe4j.MixtureException;

@Timeout(60)
class ConfigTest {

  @TempDir private Path folder;

  private Config json(String text) {
    return Config.readJson(FormatFiles.write(folder, "config.json", text));
  }

  private static void bad(Runnable work, String... named) {
    refused(MixtureException.BadFile.class, work, named);
  }

  @Test
  void readsEachTypeByKey() {
    Config config =
        json(
            """
            {"s": "ß", "i": 7, "whole": 2.0, "d": 1e-05, "yes": true, "one": 1, "none": null,
             "list": [1, 2.0, -3], "names": ["a", "b"], "flags": [true, 0],
             "rope": {"type": "yarn", "factors": [1.5]}, "many": [{"id": 1}, {"id": 2}]}
            """);
    assertEquals("ß", config.text("s"));
    assertEquals(7, config.integer("i"));
    assertEquals(2, config.int32("whole"));
    assertEquals(1e-5, config.number("d"));
    assertEquals(7.0, config.number("i"));
    assertTrue(config.flag("yes"));
    assertTrue(config.flag("one"));
    assertArrayEquals(new int[] {1, 2, -3}, config.ints("list"));
    assertArrayEquals(new int[] {7}, config.ints("i"));
    assertArrayEquals(new float[] {1, 2, -3}, config.floats("list"));
    assertArrayEquals(new boolean[] {true, false}, config.flags("flags"));
    assertEquals(List.of("a", "b"), config.strings("names"));
    assertEquals(List.of("ß"), config.strings("s"));
    assertEquals("yarn", config.section("rope").text("type"));
    assertEquals(2, config.sections("many").get(1).int32("id"));
    assertEquals(12, config.keys().size());
  }

  @Test
  void fallsBackOnlyWhereAKeyIsAbsentOrNull() {
    Config config = json("{\"none\": null, \"s\": \"x\"}");
    assertFalse(config.has("none"));
    assertFalse(config.has("gone"));
    assertNull(config.value("gone"));
    assertEquals("y", config.text("none", "y"));
    assertEquals(3, config.int32("gone", 3));
    assertEquals(3L << 40, config.integer("gone", 3L << 40));
    assertEquals(0.5, config.number("gone", 0.5));
    assertTrue(config.flag("none", true));
    bad(() -> config.int32("s", 3), "s: expected an integer, found \"x\"");
    bad(() -> config.number("s", 3), "s: expected a finite number");
    bad(() -> config.flag("s", true), "s: expected true or false");
  }

  @Test
  void namesFileKeyExpectedAndFound() {
    Config config =
        json(
            """
            {"a": {"b": {"c": "x"}}, "big": 3000000000, "minus": -1, "half": 0.5,
             "wide": [1, 4294967296], "mixed": ["a", 1], "list": [{}, 3]}
            """);
    String file = folder.resolve("config.json").toString();
    bad(() -> config.section("a").section("b").int32("c"), file + ": a.b.c: expected an integer");
    bad(() -> config.section("a").int32("d"), "a.d: missing, expected an integer");
    bad(
        () -> config.int32("big"),
        "big: expected an integer from 0 to 2147483647, found 3000000000");
    bad(() -> config.int32("minus"), "found -1");
    bad(() -> config.integer("half"), "half: expected an integer, found 0.5");
    bad(() -> config.ints("wide"), "wide[1]: expected an integer of 32 bits, found 4294967296");
    bad(() -> config.strings("mixed"), "mixed[1]: expected a string, found 1");
    bad(() -> config.sections("list"), "list[1]: expected an object, found 3");
    bad(() -> config.text("a"), "a: expected a string, found an object of 1 keys");
    bad(() -> config.section("wide"), "wide: expected an object, found a list of 2");
    bad(() -> config.flag("half"), "expected true or false, found 0.5");
  }

  @Test
  void acceptsWhatPythonWritesForNumbersOutOfRange() {
    Config config =
        json(
            "{\"max\": 1000000000000000019884624838656, \"inf\": Infinity, \"nan\": NaN, \"e\":"
                + " 1e999}");
    assertEquals(1e30, config.number("max"));
    bad(() -> config.integer("max"), "max: expected an integer, found 1.0E30");
    bad(() -> config.number("inf"), "inf: expected a finite number, found Infinity");
    bad(() -> config.number("nan"), "found NaN");
    bad(() -> config.number("e"), "found Infinity");
  }

  @Test
  void refusesWhatIsNoSingleJsonObject() {
    bad(() -> json(""), "config.json: expected a JSON object");
    bad(() -> json("[1]"), "expected a JSON object");
    bad(() -> json("{\"a\": 1} {"), "text after the JSON object");
    bad(() -> json("{\"a\": 1,}"), "no sound JSON at line 1");
    bad(() -> json("{\"a\": 1"), "no sound JSON");
    bad(() -> json("{a: 1}"), "no sound JSON");
    bad(() -> json("{\"a\": 1, \"b\": 2, \"a\": 3}"), "no sound JSON", "Duplicate");
    bad(() -> json("{\"a\u0001\n\": 1}"), "no sound JSON");
    bad(
        () ->
            Config.readJson(
                FormatFiles.write(
                    folder, "l1", new byte[] {'{', '"', (byte) 0xe9, '"', ':', '1', '}'})),
        "l1");
  }

  @Test
  void refusesNestingWithoutEnd() {
    bad(() -> json("{\"a\":" + "[".repeat(500_000)), "no sound JSON", "64");
    bad(() -> json("{\"a\":".repeat(1000)), "no sound JSON", "64");
  }

  @Test
  void refusesNumbersWithoutEnd() {
    bad(() -> json("{\"a\":" + "9".repeat(100_000) + "}"), "no sound JSON");
  }

  @Test
  void refusesMoreValuesThanAnyModelHas() {
    MixtureException refusal =
        assertThrows(
            MixtureException.BadFile.class,
            () -> json("{\"a\": [" + "1,".repeat(10_000_000) + "1]}"));
    assertTrue(refusal.getMessage().contains("no sound JSON"), refusal::getMessage);
  }

  @Test
  void shortensWhatItShows() {
    Config config = json("{\"a\": \"" + "x".repeat(100_000) + "\", \"b\": \"x\\ny\"}");
    MixtureException refusal =
        refused(MixtureException.BadFile.class, () -> config.int32("a"), "xxx...");
    assertTrue(refusal.getMessage().length() < 500 + folder.toString().length());
    bad(() -> config.int32("b"), "\"x?y\"");
  }

  @Test
  void isCutOffFromTheValuesItIsMadeOf() {
    List<Object> list = new ArrayList<>(List.of(1, 2f));
    Map<String, Object> values = new HashMap<>(Map.of("list", list, "short", (short) 3));
    Config config = Config.of("memory", values);
    list.add("x");
    values.clear();
    assertArrayEquals(new float[] {1, 2}, config.floats("list"));
    assertEquals(3, config.int32("short"));
    assertThrows(UnsupportedOperationException.class, () -> config.keys().clear());
    assertThrows(
        UnsupportedOperationException.class, () -> ((List<?>) config.value("list")).clear());
    assertThrows(
        IllegalArgumentException.class, () -> Config.of("memory", Map.of("x", new Object())));
  }
}
