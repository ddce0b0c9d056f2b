// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that share loops with the thread that calls {@link #run}: they spin for a moment after
 * each loop, because the next one usually follows within microseconds, and then park. Daemons,
 * ended by {@link #close}.
 *
 * <p>The items of a loop are handed out one after the other, so which thread gets which is chance;
 * whoever writes a task makes sure that this does not matter. A parked thread that wakes too late
 * for a loop misses it, and nobody waits for it. Nothing is allocated by a loop. One thread at a
 * time may call {@link #run}.
 */
final class WorkerPool implements AutoCloseable {

  /**
   * How long a worker spins before it parks. Between two loops of a step there is the work of one
   * thread, and between two steps the choice of a token; waking a parked worker takes longer than
   * many a loop.
   */
  private static final long SPIN_NANOS = 400_000;

  /** Spins between two looks at the clock, a few microseconds. */
  private static final int SPINS = 1 << 6;

  /** Spins before the caller looks whether a worker has lost its processor. */
  private static final int PATIENCE = 1 << 10;

  /** What the caller sleeps at a time for a worker that does not come to an end. */
  private static final long MOMENT = 20_000;

  private static final VarHandle STATE;
  private static final VarHandle FAILURE;

  /**
   * A loop is open: workers may join it. Below that the number of those that have, above it the
   * count of loops.
   */
  private static final long OPEN = 1L << 16;

  private static final long JOINED = OPEN - 1;
  private static final long LOOP = OPEN << 1;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(WorkerPool.class, "state", long.class);
      FAILURE = lookup.findVarHandle(WorkerPool.class, "failure", Throwable.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Worker[] workers;
  private final AtomicLong next = new AtomicLong();

  @SuppressWarnings("unused") // through STATE
  private volatile long state;

  @SuppressWarnings("unused") // through FAILURE
  private volatile @Nullable Throwable failure;

  private volatile boolean closed;

  // Written before a loop opens, read by those who join it.
  private @Nullable Task task;
  private long items;
  private long grain;

  /** The body of a loop. */
  @FunctionalInterface
  interface Task {
    /**
     * Does some items.
     *
     * @param worker who does it, {@code 0 <= worker < threads}; never two at once with the same
     *     number
     * @param from first item
     * @param to item after the last
     */
    void run(int worker, long from, long to);
  }

  /**
   * Starts the threads.
   *
   * @param name prefix of the threads' names
   * @param threads threads of a loop, the calling one included; at least 1
   */
  WorkerPool(String name, int threads) {
    if (threads < 1 || threads > JOINED) {
      throw new IllegalArgumentException("threads must be 1 to " + JOINED + ", was " + threads);
    }
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(name + "-" + (i + 1), i + 1);
      workers[i].start();
    }
  }

  /** Threads of a loop, the calling one included. */
  int threads() {
    return workers.length + 1;
  }

  /**
   * Runs a loop and returns when all its items are done.
   *
   * @param count number of items
   * @param each items that are handed out together, at least 1
   * @param body what to do; an exception of it ends the loop early and is thrown here
   */
  void run(long count, long each, Task body) {
    if (workers.length == 0 || count <= each) {
      if (count > 0) {
        body.run(0, 0, count);
      }
      return;
    }
    if (closed) {
      throw new IllegalStateException("the pool is closed");
    }
    task = body;
    items = count;
    grain = each;
    failure = null;
    next.set(0);
    long open = ((long) STATE.getVolatile(this) & -LOOP) + LOOP + OPEN;
    STATE.setVolatile(this, open);
    for (Worker worker : workers) {
      if (worker.parked) {
        LockSupport.unpark(worker);
      }
    }
    work(0, body);
    STATE.getAndBitwiseAnd(this, ~OPEN);
    for (int spins = 0; ((long) STATE.getVolatile(this) & JOINED) != 0; spins++) {
      if (spins < PATIENCE) {
        Thread.onSpinWait();
      } else {
        // The worker may have lost its processor: let it have this one.
        LockSupport.parkNanos(MOMENT);
      }
    }
    task = null;
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      rethrow(thrown);
    }
  }

  private void work(int worker, Task body) {
    long count = items;
    long each = grain;
    try {
      for (long from = next.getAndAdd(each); from < count; from = next.getAndAdd(each)) {
        body.run(worker, from, Math.min(from + each, count));
      }
    } catch (Throwable e) {
      FAILURE.compareAndSet(this, null, e);
      next.set(count);
    }
  }

  private static void rethrow(Throwable thrown) {
    switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    }
  }

  /** Ends the threads and waits for them. Not while a loop runs. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker);
    }
    boolean interrupted = false;
    for (Worker worker : workers) {
      while (worker.isAlive()) {
        try {
          worker.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Worker extends Thread {
    private final int number;
    private volatile boolean parked;

    Worker(String name, int number) {
      super(name);
      this.number = number;
      setDaemon(true);
    }

    @Override
    public void run() {
      long last = 0;
      int idle = 0;
      long idleSince = System.nanoTime();
      while (!closed) {
        long seen = (long) STATE.getVolatile(WorkerPool.this);
        if ((seen & OPEN) != 0 && (seen & -LOOP) != last) {
          if (STATE.compareAndSet(WorkerPool.this, seen, seen + 1)) {
            last = seen & -LOOP;
            joinLoop();
            idle = 0;
            idleSince = System.nanoTime();
          }
        } else if (++idle % SPINS != 0 || System.nanoTime() - idleSince < SPIN_NANOS) {
          Thread.onSpinWait();
        } else {
          park(last);
          idleSince = System.nanoTime();
        }
      }
    }

    private void joinLoop() {
      Task body = task;
      if (body != null) {
        work(number, body);
      }
      STATE.getAndAdd(WorkerPool.this, -1L);
    }

    /**
     * A loop that opened before {@code parked} was seen is found here; one that opens later
     * unparks.
     */
    private void park(long last) {
      parked = true;
      long seen = (long) STATE.getVolatile(WorkerPool.this);
      if (!closed && ((seen & OPEN) == 0 || (seen & -LOOP) == last)) {
        LockSupport.park(WorkerPool.this);
      }
      parked = false;
    }
  }
}
