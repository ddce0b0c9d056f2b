// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What code leaves to the garbage collector once it is compiled.
 *
 * <p>Which vectors the compiler keeps in registers depends on what else the process ran and on the
 * order in which methods were compiled. So code is measured in a process of its own, and what was
 * over its limit once more in another: code that always makes objects is found, the one process in
 * many that was unlucky is not.
 */
public final class Allocated {

  /** What a process prints behind the name of what is within its limit. */
  public static final String WITHIN = ": ok";

  private static final int PROCESSES = 3;

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

  /**
   * Has a process of its own measure, and two more where something was over its limit.
   *
   * @param flags of the processes
   * @param main prints a line at least for each of its arguments: the argument and {@link #WITHIN},
   *     or the argument, a colon and what was found
   * @param names the arguments
   */
  public static void assertWithin(List<String> flags, Class<?> main, List<String> names)
      throws IOException, InterruptedException {
    List<String> left = names;
    List<String> over = new ArrayList<>();
    for (int process = 0; process < PROCESSES && !left.isEmpty(); process++) {
      List<String> said = Forked.run(flags, main, left.toArray(String[]::new)).lines().toList();
      List<String> again = new ArrayList<>();
      for (String name : left) {
        List<String> found = said.stream().filter(line -> line.startsWith(name + ":")).toList();
        assertEquals(1, found.size(), () -> name + " is not in " + said);
        if (!found.getFirst().equals(name + WITHIN)) {
          again.add(name);
          over.add(found.getFirst());
        }
      }
      left = again;
    }
    assertTrue(left.isEmpty(), () -> "bytes: " + over);
  }
}
