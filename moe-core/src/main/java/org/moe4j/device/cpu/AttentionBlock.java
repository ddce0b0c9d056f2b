// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Neighbouring queries of one key-value head, which a worker takes through the positions they see
 * piece by piece: each tile of keys or values is used for all of them before the next. Four queries
 * go through a kernel together; three are joined by the last one once more.
 */
final class AttentionBlock {

  /** Most queries of a block. */
  private static final int QUERIES = 128;

  /** Least queries that a block is worth having for, if there are more. */
  private static final int LEAST = 16;

  /** Floats of the values' sums that fit the second-level cache with all else. */
  private static final int SUMS = 1 << 14;

  /**
   * Positions of a piece; a multiple of those of a page. Changing it changes results' last bits.
   */
  static final int PIECE = 512;

  /** Distance of two queries' scores: no power of two, which caches dislike. */
  private static final int STRIDE = PIECE + 16;

  private static final int ROWS = FloatDots.ROWS;

  private final float[] scores = new float[QUERIES * STRIDE];
  private final float[] lanes = new float[RowMath.LANES];
  private final AttentionSums own = new AttentionSums();
  private final float[] largest = new float[QUERIES];
  private final float[] totals = new float[QUERIES];
  private final int[] at = new int[QUERIES];
  private final int[] lows = new int[QUERIES / 4];
  private final int[] ends = new int[QUERIES / 4];
  private MemorySegment room = MemorySegment.NULL;

  private Kernels kernels;
  private AttentionRows rows;
  private AttentionShape shape;
  private int head;
  private int first;
  private int count;

  AttentionBlock(Kernels kernels, AttentionRows rows) {
    this.kernels = kernels;
    this.rows = rows;
    shape = rows.shape();
  }

  /**
   * How many queries to take together; a multiple of four. Results do not depend on it.
   *
   * @param shape shape of the layer
   * @param queries queries of each key-value head
   * @param threads threads that should have something to do
   */
  static int size(AttentionShape shape, int queries, int threads) {
    int size = Math.clamp((long) SUMS / shape.valueSize() / LEAST * LEAST, LEAST, QUERIES);
    while (size > LEAST && (long) Math.ceilDiv(queries, size) * shape.kvHeads() < 2L * threads) {
      size = Math.max(LEAST, size / 2);
    }
    return size;
  }

  /**
   * Turns to some queries.
   *
   * @param newKernels what to compute with
   * @param newRows where they are
   * @param newHead key-value head
   * @param query the first query of this head
   * @param most how many at most
   */
  void open(Kernels newKernels, AttentionRows newRows, int newHead, int query, int most) {
    kernels = newKernels;
    rows = newRows;
    shape = newRows.shape();
    head = newHead;
    first = query;
    count = Math.min(most, rows.queries() - first);
    long bytes = 4L * ROWS * Math.max(shape.keySize(), CacheFormat.POSITIONS);
    if (room.byteSize() < bytes) {
      Native.forget(room.address());
      room = Arena.ofAuto().allocate(bytes, Lanes.BYTES);
      Native.register(room);
    }
  }

  /** The first piece that the first query sees. */
  int firstPiece() {
    return shape.reach().first(position(0)) / PIECE;
  }

  private int lastPiece() {
    return position(count - 1) / PIECE;
  }

  private int position(int query) {
    return rows.position(first + Math.min(query, count - 1));
  }

  /**
   * Takes the queries through all they see.
   *
   * @param queries queries of the batch
   * @param mixed receives the results
   */
  void all(float[] queries, float[] mixed) {
    own.reserve(1, count, shape.valueSize());
    Arrays.fill(totals, 0);
    int last = lastPiece();
    for (int piece = firstPiece(); piece <= last; piece++) {
      piece(queries, piece, own, 0);
      for (int query = 0; query < count; query++) {
        add(query, own, query, mixed, result(query));
      }
    }
    for (int query = 0; query < count; query++) {
      finish(query, mixed, result(query));
    }
  }

  /**
   * Adds up what a query got from each piece.
   *
   * @param query index of the query in the block
   * @param sums where the pieces put theirs
   * @param pieces number of pieces
   * @param kvHeads slots of a piece
   * @param mixed receives the result
   */
  void join(int query, AttentionSums sums, int pieces, int kvHeads, float[] mixed) {
    totals[query] = 0;
    for (int piece = 0; piece < pieces; piece++) {
      add(query, sums, sums.at(piece * kvHeads + head) + query, mixed, result(query));
    }
    finish(query, mixed, result(query));
  }

  private int result(int query) {
    return rows.index(first + query, head) * shape.valueSize();
  }

  /** Adds a piece's sums to what a query has: a sum with the smaller largest score shrinks. */
  private void add(int query, AttentionSums sums, int from, float[] mixed, int to) {
    if (sums.totals[from] == 0) {
      return;
    }
    int size = shape.valueSize();
    int values = from * sums.width();
    if (totals[query] == 0) {
      largest[query] = sums.largest[from];
      totals[query] = sums.totals[from];
      System.arraycopy(sums.values, values, mixed, to, size);
      return;
    }
    float most = Math.max(largest[query], sums.largest[from]);
    float before = Exponential.of(largest[query] - most);
    float added = Exponential.of(sums.largest[from] - most);
    largest[query] = most;
    totals[query] = Math.fma(sums.totals[from], added, totals[query] * before);
    if (before != 1) {
      kernels.rows().scale(before, mixed, to, size);
    }
    kernels.rows().addScaled(added, sums.values, values, mixed, to, size);
  }

  private void finish(int query, float[] mixed, int to) {
    float factor = 1 / totals[query];
    float[] sinks = shape.sinks();
    if (sinks != null) {
      float sink = sinks[rows.index(first + query, head) % shape.heads()];
      float most = Math.max(largest[query], sink);
      float before = Exponential.of(largest[query] - most);
      factor = before / Math.fma(totals[query], before, Exponential.of(sink - most));
    }
    kernels.rows().scale(factor, mixed, to, shape.valueSize());
  }

  /**
   * Takes the queries through one piece.
   *
   * @param queries queries of the batch
   * @param piece index of the piece
   * @param sums receives what they get
   * @param slot where in {@code sums}
   */
  void piece(float[] queries, int piece, AttentionSums sums, int slot) {
    int base = piece * PIECE;
    int padded = count % 4 == 3 ? count + 1 : count;
    for (int query = 0; query < padded; query++) {
      at[query] = rows.index(first + Math.min(query, count - 1), head) * shape.keySize();
    }
    for (int four = 0; four < padded; four += 4) {
      lows[four / 4] = low(four, base);
      ends[four / 4] = end(Math.min(four + 3, padded - 1), base);
    }
    int low = low(0, base);
    int end = end(padded - 1, base);
    score(queries, base, low, end, padded);
    int to = sums.at(slot);
    for (int query = 0; query < padded; query++) {
      weigh(query, base, sums, to + query);
    }
    mix(base, low, end, padded, sums, to * sums.width());
  }

  /** The first position of a piece that a query sees. */
  private int low(int query, int base) {
    return Math.max(base, shape.reach().first(position(query)));
  }

  /** The position after the last of a piece that a query sees. */
  private int end(int query, int base) {
    return Math.min(base + PIECE, position(query) + 1);
  }

  private void score(float[] queries, int base, int low, int end, int padded) {
    int tiles = low / ROWS * ROWS;
    if (end - tiles > PIECE / 2) {
      Arrays.fill(scores, 0, padded * STRIDE, 0);
    } else {
      for (int query = 0; query < padded; query++) {
        int from = query * STRIDE - base;
        Arrays.fill(scores, from + tiles, from + Math.ceilDiv(end, ROWS) * ROWS, 0);
      }
    }
    int size = shape.keySize();
    for (int start = tiles; start < end; start += ROWS) {
      CpuPage page = rows.page(start);
      FloatTiles.Type type = page.format().tileType(padded);
      FloatDots dots = type.dots(kernels);
      long tile =
          page.format()
              .keyTile(
                  kernels,
                  type,
                  page.keys(rows.layer(), head),
                  size,
                  start % CacheFormat.POSITIONS / ROWS,
                  room.address());
      for (int i = 0; i < padded; i += 4) {
        if (lows[i / 4] >= start + ROWS || ends[i / 4] <= start) {
          continue;
        }
        int to = i * STRIDE + start - base;
        if (padded - i >= 4) {
          dots.four(
              tile, size, queries, at[i], at[i + 1], at[i + 2], at[i + 3], scores, to, STRIDE);
        } else {
          for (int query = i; query < padded; query++) {
            dots.one(tile, size, queries, at[query], scores, to + (query - i) * STRIDE);
          }
        }
      }
    }
  }

  /** Exponentials of what a query sees, and their sum; what only its neighbours see gets 0. */
  private void weigh(int query, int base, AttentionSums sums, int to) {
    int low = low(query, base);
    int end = end(query, base);
    int from = query * STRIDE - base;
    if (low >= end) {
      low = ends[query / 4];
      end = low;
      sums.largest[to] = Float.NEGATIVE_INFINITY;
      sums.totals[to] = 0;
    } else {
      float most = kernels.rows().largest(scores, from + low, end - low);
      sums.largest[to] = most;
      sums.totals[to] = kernels.rows().exponentials(scores, from + low, end - low, most, lanes);
    }
    if (lows[query / 4] < low) {
      Arrays.fill(scores, from + lows[query / 4], from + low, 0);
    }
    if (end < ends[query / 4]) {
      Arrays.fill(scores, from + end, from + ends[query / 4], 0);
    }
  }

  private void mix(int base, int low, int end, int padded, AttentionSums sums, int at) {
    int width = sums.width();
    Arrays.fill(sums.values, at, at + padded * width, 0);
    for (int start = low / CacheFormat.POSITIONS * CacheFormat.POSITIONS;
        start < end;
        start += CacheFormat.POSITIONS) {
      CpuPage page = rows.page(start);
      FloatTiles.Type type = page.format().tileType(padded);
      FloatDots dots = type.dots(kernels);
      long values = page.values(rows.layer(), head);
      int pageLow = Math.max(low - start, 0);
      int pageEnd = Math.min(end - start, CacheFormat.POSITIONS);
      for (int d = 0; d < shape.valueSize(); d += ROWS) {
        long tile =
            page.format().valueTile(kernels, type, values, d, pageLow, pageEnd, room.address());
        for (int i = 0; i < padded; i += 4) {
          int p = Math.max(lows[i / 4] - start, 0);
          int columns = Math.min(ends[i / 4] - start, CacheFormat.POSITIONS) - p;
          if (columns <= 0) {
            continue;
          }
          long column = tile + type.offset(0, p);
          int from = i * STRIDE + start - base + p;
          int to = at + i * width + d;
          if (padded - i >= 4) {
            dots.four(
                column,
                columns,
                scores,
                from,
                from + STRIDE,
                from + 2 * STRIDE,
                from + 3 * STRIDE,
                sums.values,
                to,
                width);
          } else {
            for (int query = 0; query < padded - i; query++) {
              dots.one(
                  column, columns, scores, from + query * STRIDE, sums.values, to + query * width);
            }
          }
        }
      }
    }
  }
}
