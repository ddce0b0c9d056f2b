// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.List;
import org.moe4j.device.Batch;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;

/** Rows that go through a device in pieces. */
final class Pieces {

  /** One piece. */
  interface Step {

    /**
     * Takes the next rows through the device.
     *
     * @param done rows that went before
     * @param count rows of this piece
     * @param x their values
     * @return values of as many rows
     */
    float[] run(int done, int count, float[] x);
  }

  private Pieces() {}

  /**
   * All rows, piece by piece.
   *
   * @param x values of all rows
   * @param width values of a row
   * @param pieces rows of a piece, from the beginning again where there are more
   * @param step takes one piece
   */
  static float[] run(float[] x, int width, int[] pieces, Step step) {
    int rows = x.length / width;
    float[] results = new float[x.length];
    int done = 0;
    for (int i = 0; done < rows; i++) {
      int count = Math.min(pieces[i % pieces.length], rows - done);
      float[] piece = new float[count * width];
      System.arraycopy(x, done * width, piece, 0, piece.length);
      float[] result = step.run(done, count, piece);
      System.arraycopy(result, 0, results, done * width, piece.length);
      done += count;
    }
    return results;
  }

  /** Pages for all positions of a sequence. */
  static Batch.Pages pages(Device device, CacheLayout layout, int positions) {
    List<Device.Page> pages = new ArrayList<>();
    for (int i = 0; i < positions; i += CacheLayout.PAGE_POSITIONS) {
      pages.add(device.allocatePage(layout));
    }
    return pages::get;
  }

  /** The next rows of a sequence. */
  static Batch.Segment segment(Batch.Pages sequence, int done, int count) {
    return new Batch.Segment(sequence, done, ImmutableIntArray.copyOf(new int[count]), 1);
  }

  /** Reads some rows of a device. */
  static float[] read(Device device, Device.Rows rows, int first, int count, int width) {
    float[] values = new float[count * width];
    float[] row = new float[width];
    for (int i = 0; i < count; i++) {
      device.read(rows, first + i, row);
      System.arraycopy(row, 0, values, i * width, width);
    }
    return values;
  }
}
