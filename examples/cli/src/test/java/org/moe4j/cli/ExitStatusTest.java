// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExitStatusTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "frobnicate",
        "run",
        "run hello again",
        "run --max-tokens many hello",
        "run --max-tokens 0 hello",
        "run --temperature NaN hello",
        "run --temperature -1 hello",
        "run --top-p 0 hello",
        "run --threads 0 hello",
        "run --context 0 hello",
        "run --kv f64 hello",
        "run --device abacus hello",
        "run --raw --system brief hello",
        "run --frobnicate hello",
        "chat hello",
        "chat --min-p 2",
        "inspect --frobnicate",
        "inspect --model a b",
        "tokenize",
        "tokenize --file f text",
        "render",
        "render --messages m --set name",
        "render --messages m --set name={",
        "trace --tokens 1",
        "trace --out f",
        "trace --out f --tokens 1,,2",
        "trace --out f --tokens one",
        "trace --out f --tokens 1 --greedy 0",
        "bench --prompt 0",
        "bench --depth -1",
      })
  void wrongUseIsTwoAndOneLine(String arguments) {
    Invocation result =
        Invocation.of(
            Arrays.stream(arguments.split(" ", -1))
                .filter(a -> !a.isEmpty())
                .toArray(String[]::new));
    assertEquals(2, result.status(), result.err());
    assertEquals("", result.out());
    assertOneLine(result);
  }

  @Test
  void aMissingModelIsRefusedByName() {
    for (String command : new String[] {"run", "tokenize", "inspect"}) {
      Invocation result =
          command.equals("inspect")
              ? Invocation.of(command, "/no/such/model.gguf")
              : Invocation.of(command, "--model", "/no/such/model.gguf", "hello");
      assertRefused(result, "/no/such/model.gguf");
    }
  }

  @Test
  void aFileThatIsNoModelIsRefusedByName() throws IOException {
    Path file = Files.writeString(folder.resolve("model.gguf"), "not a model");
    assertRefused(Invocation.of("inspect", file.toString()), file.toString());
    assertRefused(Invocation.of("run", "--model", file.toString(), "hello"), file.toString());
    assertRefused(Invocation.of("bench", "--model", file.toString()), file.toString());
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefusedWithTheModelsName() {
    Invocation result =
        Invocation.of("trace", "--tokens", "1,4096", "--out", folder.resolve("t").toString());
    assertRefused(result, "4096");
    assertTrue(result.err().contains("demo model"), result.err());
    assertTrue(Files.notExists(folder.resolve("t")));
  }

  @Test
  void messagesOfTheWrongShapeAreRefusedByFileAndPlace() throws IOException {
    Path file = folder.resolve("messages.json");
    assertRefused(Invocation.of("render", "--messages", file.toString()), file.toString());
    Files.writeString(file, "{\"role\": \"user\"}");
    assertRefused(Invocation.of("render", "--messages", file.toString()), file.toString());
    Files.writeString(file, "[{\"role\": \"user\", \"content\": \"a\"}, 7]");
    assertRefused(Invocation.of("render", "--messages", file.toString()), "element 1");
    Files.writeString(file, "[\n{\"role\": \"user\",\n");
    assertRefused(Invocation.of("render", "--messages", file.toString()), "line ");
  }

  @Test
  void aLineThatIsNoJsonStringIsRefusedByItsNumber() throws IOException {
    Path file = Files.writeString(folder.resolve("lines"), "\"a\"\nb\n");
    assertRefused(Invocation.of("tokenize", "--file", file.toString()), file + ": line 2");
    Files.writeString(file, "\"a\"\n3\n");
    assertRefused(Invocation.of("tokenize", "--file", file.toString()), file + ": line 2");
  }

  @Test
  void anOutputThatCannotBeWrittenIsOne() {
    Path out = folder.resolve("no").resolve("such").resolve("folder");
    Invocation result = Invocation.of("trace", "--tokens", "1", "--out", out.toString());
    assertEquals(1, result.status());
    assertOneLine(result);
    assertTrue(result.err().contains(out.toString()), result.err());
  }

  @Test
  void stackTracesAreForDebugOnly() {
    Invocation plain = Invocation.of("run", "--model", "/no/such", "hello");
    Invocation debug = Invocation.of("run", "--debug", "--model", "/no/such", "hello");
    assertEquals(3, debug.status());
    assertTrue(debug.err().contains("\tat org.moe4j."), debug.err());
    assertTrue(!plain.err().contains("\tat "), plain.err());
  }

  @Test
  void helpIsZeroAndOnStandardOutput() {
    for (String[] arguments :
        new String[][] {{"--help"}, {"run", "--help"}, {"trace", "--help"}, {"--version"}}) {
      Invocation result = Invocation.of(arguments);
      assertEquals(0, result.status());
      assertEquals("", result.err());
      assertTrue(result.out().contains("moe4j"), result.out());
    }
  }

  private static void assertRefused(Invocation result, String named) {
    assertEquals(3, result.status(), result.err());
    assertEquals("", result.out());
    assertOneLine(result);
    assertTrue(result.err().contains(named), result.err());
  }

  private static void assertOneLine(Invocation result) {
    assertEquals(1, result.err().lines().count(), result.err());
    assertTrue(result.err().startsWith("moe4j"), result.err());
  }
}
