// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.moe4j.Allocated;
import org.moe4j.Message;
import org.moe4j.MixtureModel;
import org.moe4j.Request;
import org.moe4j.demo.DemoModel;

/** What an answer leaves to the garbage collector. */
class AnswerAllocationTest {

  private static final int TOKENS = 96;

  /**
   * Bytes a token on all threads, its share of the request included: 8,100 are the handles, plans
   * and small arrays of a step's operations. Arrays of one value a vocabulary entry for each
   * request, or angles that StrictMath reduces, are more than the rest.
   */
  private static final long MOST = 9_000;

  @Test
  void anAnswerMakesFewObjects() throws Exception {
    Allocated.assertWithin(
        List.of("--add-modules", "jdk.incubator.vector"), OneModel.class, List.of("a token"));
  }

  /** The process of its own. */
  static final class OneModel {
    private OneModel() {}

    public static void main(String[] arguments) {
      Request request =
          Request.chat(List.of(Message.user("Tell me about history.")))
              .temperature(0)
              .maxTokens(TOKENS)
              .ignoreEnd(true)
              .build();
      try (MixtureModel model = MixtureModel.open(DemoModel.path())) {
        long answer =
            Allocated.least(
                MOST * TOKENS, 1, () -> assertEquals(TOKENS, model.generate(request).ids().length));
        long token = answer / TOKENS;
        System.out.println(arguments[0] + (token <= MOST ? Allocated.WITHIN : ": " + token));
      }
    }
  }
}
