// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.moe4j.FinishReason;
import org.moe4j.Generation;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.Scores;
import org.moe4j.decode.Decoder;
import org.moe4j.decode.PagePool;
import org.moe4j.decode.StepRouters;
import org.moe4j.device.Batch;
import org.moe4j.sample.Sampler;

/**
 * Serves every call of a model from one thread: requests wait in a bounded queue, join the running
 * batch when pages for their longest possible sequence are free, and leave it when they end. One
 * caller is a batch of one. An idle scheduler waits without using the processor.
 *
 * <p>Public methods may be called by any thread.
 */
public final class Scheduler implements AutoCloseable {

  /**
   * While answers are being generated, prompts are read in pieces of at most this many rows, so
   * that the answers flow.
   */
  private static final int PROMPT_ROWS_BESIDE_ANSWERS = 128;

  /** Most sequences that run together; more wait. */
  private static final int MOST_ACTIVE = Decoder.MOST_LOGITS;

  private final Decoder decoder;
  private final PagePool pool;
  private final int queueLimit;
  private final ExpertFailures expertFailures;
  private final Runnable onExit;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Queue<Task> waiting = new ArrayDeque<>();
  private final Queue<Runnable> calls = new ArrayDeque<>();
  private boolean closing;

  private final List<Task> active = new ArrayList<>();
  private final Map<Task, Long> reserved = new HashMap<>();
  private long reservedPages;

  /**
   * Starts the engine's thread.
   *
   * @param name name of the thread
   * @param decoder runs the steps; used by the engine's thread alone
   * @param pool gives the pages; used by the engine's thread alone
   * @param queueLimit most requests that wait
   * @param expertFailures where callers' experts report failures
   * @param onExit run by the engine's thread as its last act: frees what the model holds
   */
  public Scheduler(
      String name,
      Decoder decoder,
      PagePool pool,
      int queueLimit,
      ExpertFailures expertFailures,
      Runnable onExit) {
    this.decoder = decoder;
    this.pool = pool;
    this.queueLimit = queueLimit;
    this.expertFailures = expertFailures;
    this.onExit = onExit;
    thread = Thread.ofPlatform().daemon().name(name).start(this::run);
  }

  /**
   * Queues a generation.
   *
   * @param plan what to generate
   * @param sampler draws its tokens
   * @return the handle to the running answer
   * @throws MixtureException.Rejected if the queue is full or its state can never fit
   */
  public Generation generate(GenerationPlan plan, Sampler sampler) {
    GenerationTask task = new GenerationTask(plan, sampler, decoder);
    submit(task);
    return task;
  }

  /**
   * Queues tokens to be scored and waits.
   *
   * @param tokens the tokens
   * @param details what to keep
   */
  public Scores score(ImmutableIntArray tokens, Set<Scores.Detail> details) {
    ScoringTask task = new ScoringTask(tokens, details, decoder);
    submit(task);
    return task.await();
  }

  private void submit(Task task) {
    long pages = pool.pagesFor(task.mostPositions());
    if (pages > pool.pagesTotal()) {
      throw new MixtureException.Rejected(
          "the request may come to hold %d tokens, the memory set aside for sequences holds %d: limit its tokens or raise the memory limit"
              .formatted(task.mostPositions(), pool.mostPositions()),
          null);
    }
    lock.lock();
    try {
      requireOpen();
      if (waiting.size() >= queueLimit) {
        throw new MixtureException.Rejected(
            "%d requests wait already, the queue limit is %d".formatted(waiting.size(), queueLimit),
            Duration.ofSeconds(1));
      }
      waiting.add(task);
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Runs something on the engine's thread, between two steps, and waits for it.
   *
   * @param <R> result
   * @param body may use the device
   */
  public <R> R call(Callable<R> body) {
    Outcome<Void, R> outcome = new Outcome<>();
    Runnable call =
        () -> {
          try {
            outcome.complete(body.call());
          } catch (MixtureException e) {
            outcome.fail(e);
          } catch (Exception e) {
            outcome.fail(new MixtureException.Failed(String.valueOf(e.getMessage()), e));
          }
        };
    lock.lock();
    try {
      requireOpen();
      calls.add(call);
      work.signal();
    } finally {
      lock.unlock();
    }
    return outcome.result(() -> {});
  }

  private void requireOpen() {
    if (Thread.currentThread() == thread) {
      throw new MixtureException.Failed(
          "a router or expert cannot call the model that it is a part of: the step waits for it",
          null);
    }
    if (closing) {
      throw new MixtureException.Closed("the model is closed");
    }
  }

  /**
   * Ends everything that runs or waits as cancelled, and waits until the engine's thread has freed
   * what the model holds. Idempotent. On the engine's own thread (a caller's router or expert) it
   * does not wait.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    if (Thread.currentThread() == thread) {
      return;
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  // ------------------------------------------------------ the engine's thread

  private void run() {
    try {
      while (awaitWork()) {
        dropInterrupted();
        admit();
        if (!active.isEmpty()) {
          step();
        }
      }
    } finally {
      List<Task> left = new ArrayList<>(active);
      lock.lock();
      try {
        closing = true;
        left.addAll(waiting);
        waiting.clear();
      } finally {
        lock.unlock();
      }
      left.forEach(Task::closed);
      runCalls();
      active.forEach(Task::release);
      onExit.run();
    }
  }

  /** Waits until there is something to do; false once the model is closing. */
  private boolean awaitWork() {
    lock.lock();
    try {
      while (!closing && active.isEmpty() && waiting.isEmpty() && calls.isEmpty()) {
        work.awaitUninterruptibly();
      }
      if (closing) {
        return false;
      }
    } finally {
      lock.unlock();
    }
    runCalls();
    return true;
  }

  private void runCalls() {
    for (Runnable call = next(calls::poll); call != null; call = next(calls::poll)) {
      call.run();
    }
  }

  private <T> @Nullable T next(Supplier<@Nullable T> poll) {
    lock.lock();
    try {
      return poll.get();
    } finally {
      lock.unlock();
    }
  }

  private void dropInterrupted() {
    for (Task task : List.copyOf(active)) {
      FinishReason reason = task.interruption();
      if (reason != null) {
        task.end(reason);
        leave(task);
      }
    }
    List<Task> dropped = new ArrayList<>();
    lock.lock();
    try {
      for (Iterator<Task> tasks = waiting.iterator(); tasks.hasNext(); ) {
        Task task = tasks.next();
        if (task.interruption() != null) {
          tasks.remove();
          dropped.add(task);
        }
      }
    } finally {
      lock.unlock();
    }
    for (Task task : dropped) {
      FinishReason reason = task.interruption();
      task.end(reason == null ? FinishReason.CANCELLED : reason);
    }
  }

  /**
   * Lets waiting requests join in the order they came, as long as the pages they may need are free.
   */
  private void admit() {
    while (active.size() < MOST_ACTIVE) {
      Task task = next(waiting::peek);
      if (task == null) {
        return;
      }
      long pages = pool.pagesFor(task.mostPositions());
      if (reservedPages + pages > pool.pagesTotal()) {
        return;
      }
      next(waiting::poll);
      reservedPages += pages;
      reserved.put(task, pages);
      task.begin(pool);
      task.admitted();
      active.add(task);
    }
  }

  private void leave(Task task) {
    active.remove(task);
    Long pages = reserved.remove(task);
    reservedPages -= pages == null ? 0 : pages;
    task.release();
  }

  private void step() {
    List<Task> tasks = new ArrayList<>();
    List<Batch.Segment> segments = new ArrayList<>();
    fill(tasks, segments);
    Batch batch = new Batch(segments);
    StepFailures failures = new StepFailures(tasks);
    try {
      decoder.step(batch, failures);
      expertFailures.drain(decoder, batch, failures);
      deliver(tasks, segments, failures);
    } catch (RuntimeException | OutOfMemoryError e) {
      MixtureException failure =
          e instanceof MixtureException known
              ? known
              : new MixtureException.Failed("a step failed: " + e, e);
      for (Task task : tasks) {
        if (!task.isFinished()) {
          task.fail(failure);
        }
      }
    }
    // Those that had their turn go last, so that a step too small for all serves everybody in turn.
    active.removeAll(tasks);
    active.addAll(tasks);
    for (Task task : tasks) {
      if (task.isFinished()) {
        leave(task);
      }
    }
  }

  /**
   * Answers first, one row each, then prompts in the order they came, as far as the step has room.
   */
  private void fill(List<Task> tasks, List<Batch.Segment> segments) {
    int rows = decoder.mostRows();
    int logits = decoder.mostLogits();
    for (Task task : active) {
      if (task.pending() == 1 && rows > 0 && logits > 0) {
        segments.add(feed(task, 1));
        tasks.add(task);
        rows--;
        logits--;
      }
    }
    if (!tasks.isEmpty()) {
      rows = Math.min(rows, PROMPT_ROWS_BESIDE_ANSWERS);
    }
    for (Task task : active) {
      if (tasks.contains(task)) {
        continue;
      }
      int room = task.wantsEveryLogit() ? Math.min(rows, logits) : logits == 0 ? 0 : rows;
      int taken = Math.min(task.pending(), room);
      if (taken > 0) {
        Batch.Segment segment = feed(task, taken);
        segments.add(segment);
        tasks.add(task);
        rows -= taken;
        logits -= segment.logits();
      }
    }
  }

  private static Batch.Segment feed(Task task, int rows) {
    int wanted = task.logitsOf(rows);
    ImmutableIntArray tokens = task.take(rows);
    int start = task.state().append(rows);
    return new Batch.Segment(task.state(), start, tokens, wanted);
  }

  private void deliver(List<Task> tasks, List<Batch.Segment> segments, StepFailures failures) {
    int row = 0;
    int logit = 0;
    for (int i = 0; i < tasks.size(); i++) {
      Batch.Segment segment = segments.get(i);
      Task task = tasks.get(i);
      MixtureException failure = failures.of(i);
      if (failure == null) {
        task.stepped(new Task.StepResult(decoder, row, segment.rows(), logit, segment.logits()));
      } else {
        task.fail(failure);
      }
      row += segment.rows();
      logit += segment.logits();
    }
  }

  /** Which segments of a step failed, and the routers that each uses. */
  private static final class StepFailures implements StepRouters, ExpertFailures.Sink {

    private final List<Task> tasks;
    private final @Nullable MixtureException[] failures;

    StepFailures(List<Task> tasks) {
      this.tasks = tasks;
      failures = new MixtureException[tasks.size()];
    }

    @Override
    public Router router(int segment, int layer, Router own) {
      return tasks.get(segment).router(layer, own);
    }

    @Override
    public void failed(int segment, MixtureException failure) {
      if (failures[segment] == null) {
        failures[segment] = failure;
      }
    }

    @Nullable MixtureException of(int segment) {
      return failures[segment];
    }
  }
}
