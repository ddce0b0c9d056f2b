// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;

/** What code leaves to the garbage collector once it is compiled. */
public final class Allocated {

  /** For code that is compiled late, on a busy machine. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private Allocated() {}

  /**
   * The least that so many runs in a row allocated each, on all threads; tried again while it is
   * more than the limit, for a while.
   *
   * @param limit bytes a run
   * @param times runs in a row
   * @param body the code
   */
  public static long least(long limit, int times, Runnable body) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (least > limit && System.nanoTime() < end) {
      long before = threads.getTotalThreadAllocatedBytes();
      for (int i = 0; i < times; i++) {
        body.run();
      }
      least = Math.min(least, (threads.getTotalThreadAllocatedBytes() - before) / times);
    }
    return least;
  }
}
