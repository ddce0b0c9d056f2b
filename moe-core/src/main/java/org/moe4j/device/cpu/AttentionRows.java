// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.moe4j.device.Batch;

/** The rows of a segment, with the pages that they see. */
final class AttentionRows {

  private AttentionShape shape;
  private int layer;
  private int start;
  private int count;
  private int firstRow;
  private int firstPage;
  private int pageCount;
  private @Nullable CpuPage[] pages = new CpuPage[0];

  AttentionRows(AttentionShape shape) {
    this.shape = shape;
  }

  /**
   * Turns to a segment.
   *
   * @param newShape shape of the layer
   * @param segment position and pages
   * @param row index of its first row in the batch
   * @param newLayer index of the layer
   */
  void set(AttentionShape newShape, Batch.Segment segment, int row, int newLayer) {
    shape = newShape;
    layer = newLayer;
    start = segment.start();
    count = segment.rows();
    firstRow = row;
    firstPage = shape.reach().first(start) / CacheFormat.POSITIONS;
    pageCount = (start + count - 1) / CacheFormat.POSITIONS - firstPage + 1;
    if (pages.length < pageCount) {
      pages = new CpuPage[pageCount + pageCount / 2];
    }
    for (int i = 0; i < pageCount; i++) {
      pages[i] = (CpuPage) segment.sequence().page(firstPage + i);
    }
  }

  /** Lets go of the pages. */
  void clear() {
    Arrays.fill(pages, 0, pageCount, null);
  }

  AttentionShape shape() {
    return shape;
  }

  int layer() {
    return layer;
  }

  /** Position of the first row. */
  int start() {
    return start;
  }

  /** Number of rows. */
  int count() {
    return count;
  }

  /** Queries that share a key-value head. */
  int queries() {
    return Math.multiplyExact(count, shape.group());
  }

  /** Position of a query; they are numbered row by row, of one key-value head. */
  int position(int query) {
    return start + query / shape.group();
  }

  /** Where in the batch a query of a key-value head is. */
  int index(int query, int head) {
    int group = shape.group();
    return (firstRow + query / group) * shape.heads() + head * group + query % group;
  }

  /** The page of a position. */
  CpuPage page(int position) {
    CpuPage page = pages[position / CacheFormat.POSITIONS - firstPage];
    if (page == null) {
      throw new IllegalStateException("no page for position " + position);
    }
    return page;
  }

  /** Pages that the rows themselves are stored in. */
  int pagesOfRows() {
    return (start + count - 1) / CacheFormat.POSITIONS - start / CacheFormat.POSITIONS + 1;
  }

  /**
   * Stores the rows of a page.
   *
   * @param which which of {@link #pagesOfRows}
   * @param head key-value head
   * @param keys keys of the batch
   * @param values values of the batch
   */
  void store(int which, int head, float[] keys, float[] values) {
    int begin = (start / CacheFormat.POSITIONS + which) * CacheFormat.POSITIONS;
    CpuPage page = page(begin);
    CacheFormat format = page.format();
    long keysAt = page.keys(layer, head);
    long valuesAt = page.values(layer, head);
    int keySize = shape.keySize();
    int valueSize = shape.valueSize();
    int end = Math.min(begin + CacheFormat.POSITIONS, start + count);
    for (int position = Math.max(begin, start); position < end; position++) {
      int at = (firstRow + position - start) * shape.kvHeads() + head;
      format.putKey(keysAt, position - begin, keys, at * keySize, keySize);
      format.putValue(valuesAt, position - begin, values, at * valueSize, valueSize);
    }
  }
}
