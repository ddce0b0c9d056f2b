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

  /** A segment of the batch, and its share of the loops. */
  private static final class Span {
    final AttentionRows rows;
    final AttentionSums sums = new AttentionSums();
    int pieces;
    int size;
    int blocks;
    boolean split;
    long firstStore;
    long firstItem;
    long firstQuery;

    Span(AttentionShape shape) {
      rows = new AttentionRows(shape);
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
    int threads = workers.threads();
    memory.prepare(shape, workers.kernels(), segments, threads);
    Span[] spans = memory.spans;
    int kvHeads = shape.kvHeads();
    long stores = 0;
    long items = 0;
    long split = 0;
    int row = 0;
    for (int i = 0; i < segments; i++) {
      Span span = spans[i];
      AttentionRows rows = span.rows;
      rows.set(shape, batch.segments().get(i), row, layer);
      row += rows.count();
      int first = shape.reach().first(rows.start()) / AttentionBlock.PIECE;
      span.pieces = (rows.start() + rows.count() - 1) / AttentionBlock.PIECE - first + 1;
      span.split = span.pieces > 1 && rows.queries() <= FEW;
      span.size = span.split ? rows.queries() : AttentionBlock.size(shape, rows.queries(), threads);
      span.blocks = Math.ceilDiv(rows.queries(), span.size);
      span.firstStore = stores;
      span.firstItem = items;
      span.firstQuery = split;
      stores += (long) rows.pagesOfRows() * kvHeads;
      items += (long) (span.split ? span.pieces : span.blocks) * kvHeads;
      if (span.split) {
        split += (long) rows.count() * shape.heads();
        span.sums.reserve(span.pieces * kvHeads, rows.queries(), shape.valueSize());
      }
    }
    workers.run(
        stores,
        kvHeads,
        (worker, from, to) -> {
          int i = 0;
          for (long item = from; item < to; item++) {
            while (i + 1 < segments && spans[i + 1].firstStore <= item) {
              i++;
            }
            int own = (int) (item - spans[i].firstStore);
            spans[i].rows.store(own / kvHeads, own % kvHeads, keys.values(), values.values());
          }
        });
    workers.run(
        items,
        1,
        (worker, from, to) -> {
          AttentionBlock block = memory.blocks[worker];
          int i = 0;
          for (long item = from; item < to; item++) {
            while (i + 1 < segments && spans[i + 1].firstItem <= item) {
              i++;
            }
            Span span = spans[i];
            int own = (int) (item - span.firstItem);
            // What comes last in a segment has most to do, and goes first.
            int index = (span.split ? span.pieces : span.blocks) - 1 - own / kvHeads;
            int head = own % kvHeads;
            int query = span.split ? 0 : index * span.size;
            block.open(workers.kernels(), span.rows, head, query, span.size);
            if (span.split) {
              block.piece(
                  queries.values(), block.firstPiece() + index, span.sums, index * kvHeads + head);
            } else {
              block.all(queries.values(), mixed.values());
            }
          }
        });
    if (split > 0) {
      workers.run(
          split,
          JOINS,
          (worker, from, to) -> {
            AttentionBlock block = memory.blocks[worker];
            int i = 0;
            for (long item = from; item < to; item++) {
              while (i + 1 < segments && spans[i + 1].firstQuery <= item) {
                i++;
              }
              Span span = spans[i];
              int query = (int) (item - span.firstQuery);
              int group = shape.group();
              int head = query / group % kvHeads;
              block.open(workers.kernels(), span.rows, head, 0, span.size);
              block.join(
                  query / shape.heads() * group + query % group,
                  span.sums,
                  span.pieces,
                  kvHeads,
                  mixed.values());
            }
          });
    }
    for (int i = 0; i < segments; i++) {
      spans[i].rows.clear();
    }
    mixed.written();
  }
}
