// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import java.util.List;
import org.moe4j.Answer;
import org.moe4j.ExpertUsage;
import org.moe4j.FinishReason;
import org.moe4j.Token;
import org.moe4j.Usage;

/** An answer that has ended. */
record FinishedAnswer(
    String text,
    List<Token> tokens,
    FinishReason finishReason,
    Usage usage,
    ExpertUsage experts,
    long seed)
    implements Answer {

  FinishedAnswer {
    tokens = List.copyOf(tokens);
  }
}
