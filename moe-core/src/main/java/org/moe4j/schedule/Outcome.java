// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.moe4j.MixtureException;

/**
 * Items that one thread adds and any number of threads read from the first, then one result or
 * failure. Waiting uses a lock that does not pin virtual threads.
 *
 * @param <T> item
 * @param <R> result
 */
final class Outcome<T, R> {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition itemOrEnd = lock.newCondition();
  // Apart, so that whoever waits for the end is not woken for every item.
  private final Condition end = lock.newCondition();
  private final List<T> items = new ArrayList<>();
  private @Nullable R result;
  private @Nullable MixtureException failure;

  void add(T item) {
    lock.lock();
    try {
      items.add(item);
      itemOrEnd.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Sets the result; the first result or failure stays. */
  void complete(R value) {
    finish(value, null);
  }

  /** Sets the failure; the first result or failure stays. */
  void fail(MixtureException problem) {
    finish(null, problem);
  }

  private void finish(@Nullable R value, @Nullable MixtureException problem) {
    lock.lock();
    try {
      if (!done()) {
        result = value;
        failure = problem;
        itemOrEnd.signalAll();
        end.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean done() {
    return result != null || failure != null;
  }

  boolean isDone() {
    lock.lock();
    try {
      return done();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for an item.
   *
   * @return the item, or empty if there will be no such item because the result is there
   * @throws MixtureException the failure, once all items before it were read
   */
  Optional<T> item(int index, Runnable interrupted) {
    boolean wasInterrupted = false;
    lock.lock();
    try {
      while (index >= items.size() && !done()) {
        try {
          itemOrEnd.await();
        } catch (InterruptedException e) {
          wasInterrupted = true;
          interrupted.run();
        }
      }
      if (index < items.size()) {
        return Optional.of(items.get(index));
      }
      throwFailure();
      return Optional.empty();
    } finally {
      lock.unlock();
      restore(wasInterrupted);
    }
  }

  /**
   * Waits for the result.
   *
   * @param interrupted run when the waiting thread is interrupted; the wait goes on until the
   *     result is there
   */
  R result(Runnable interrupted) {
    boolean wasInterrupted = false;
    lock.lock();
    try {
      while (!done()) {
        try {
          end.await();
        } catch (InterruptedException e) {
          wasInterrupted = true;
          interrupted.run();
        }
      }
      throwFailure();
      return Objects.requireNonNull(result);
    } finally {
      lock.unlock();
      restore(wasInterrupted);
    }
  }

  /** Waits for the result for a limited time. */
  Optional<R> result(Duration timeout, Runnable interrupted) {
    boolean wasInterrupted = false;
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!done() && left > 0) {
        try {
          left = end.awaitNanos(left);
        } catch (InterruptedException e) {
          wasInterrupted = true;
          interrupted.run();
        }
      }
      throwFailure();
      return Optional.ofNullable(result);
    } finally {
      lock.unlock();
      restore(wasInterrupted);
    }
  }

  private static void restore(boolean wasInterrupted) {
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }
}
