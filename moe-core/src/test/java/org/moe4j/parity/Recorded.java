// SPDX-License-Identifier: Apache-2.0
package org.moe4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.primitives.Ints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.Scores;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * A greedy answer that llama.cpp gave. Its activations are quantised in another way than ours, so a
 * token is compared only where its two best logits were further apart than that can move them.
 *
 * @param json what was recorded
 */
record Recorded(JsonNode json) {

  /** Two best logits that are closer may change places. */
  private static final double NARROW = 0.35;

  /** The answers of a file of {@code /llamacpp}. */
  static List<Recorded> all(String name) {
    try {
      byte[] bytes = Files.readAllBytes(Fixtures.resource("/llamacpp/" + name));
      JsonNode cases = new ObjectMapper().readTree(bytes).path("cases");
      return cases.valueStream().map(Recorded::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An entry as text. */
  String text(String key) {
    return json.path(key).asString();
  }

  int[] ids() {
    return ints("ids");
  }

  int[] greedy() {
    return ints("greedy");
  }

  private int[] ints(String key) {
    return json.path(key).valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  private boolean isWide(int step) {
    return json.path("margin").path(step).asDouble() > NARROW;
  }

  /** Number of steps before the first narrow one. */
  int wideSteps() {
    int steps = 0;
    while (steps < greedy().length && isWide(steps)) {
      steps++;
    }
    return steps;
  }

  /**
   * The prompt's text has its ids, the answer's ids have its text, in which ours does not name the
   * end token.
   */
  void requireSameText(MixtureModel model) {
    assertEquals(Ints.asList(ids()), Ints.asList(model.tokenizer().encode(text("text"), true)));
    String answer = text("answer").replaceFirst("<\\|im_end\\|>$", "");
    assertEquals(answer, model.tokenizer().decode(greedy()));
  }

  /**
   * The model, given the prompt and llama.cpp's answer in one piece, would have gone on in the same
   * way everywhere.
   */
  void requireSameChoices(MixtureModel model) {
    int[] ids = ids();
    int[] greedy = greedy();
    Scores scores = model.score(Ints.concat(ids, greedy), Scores.Detail.LOGITS);
    for (int step = 0; step < greedy.length; step++) {
      requireSameChoice(step, scores.logits(ids.length - 1 + step), "in one piece");
    }
  }

  /** The same, one token after the other. */
  void requireSameChoices(RunningModel model) {
    int[] greedy = greedy();
    try (RunningModel.Reading reading = model.begin()) {
      reading.read(ids(), 1);
      requireSameChoice(0, reading.trace.logits().getLast(), "step by step");
      for (int step = 1; step < greedy.length; step++) {
        requireSameChoice(step, reading.read(greedy[step - 1]), "step by step");
      }
    }
  }

  private void requireSameChoice(int step, float[] logits, String how) {
    int expected = greedy()[step];
    int found = RunningModel.best(logits);
    assertTrue(
        expected == found || !isWide(step),
        () ->
            "%s, step %d: expected token %d (logit %s), found %d (logit %s); llama.cpp's margin was %s"
                .formatted(
                    how,
                    step,
                    expected,
                    logits[expected],
                    found,
                    logits[found],
                    json.path("margin").path(step)));
  }

  /** A greedy answer begins like llama.cpp's, up to the first step that may differ. */
  void requireSameBeginning(MixtureModel model) {
    int steps = wideSteps();
    if (steps > 0) {
      Request request =
          Request.tokens(ids()).temperature(0).maxTokens(steps).ignoreEnd(true).build();
      int[] expected = Arrays.copyOf(greedy(), steps);
      assertEquals(Ints.asList(expected), Ints.asList(model.generate(request).ids()));
    }
  }
}
