// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A running answer: iterate over its pieces, listen to them, cancel it, wait for it. Safe for many
 * threads.
 *
 * <p>Pieces are kept until the handle is garbage, so a stream that nobody reads never blocks the
 * engine, and each iterator starts with the first piece. Waiting does not pin a virtual thread.
 * Interrupting a thread that waits in {@link #await()} or in an iterator cancels the generation;
 * the answer so far remains and the thread's interrupt flag stays set.
 */
public interface Generation extends Iterable<Piece>, AutoCloseable {

  /**
   * The pieces from the first, each as soon as it is there. {@code hasNext} waits; it is false once
   * the answer has ended and throws what {@link #await()} would throw if the request failed.
   */
  @Override
  Iterator<Piece> iterator();

  /**
   * Calls back for every piece from the first, in order, then exactly once for the end. Callbacks
   * run on a thread of their own, never on the engine's; one that throws ends its listening and
   * nothing else.
   *
   * @param onPiece called for each piece
   * @param onEnd called last, with the answer or the failure, the other null
   * @return this
   */
  Generation listen(
      Consumer<? super Piece> onPiece,
      BiConsumer<? super @Nullable Answer, ? super @Nullable MixtureException> onEnd);

  /**
   * Ends the answer within one token. The answer so far remains; no effect on one that has ended.
   */
  void cancel();

  /** Whether the answer has ended or failed. */
  boolean isDone();

  /**
   * Waits for the end.
   *
   * @return the answer, also if it was cancelled or ran into its deadline: see {@link
   *     Answer#finishReason()}
   * @throws MixtureException if the request failed
   */
  Answer await();

  /**
   * Waits for the end for a limited time. The generation goes on if the time runs out.
   *
   * @param timeout how long to wait
   * @return the answer, or empty if it has not ended in time
   * @throws MixtureException if the request failed
   */
  Optional<Answer> await(Duration timeout);

  /** Cancels the answer if it has not ended. */
  @Override
  void close();
}
