// SPDX-License-Identifier: Apache-2.0
package org.moe4j.fuzz;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;
import org.moe4j.MixtureException;

/**
 * What every reader promises for any bytes: it returns, or it refuses them by a {@link
 * MixtureException} with a message of one line.
 */
public final class Contract {

  /** More than this is a hang, in seconds of processor time: others may keep the machine busy. */
  private static final double HANG = 2;

  private Contract() {}

  /**
   * Reads something and lets nothing pass but what the promise allows.
   *
   * @param read reads bytes that may be anything
   */
  public static void check(Runnable read) {
    try {
      read.run();
    } catch (MixtureException refusal) {
      String message = String.valueOf(refusal.getMessage());
      if (message.lines().count() != 1) {
        throw new AssertionError("a message of several lines: " + message, refusal);
      }
      boolean full =
          refusal instanceof MixtureException.Rejected && message.contains(": memory ran out");
      if (full || refusal instanceof MixtureException.Failed) {
        throw new AssertionError("not refused, but failed: " + message, refusal);
      }
    }
  }

  /**
   * Does something that must not hang.
   *
   * @param what for messages
   * @param work takes at most 2 seconds of processor time on its thread
   * @return what the work returns
   */
  public static <T> T withinTwoSeconds(String what, Supplier<T> work) {
    AtomicLong used = new AtomicLong();
    T result =
        Assertions.assertTimeoutPreemptively(
            Duration.ofSeconds(60),
            () -> {
              ThreadMXBean threads = ManagementFactory.getThreadMXBean();
              long before = threads.getCurrentThreadCpuTime();
              try {
                return work.get();
              } finally {
                used.set(threads.getCurrentThreadCpuTime() - before);
              }
            },
            what);
    double seconds = used.get() / 1e9;
    Assertions.assertTrue(seconds < HANG, () -> what + " took " + seconds + " s");
    return result;
  }
}
