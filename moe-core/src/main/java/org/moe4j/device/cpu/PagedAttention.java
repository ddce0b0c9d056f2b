// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.model.Reach;

/**
 * Attention over keys and values in pages. Those of all rows are stored first; then each query is
 * scored against all positions it sees, and the values are summed with the exponentials of the
 * scores, in the order of positions. Four queries that share a key-value head go together.
 */
final class PagedAttention {

  /** Neighbouring rows whose queries are shared out together. */
  private static final int ROWS = 4;

  private final int heads;
  private final int kvHeads;
  private final int keySize;
  private final int valueSize;
  private final Reach reach;
  private final float @Nullable [] sinks;

  /**
   * Attention of one shape.
   *
   * @param heads query heads
   * @param kvHeads key-value heads; divides {@code heads}
   * @param keySize width of a query or key head
   * @param valueSize width of a value head
   * @param reach what a position sees
   * @param sinks a logit a query head that takes part in the softmax without a value, or null
   */
  PagedAttention(
      int heads, int kvHeads, int keySize, int valueSize, Reach reach, float @Nullable [] sinks) {
    this.heads = heads;
    this.kvHeads = kvHeads;
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.reach = reach;
    this.sinks = sinks;
  }

  /** What is kept from layer to layer. */
  static final class Memory {
    private CpuPage[] pages = new CpuPage[0];
  }

  /**
   * Stores keys and values and attends.
   *
   * @param workers share the work
   * @param memory room for the pages of a segment
   * @param layer index of the layer
   * @param batch gives positions and pages
   * @param queries {@code heads x keySize} values a row, scaled already
   * @param keys {@code kvHeads x keySize} values a row
   * @param values {@code kvHeads x valueSize} values a row
   * @param mixed receives {@code heads x valueSize} values a row
   */
  void apply(
      Workers workers,
      Memory memory,
      int layer,
      Batch batch,
      CpuRows queries,
      CpuRows keys,
      CpuRows values,
      CpuRows mixed) {
    int first = 0;
    for (Batch.Segment segment : batch.segments()) {
      attend(workers, memory, layer, segment, first, queries, keys, values, mixed);
      first += segment.rows();
    }
  }

  private void attend(
      Workers workers,
      Memory memory,
      int layer,
      Batch.Segment segment,
      int firstRow,
      CpuRows queries,
      CpuRows keys,
      CpuRows values,
      CpuRows mixed) {
    int rows = segment.rows();
    int end = segment.start() + rows;
    int firstPage = reach.first(segment.start()) / CacheFormat.POSITIONS;
    int count = Math.ceilDiv(end, CacheFormat.POSITIONS) - firstPage;
    if (memory.pages.length < count) {
      memory.pages = new CpuPage[count];
    }
    CpuPage[] pages = memory.pages;
    for (int i = 0; i < count; i++) {
      pages[i] = (CpuPage) segment.sequence().page(firstPage + i);
    }
    workers.run(
        (long) rows * kvHeads,
        4L * kvHeads,
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int row = (int) (i / kvHeads);
            int head = (int) (i % kvHeads);
            int position = segment.start() + row;
            CpuPage page = pages[position / CacheFormat.POSITIONS - firstPage];
            int at = (firstRow + row) * kvHeads + head;
            int slot = position % CacheFormat.POSITIONS;
            page.format()
                .putKey(page.keys(layer, head), slot, keys.values(), at * keySize, keySize);
            page.format()
                .putValue(
                    page.values(layer, head), slot, values.values(), at * valueSize, valueSize);
          }
        });
    for (int worker = 0; worker < workers.threads(); worker++) {
      Scratch scratch = workers.scratch(worker);
      int positions = count * CacheFormat.POSITIONS;
      if (scratch.scores.length < 4 * positions) {
        // Room to grow, and a distance of the four that is no power of two, which caches dislike.
        scratch.scores = new float[Math.multiplyExact(4, positions + positions / 2 + 16)];
      }
      if (scratch.mixed.length < 4 * paddedSize()) {
        scratch.mixed = new float[4 * paddedSize()];
      }
    }
    // A device with many threads has work for all of them even where all heads share their keys.
    int fours = Math.ceilDiv(Math.min(ROWS, rows) * (heads / kvHeads), 4);
    workers.run(
        (long) Math.ceilDiv(rows, ROWS) * kvHeads * fours,
        1,
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int row = (int) (i / fours / kvHeads) * ROWS;
            new Group(
                    workers.kernels(),
                    workers.scratch(worker),
                    pages,
                    firstPage,
                    layer,
                    (int) (i / fours % kvHeads),
                    segment.start() + row,
                    firstRow + row,
                    queries.values(),
                    mixed.values())
                .attend((int) (i % fours) * 4, Math.min(ROWS, rows - row));
          }
        });
    Arrays.fill(pages, 0, count, null);
    mixed.written();
  }

  private int paddedSize() {
    return Math.ceilDiv(valueSize, 64) * 64;
  }

  /** The queries of neighbouring rows that share a key-value head. */
  private final class Group {
    private final Kernels kernels;
    private final Scratch scratch;
    private final CpuPage[] pages;
    private final int firstPage;
    private final int layer;
    private final int head;
    private final int position;
    private final int row;
    private final float[] queries;
    private final float[] mixed;
    private final int[] index = new int[4];
    private final int[] at = new int[4];
    private final float[] totals = new float[4];

    Group(
        Kernels kernels,
        Scratch scratch,
        CpuPage[] pages,
        int firstPage,
        int layer,
        int head,
        int position,
        int row,
        float[] queries,
        float[] mixed) {
      this.kernels = kernels;
      this.scratch = scratch;
      this.pages = pages;
      this.firstPage = firstPage;
      this.layer = layer;
      this.head = head;
      this.position = position;
      this.row = row;
      this.queries = queries;
      this.mixed = mixed;
    }

    /** Four of the queries, or as many as there are. */
    void attend(int first, int rows) {
      int group = heads / kvHeads;
      int count = Math.min(4, rows * group - first);
      if (count > 0) {
        attend(first, count, group);
      }
    }

    /** Query {@code i} is head {@code i % group} of row {@code i / group}. */
    private void attend(int first, int count, int group) {
      for (int i = 0; i < 4; i++) {
        int query = first + Math.min(i, count - 1);
        index[i] = (row + query / group) * heads + head * group + query % group;
        at[i] = index[i] * keySize;
      }
      int low = reach.first(position + first / group);
      int end = position + (first + count - 1) / group + 1;
      int base = low / CacheFormat.POSITIONS * CacheFormat.POSITIONS;
      float[] scores = scratch.scores;
      int stride = scores.length / 4;
      for (int start = base; start < end; start += CacheFormat.POSITIONS) {
        CpuPage page = page(start);
        page.format()
            .scores(
                kernels,
                page.keys(layer, head),
                keySize,
                queries,
                at,
                count,
                scores,
                start - base,
                stride);
      }
      float[] sums = scratch.mixed;
      int padded = paddedSize();
      Arrays.fill(sums, 0, 4 * padded, 0);
      for (int i = 0; i < count; i++) {
        int last = position + (first + i) / group;
        int from = reach.first(last) - base;
        float sink = sinks == null ? Float.NEGATIVE_INFINITY : sinks[index[i] % heads];
        totals[i] = weigh(scores, i * stride, low - base, from, last + 1 - base, end - base, sink);
      }
      if (count == 3) {
        Arrays.fill(scores, 3 * stride + low - base, 3 * stride + end - base, 0);
      }
      for (int start = base; start < end; start += CacheFormat.POSITIONS) {
        CpuPage page = page(start);
        page.format()
            .mix(
                kernels,
                page.values(layer, head),
                valueSize,
                Math.max(low - start, 0),
                Math.min(end - start, CacheFormat.POSITIONS),
                scores,
                start - base,
                stride,
                count,
                sums,
                padded);
      }
      for (int i = 0; i < count; i++) {
        int to = index[i] * valueSize;
        System.arraycopy(sums, i * padded, mixed, to, valueSize);
        kernels.rows().scale(1 / totals[i], mixed, to, valueSize);
      }
    }

    private CpuPage page(int start) {
      return pages[start / CacheFormat.POSITIONS - firstPage];
    }

    /** Exponentials of what a query sees, and their sum; what only its neighbours see gets 0. */
    private float weigh(float[] scores, int at, int from, int low, int high, int to, float sink) {
      int count = high - low;
      float largest = Math.max(kernels.rows().largest(scores, at + low, count), sink);
      float sum = kernels.rows().exponentials(scores, at + low, count, largest, scratch.lanes);
      if (sinks != null) {
        sum += Exponential.of(sink - largest);
      }
      Arrays.fill(scores, at + from, at + low, 0);
      Arrays.fill(scores, at + high, at + to, 0);
      return sum;
    }
  }
}
