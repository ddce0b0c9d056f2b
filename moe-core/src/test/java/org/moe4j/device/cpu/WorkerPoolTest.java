// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops that several threads share. */
@Timeout(120)
class WorkerPoolTest {

  private static List<Thread> threadsOf(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(name))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void everyItemIsDoneOnceByOneWorkerAtATime(int threads) {
    try (WorkerPool pool = new WorkerPool("once", threads)) {
      AtomicIntegerArray busy = new AtomicIntegerArray(threads);
      for (int loop = 0; loop < 3000; loop++) {
        int count = loop % 40;
        int each = 1 + loop % 3;
        int[] done = new int[count];
        pool.run(
            count,
            each,
            (worker, from, to) -> {
              assertEquals(1, busy.incrementAndGet(worker));
              for (int i = (int) from; i < to; i++) {
                done[i]++;
              }
              busy.decrementAndGet(worker);
            });
        for (int times : done) {
          assertEquals(1, times);
        }
      }
    }
  }

  @Test
  void loopsThatFollowAPauseAreDoneToo() throws Exception {
    try (WorkerPool pool = new WorkerPool("pause", 3)) {
      AtomicInteger done = new AtomicInteger();
      for (int loop = 0; loop < 40; loop++) {
        Thread.sleep(loop % 4);
        pool.run(10, 1, (worker, from, to) -> done.addAndGet((int) (to - from)));
      }
      assertEquals(400, done.get());
    }
  }

  @Test
  void severalThreadsWorkAtOnce() {
    try (WorkerPool pool = new WorkerPool("meet", 3)) {
      CountDownLatch all = new CountDownLatch(3);
      pool.run(
          3,
          1,
          (worker, from, to) -> {
            all.countDown();
            try {
              assertTrue(all.await(60, TimeUnit.SECONDS), "the others did not come");
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
    }
  }

  @Test
  void theFailureOfAWorkerReachesTheCaller() {
    try (WorkerPool pool = new WorkerPool("failure", 3)) {
      RuntimeException failure = new IllegalArgumentException("item 40");
      RuntimeException thrown =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  pool.run(
                      100,
                      1,
                      (worker, from, to) -> {
                        if (from == 40) {
                          throw failure;
                        }
                      }));
      assertSame(failure, thrown);
      AtomicInteger done = new AtomicInteger();
      pool.run(100, 1, (worker, from, to) -> done.incrementAndGet());
      assertEquals(100, done.get());
    }
  }

  @Test
  void idleWorkersPark() throws Exception {
    try (WorkerPool pool = new WorkerPool("idle", 3)) {
      pool.run(10, 1, (worker, from, to) -> {});
      List<Thread> threads = threadsOf("idle");
      assertEquals(2, threads.size());
      for (Thread thread : threads) {
        assertTrue(thread.isDaemon());
        while (thread.getState() != Thread.State.WAITING) {
          Thread.sleep(1);
        }
      }
    }
  }

  @Test
  void closingEndsTheThreads() {
    WorkerPool pool = new WorkerPool("ending", 4);
    assertEquals(3, threadsOf("ending").size());
    pool.close();
    pool.close();
    assertTrue(threadsOf("ending").stream().noneMatch(Thread::isAlive));
    assertThrows(IllegalStateException.class, () -> pool.run(10, 1, (worker, from, to) -> {}));
  }

  @Test
  void aLoopAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    WorkerPool.Task nothing = (worker, from, to) -> {};
    try (WorkerPool pool = new WorkerPool("bytes", 2)) {
      pool.run(5, 1, nothing);
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1000; i++) {
        pool.run(5, 1, nothing);
      }
      assertFalse(
          threads.getCurrentThreadAllocatedBytes() - before > 1000, "more than a byte a loop");
    }
  }
}
