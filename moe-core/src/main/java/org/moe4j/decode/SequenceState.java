// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.moe4j.decode.PagePool.SharedPage;
import org.moe4j.device.Batch;
import org.moe4j.device.Device;

/**
 * What a model remembers of one sequence: pages of fixed size, of which full ones may be shared
 * with forks and the last one is private as soon as it is written. It can be appended to,
 * truncated, forked and measured; where a model has recurrent layers, their state is copied with a
 * fork and cannot be truncated. Not safe for concurrent use.
 */
public final class SequenceState implements Batch.Pages, AutoCloseable {

  private final PagePool pool;
  private final int announced;
  private final List<SharedPage> pages = new ArrayList<>();
  private Device.@Nullable Recurrent recurrent;
  private int length;

  /**
   * An empty sequence.
   *
   * @param pool where pages come from
   */
  public SequenceState(PagePool pool) {
    this(pool, 0);
  }

  /**
   * An empty sequence of which is known how long it will become. A few models compute long
   * sequences otherwise, and have to know before the first position.
   *
   * @param pool where pages come from
   * @param announced positions that it will have, as far as that is known; it may get more or less
   */
  public SequenceState(PagePool pool, int announced) {
    this.pool = pool;
    this.announced = announced;
  }

  /** Number of positions. */
  public int length() {
    return length;
  }

  /** Bytes of what it holds, shared pages included. */
  public long bytes() {
    return pages.size() * pool.layout().pageBytes()
        + (recurrent == null ? 0 : pool.layout().recurrentBytes());
  }

  /**
   * Makes room for more positions and counts them as there; the next step writes them.
   *
   * @param positions how many
   * @return the position of the first
   */
  public int append(int positions) {
    int start = length;
    int size = pool.layout().positions();
    if (recurrent == null && pool.layout().recurrentValues() > 0) {
      recurrent = pool.takeRecurrent();
    }
    if (start % size != 0) {
      int tail = start / size;
      SharedPage page = pages.get(tail);
      if (page.holders > 1) {
        pages.set(tail, pool.copyOf(page));
        pool.release(page);
      }
    }
    while ((long) pages.size() * size < (long) start + positions) {
      pages.add(pool.take());
    }
    length = start + positions;
    return start;
  }

  /**
   * Forgets the positions from {@code newLength} on.
   *
   * @param newLength {@code 0 <= newLength <= length()}; 0 or {@code length()} if the model has
   *     recurrent layers, whose state cannot go back
   */
  public void truncate(int newLength) {
    if (newLength < 0 || newLength > length) {
      throw new IllegalArgumentException(
          "length must be 0 to %d, was %d".formatted(length, newLength));
    }
    if (recurrent != null && newLength > 0 && newLength < length) {
      throw new IllegalArgumentException(
          "recurrent state of %d positions cannot go back to %d".formatted(length, newLength));
    }
    if (recurrent != null && newLength == 0) {
      pool.release(recurrent);
      recurrent = null;
    }
    length = newLength;
    int keep = Math.ceilDiv(newLength, pool.layout().positions());
    while (pages.size() > keep) {
      pool.release(pages.removeLast());
    }
  }

  /**
   * A sequence that begins with the same positions; pages are shared until one of the two writes to
   * them.
   */
  public SequenceState fork() {
    SequenceState copy = new SequenceState(pool, announced);
    // First what may fail.
    copy.recurrent = recurrent == null ? null : pool.copyOf(recurrent);
    for (SharedPage page : pages) {
      page.holders++;
      copy.pages.add(page);
    }
    copy.length = length;
    return copy;
  }

  @Override
  public Device.Page page(int index) {
    return pages.get(index).page;
  }

  @Override
  public int announced() {
    return announced;
  }

  @Override
  public Device.Recurrent recurrent() {
    if (recurrent == null) {
      throw new IllegalStateException("the sequence has no recurrent state");
    }
    return recurrent;
  }

  /** Gives everything back. Idempotent. */
  @Override
  public void close() {
    truncate(0);
  }
}
