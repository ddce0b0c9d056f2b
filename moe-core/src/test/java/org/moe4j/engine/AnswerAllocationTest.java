// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.moe4j.Answer;
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

  /** For code that is compiled late, on a busy machine. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  @Test
  void anAnswerMakesFewObjects() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Request request =
        Request.chat(List.of(Message.user("Tell me about history.")))
            .temperature(0)
            .maxTokens(TOKENS)
            .ignoreEnd(true)
            .build();
    try (MixtureModel model = MixtureModel.open(DemoModel.path())) {
      long least = Long.MAX_VALUE;
      long end = System.nanoTime() + PATIENCE_NANOS;
      while (least > MOST && System.nanoTime() < end) {
        long before = threads.getTotalThreadAllocatedBytes();
        Answer answer = model.generate(request);
        least = Math.min(least, (threads.getTotalThreadAllocatedBytes() - before) / TOKENS);
        assertEquals(TOKENS, answer.ids().length);
      }
      long found = least;
      assertTrue(found <= MOST, () -> found + " bytes a token");
    }
  }
}
