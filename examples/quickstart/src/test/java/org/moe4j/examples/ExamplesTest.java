// SPDX-License-Identifier: Apache-2.0
package org.moe4j.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.moe4j.demo.DemoModel;

/** The examples do what they say. */
class ExamplesTest {

  private static String output(BiConsumer<Path, PrintStream> example) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      example.accept(DemoModel.path(), out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static Matcher find(String regex, String text) {
    Matcher matcher = Pattern.compile(regex).matcher(text);
    assertTrue(matcher.find(), () -> "no match of " + regex + " in:\n" + text);
    return matcher;
  }

  private static int number(String regex, String text) {
    return Integer.parseInt(find(regex, text).group(1));
  }

  @Test
  void theFirstAnswerIsTheCodeOfTheReadme() throws IOException {
    Path source = Path.of("src/main/java/org/moe4j/examples/FirstAnswer.java");
    Matcher code = find("(?s)```java\\R(.*?)```", Files.readString(Path.of("../../README.md")));
    assertTrue(Files.readString(source).contains(code.group(1)), code.group(1));
    assertTrue(output(FirstAnswer::run).length() > 100);
  }

  @Test
  void theQuickStartStreamsAnAnswer() {
    String out =
        output((path, stream) -> QuickStart.run(path, "What is supply and demand?", stream));
    find("\\Aqwen3moe on .+\\R> What is supply and demand\\?\\R", out);
    assertTrue(number("\\((\\d+) tokens, .* ended by [A-Z_]+\\)", out) >= 20, out);
  }

  @Test
  void anAnswerCanBeWatchedCancelledAndWaitedFor() {
    String out = output(Streaming::run);
    find("had 5 alternatives listed", out);
    assertTrue(number("CANCELLED after (\\d+) tokens", out) < 100, out);
    assertTrue(out.lines().toList().getLast().length() > 20, out);
  }

  @Test
  void routersAreReadWrappedAndReplaced() {
    String out = output(ChoosingExperts::run);
    find("own rule: SoftmaxTopK\\[k=4, renormalise=true\\]", out);
    assertNotEquals(
        find("as trained: +(.*)", out).group(1), find("two experts: +(.*)", out).group(1));
    int rows = number("for \\d+ of (\\d+) tokens", out);
    assertTrue(number("for (\\d+) of \\d+ tokens", out) <= rows, out);
    // The prompt and all but the last token of the answer pass through each layer.
    assertEquals(rows, number("with one expert a token: experts ran (\\d+) times", out));
    find("own rule: +\\S", out);
  }

  @Test
  void expertsAreReadAndReplaced() {
    String out = output(OwnExpert::run);
    find("ExpertInfo\\[layer=5, index=17, hiddenSize=256", out);
    find("512 values in, 512 out, the first is -?0\\.\\d*[1-9]", out);
    assertTrue(number("it was asked for (\\d+) rows", out) > 0, out);
  }

  @Test
  void aModelTellsWhatItIsAndLendsItsParts() {
    String out = output(LookInside::run);
    find("qwen3moe: 6 layers, 4 of 32 experts a token", out);
    find("back: Supply and demand meet at a price\\.", out);
    assertEquals(
        List.of("<|im_start|>user", "What is a cell?<|im_end|>", "<|im_start|>assistant"),
        out.lines().dropWhile(line -> !line.startsWith("<|im_start|>")).limit(3).toList());
    double perplexity = Double.parseDouble(find("perplexity ([\\d.]+)", out).group(1));
    assertTrue(perplexity > 5 && perplexity < 4096, out);
  }
}
