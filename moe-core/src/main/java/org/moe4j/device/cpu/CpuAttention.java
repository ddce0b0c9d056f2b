// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;
import org.moe4j.device.Device;
import org.moe4j.device.RotaryAngles;
import org.moe4j.model.Attention;
import org.moe4j.model.Rotary;

/**
 * Causal attention. The keys and values of all rows are stored first; then each query is scored
 * against all positions it sees, and the values are summed with the exponentials of the scores, in
 * the order of positions. Four queries that share a key-value head go together.
 */
final class CpuAttention implements Device.MixerWeights {

  /** Neighbouring rows whose queries are shared out together. */
  private static final int ROWS = 4;

  private final Attention spec;
  private final CpuLinear query;
  private final CpuLinear key;
  private final CpuLinear value;
  private final CpuLinear output;
  private final @Nullable CpuNorm queryNorm;
  private final @Nullable CpuNorm keyNorm;

  CpuAttention(Attention spec, NativeMemory memory, Loops loops) {
    this.spec = spec;
    query = CpuLinear.load(spec.query(), memory, loops);
    key = CpuLinear.load(spec.key(), memory, loops);
    value = CpuLinear.load(spec.value(), memory, loops);
    output = CpuLinear.load(spec.output(), memory, loops);
    queryNorm = spec.queryNorm() == null ? null : CpuNorm.load(spec.queryNorm());
    keyNorm = spec.keyNorm() == null ? null : CpuNorm.load(spec.keyNorm());
  }

  /** What a step needs between the parts of a mixer, kept from layer to layer. */
  static final class Memory {
    private @Nullable CpuRows queries;
    private @Nullable CpuRows keys;
    private @Nullable CpuRows values;
    private @Nullable CpuRows mixed;
    private float[] cosines = new float[0];
    private float[] sines = new float[0];
    private CpuPage[] pages = new CpuPage[0];
    private @Nullable Batch batch;
    private @Nullable Rotary rotary;

    /** The angles of a batch's rows, computed once for all layers that rotate alike. */
    private void rotate(Batch next, Rotary with) {
      if (next == batch && with.equals(rotary)) {
        return;
      }
      int pairs = with.pairs();
      int size = Math.multiplyExact(next.rows(), pairs);
      if (cosines.length < size) {
        cosines = new float[size];
        sines = new float[size];
      }
      for (int row = 0; row < next.rows(); row++) {
        RotaryAngles.compute(with, next.position(row), cosines, sines, row * pairs);
      }
      batch = next;
      rotary = with;
    }
  }

  void apply(Workers workers, Memory memory, int layer, Batch batch, CpuRows in, CpuRows out) {
    int rows = batch.rows();
    int capacity = in.capacity();
    CpuRows queries = CpuRows.atLeast(memory.queries, capacity, query.tiles().outputs());
    CpuRows keys = CpuRows.atLeast(memory.keys, capacity, key.tiles().outputs());
    CpuRows values = CpuRows.atLeast(memory.values, capacity, value.tiles().outputs());
    CpuRows mixed = CpuRows.atLeast(memory.mixed, capacity, query.tiles().outputs());
    memory.queries = queries;
    memory.keys = keys;
    memory.values = values;
    memory.mixed = mixed;
    project(workers, rows, in, queries, keys, values);
    memory.rotate(batch, spec.rotary());
    workers.runRows(
        rows,
        (worker, from, to) -> {
          for (int row = (int) from; row < to; row++) {
            prepare(workers, worker, memory, row, queries.values(), spec.heads(), queryNorm);
            prepare(workers, worker, memory, row, keys.values(), spec.kvHeads(), keyNorm);
            clip(values.values(), row * values.width(), values.width());
            workers
                .kernels()
                .rows()
                .scale(spec.scale(), queries.values(), row * queries.width(), queries.width());
          }
        });
    int first = 0;
    for (Batch.Segment segment : batch.segments()) {
      attend(workers, memory, layer, segment, first, queries, keys, values, mixed);
      first += segment.rows();
    }
    workers.linear(output, rows, mixed, out);
  }

  /** Queries, keys and values in one loop. */
  private void project(
      Workers workers, int rows, CpuRows in, CpuRows queries, CpuRows keys, CpuRows values) {
    workers.prepare(
        in,
        rows,
        query.tiles().quantized() || key.tiles().quantized() || value.tiles().quantized());
    int[] all = workers.identity(rows);
    int queryBands = query.tiles().bands();
    int keyBands = queryBands + key.tiles().bands();
    int bands = keyBands + value.tiles().bands();
    workers.run(
        bands,
        1,
        (worker, from, to) -> {
          Kernels kernels = workers.kernels();
          Scratch scratch = workers.scratch(worker);
          for (int band = (int) from; band < to; band++) {
            if (band < queryBands) {
              query.band(kernels, band, in, all, 0, rows, queries, scratch);
            } else if (band < keyBands) {
              key.band(kernels, band - queryBands, in, all, 0, rows, keys, scratch);
            } else {
              value.band(kernels, band - keyBands, in, all, 0, rows, values, scratch);
            }
          }
        });
  }

  /** Clips, norms and rotates the queries or the keys of a row. */
  private void prepare(
      Workers workers,
      int worker,
      Memory memory,
      int row,
      float[] x,
      int heads,
      @Nullable CpuNorm norm) {
    Kernels kernels = workers.kernels();
    int width = heads * spec.headSize();
    int start = row * width;
    if (norm != null) {
      // The norm's width decides whether it is applied to each head or to the whole row.
      for (int i = start; i < start + width; i += norm.width()) {
        norm.apply(kernels, x, i, x, i, workers.scratch(worker).lanes);
      }
    }
    clip(x, start, width);
    Rotary rotary = spec.rotary();
    int pairs = rotary.pairs();
    for (int i = start; i < start + width; i += spec.headSize()) {
      if (rotary.interleaved()) {
        kernels.rotation().neighbours(x, i, pairs, memory.cosines, memory.sines, row * pairs);
      } else {
        kernels.rotation().halves(x, i, pairs, memory.cosines, memory.sines, row * pairs);
      }
    }
  }

  private void clip(float[] x, int at, int count) {
    float clip = spec.clip();
    if (clip > 0) {
      for (int i = at; i < at + count; i++) {
        x[i] = Math.min(Math.max(x[i], -clip), clip);
      }
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
    int size = spec.headSize();
    int end = segment.start() + rows;
    int firstPage = firstVisible(segment.start()) / CacheFormat.POSITIONS;
    int count = Math.ceilDiv(end, CacheFormat.POSITIONS) - firstPage;
    if (memory.pages.length < count) {
      memory.pages = new CpuPage[count];
    }
    CpuPage[] pages = memory.pages;
    for (int i = 0; i < count; i++) {
      pages[i] = (CpuPage) segment.sequence().page(firstPage + i);
    }
    workers.run(
        (long) rows * spec.kvHeads(),
        4L * spec.kvHeads(),
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int row = (int) (i / spec.kvHeads());
            int head = (int) (i % spec.kvHeads());
            int position = segment.start() + row;
            CpuPage page = pages[position / CacheFormat.POSITIONS - firstPage];
            int at = ((firstRow + row) * spec.kvHeads() + head) * size;
            int slot = position % CacheFormat.POSITIONS;
            page.format().putKey(page.keys(layer, head), slot, keys.values(), at, size);
            page.format().putValue(page.values(layer, head), slot, values.values(), at, size);
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
    workers.run(
        (long) Math.ceilDiv(rows, ROWS) * spec.kvHeads(),
        1,
        (worker, from, to) -> {
          for (long i = from; i < to; i++) {
            int row = (int) (i / spec.kvHeads()) * ROWS;
            new Group(
                    workers.kernels(),
                    workers.scratch(worker),
                    pages,
                    firstPage,
                    layer,
                    (int) (i % spec.kvHeads()),
                    segment.start() + row,
                    firstRow + row,
                    queries.values(),
                    mixed.values())
                .attend(Math.min(ROWS, rows - row));
          }
        });
    Arrays.fill(pages, 0, count, null);
    mixed.written();
  }

  private int firstVisible(int position) {
    return spec.window() == 0 ? 0 : Math.max(0, position - spec.window() + 1);
  }

  private int paddedSize() {
    return Math.ceilDiv(spec.headSize(), 64) * 64;
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

    void attend(int rows) {
      int heads = spec.heads() / spec.kvHeads();
      int count = rows * heads;
      for (int first = 0; first < count; first += 4) {
        attend(first, Math.min(4, count - first), heads);
      }
    }

    /** Query {@code i} of the group is head {@code i % heads} of row {@code i / heads}. */
    private void attend(int first, int count, int heads) {
      int size = spec.headSize();
      for (int i = 0; i < 4; i++) {
        int query = first + Math.min(i, count - 1);
        at[i] = ((row + query / heads) * spec.heads() + head * heads + query % heads) * size;
      }
      int low = firstVisible(position + first / heads);
      int end = position + (first + count - 1) / heads + 1;
      int base = low / CacheFormat.POSITIONS * CacheFormat.POSITIONS;
      float[] scores = scratch.scores;
      int stride = scores.length / 4;
      for (int start = base; start < end; start += CacheFormat.POSITIONS) {
        CpuPage page = page(start);
        page.format()
            .scores(
                kernels,
                page.keys(layer, head),
                size,
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
        int last = position + (first + i) / heads;
        int from = firstVisible(last) - base;
        totals[i] = weigh(scores, i * stride, low - base, from, last + 1 - base, end - base);
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
                size,
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
        System.arraycopy(sums, i * padded, mixed, at[i], size);
        kernels.rows().scale(1 / totals[i], mixed, at[i], size);
      }
    }

    private CpuPage page(int start) {
      return pages[start / CacheFormat.POSITIONS - firstPage];
    }

    /** Exponentials of what a query sees, and their sum; what only its neighbours see gets 0. */
    private float weigh(float[] scores, int at, int from, int low, int high, int to) {
      int count = high - low;
      float largest = kernels.rows().largest(scores, at + low, count);
      float sum = kernels.rows().exponentials(scores, at + low, count, largest, scratch.lanes);
      Arrays.fill(scores, at + from, at + low, 0);
      Arrays.fill(scores, at + high, at + to, 0);
      return sum;
    }
  }
}
