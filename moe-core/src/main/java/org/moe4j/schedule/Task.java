// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import com.google.common.primitives.ImmutableIntArray;
import org.moe4j.FinishReason;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.decode.Decoder;
import org.moe4j.decode.PagePool;
import org.moe4j.decode.SequenceState;

/**
 * A request as the scheduler sees it: tokens to feed, a sequence that grows, and an end. All
 * methods but those of the subclass's own handle are called by the engine's thread.
 */
abstract class Task {

  private SequenceState state;

  /** The most positions its sequence can come to hold. */
  abstract int mostPositions();

  /** Tokens that wait to be fed, at least 1 until the task is done. */
  abstract int pending();

  /** How many of the next {@code rows} tokens want logits, counted from the last. */
  abstract int logitsOf(int rows);

  /**
   * The most rows that want logits at once; a task that wants one for each row is fed in pieces of
   * that size.
   */
  abstract boolean wantsEveryLogit();

  /** The next {@code rows} tokens to feed. */
  abstract ImmutableIntArray take(int rows);

  /** The router for a layer. */
  abstract Router router(int layer, Router own);

  /** Takes the results of a step. */
  abstract void stepped(StepResult result);

  /** Whether nothing more is to be fed. */
  abstract boolean isFinished();

  /** Why it must end before its time, or null. */
  abstract @org.jspecify.annotations.Nullable FinishReason interruption();

  /** Ends it before its time. */
  abstract void end(FinishReason reason);

  /** Ends it with a failure. */
  abstract void fail(MixtureException failure);

  /** Ends it because the model is closed. */
  abstract void closed();

  /** Told that it left the queue. */
  abstract void admitted();

  /** Positions that its sequence will have, as far as that is known when it begins. */
  int announced() {
    return mostPositions();
  }

  void begin(PagePool pool) {
    state = new SequenceState(pool, announced());
  }

  SequenceState state() {
    return state;
  }

  void release() {
    if (state != null) {
      state.close();
    }
  }

  /**
   * A task's part of a step.
   *
   * @param decoder holds logits and routing of the step
   * @param firstRow the task's first row in the batch
   * @param rows its number of rows
   * @param firstLogit index of its first row with logits
   * @param logits its number of rows with logits
   */
  record StepResult(Decoder decoder, int firstRow, int rows, int firstLogit, int logits) {}
}
