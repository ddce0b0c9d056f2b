// SPDX-License-Identifier: Apache-2.0
package org.moe4j.tokenizer;

import java.util.Arrays;

/**
 * Merges neighbouring symbols, the best pair first, until no known pair is left: byte-pair
 * encoding. Immutable and safe for many threads.
 *
 * <p>The time for n symbols is O(n log n): symbols are a linked list, candidate pairs a heap
 * ordered by rank and then by position.
 *
 * @see <a href="https://arxiv.org/abs/1508.07909">Neural machine translation of rare words with
 *     subword units</a>
 */
final class Merges {

  private final LongMap pairs;

  /**
   * Creates merges.
   *
   * @param expected how many to make room for
   */
  Merges(int expected) {
    pairs = new LongMap(expected);
  }

  /**
   * Adds a pair while the merges are being built.
   *
   * @param rank lower ones are merged first
   * @param left the symbol on the left, not negative
   * @param right the symbol on the right, not negative
   * @param merged the symbol that takes their place
   */
  void add(int rank, int left, int right, int merged) {
    pairs.put(key(left, right), (long) rank << 32 | merged);
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  /**
   * The symbols of one piece, and the memory to merge them. For one thread, used again for piece
   * after piece.
   */
  static final class Work {
    private static final int GONE = -1;

    private int[] symbols = new int[64];
    private int[] previous = new int[64];
    private int[] next = new int[64];
    private int size;

    /** Rank shifted left by 32 plus position, as a binary heap, and what each pair would become. */
    private long[] heap = new long[64];

    private int[] becomes = new int[64];
    private int heapSize;

    void clear() {
      size = 0;
    }

    void add(int symbol) {
      if (size == symbols.length) {
        symbols = Arrays.copyOf(symbols, 2 * size);
        previous = new int[2 * size];
        next = new int[2 * size];
      }
      symbols[size++] = symbol;
    }

    int size() {
      return size;
    }

    /** The first symbol that is left; there is at least one if any was added. */
    int first() {
      return size == 0 ? GONE : 0;
    }

    /** The position of the symbol after the one at a position, or -1. */
    int after(int position) {
      return next[position] == size ? GONE : next[position];
    }

    int symbol(int position) {
      return symbols[position];
    }

    private void push(long key, int merged) {
      if (heapSize == heap.length) {
        heap = Arrays.copyOf(heap, 2 * heapSize);
        becomes = Arrays.copyOf(becomes, 2 * heapSize);
      }
      int at = heapSize++;
      while (at > 0) {
        int parent = (at - 1) >>> 1;
        if (heap[parent] <= key) {
          break;
        }
        heap[at] = heap[parent];
        becomes[at] = becomes[parent];
        at = parent;
      }
      heap[at] = key;
      becomes[at] = merged;
    }

    private void pop() {
      long key = heap[--heapSize];
      int merged = becomes[heapSize];
      int at = 0;
      while (true) {
        int child = 2 * at + 1;
        if (child >= heapSize) {
          break;
        }
        if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
          child++;
        }
        if (heap[child] >= key) {
          break;
        }
        heap[at] = heap[child];
        becomes[at] = becomes[child];
        at = child;
      }
      heap[at] = key;
      becomes[at] = merged;
    }
  }

  /** Merges what was added to {@code work}; afterwards it lists the symbols that are left. */
  void apply(Work work) {
    int size = work.size;
    work.heapSize = 0;
    for (int i = 0; i < size; i++) {
      work.previous[i] = i - 1;
      work.next[i] = i + 1;
    }
    for (int i = 0; i + 1 < size; i++) {
      propose(work, i);
    }
    while (work.heapSize > 0) {
      int position = (int) work.heap[0];
      int merged = work.becomes[0];
      work.pop();
      if (work.symbols[position] == Work.GONE || work.next[position] == size) {
        continue;
      }
      // A symbol of the pair may have changed since it was proposed.
      int right = work.next[position];
      long entry = pairs.get(key(work.symbols[position], work.symbols[right]));
      if (entry == LongMap.ABSENT || (int) entry != merged) {
        continue;
      }
      work.symbols[position] = merged;
      work.symbols[right] = Work.GONE;
      int after = work.next[right];
      work.next[position] = after;
      if (after < size) {
        work.previous[after] = position;
        propose(work, position);
      }
      if (work.previous[position] >= 0) {
        propose(work, work.previous[position]);
      }
    }
  }

  private void propose(Work work, int position) {
    long entry = pairs.get(key(work.symbols[position], work.symbols[work.next[position]]));
    if (entry != LongMap.ABSENT) {
      work.push((entry >>> 32) << 32 | position, (int) entry);
    }
  }
}
