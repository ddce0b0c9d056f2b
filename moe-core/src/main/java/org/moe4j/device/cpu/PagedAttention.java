// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.moe4j.device.Batch;

/**
 * Attention over keys and values in pages. Those of all rows are stored first. Then the positions
 * are gone through in pieces that begin at multiples of {@link AttentionBlock#PIECE}: scores of all
 * positions of a piece, their exponentials, and the sum of the values weighted with those; the
 * pieces' sums are added up in order, each scaled to the largest score so far.
 *
 * <p>The queries of neighbouring rows that share a key-value head go through a piece together. If
 * there are few of them, the pieces are shared out among the threads, else the queries. Neither
 * makes a difference to the results.
 */
final class PagedAttention {

  /** Queries of a key-value head that the pieces of a sequence are shared out for. */
  private static final int FEW = 64;

  /** Queries whose pieces are added up by one thread at a time. */
  private static final int JOINS = 4;

  private final AttentionShape shape;

  PagedAttention(AttentionShape shape) {
    this.shape = shape;
  }

  /** What is kept from layer to layer. Used by one operation at a time. */
  static final class Memory {
    private Span[] spans = new Span[0];
    private AttentionBlock[] blocks = new AttentionBlock[0];

    /** Pages that rows are stored in, for each key-value head. */
    private final SegmentItems stores = new SegmentItems();

    /** Pieces or blocks of queries, for each key-value head. */
    private final SegmentItems parts = new SegmentItems();

    /** Queries whose pieces are added up. */
    private final SegmentItems joins = new SegmentItems();

    private void prepare(AttentionShape shape, Kernels kernels, int segments, int threads) {
      int had = spans.length;
      if (had < segments) {
        spans = Arrays.copyOf(spans, segments);
        for (int i = had; i < segments; i++) {
          spans[i] = new Span(shape);
        }
      }
      if (blocks.length < threads) {
        blocks = new AttentionBlock[threads];
        Arrays.setAll(blocks, i -> new AttentionBlock(kernels, spans[0].rows));
      }
    }
  }

  /** A segment of the batch, and how its work is shared out. */
  private static final class Span {
    final AttentionRows rows;
    final AttentionSums sums = new AttentionSums();

    /** Pieces that the rows see. */
    int pieces;

    /** Whether the pieces are shared out, else blocks of queries. */
    boolean split;

    /** Queries of a block. */
    int size;

    Span(AttentionShape shape) {
      rows = new AttentionRows(shape);
    }

    void set(AttentionShape shape, Batch.Segment segment, int row, int layer, int threads) {
      rows.set(shape, segment, row, layer);
      int first = shape.reach().first(rows.start()) / AttentionBlock.PIECE;
      pieces = (rows.start() + rows.count() - 1) / AttentionBlock.PIECE - first + 1;
      split = pieces > 1 && rows.queries() <= FEW;
      size = split ? rows.queries() : AttentionBlock.size(shape, rows.queries(), threads);
      if (split) {
        sums.reserve(pieces * shape.kvHeads(), rows.queries(), shape.valueSize());
      }
    }

    /** Pieces or blocks of queries that are shared out. */
    int parts() {
      return split ? pieces : Math.ceilDiv(rows.queries(), size);
    }
  }

  /**
   * Stores keys and values and attends.
   *
   * @param workers share the work
   * @param memory kept for this
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
    int segments = batch.segments().size();
    memory.prepare(shape, workers.kernels(), segments, workers.threads());
    memory.stores.clear();
    memory.parts.clear();
    memory.joins.clear();
    int row = 0;
    for (int i = 0; i < segments; i++) {
      Span span = memory.spans[i];
      span.set(shape, batch.segments().get(i), row, layer, workers.threads());
      row += span.rows.count();
      memory.stores.add((long) span.rows.pagesOfRows() * shape.kvHeads());
      memory.parts.add((long) span.parts() * shape.kvHeads());
      memory.joins.add(span.split ? (long) span.rows.count() * shape.heads() : 0);
    }
    store(workers, memory, keys.values(), values.values());
    attend(workers, memory, queries.values(), mixed.values());
    if (memory.joins.count() > 0) {
      join(workers, memory, mixed.values());
    }
    for (int i = 0; i < segments; i++) {
      memory.spans[i].rows.clear();
    }
    mixed.written();
  }

  private void store(Workers workers, Memory memory, float[] keys, float[] values) {
    int kvHeads = shape.kvHeads();
    workers.run(
        memory.stores.count(),
        kvHeads,
        (worker, from, to) -> {
          int i = 0;
          for (long item = from; item < to; item++) {
            i = memory.stores.segment(item, i);
            int own = memory.stores.own(i, item);
            memory.spans[i].rows.store(own / kvHeads, own % kvHeads, keys, values);
          }
        });
  }

  private void attend(Workers workers, Memory memory, float[] queries, float[] mixed) {
    int kvHeads = shape.kvHeads();
    workers.run(
        memory.parts.count(),
        1,
        (worker, from, to) -> {
          AttentionBlock block = memory.blocks[worker];
          int i = 0;
          for (long item = from; item < to; item++) {
            i = memory.parts.segment(item, i);
            Span span = memory.spans[i];
            int own = memory.parts.own(i, item);
            // What comes last in a segment has most to do, and goes first.
            int part = span.parts() - 1 - own / kvHeads;
            int head = own % kvHeads;
            int query = span.split ? 0 : part * span.size;
            block.open(workers.kernels(), span.rows, head, query, span.size);
            if (span.split) {
              block.piece(queries, block.firstPiece() + part, span.sums, part * kvHeads + head);
            } else {
              block.all(queries, mixed);
            }
          }
        });
  }

  /** Adds up the pieces of the queries whose pieces were shared out. */
  private void join(Workers workers, Memory memory, float[] mixed) {
    int kvHeads = shape.kvHeads();
    int group = shape.group();
    workers.run(
        memory.joins.count(),
        JOINS,
        (worker, from, to) -> {
          AttentionBlock block = memory.blocks[worker];
          int i = 0;
          for (long item = from; item < to; item++) {
            i = memory.joins.segment(item, i);
            Span span = memory.spans[i];
            int query = memory.joins.own(i, item);
            block.open(workers.kernels(), span.rows, query / group % kvHeads, 0, span.size);
            block.join(
                query / shape.heads() * group + query % group,
                span.sums,
                span.pieces,
                kvHeads,
                mixed);
          }
        });
  }
}
